#include "traces/assembly_code.hpp"

#include <algorithm>

namespace rondo::assembly {
namespace {

std::string spelled(std::string_view letters) {
  std::string text;
  for (char letter : letters) {
    text += text.empty() ? "" : ", ";
    text += letter == 'p' ? "p0..p7" : letter == 'i' || letter == 'j' ? "a number" : "r0..r31";
  }
  return text;
}

void read_operand(char letter, const Word& word, MicroOp& op, Problems& problems) {
  if (letter == 'i' || letter == 'j') {
    (letter == 'i' ? op.i : op.j) = integer(word, INT64_MIN, INT64_MAX, "the number", problems).value_or(0);
    return;
  }
  const char prefix = letter == 'p' ? 'p' : 'r';
  const int most = letter == 'p' ? kMaxPlaces - 1 : kRegisters - 1;
  if (word.quoted || word.text.empty() || word.text[0] != prefix) {
    return problems.add(word.text.data(), "this operand is none; allowed " + spelled({&letter, 1}));
  }
  const Word digits{word.text.substr(1), false};
  const auto number = integer(digits, 0, most, letter == 'p' ? "the operand" : "the register", problems);
  std::uint8_t& target = letter == 'd' ? op.d : letter == 'a' ? op.a : letter == 'b' ? op.b : op.p;
  target = static_cast<std::uint8_t>(number.value_or(0));
}

std::string instruction_names() {
  std::string names;
  for (const OpcodeInfo& row : opcode_table()) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

Unit read_unit(const OpcodeInfo& row, Arguments& arguments, Problems& problems) {
  if (row.unit == "any") {
    const Word* word = arguments.word("the unit");
    return word == nullptr ? Unit::weights : unit_of(*word, problems).value_or(Unit::weights);
  }
  const auto unit = std::find(kUnitNames.begin(), kUnitNames.end(), row.unit);
  return unit == kUnitNames.end() ? Unit::weights : static_cast<Unit>(unit - kUnitNames.begin());
}

// A gate's operands may be left out; other rows need theirs.
void read_places(const OpcodeInfo& row, Arguments& arguments, const Scope& scope, Instruction& in,
                 Problems& problems) {
  for (std::size_t p = 0; p < row.places.size(); ++p) {
    const Item* item = arguments.place(row.places[p].name, row.opcode != Opcode::gate);
    if (item == nullptr) continue;
    if (const auto place = place_of(*item, true, scope.symbols, problems)) in.places[p] = *place;
  }
}

// The first field of a loop or a gate has no name. A field that may be 0 is 0 when it is left out.
void read_fields(const OpcodeInfo& row, Arguments& arguments, const Scope& scope, Instruction& in,
                 Problems& problems) {
  for (std::size_t f = 0; f < row.fields.size(); ++f) {
    const FieldRow& field = row.fields[f];
    const bool first = f == 0 && (row.opcode == Opcode::loop || row.opcode == Opcode::gate);
    const Word* word = first ? arguments.word(field.name) : arguments.word(field.name, field.least > 0);
    if (word == nullptr) continue;
    const auto value = field.name == "kernel"
                           ? number_or_name(*word, scope.kernels, field.least, field.most, "kernel", problems)
                           : integer(*word, field.least, field.most, field.name, problems);
    in.fields[f] = value.value_or(field.least);
  }
}

std::uint64_t read_mask(Arguments& arguments, std::string_view key, Problems& problems) {
  std::uint64_t mask = 0;
  const Item* list = arguments.list(key, false);
  if (list == nullptr) return 0;
  for (const Word& word : list->words) {
    const auto number = integer(word, 0, kMaxSemaphores - 1, key, problems);
    if (!number) continue;
    if (mask >> *number & 1) problems.add(word.text.data(), "this semaphore stands twice; allowed once");
    mask |= std::uint64_t{1} << *number;
  }
  return mask;
}

}  // namespace

std::optional<Instruction> read_instruction(std::string_view head, Arguments& arguments, const Scope& scope,
                                            Problems& problems) {
  const auto opcode = find_opcode(head);
  if (!opcode) {
    problems.add(head.data(), "there is no such instruction; allowed " + instruction_names());
    return std::nullopt;
  }
  const OpcodeInfo& row = info(*opcode);
  Instruction in;
  in.opcode = *opcode;
  in.layer = scope.layer;
  in.unit = read_unit(row, arguments, problems);
  read_places(row, arguments, scope, in, problems);
  read_fields(row, arguments, scope, in, problems);
  in.wait = read_mask(arguments, "wait", problems);
  in.signal = read_mask(arguments, "signal", problems);
  in.release = read_mask(arguments, "release", problems);
  arguments.finish();
  return in;
}

// Operands stand in the order of the row; the integers of memory operations are at= and step=.
std::optional<MicroOp> read_micro_op(std::string_view head, Arguments& arguments, Problems& problems) {
  const auto opcode = find_micro_op(head);
  if (!opcode) {
    problems.add(head.data(), "there is no such micro-operation; allowed those of `rondo describe`");
    return std::nullopt;
  }
  const MicroOpInfo& row = info(*opcode);
  const bool memory = row.functional_unit == FunctionalUnit::memory;
  MicroOp op;
  op.opcode = *opcode;
  op.j = memory ? 1 : 0;
  const std::string_view letters = memory ? row.operands.substr(0, row.operands.find('i')) : row.operands;
  const Item* list = arguments.list("the operands");
  if (list != nullptr && list->words.size() == letters.size()) {
    for (std::size_t k = 0; k < letters.size(); ++k) read_operand(letters[k], list->words[k], op, problems);
  } else if (list != nullptr) {
    problems.add(head.data(), "has " + std::to_string(list->words.size()) + " operands; allowed " +
                                  std::to_string(letters.size()) + ": " + spelled(letters));
  }
  if (memory) {
    if (const Word* at = arguments.word("at", false)) read_operand('i', *at, op, problems);
    if (const Word* step = arguments.word("step", false)) read_operand('j', *step, op, problems);
  }
  arguments.finish();
  return op;
}

}  // namespace rondo::assembly

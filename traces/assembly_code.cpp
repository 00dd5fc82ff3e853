#include "traces/assembly_code.hpp"

#include <algorithm>

namespace rondo::assembly {
namespace {

std::string spelled(std::string_view letters) {
  std::string text;
  for (char letter : letters) {
    text += text.empty() ? "" : ", ";
    text += letter == 'p'                    ? "p0..p7"
            : letter == 's'                  ? "s0..s3"
            : letter == 'i' || letter == 'j' ? "a number"
                                             : "r0..r31";
  }
  return text;
}

void read_operand(char letter, const Word& word, MicroOp& op, Problems& problems) {
  if (letter == 'i' || letter == 'j') {
    (letter == 'i' ? op.i : op.j) = integer(word, INT64_MIN, INT64_MAX, "the number", problems).value_or(0);
    return;
  }
  const char prefix = letter == 'p' || letter == 's' ? letter : 'r';
  const int most = letter == 'p' ? kMaxPlaces - 1 : letter == 's' ? kMaxArrays - 1 : kRegisters - 1;
  if (word.quoted || word.text.empty() || word.text[0] != prefix) {
    return problems.add(word.text.data(), "this operand is none; allowed " + spelled({&letter, 1}));
  }
  const Word digits{word.text.substr(1), false};
  const char* what = letter == 'p' ? "the operand" : letter == 's' ? "the stream" : "the register";
  const auto number = integer(digits, 0, most, what, problems);
  std::uint8_t& target = letter == 'd' ? op.d : letter == 'a' ? op.a : letter == 'b' ? op.b : op.p;
  target = static_cast<std::uint8_t>(number.value_or(0));
}

std::string instruction_names() {
  std::string names;
  for (const OpcodeInfo& row : opcode_table()) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

// The `dst` of an mmul: whether it needs one depends on its fields, which are read later.
bool is_sums(const OpcodeInfo& row, std::size_t place) { return row.opcode == Opcode::mmul && place == 1; }

// A gate's operands may be left out; other rows need theirs. Returns whether an mmul has its `dst`.
bool read_places(const OpcodeInfo& row, Arguments& arguments, const Scope& scope, Instruction& in, Problems& problems) {
  bool has_sums = false;
  for (std::size_t p = 0; p < row.places.size(); ++p) {
    const Item* item = arguments.place(row.places[p].name, row.opcode != Opcode::gate && !is_sums(row, p));
    if (item == nullptr) continue;
    has_sums = has_sums || is_sums(row, p);
    if (const auto place = place_of(*item, true, scope.symbols, problems)) in.places[p] = *place;
  }
  return has_sums;
}

// The first field of a loop or a gate has no name. A field that may be 0 is 0 when it is left out.
void read_fields(const OpcodeInfo& row, Arguments& arguments, const Scope& scope, Instruction& in, Problems& problems) {
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
  const Word* unit = row.unit == "any" ? arguments.word("the unit") : nullptr;
  const bool has_sums = read_places(row, arguments, scope, in, problems);
  read_fields(row, arguments, scope, in, problems);
  if (row.opcode == Opcode::mmul && !has_sums && (reads_sums(in) || writes_sums(in)))
    arguments.place(row.places[1].name, true);
  in.unit = unit == nullptr ? usual_unit(in) : unit_of(*unit, problems).value_or(Unit::weights);
  in.wait = read_mask(arguments, "wait", problems);
  in.signal = read_mask(arguments, "signal", problems);
  in.release = read_mask(arguments, "release", problems);
  arguments.finish();
  return in;
}

// Operands stand in the order of the row; the integers of memory operations and of pop are at= and step=.
std::optional<MicroOp> read_micro_op(std::string_view head, Arguments& arguments, Problems& problems) {
  const auto opcode = find_micro_op(head);
  if (!opcode) {
    problems.add(head.data(), "there is no such micro-operation; allowed those of `rondo describe`");
    return std::nullopt;
  }
  const MicroOpInfo& row = info(*opcode);
  const bool addressed = row.functional_unit == FunctionalUnit::memory || row.functional_unit == FunctionalUnit::stream;
  MicroOp op;
  op.opcode = *opcode;
  op.j = addressed ? 1 : 0;
  const std::string_view letters = addressed ? row.operands.substr(0, row.operands.find('i')) : row.operands;
  const Item* list = arguments.list("the operands");
  if (list != nullptr && list->words.size() == letters.size()) {
    for (std::size_t k = 0; k < letters.size(); ++k) read_operand(letters[k], list->words[k], op, problems);
  } else if (list != nullptr) {
    problems.add(head.data(), "has " + std::to_string(list->words.size()) + " operands; allowed " +
                                  std::to_string(letters.size()) + ": " + spelled(letters));
  }
  if (addressed) {
    if (const Word* at = arguments.word("at", false)) read_operand('i', *at, op, problems);
    if (const Word* step = arguments.word("step", false)) read_operand('j', *step, op, problems);
  }
  arguments.finish();
  return op;
}

}  // namespace rondo::assembly

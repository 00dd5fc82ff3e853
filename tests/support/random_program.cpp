#include "tests/support/random_program.hpp"

#include <cmath>
#include <cstring>

#include "models/base/params.hpp"

namespace rondo::testing {
namespace {

struct RandomMachine {
  Dice& dice;
  void integer(const char*, std::int64_t& value, const char*, const char*, std::int64_t least, std::int64_t most) {
    value = dice.in(least, most);
  }
  void choice(const char*, std::string& value, const std::vector<std::string>& words, const char*) {
    value = dice.pick(words);
  }
};

std::string random_name(Dice& dice) {
  static const std::vector<std::string> strange = {"",
                                                   "none",
                                                   "i0",
                                                   "i7",
                                                   "i12",
                                                   "0",
                                                   "-3",
                                                   "lstm_1",
                                                   "a.b",
                                                   "a b",
                                                   "quote\"d",
                                                   "back\\slash",
                                                   "tab\there",
                                                   "line\nfeed",
                                                   "nul" + std::string(1, '\0') + "byte",
                                                   "/Gather_output_0",
                                                   "gr\xc3\xbc\xc3\x9f"
                                                   "e",
                                                   "\xff\x80",
                                                   "# no comment",
                                                   "x=1",
                                                   "[",
                                                   "input"};
  if (dice.one_in(4)) return dice.pick(strange);
  std::string name = "n";
  for (std::int64_t left = dice.in(0, 6); left > 0; --left) name += static_cast<char>(dice.in('a', 'z'));
  return name;
}

// Mostly small numbers, now and then an extreme one.
std::int64_t random_integer(Dice& dice) {
  static const std::vector<std::int64_t> extreme = {INT64_MIN, INT64_MAX, INT64_MIN + 1, -1, 0, INT32_MAX, INT32_MIN};
  return dice.one_in(8) ? dice.pick(extreme) : dice.in(-1000, 100000);
}

double random_scale(Dice& dice) {
  for (;;) {
    const std::uint64_t bits = dice.bits();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) return value;
  }
}

Place random_place(Dice& dice, const Program& program) {
  Place place;
  place.space = static_cast<Space>(dice.in(0, kSpaces - 1));
  place.base = random_integer(dice);
  if (!program.symbols.empty() && dice.one_in(2)) {  // so that symbols are used
    const Symbol& symbol = dice.pick(program.symbols);
    if (symbol.address < 1'000'000) place.space = symbol.space, place.base = symbol.address + dice.in(0, 20);
  }
  for (std::int64_t strides = dice.in(0, 3); strides > 0; --strides) {
    place.stride[dice.in(0, kMaxLoops - 1)] = random_integer(dice);
  }
  return place;
}

Instruction random_instruction(Dice& dice, const Program& program, const OpcodeInfo& row) {
  Instruction in;
  in.opcode = row.opcode;
  if (dice.one_in(3)) in.wait = dice.bits();
  if (dice.one_in(3)) in.signal = std::uint64_t{1} << dice.in(0, 63);
  if (dice.one_in(9)) in.release = ~std::uint64_t{0};
  if (dice.one_in(2))
    in.layer = static_cast<std::int32_t>(dice.in(-2, static_cast<std::int64_t>(program.layers.size())));
  for (std::size_t p = 0; p < row.places.size(); ++p) {
    if (row.opcode != Opcode::gate || dice.one_in(2)) in.places[p] = random_place(dice, program);
  }
  for (std::size_t f = 0; f < row.fields.size(); ++f) {
    const FieldRow& field = row.fields[f];
    in.fields[f] = dice.one_in(3) ? (dice.one_in(2) ? field.least : field.most) : dice.in(field.least, field.most);
    if (field.name == "kernel" && dice.one_in(2))
      in.fields[f] = dice.in(0, static_cast<std::int64_t>(program.kernels.size()));
  }
  in.unit = row.unit == "any" ? static_cast<Unit>(dice.in(0, kUnits - 1)) : usual_unit(in);
  return in;
}

MicroOp random_micro_op(Dice& dice) {
  const MicroOpInfo& row = dice.pick(micro_op_table());
  MicroOp op;
  op.opcode = row.opcode;
  for (char letter : row.operands) {
    if (letter == 'd') op.d = static_cast<std::uint8_t>(dice.in(0, kRegisters - 1));
    if (letter == 'a') op.a = static_cast<std::uint8_t>(dice.in(0, kRegisters - 1));
    if (letter == 'b') op.b = static_cast<std::uint8_t>(dice.in(0, kRegisters - 1));
    if (letter == 'p') op.p = static_cast<std::uint8_t>(dice.in(0, kMaxPlaces - 1));
    if (letter == 's') op.p = static_cast<std::uint8_t>(dice.in(0, kMaxArrays - 1));
    if (letter == 'i') op.i = random_integer(dice);
    if (letter == 'j') op.j = dice.one_in(2) ? 1 : random_integer(dice);
  }
  return op;
}

void add_declarations(Dice& dice, Program& program) {
  for (std::int64_t left = dice.in(0, 4); left > 0; --left) program.layers.push_back(random_name(dice));
  for (std::int64_t left = dice.in(0, 6); left > 0; --left) {
    program.semaphores.push_back(
        {static_cast<Unit>(dice.in(0, kUnits - 1)), static_cast<Unit>(dice.in(0, kUnits - 1)), random_integer(dice)});
  }
  for (std::int64_t left = dice.in(0, 6); left > 0; --left) {
    program.symbols.push_back(
        {random_name(dice), static_cast<Space>(dice.in(0, kSpaces - 1)), random_integer(dice), random_integer(dice)});
  }
  for (std::int64_t left = dice.in(0, 3); left > 0; --left) {
    Port port{random_name(dice),    dice.one_in(2),
              random_integer(dice), static_cast<int>(8 << dice.in(0, 2)),
              random_scale(dice),   {}};
    for (std::int64_t sizes = dice.in(0, 4); sizes > 0; --sizes) port.shape.push_back(random_integer(dice));
    program.ports.push_back(port);
  }
  for (std::int64_t left = dice.in(0, 4); left > 0; --left) {
    Kernel kernel{random_name(dice), {}};
    for (std::int64_t ops = dice.in(0, 12); ops > 0; --ops) kernel.ops.push_back(random_micro_op(dice));
    program.kernels.push_back(kernel);
  }
}

template <class List>
std::string difference(const char* what, const List& a, const List& b) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " " + what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i])) return std::string(what) + " " + std::to_string(i);
  }
  return "";
}

}  // namespace

Program random_program(Dice& dice) {
  Program program;
  program.name = random_name(dice);
  RandomMachine machine{dice};
  program.machine.fields(machine);
  add_declarations(dice, program);
  for (const OpcodeInfo& row : opcode_table()) {  // every row at least now and then
    if (dice.one_in(2)) program.code.push_back(random_instruction(dice, program, row));
  }
  for (std::int64_t left = dice.in(0, 40); left > 0; --left) {
    program.code.push_back(random_instruction(dice, program, dice.pick(opcode_table())));
  }
  for (std::int64_t left = dice.in(0, 3); left > 0; --left) {
    Segment segment{random_integer(dice), {}};
    for (std::int64_t bytes = dice.in(0, 100); bytes > 0; --bytes)
      segment.bytes.push_back(static_cast<std::uint8_t>(dice.bits()));
    program.data.push_back(segment);
  }
  return program;
}

std::string first_difference(const Program& a, const Program& b) {
  if (a.name != b.name) return "name";
  if (a.machine != b.machine) return "machine";
  for (const std::string& text :
       {difference("layers", a.layers, b.layers), difference("semaphores", a.semaphores, b.semaphores),
        difference("symbols", a.symbols, b.symbols), difference("ports", a.ports, b.ports),
        difference("kernels", a.kernels, b.kernels), difference("code", a.code, b.code),
        difference("data", a.data, b.data)}) {
    if (!text.empty()) return text;
  }
  return a == b ? "" : "something";
}

}  // namespace rondo::testing

#include <gtest/gtest.h>

#include "models/isa/instruction.hpp"
#include "tests/support/small_program.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the small program has no " << from;
  return text.replace(at, from.size(), to);
}

Program small() { return parse_assembly(testing::small_program(), "small.s"); }

std::string all_of(const std::vector<std::string>& findings) {
  std::string text;
  for (const std::string& finding : findings) text += finding + "\n";
  return text;
}

TEST(CheckProgram, ASoundProgramHasNoFindings) { EXPECT_EQ(all_of(check_program(small())), ""); }

// What lies at the very edge is fit: the last byte of a memory, neighbours, an input and an output of one
// name.
TEST(CheckProgram, EdgesAreAllowed) {
  std::string text = testing::small_program();
  text = replaced(text, "weight[tile + 16*i0 + 4*i1]",
                  "weight[tile + 108*i0 + 68*i1]");            // 108 + 2 * 68 + 8 + 4 = 256
  text = replaced(text, "p2 at=2 step=2", "p2 at=66 step=2");  // 160 + 66 + 16 + 12 + 2 = 256
  text = replaced(text, "output y dram[128]", "output x dram[4064]");
  text = replaced(text, ".data dram[w]", ".data dram[8]\n 77\n.end\n.data dram[w]");
  text = replaced(text, "tanh     r1, r1, 12", "clip r1, r1, 5, 5");
  text = replaced(text, "semaphores=4", "semaphores=3");
  text = replaced(text, "loop_depth=3", "loop_depth=2");
  text = replaced(text, "tile_fifo=2", "tile_fifo=1");
  EXPECT_EQ(all_of(check_program(parse_assembly(text, "small.s"))), "");
}

// One thing is wrong: `from` in the small program's text became `to`. The findings must hold `expected`.
struct Fault {
  const char* name;
  const char* from;
  const char* to;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

class Faults : public ::testing::TestWithParam<Fault> {};

TEST_P(Faults, AreFound) {
  const Fault& fault = GetParam();
  const Program program = parse_assembly(replaced(testing::small_program(), fault.from, fault.to), "small.s");
  const auto findings = check_program(program);
  EXPECT_EQ(findings.size(), 1u) << all_of(findings);
  EXPECT_NE(all_of(findings).find(fault.expected), std::string::npos) << all_of(findings);
}

const Fault kFaults[] = {
    {"bits", "stride=4 bits=8", "stride=4 bits=12", "instruction 6 (mload): bits=12 is no width; allowed 8 or 16"},
    {"tile_rows", "vectors=1 rows=2", "vectors=1 rows=5",
     "instruction 7 (mmul): its tile of 5 x 4 is larger than the array; allowed at most 4 x 4"},
    {"space", "dst=weight[tile]", "dst=accumulator[0]",
     "instruction 0 (load): dst lies in accumulator memory; allowed weight, activation or parameter"},
    {"gate_dram", "p1=activation[128]", "p1=dram[128]",
     "instruction 11 (gate): p1 lies in dram memory; allowed weight, activation, parameter or accumulator"},
    {"beyond_end", "weight[tile + 16*i0 + 4*i1]", "weight[tile + 16*i0 + 123*i1]",
     "instruction 6 (mload): src reads bytes 0..269 of weight memory; allowed 0..255"},
    {"below_zero", "activation[16*i0]", "activation[0 - 16*i0]",
     "instruction 7 (mmul): src reads bytes -16..3 of activation memory"},
    {"row_below_zero", "src_stride=8 dst_stride=16 bits=8", "src_stride=-8 dst_stride=16 bits=8",
     "instruction 8 (mmul): src reads bytes -8..1 of activation memory"},
    {"kernel_offset", "p2 at=2 step=2", "p2 at=2 step=20",
     "instruction 11 (gate): p2 writes bytes 162..299 of activation memory"},
    {"overflow", "weight[tile + 16*i0", "weight[tile + 9223372036854775807*i0",
     "instruction 6 (mload): src reads bytes 0..more than"},
    {"inner_loop", "activation[16*i0]", "activation[16*i2]",
     "instruction 7 (mmul): src moves with loop i2; allowed the 2 loops around the instruction"},
    {"no_end", "end\n  sync", "sync weights\n  sync", "instruction 4 (loop): has no end"},
    {"depth", "loop_depth=3", "loop_depth=1", "instruction 5 (loop): is nested 2 deep; allowed 1 (machine.loop_depth)"},
    {"empty_loop", "halt", "loop 4\nend\nhalt", "instruction 14 (loop): is empty"},
    {"halt_twice", "halt", "halt\nhalt", "instruction 14 (halt): is not the last instruction"},
    {"no_halt", "halt", "", "the program does not end; allowed a halt"},
    {"undeclared", "sync weights wait=0", "sync weights wait=3",
     "instruction 3 (sync): wait names semaphore 3; allowed the 3 declared ones"},
    {"wait_unit", "sync weights wait=0", "sync load wait=0",
     "instruction 3 (sync): wait names semaphore 0 from unit load; allowed unit weights"},
    {"signal_unit", "sync matrix signal=1", "sync weights signal=1",
     "instruction 10 (sync): signal names semaphore 1 from unit weights; allowed unit matrix"},
    {"release_unit", "wait=1 signal=2", "wait=1 release=0",
     "instruction 11 (gate): release names semaphore 0 from unit gate; allowed unit load"},
    {"control_mask", "end\n  sync", "end wait=0\n  sync", "instruction 9 (end): has semaphores"},
    {"same_unit", ".symbol w", ".semaphore 3 from=load to=load initial=0\n.symbol w",
     "semaphore 3: joins load to itself"},
    {"initial", "initial=2", "initial=-1", "semaphore 2: starts at -1"},
    {"few_semaphores", "semaphores=4", "semaphores=2", "the program declares 3 semaphores; allowed 2"},
    {"layer", "halt", ".in_layer 1\nhalt", "instruction 14 (halt): belongs to layer 1; allowed -1 (none)..0"},
    {"kernel_number", "gate soft", "gate 1", "instruction 11 (gate): kernel=1 is outside; allowed 0..0"},
    {"unused_operand", "p0=accumulator[0]", "p0=accumulator[0] p5=weight[0]",
     "instruction 11 (gate): operand 5 is set but unused"},
    {"read_first", "tanh     r1, r1", "tanh     r1, r9",
     "kernel 0 (soft), micro-operation 4 (tanh): register r9 is read before it is written"},
    {"reduction_used", "tanh     r1, r1", "tanh     r1, r2",
     "micro-operation 4 (tanh): register r2 holds a reduction; allowed only a store with j = 0"},
    {"reduction_step", "p1 step=0", "p1 step=1", "micro-operation 3 (st32): register r2 holds a reduction"},
    {"element_once", "st32     r2", "st32     r1", "micro-operation 3 (st32): register r1 holds one value per element"},
    {"shift", "100, 7", "100, 63", "micro-operation 1 (scalei): j is 63; allowed 0..62"},
    {"scale_width", "100, 7", "32768, 7", "micro-operation 1 (scalei): i is 32768; allowed -32768..32767"},
    {"clip", "tanh     r1, r1, 12", "clip r1, r1, 6, 5",
     "micro-operation 4 (clip): its least value is above its most; allowed i <= j"},
    {"step_below_zero", "at=2 step=2", "at=2 step=-1", "micro-operation 5 (st16): j is -1; allowed 0..65535"},
    {"port_bits", "bits=32 scale", "bits=12 scale", "port y: has words of 12 bits"},
    {"port_end", "dram[128] bits=32", "dram[4088] bits=32", "port y: does not lie in dram memory"},
    {"port_shape", "scale=0.25 shape=2,4", "scale=0.25 shape=2,-1", "port y: has a dimension of -1"},
    {"port_shape_overflow", "scale=0.25 shape=2,4", "scale=0.25 shape=4294967296,4294967296,4294967296",
     "port y: does not lie in dram memory"},
    {"port_scale", "scale=0.25", "scale=-1", "port y: its scale is no positive number"},
    {"port_nan", "scale=0.25", "scale=nan", "port y: its scale is no positive number"},
    {"port_twice", "output y", "input x", "port x: is declared twice"},
    {"segment", ".data dram[w]", ".data dram[4090]", "data segment 0: does not lie in dram memory"},
    {"segments", ".data dram[w]", ".data dram[4]\n 77\n.end\n.data dram[w]", "data segments at 0 and 4 overlap"},
    {"symbol", "tile weight[0] bytes=64", "tile weight[0] bytes=640", "symbol tile: does not lie in weight memory"},
    {"symbol_twice", ".symbol tile", ".symbol q dram[1] bytes=1\n.symbol q dram[2] bytes=1\n.symbol tile",
     "symbol q: is declared twice in dram memory"},
    {"banks", "weight_banks=4", "weight_banks=3", "machine.weight_bytes: must be a multiple of 16 x banks"},
    {"tile_missing", "accumulate=1 keep=1", "accumulate=1", "instruction 8 (mmul): there is no tile in the array"},
    {"tile_shape", "vectors=2 rows=2", "vectors=2 rows=1",
     "instruction 8 (mmul): is 1 x 4, but the oldest tile is 2 x 4"},
    {"tile_full", "dst_stride=16 bits=8", "dst_stride=16 bits=8 keep=1",
     "instruction 6 (mload): the array holds 2 tiles already"},
    {"too_long", "halt", "loop 2147483647\nloop 2147483647\nsync load\nend\nend\nhalt",
     "instruction 14 (loop): runs for more than 2^53 instructions"},
};
INSTANTIATE_TEST_SUITE_P(Each, Faults, ::testing::ValuesIn(kFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

// Faults that a text cannot hold.
void expect_finding(const Program& program, const std::string& expected) {
  const std::string text = all_of(check_program(program));
  EXPECT_NE(text.find(expected), std::string::npos) << text;
}

TEST(CheckProgram, FieldsOutsideOfTheirRow) {
  for (const OpcodeInfo& row : opcode_table()) {
    for (std::size_t f = 0; f < row.fields.size(); ++f) {
      for (std::int64_t value : {row.fields[f].least - 1, row.fields[f].most + 1, INT64_MIN, INT64_MAX}) {
        Program program = small();
        for (Instruction& in : program.code) {
          if (in.opcode == row.opcode) in.fields[f] = value;
        }
        expect_finding(program, "(" + std::string(row.name) + "): " + std::string(row.fields[f].name) + "=" +
                                    std::to_string(value) + " is outside; allowed ");
      }
    }
  }
}

TEST(CheckProgram, OperandsOfEveryRowInEveryMemory) {
  const auto allowed = [](std::string_view spaces, Space space) {
    const bool sram = space == Space::weight || space == Space::activation || space == Space::parameter;
    return spaces == kSpaceNames[int(space)] || (spaces == "sram" && sram) || (spaces == "any" && space != Space::dram);
  };
  for (std::size_t i = 0; i < small().code.size(); ++i) {
    const OpcodeInfo& row = info(small().code[i].opcode);
    for (std::size_t p = 0; p < row.places.size() && p < 3; ++p) {
      for (int s = 0; s < kSpaces; ++s) {
        Program program = small();
        program.code[i].places[p].space = static_cast<Space>(s);
        const bool found = all_of(check_program(program)).find(" lies in ") != std::string::npos;
        EXPECT_EQ(found, !allowed(row.places[p].spaces, static_cast<Space>(s)))
            << i << " " << row.places[p].name << " " << s;
      }
    }
  }
}

TEST(CheckProgram, EveryInstructionBelongsToItsUnit) {
  for (std::size_t i = 0; i < small().code.size(); ++i) {
    if (small().code[i].opcode == Opcode::sync) continue;
    for (int u = 0; u <= kUnits; ++u) {
      Program program = small();
      if (static_cast<int>(program.code[i].unit) == u) continue;
      program.code[i].unit = static_cast<Unit>(u);
      expect_finding(program, "instruction " + std::to_string(i) + " (");
    }
  }
}

TEST(CheckProgram, NonsenseEnumerators) {
  Program program = small();
  program.code[0].opcode = static_cast<Opcode>(200);
  expect_finding(program, "instruction 0 (?): is no instruction");
  program = small();
  program.code[0].places[0].space = static_cast<Space>(77);
  expect_finding(program, "src lies in no memory");
  program = small();
  program.kernels[0].ops[1].opcode = static_cast<MicroOpcode>(99);
  expect_finding(program, "micro-operation 1 (?): is no micro-operation");
  program = small();
  program.semaphores[0].to = static_cast<Unit>(kUnits);
  expect_finding(program, "semaphore 0: names a unit that does not exist");
  program = small();
  program.symbols[0].space = static_cast<Space>(9);
  expect_finding(program, "symbol w: names a memory that does not exist");
}

TEST(CheckProgram, RegistersAndOperandsThatDoNotExist) {
  for (const MicroOpInfo& row : micro_op_table()) {
    for (char letter : {'d', 'a', 'b', 'p'}) {
      if (letter == 'p' && row.functional_unit == FunctionalUnit::stream) continue;  // holds the stream's number
      Program program = small();
      MicroOp op;
      op.opcode = row.opcode;
      (letter == 'd' ? op.d : letter == 'a' ? op.a : letter == 'b' ? op.b : op.p) = 200;
      program.kernels[0].ops.push_back(op);
      expect_finding(program, std::string("(") + std::string(row.name) + "): " + letter + " is 200; allowed ");
    }
  }
}

TEST(CheckProgram, AnEmptyProgram) {
  const std::string text = all_of(check_program(Program{}));
  EXPECT_NE(text.find("machine.rows: 0 is outside; allowed 1..4096"), std::string::npos) << text;
  EXPECT_NE(text.find("the program has no instructions"), std::string::npos) << text;
}

TEST(CheckProgram, AllMistakesAtOnceButNotWithoutEnd) {
  Program program = small();
  Instruction bad = program.code[0];
  bad.fields[field::load::bytes] = -1;
  program.code.insert(program.code.begin(), 1000, bad);
  const auto findings = check_program(program);
  EXPECT_EQ(findings.size(), 101u);
  EXPECT_EQ(findings.back(), "and 900 more findings");
}

TEST(CheckProgram, ManyNestedLoopsAreQuick) {
  Program program = small();
  Instruction loop;
  loop.opcode = Opcode::loop;
  loop.fields[field::loop::count] = 0x7fffffff;
  program.code.insert(program.code.begin(), 200'000, loop);
  expect_finding(program, "is nested 4 deep; allowed 3 (machine.loop_depth)");
}

}  // namespace
}  // namespace rondo

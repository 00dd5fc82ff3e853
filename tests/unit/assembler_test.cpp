#include "traces/assembler.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/base/error.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/small_program.hpp"
#include "traces/sha256.hpp"

namespace rondo {
namespace {

using testing::first_difference;
using testing::small_program;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the small program has no " << from;
  return text.replace(at, from.size(), to);
}

std::string errors_of(const std::string& text) {
  try {
    parse_assembly(text, "t.s");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

// The program with one more statement at its end.
Program with(const std::string& statement) {
  return parse_assembly(replaced(small_program(), "halt\n", "halt\n" + statement + "\n"), "t.s");
}

TEST(Assembler, TheSmallProgramIsReadAsItSays) {
  const Program program = parse_assembly(small_program(), "t.s");
  EXPECT_EQ(program.name, "small");
  EXPECT_EQ(program.machine.rows, 4);
  EXPECT_EQ(program.machine.loop_depth, 3);
  ASSERT_EQ(program.code.size(), 15u);
  const Instruction& mload = program.code[6];
  EXPECT_EQ(mload.opcode, Opcode::mload);
  EXPECT_EQ(mload.unit, Unit::weights);
  EXPECT_EQ(mload.layer, 0);
  EXPECT_EQ(mload.places[0].space, Space::weight);
  EXPECT_EQ(mload.places[0].base, 0);
  EXPECT_EQ(mload.places[0].stride[0], 16);
  EXPECT_EQ(mload.places[0].stride[1], 4);
  EXPECT_EQ(mload.fields[field::mload::rows], 2);
  EXPECT_EQ(mload.fields[field::mload::bits], 8);
  EXPECT_EQ(program.code[3].unit, Unit::weights);
  EXPECT_EQ(program.code[3].wait, 1u);
  EXPECT_EQ(program.code[11].signal, 4u);
  EXPECT_EQ(program.code[11].fields[field::gate::s0 + 2], 16);
  ASSERT_EQ(program.semaphores.size(), 3u);
  EXPECT_TRUE(program.semaphores[2] == (Semaphore{Unit::gate, Unit::store, 2}));
  ASSERT_EQ(program.ports.size(), 2u);
  EXPECT_TRUE(program.ports[1] == (Port{"y", true, 128, 32, 0.25, {2, 4}}));
  EXPECT_TRUE(program.symbols[1] == (Symbol{"tile", Space::weight, 0, 64}));
  ASSERT_EQ(program.kernels.size(), 1u);
  EXPECT_TRUE(program.kernels[0].ops[1] == (MicroOp{MicroOpcode::scalei, 1, 0, 0, 0, 100, 7}));
  EXPECT_TRUE(program.kernels[0].ops[5] == (MicroOp{MicroOpcode::st16, 0, 1, 0, 2, 2, 2}));
  ASSERT_EQ(program.data.size(), 1u);
  EXPECT_EQ(program.data[0].bytes, (std::vector<std::uint8_t>{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}));
}

TEST(Assembler, WrittenTextIsPleasant) {
  const std::string text = to_assembly(parse_assembly(small_program(), "t.s"));
  for (const char* line :
       {"\n.machine rows=4 cols=4 arrays=1 dataflow=weight_stationary\n.machine tile_fifo=2 ",
        "\n.semaphore 2 from=gate to=store initial=2\n", "\n.symbol tile weight[0] bytes=64\n",
        "\n.port output y dram[128] bits=32 scale=0.25 shape=2,4\n", "\n.in_layer one\n",
        "\n.kernel soft\n  ld32     r0, p0\n  scalei   r1, r0, 100, 7\n", "\n  st32     r2, p1 step=0\n",
        "\n  st16     r1, p2 at=2 step=2\n.end\n",
        "\n    mload src=weight[tile + 16*i0 + 4*i1] rows=2 cols=4 stride=4 bits=8", "\n  sync matrix signal=1",
        "\n  gate soft p0=accumulator[0]", "\nhalt", "\n.data dram[w]\n  00112233 44556677\n.end\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  std::size_t longest = 0;
  for (std::size_t from = 0, end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
    EXPECT_NE(text[end - 1], ' ') << text.substr(from, end - from);
    longest = std::max(longest, end - from);
  }
  EXPECT_LT(longest, 180u);
}

TEST(Assembler, EveryRowIsWrittenAndReadBack) {
  testing::Dice dice(7);
  for (const OpcodeInfo& row : opcode_table()) {
    Program program = parse_assembly(small_program(), "t.s");
    Instruction in;
    in.opcode = row.opcode;
    for (std::size_t p = 0; p < row.places.size(); ++p) {
      in.places[p].space = static_cast<Space>(p % kSpaces);
      in.places[p].base = 5 + static_cast<std::int64_t>(p);
      in.places[p].stride[p] = -7;
    }
    for (std::size_t f = 0; f < row.fields.size(); ++f) in.fields[f] = row.fields[f].most;
    if (row.opcode == Opcode::gate) in.fields[field::gate::kernel] = 0;
    in.unit = usual_unit(in);
    program.code.push_back(in);
    const std::string text = to_assembly(program);
    EXPECT_EQ(first_difference(parse_assembly(text, "t.s"), program), "") << text;
    EXPECT_EQ(first_difference(parse_binary(to_binary(program), "t"), program), "") << row.name;
    for (const PlaceInfo& place : row.places)
      EXPECT_NE(text.find(" " + std::string(place.name) + "="), std::string::npos) << text;
  }
  for (const MicroOpInfo& row : micro_op_table()) {
    Program program = parse_assembly(small_program(), "t.s");
    MicroOp op;
    op.opcode = row.opcode;
    for (char letter : row.operands) {
      if (letter == 'd') op.d = 31;
      if (letter == 'a') op.a = 30;
      if (letter == 'b') op.b = 29;
      if (letter == 'p') op.p = 7;
      if (letter == 'i') op.i = -12;
      if (letter == 'j') op.j = 34;
    }
    program.kernels[0].ops.push_back(op);
    EXPECT_EQ(first_difference(parse_assembly(to_assembly(program), "t.s"), program), "") << row.name;
    EXPECT_EQ(first_difference(parse_binary(to_binary(program), "t"), program), "") << row.name;
  }
}

TEST(Assembler, NumbersSymbolsAndLoopsInAnAddress) {
  const auto place = [](const std::string& text) {
    return with("mload src=" + text + " rows=1 cols=1 bits=8").code.back().places[0];
  };
  EXPECT_EQ(place("weight[0x10]").base, 16);
  EXPECT_EQ(place("weight[tile+3]").base, 3);
  EXPECT_EQ(place("weight[ 1 + tile + 2 ]").base, 3);
  EXPECT_EQ(place("weight[-5]").base, -5);
  EXPECT_EQ(place("weight[\"tile\"]").base, 0);
  EXPECT_EQ(place("dram[w]").base, 0);
  EXPECT_EQ(place("weight[i0*4 - 0x8*i7]").stride[0], 4);
  EXPECT_EQ(place("weight[i0*4 - 0x8*i7]").stride[7], -8);
  EXPECT_EQ(place("weight[7+i3]").stride[3], 1);
  EXPECT_EQ(place("weight[-9223372036854775808]").base, INT64_MIN);
}

TEST(Assembler, DataAsNumbers) {
  const auto bytes = [](const std::string& form, const std::string& lines) {
    return with(".data dram[1000] " + form + "\n" + lines + "\n.end").data.front().bytes;
  };
  using Bytes = std::vector<std::uint8_t>;
  EXPECT_EQ(bytes("int8", "1 -1\n 127 -128 # end."), (Bytes{1, 255, 127, 128}));
  EXPECT_EQ(bytes("int16", "258 -2"), (Bytes{2, 1, 254, 255}));
  EXPECT_EQ(bytes("int32", "-2147483648 1"), (Bytes{0, 0, 0, 128, 1, 0, 0, 0}));
  EXPECT_EQ(bytes("", "0a0B cD\n ff # .end"), (Bytes{10, 11, 205, 255}));
}

TEST(Assembler, BlanksCommentsAndLineEnds) {
  const Program plain = parse_assembly(small_program(), "t.s");
  std::string text = small_program();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 19)
    text.replace(at, 1, "  ; \"x [ \xc3\xa9 .end\r\n\t ");
  EXPECT_EQ(first_difference(plain, parse_assembly(text, "t.s")), "");
  text = small_program();
  text.pop_back();
  EXPECT_EQ(first_difference(plain, parse_assembly(text, "t.s")), "") << "no line feed at the end";
}

// One thing is wrong; the message must say where and what.
struct Mistake {
  const char* name;
  const char* from;
  const char* to;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.name; }
class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreNamedWithLineAndColumn) {
  const Mistake& mistake = GetParam();
  const std::string errors = errors_of(replaced(small_program(), mistake.from, mistake.to));
  EXPECT_NE(errors.find(mistake.expected), std::string::npos) << errors;
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 0) << errors;
  EXPECT_NE(errors.find("; allowed "), std::string::npos) << errors;
}

const Mistake kMistakes[] = {
    {"no_version", ".rondo 1", ".program x", "t.s:1:1: this is no trace; allowed a text that begins with .rondo 1"},
    {"version", ".rondo 1", ".rondo 2", "t.s:1:8: the version of the trace is '2'; allowed 1..1"},
    {"instruction", "halt", "hlat", "t.s:38:1: there is no such instruction; allowed loop, end, halt,"},
    {"directive", ".layer one", ".leyer one\n.layer one",
     "t.s:7:1: there is no such directive; allowed .program, .machine"},
    {"field", "rows=2 bytes=16", "rows=2 byte=16 bytes=16",
     "t.s:37:48: 'byte' is unknown after 'store'; allowed src, dst, rows, bytes,"},
    {"missing", "rows=1 bytes=64 signal=0", "rows=1 signal=0", "t.s:24:1: 'load' has no bytes="},
    {"missing_place", "dst=weight[tile] ", "", "t.s:24:1: 'load' has no dst="},
    {"twice", "rows=1 bytes=64", "rows=1 rows=1 bytes=64", "t.s:24:42: rows= stands twice"},
    {"range", "rows=1 bytes=64", "rows=0 bytes=64", "t.s:24:40: rows is '0'; allowed 1..2147483647"},
    {"huge", "rows=1 bytes=64", "rows=99999999999999999999999999999999 bytes=64",
     "rows is '99999999999999999999999999999999'; allowed 1.."},
    {"no_number", "rows=1 bytes=64", "rows=many bytes=64", "t.s:24:40: rows is 'many'; allowed 1.."},
    {"space", "dst=weight[tile]", "dst=wieght[tile]", "t.s:24:22: 'wieght' is no memory; allowed dram, weight,"},
    {"symbol", "dst=weight[tile]", "dst=weight[tale]", "t.s:24:29: 'tale' is no symbol of this memory"},
    {"symbol_space", "dst=weight[tile]", "dst=weight[w]", "t.s:24:29: 'w' is no symbol of this memory"},
    {"loop", "16*i0 + 4*i1", "16*i0 + 4*i8", "t.s:30:39: 'i8' is no loop; allowed i0 (outermost) to i7"},
    {"loop_twice", "16*i0 + 4*i1", "16*i0 + 4*i0", "'i0' stands twice"},
    {"too_large", "16*i0 + 4*i1", "9223372036854775808*i0", "t.s:30:15: the address is too large; allowed 64 bits"},
    {"bracket", "dst=weight[tile]", "dst=weight[tile", "t.s:24:34: 'r' is out of place"},
    {"bracket_end", "dst=weight[tile] rows=1 bytes=64 signal=0", "rows=1 bytes=64 signal=0 dst=weight[tile",
     "t.s:24:58: the line ends without ']'"},
    {"quote", ".layer one", ".layer one\n.layer \"one", "t.s:8:12: the line ends without '\"'"},
    {"escape", ".layer one", ".layer one\n.layer \"o\\q\"", "t.s:8:10: this escape is unknown"},
    {"key", "rows=1 bytes=64", "rows= bytes=64", "t.s:24:46: '=' is out of place"},
    {"character", "loop 2", "loop 2 @", "t.s:28:8: '@' is out of place"},
    {"unit", "sync weights", "sync wheights",
     "t.s:27:6: 'wheights' is no unit; allowed weights, matrix, gate, load, store"},
    {"no_unit", "sync weights wait=0", "sync wait=0", "t.s:27:1: the unit is missing"},
    {"count", "loop 2", "loop", "t.s:28:1: count is missing"},
    {"semaphore", "sync weights wait=0", "sync weights wait=64", "t.s:27:19: wait is '64'; allowed 0..63"},
    {"semaphore_twice", "sync weights wait=0", "sync weights wait=0,1,0", "t.s:27:23: this semaphore stands twice"},
    {"semaphore_order", ".semaphore 1", ".semaphore 3", "t.s:9:12: the number is '3'; allowed 1..1"},
    {"kernel", "gate soft", "gate hard", "t.s:35:8: there is no such kernel"},
    {"micro_op", "rmax     r2, r1", "rmin     r2, r1", "t.s:18:3: there is no such micro-operation"},
    {"operands", "rmax     r2, r1", "rmax     r2", "t.s:18:3: has 1 operands; allowed 2: r0..r31, r0..r31"},
    {"register", "rmax     r2, r1", "rmax     r32, r1", "t.s:18:13: the register is '32'; allowed 0..31"},
    {"no_register", "rmax     r2, r1", "rmax     p2, r1", "t.s:18:12: this operand is none; allowed r0..r31"},
    {"operand", "ld32     r0, p0", "ld32     r0, p8", "t.s:16:17: the operand is '8'; allowed 0..7"},
    {"step_unknown", "rmax     r2, r1", "rmax     r2, r1 step=1",
     "t.s:18:19: 'step' is unknown after 'rmax'; allowed no keys"},
    {"machine_twice", ".layer one", ".machine rows=4\n.layer one", "t.s:7:15: machine.rows is set already"},
    {"machine_missing", "rows=4 cols=4 arrays", "arrays", "t.s:1:1: the machine lacks rows, cols"},
    {"machine_range", "rows=4 cols=4", "rows=0 cols=4", "t.s:3:15: rows is '0'; allowed 1..4096"},
    {"machine_unknown", "rows=4 cols=4", "rows=4 cols=4 raws=4",
     "'raws' is unknown after '.machine'; allowed rows, cols,"},
    {"port", ".port input x", ".port inout x", "t.s:13:7: a port is input or output"},
    {"port_scale", "scale=0.5", "scale=half", "'half' is no number"},
    {"port_memory", "x dram[64]", "x weight[64]", "t.s:13:15: this lies in another memory; allowed dram"},
    {"port_moves", "x dram[64]", "x dram[64+i0]", "'i0' does not belong here"},
    {"layer", ".in_layer one", ".in_layer two", "t.s:23:11: there is no such layer"},
    {"data", "  00112233", "  00112g33", "t.s:40:7: '2' is out of place; allowed bytes of two hexadecimal digits"},
    {"data_half", "44556677", "4455667", "'7' is out of place"},
    {"data_open", "44556677\n.end", "44556677", "t.s:39:1: this block has no end; allowed .end"},
    {"end", "halt", "halt\n.end", "t.s:39:1: .end closes nothing"},
};
INSTANTIATE_TEST_SUITE_P(Each, Mistakes, ::testing::ValuesIn(kMistakes),
                         [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(Assembler, AllMistakesAtOnce) {
  const std::string errors =
      errors_of(replaced(replaced(small_program(), "halt", "hlat"), "rows=1 bytes=64", "rows=0 bites=64"));
  EXPECT_NE(errors.find("t.s:24:40: rows is '0'"), std::string::npos) << errors;
  EXPECT_NE(errors.find("t.s:24:1: 'load' has no bytes="), std::string::npos) << errors;
  EXPECT_NE(errors.find("t.s:24:42: 'bites' is unknown"), std::string::npos) << errors;
  EXPECT_NE(errors.find("t.s:38:1: there is no such instruction"), std::string::npos) << errors;
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 3) << errors;
}

TEST(Assembler, EndlessMistakesAreCut) {
  std::string text = small_program();
  for (int i = 0; i < 50'000; ++i) text += "nonsense\n";
  const std::string errors = errors_of(text);
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 100);
  EXPECT_NE(errors.find("t.s: and 49900 more mistakes"), std::string::npos) << errors;
}

TEST(Assembler, TextsThatAreNoTrace) {
  EXPECT_NE(errors_of("").find("t.s:1:1: there is no trace in here"), std::string::npos);
  EXPECT_NE(errors_of("# only a comment\n\n").find("there is no trace in here"), std::string::npos);
  EXPECT_NE(errors_of(std::string(1000, '\0')).find("t.s:1:1: "), std::string::npos);
  EXPECT_NE(errors_of(std::string(1 << 20, '[')).find("t.s:1:1: "), std::string::npos);
  EXPECT_NE(errors_of("\xef\xbb\xbf.rondo 1\n").find("t.s:1:1: this character"), std::string::npos);
}

TEST(Assembler, LongAndDeepTextsAreRead) {
  std::string text = replaced(small_program(), "halt\n", "");
  text.resize(text.find(".data"));
  for (int i = 0; i < 100'000; ++i) text += "loop 2\n";
  for (int i = 0; i < 100'000; ++i) text += "end\n";
  const Program deep = parse_assembly(text, "t.s");
  EXPECT_EQ(deep.code.size(), 200'014u);
  EXPECT_EQ(first_difference(parse_assembly(to_assembly(deep), "t.s"), deep), "");
  std::string terms = "mload rows=1 cols=1 bits=8 src=weight[1";
  for (int i = 0; i < 100'000; ++i) terms += "+1";
  EXPECT_EQ(with(terms + "]").code.back().places[0].base, 100'001);
  std::string items = "sync load";
  for (int i = 0; i < 50'000; ++i) items += " wait=0";
  EXPECT_NE(errors_of(small_program() + items).find("wait= stands twice"), std::string::npos);
}

TEST(Assembler, MoreInstructionsThanAllowed) {
  std::string text = small_program();
  for (int i = 0; i < (1 << 20); ++i) text += "end\n";
  EXPECT_NE(errors_of(text).find("there are too many instructions; allowed 1048576"), std::string::npos);
}

TEST(Binary, ALoopOverAThousandStepsIsSmall) {
  Program program = parse_assembly(small_program(), "t.s");
  const std::size_t before = to_binary(program).size();
  const std::vector<Instruction> body(program.code.begin() + 4, program.code.begin() + 13);
  for (int copies = 0; copies < 11; ++copies) program.code.insert(program.code.begin() + 13, body.begin(), body.end());
  program.code[4].fields[field::loop::count] = 1500;
  EXPECT_EQ(program.code.size(), 114u);
  EXPECT_LT(to_binary(program).size() - before, 2600u);
  EXPECT_LT(before, 900u);
}

TEST(Binary, VersionAndOtherFilesAreNamed) {
  const auto error = [](const std::string& bytes) -> std::string {
    try {
      parse_binary(bytes, "t");
      return "";
    } catch (const Error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(error("nothing"), "t: this is no binary trace; allowed a whole trace as Rondo writes it");
  EXPECT_EQ(error(""), "t: this is no binary trace; allowed a whole trace as Rondo writes it");
  std::string bytes = to_binary(parse_assembly(small_program(), "t.s"));
  EXPECT_EQ(static_cast<int>(bytes[8]), 1) << "the version follows the magic";
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  EXPECT_EQ(error(bytes),
            "t: the trace is damaged or cut short (its checksum differs); allowed a whole trace as Rondo "
            "writes it");
}

// The vectors of FIPS 180-4, and a program whose hash must not move from machine to machine or version to
// version.
TEST(Sha256, KnownVectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const Program program = parse_assembly(small_program(), "t.s");
  EXPECT_EQ(program_sha256(program), sha256(to_binary(program)));
  Program other = program;
  other.ports[0].scale *= 1.0000000000000002;
  EXPECT_NE(program_sha256(program), program_sha256(other));
}

}  // namespace
}  // namespace rondo

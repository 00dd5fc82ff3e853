#include <gtest/gtest.h>

#include "models/isa/instruction.hpp"
#include "traces/assembler.hpp"

// What check_program says of several arrays, streams and held sums.
namespace rondo {
namespace {

const std::string kMachine = R"(.rondo 1
.program arrays
.machine rows=4 cols=4 arrays=2 dataflow=output_stationary tile_fifo=2 stream_rows=4 table_entries=64
.machine weight_bytes=256 weight_banks=4 activation_bytes=1024 activation_banks=4
.machine parameter_bytes=256 parameter_banks=4 accumulator_bytes=256 accumulator_banks=4
.machine dram_bytes=4096 semaphores=4 loop_depth=3
)";

// Two arrays; array 1 holds sums over two tiles and streams them, array 0 streams its own.
const std::string kProgram = kMachine + R"(.semaphore 0 from=matrix1 to=gate initial=0
.kernel both
  pop      r0, s0
  pop      r1, s1 at=1 step=0
  add      r0, r0, r1
  st32     r0, p0
.end
loop 3
  mload src=weight[0] rows=4 cols=3 stride=3 bits=8
  mload src=weight[64] rows=4 cols=2 stride=2 bits=8 array=1
  mmul src=activation[0] vectors=2 rows=4 cols=3 src_stride=4 bits=8 stream=1
  mmul src=activation[0] vectors=2 rows=4 cols=2 src_stride=4 bits=8 keep=1 array=1 hold=1
  mmul src=activation[8] vectors=2 rows=4 cols=2 src_stride=4 bits=8 accumulate=2 array=1 stream=1
  gate both p0=activation[64] elements=3 rows=2 s0=12
end
sync matrix1 signal=0
sync gate wait=0
halt
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the program has no " << from;
  return text.replace(at, from.size(), to);
}

std::string findings_of(const std::string& text) {
  std::string all;
  for (const std::string& finding : check_program(parse_assembly(text, "t.s"))) all += finding + "\n";
  return all;
}

TEST(CheckArrays, ASoundProgramHasNoFindings) {
  EXPECT_EQ(findings_of(kProgram), "");
  EXPECT_EQ(findings_of(replaced(kProgram, "stream_rows=4", "stream_rows=2")), "");
  EXPECT_EQ(findings_of(replaced(kProgram, "at=1 step=0", "at=0 step=0")), "");
}

struct Fault {
  const char* name;
  const char* from;
  const char* to;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

class ArrayFaults : public ::testing::TestWithParam<Fault> {};

TEST_P(ArrayFaults, AreFound) {
  const Fault& fault = GetParam();
  const std::string findings = findings_of(replaced(kProgram, fault.from, fault.to));
  EXPECT_NE(findings.find(fault.expected), std::string::npos) << findings;
}

const Fault kFaults[] = {
    {"no_such_array", "arrays=2", "arrays=1",
     "instruction 2 (mload): names a unit that does not exist; allowed weights, matrix, gate, load, store\n"},
    {"no_such_semaphore", "arrays=2", "arrays=1", "semaphore 0: names a unit that does not exist"},
    {"no_such_stream", "arrays=2", "arrays=1", "kernel 0 (both), micro-operation 1 (pop): s is 1; allowed only 0"},
    {"no_streams", "stream_rows=4", "stream_rows=0",
     "kernel 0 (both), micro-operation 0 (pop): the machine has no streams"},
    {"no_streams_to_fill", "stream_rows=4", "stream_rows=0",
     "instruction 3 (mmul): streams its sums, but the machine has no streams"},
    {"full", "stream_rows=4", "stream_rows=1", "instruction 3 (mmul): streams 2 rows, but the stream holds 0 already"},
    {"weight_stationary", "output_stationary", "weight_stationary", "instruction 4 (mmul): keeps sums in the array"},
    {"too_many_vectors", "vectors=2 rows=4 cols=3", "vectors=5 rows=4 cols=3",
     "instruction 3 (mmul): has 5 vectors; allowed at most 4"},
    {"held_and_streamed", "array=1 hold=1", "array=1 hold=1 stream=1",
     "instruction 4 (mmul): holds its sums and streams them"},
    {"dst_of_streamed", "src=activation[0] vectors=2 rows=4 cols=3",
     "src=activation[0] dst=accumulator[0] vectors=2 rows=4 cols=3",
     "instruction 3 (mmul): operand 1 is set but unused"},
    {"nothing_held", "array=1 hold=1", "array=1 stream=1",
     "instruction 5 (mmul): adds to 2 x 2 sums, but the array holds none"},
    {"other_held", "vectors=2 rows=4 cols=2 src_stride=4 bits=8 keep=1",
     "vectors=1 rows=4 cols=2 src_stride=4 bits=8 keep=1",
     "instruction 5 (mmul): adds to 2 x 2 sums, but the array holds 1 x 2"},
    {"held_too_long", "gate both",
     "mload src=weight[64] rows=4 cols=2 stride=2 bits=8 array=1\n"
     "mmul src=activation[0] vectors=2 rows=4 cols=2 bits=8 keep=1 hold=1 array=1\nloop 16383\n"
     "mmul src=activation[0] vectors=2 rows=4 cols=2 bits=8 keep=1 accumulate=2 hold=1 array=1\nend\n"
     "mmul src=activation[0] vectors=2 rows=4 cols=2 bits=8 accumulate=2 array=1 stream=1\n  gate both",
     "instruction 11 (mmul): adds the products of 65540 weight rows in the array; allowed at most 65536"},
    {"left_held", "accumulate=2 array=1", "array=1",
     "instruction 5 (mmul): finds sums that the mmul before it left in the array"},
    {"held_at_the_end", "sync matrix1",
     "mload src=weight[0] rows=4 cols=3 stride=3 bits=8\nmmul src=activation[0] vectors=2 rows=4 cols=3 bits=8 "
     "hold=1\nsync matrix1",
     "the program ends with sums held in array 0"},
    {"streamed_at_the_end", "sync matrix1",
     "mload src=weight[0] rows=4 cols=3 stride=3 bits=8\nmmul src=activation[0] vectors=2 rows=4 cols=3 bits=8 "
     "stream=1\nsync matrix1",
     "the program ends with 2 rows in the stream of array 0"},
    {"never_popped", "  pop      r1, s1 at=1 step=0\n  add      r0, r0, r1\n", "",
     "instruction 5 (mmul): streams 2 rows, but the stream holds 4 already"},
    {"popped_too_often", "  gate both", "  gate both p0=activation[64] elements=3 rows=2\n  gate both",
     "instruction 7 (gate): pops the stream of array 0, which is empty"},
    {"other_rows", "elements=3 rows=2", "elements=3 rows=3",
     "instruction 6 (gate): has 3 rows, but the mmul in the stream of array 0 has 2 vectors"},
    {"column", "at=1 step=0", "at=2 step=0",
     "instruction 6 (gate): pops columns beyond the 2 in the stream of array 1; allowed 0..1"},
    {"last_column", "at=1 step=0", "at=0 step=1",
     "instruction 6 (gate): pops columns beyond the 2 in the stream of array 1"},
    {"elements", "elements=3", "elements=4",
     "instruction 6 (gate): pops columns beyond the 3 in the stream of array 0"},
    {"other_unit_of_the_array", "sync matrix1 signal=0", "sync matrix signal=0",
     "signal names semaphore 0 from unit matrix; allowed unit matrix1"},
};
INSTANTIATE_TEST_SUITE_P(Each, ArrayFaults, ::testing::ValuesIn(kFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

}  // namespace
}  // namespace rondo

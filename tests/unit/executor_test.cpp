// What instructions and micro-operations compute: small programs as text, the results wanted in plain arithmetic.
#include "models/values/executor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "traces/assembler.hpp"

namespace rondo {
namespace {

using Words = std::vector<std::int32_t>;

const std::string kHead = R"(.rondo 1
.program test
.machine rows=4 cols=4 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=0 table_entries=512
.machine weight_bytes=4096 weight_banks=1 activation_bytes=4096 activation_banks=1
.machine parameter_bytes=4096 parameter_banks=1 accumulator_bytes=4096 accumulator_banks=1 dram_bytes=65536 semaphores=4 loop_depth=4
)";

std::string data(const std::string& place, const std::string& type, const Words& words) {
  std::string text = ".data " + place + " " + type + "\n";
  for (std::int32_t word : words) text += " " + std::to_string(word);
  return text + "\n.end\n";
}

struct Result {
  Words words;
  std::int64_t saturated = 0;
};

Result result_of(const std::string& text) {
  const Values values = execute(parse_assembly(text, "test"));
  return {values.ports.back(), values.saturation[0].gate + values.saturation[0].accumulator};
}

/// `operation` on r0 and r1, which hold a and b, its result in r2.
Result micro(const std::string& operation, const Words& a, const Words& b, const std::string& store = "st32 r2, p2") {
  const std::string n = std::to_string(a.size()), bytes = std::to_string(4 * a.size());
  return result_of(kHead + ".port output y dram[2048] bits=32 scale=1 shape=1," + n +
                   "\n.kernel k\n ld32 r0, p0\n ld32 r1, p1\n " + operation + "\n " + store + "\n.end\n" +
                   "load src=dram[0] dst=activation[0] rows=1 bytes=" + bytes + "\n" +
                   "load src=dram[1024] dst=activation[1024] rows=1 bytes=" + bytes + "\n" +
                   "gate k p0=activation[0] p1=activation[1024] p2=activation[2048] elements=" + n + " rows=1\n" +
                   "store src=activation[2048] dst=dram[2048] rows=1 bytes=" + bytes + "\nhalt\n" + data("dram[0]", "int32", a) +
                   data("dram[1024]", "int32", b));
}

const Words kA = {0, 1, -1, 5, -5, 300, -301, 32767, -32768, 70000, -70000, 2147483647, -2147483647 - 1};
const Words kB = {3, -1, -7, 2, 9, -300, 301, 32767, 32767, -70000, 70000, 2147483647, -2147483647 - 1};

/// Compares every element with `wanted`, limited to 32 bits; `limits` in it count further saturations.
template <class Wanted>
void expect(const std::string& operation, Wanted wanted) {
  SCOPED_TRACE(operation);
  const Result got = micro(operation, kA, kB);
  ASSERT_EQ(got.words.size(), kA.size());
  std::int64_t saturated = 0;
  const auto limit = [&](double value, double most) {
    saturated += value > most || value < -most - 1;
    return std::clamp(value, -most - 1, most);
  };
  for (std::size_t i = 0; i < kA.size(); ++i) {
    const double exact = wanted(double(kA[i]), double(kB[i]), [&](double v) { return limit(v, 32767); });
    EXPECT_EQ(got.words[i], limit(exact, 2147483647)) << kA[i] << ", " << kB[i];
  }
  EXPECT_EQ(got.saturated, saturated);
}

double half_up(double value) { return std::floor(value + 0.5); }

TEST(Executor, AdderOperations) {
  expect("add r2, r0, r1", [](double a, double b, auto) { return a + b; });
  expect("sub r2, r0, r1", [](double a, double b, auto) { return a - b; });
  expect("addi r2, r0, -9", [](double a, double, auto) { return a - 9; });
  expect("rsubi r2, r0, 9", [](double a, double, auto) { return 9 - a; });
  expect("li r2, 77", [](double, double, auto) { return 77; });
  expect("max r2, r0, r1", [](double a, double b, auto) { return std::max(a, b); });
  expect("min r2, r0, r1", [](double a, double b, auto) { return std::min(a, b); });
  expect("clip r2, r0, -300, 100", [](double a, double, auto) { return std::clamp(a, -300.0, 100.0); });
  expect("sat r2, r0, 16", [](double a, double, auto narrow) { return narrow(a); });
  expect("shift r2, r0, 3", [](double a, double, auto) { return half_up(a / 8); });
  expect("shift r2, r0, -3", [](double a, double, auto) { return a * 8; });
  expect("select r2, r0, r1, 5", [](double a, double b, auto) { return a >= 5 ? a : b; });
}

TEST(Executor, MultiplierOperations) {
  expect("mul r2, r0, r1, 4", [](double a, double b, auto narrow) { return half_up(narrow(a) * narrow(b) / 16); });
  expect("scale r2, r0, r1, 4", [](double a, double b, auto narrow) { return half_up(a * narrow(b) / 16); });
  expect("scalei r2, r0, -1234, 5", [](double a, double, auto) { return half_up(a * -1234 / 32); });
}

TEST(Executor, ReductionsAndNarrowStores) {
  EXPECT_EQ(micro("rmax r2, r0", {-5, 7, 3}, {0, 0, 0}, "st32 r2, p2 step=0").words[0], 7);
  EXPECT_EQ(micro("rsum r2, r0", {-5, 7, 3}, {0, 0, 0}, "st32 r2, p2 step=0").words[0], 5);
  const Result bytes = micro("addi r2, r0, 0", {127, 128, -128, -129}, {0, 0, 0, 0}, "st8 r2, p2");
  EXPECT_EQ(static_cast<std::uint32_t>(bytes.words[0]), 0x80807f7fU);
  EXPECT_EQ(bytes.saturated, 2);
  const Result halves = micro("addi r2, r0, 0", {32768, -32769}, {0, 0}, "st16 r2, p2");
  EXPECT_EQ(static_cast<std::uint32_t>(halves.words[0]), 0x80007fffU);
  EXPECT_EQ(halves.saturated, 2);
}

/// Two products of 2 x 2 weights w with x into the same sums, the second added to the first.
Result products(const Words& w, const Words& x, const std::string& more) {
  return result_of(kHead + ".port output y dram[2048] bits=32 scale=1 shape=1,2\n.kernel move\n ld32 r0, p0\n st32 r0, p1\n.end\n" +
                   "load src=dram[0] dst=weight[0] rows=1 bytes=8\nload src=dram[64] dst=activation[0] rows=1 bytes=4\n" +
                   "mload src=weight[0] rows=2 cols=2 stride=4 bits=16\n" +
                   "mmul src=activation[0] dst=accumulator[0] vectors=1 rows=2 cols=2 bits=16 keep=1\n" +
                   "mmul src=activation[0] dst=accumulator[0] vectors=1 rows=2 cols=2 bits=16 " + more + "\n" +
                   "gate move p0=accumulator[0] p1=activation[64] elements=2 rows=1\n" +
                   "store src=activation[64] dst=dram[2048] rows=1 bytes=8\nhalt\n" + data("dram[0]", "int16", w) +
                   data("dram[64]", "int16", x));
}

TEST(Executor, ProductsReplaceOrAccumulate) {
  EXPECT_EQ(products({1, 2, 3, 4}, {10, 100}, "").words, (Words{310, 420}));
  EXPECT_EQ(products({1, 2, 3, 4}, {10, 100}, "accumulate=1").words, (Words{620, 840}));
}

TEST(Executor, SumsStopAtTheirEndsAndAreCounted) {
  const Result got = products({32767, -32768, 32767, -32768}, {32767, 32767}, "accumulate=1");
  EXPECT_EQ(got.words, (Words{2147483647, -2147483647 - 1}));
  EXPECT_EQ(got.saturated, 2);
}

TEST(Executor, LeavesTheBytesOfEveryMemory) {
  LeftBytes left;
  execute(parse_assembly(kHead + "load src=dram[16] dst=parameter[4] rows=2 bytes=2 src_stride=4 dst_stride=3\nhalt\n" +
                             data("dram[16]", "int32", {0x01020304, 0x05060708}),
                         "test"),
          &left);
  for (Space sram : {Space::weight, Space::activation, Space::parameter, Space::accumulator}) {
    std::vector<std::uint8_t> wanted(4096);
    if (sram == Space::parameter) wanted[4] = 4, wanted[5] = 3, wanted[7] = 8, wanted[8] = 7;
    EXPECT_EQ(left[static_cast<int>(sram)], wanted);
  }
  EXPECT_EQ(left[static_cast<int>(Space::dram)].size(), 24u);
}

}  // namespace
}  // namespace rondo

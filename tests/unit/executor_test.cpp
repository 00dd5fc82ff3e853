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
                   "store src=activation[2048] dst=dram[2048] rows=1 bytes=" + bytes + "\nhalt\n" +
                   data("dram[0]", "int32", a) + data("dram[1024]", "int32", b));
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
  return result_of(
      kHead + ".port output y dram[2048] bits=32 scale=1 shape=1,2\n.kernel move\n ld32 r0, p0\n st32 r0, p1\n.end\n" +
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

/// Two vectors x through the tiles w0 and w1 of 2 x 2 16-bit weights, one after the other, on an array of the given
/// kind; what the gate unit finds: element 0 of both rows, then element 1.
Words pair_of_products(const std::string& dataflow, const std::string& first, const std::string& second,
                       bool streamed) {
  const std::string machine = kHead.substr(0, kHead.find("arrays=1")) + "arrays=2 dataflow=" + dataflow +
                              kHead.substr(kHead.find(" tile_fifo"));
  const std::size_t none = machine.find("stream_rows=0");
  const std::string head = std::string(machine).replace(none, 13, "stream_rows=2");
  const std::string mmul = "mmul array=1 src=activation[0] vectors=2 rows=2 cols=2 src_stride=4 bits=16 ";
  return result_of(
             head + ".port output y dram[2048] bits=32 scale=1 shape=2,2\n.kernel move\n " +
             (streamed ? "pop r0, s1 at=1\n pop r1, s1 step=0\n" : "ld32 r0, p0 at=4\n ld32 r1, p0 step=0\n") +
             " st32 r0, p1 step=2\n st32 r1, p1 at=4 step=2\n.end\n" +
             "load src=dram[0] dst=weight[0] rows=1 bytes=16\nload src=dram[64] dst=activation[0] rows=1 bytes=8\n" +
             "mload array=1 src=weight[0] rows=2 cols=2 stride=4 bits=16\n" + mmul + first + "\n" +
             "mload array=1 src=weight[8] rows=2 cols=2 stride=4 bits=16\n" + mmul + second + "\n" + "gate move " +
             (streamed ? "" : "p0=accumulator[0] s0=8 ") + "p1=activation[64] elements=1 rows=2 s1=8\n" +
             "store src=activation[64] dst=dram[2048] rows=1 bytes=16\nhalt\n" +
             data("dram[0]", "int16", {1, 2, 3, 4, 5, 6, 7, 8}) + data("dram[64]", "int16", {10, 100, -1, 1000}))
      .words;
}

// Sums of 1*10+3*100+5*10+7*100 and so on, whichever way they take.
TEST(Executor, SumsAreTheSameThroughMemoryStreamAndArray) {
  const Words sums = {420 + 860, 310 + 750, 3998 + 7994, 2999 + 6995};
  const std::string dst = "dst=accumulator[0] dst_stride=8 ";
  EXPECT_EQ(pair_of_products("weight_stationary", dst, dst + "accumulate=1", false), sums);
  EXPECT_EQ(pair_of_products("weight_stationary", dst, dst + "accumulate=1 stream=1", true), sums);
  EXPECT_EQ(pair_of_products("output_stationary", dst, dst + "accumulate=1 stream=1", true), sums);
  EXPECT_EQ(pair_of_products("output_stationary", "hold=1", dst + "accumulate=2", false), sums);
  EXPECT_EQ(pair_of_products("output_stationary", "hold=1", "accumulate=2 stream=1", true), sums);
}

// Two products of 16 bits, over and over: beyond 32 bits and back. Held sums are exact until they leave the array.
TEST(Executor, HeldSumsSaturateOnceWhenTheyLeave) {
  const auto chain = [](const std::string& first, const std::string& more) {
    std::string head = kHead;
    head.replace(head.find("weight_stationary"), 17, "output_stationary");
    std::string code;
    for (int k = 0; k < 4; ++k) {
      code += "mload src=weight[" + std::to_string(k < 2 ? 0 : 4) + "] rows=2 cols=1 stride=2 bits=16\n" +
              "mmul src=activation[0] vectors=1 rows=2 cols=1 bits=16 " +
              (k == 0 ? first : more + (k < 3 ? " " + first : "")) +
              (first.empty() || k == 3 ? " dst=accumulator[0]\n" : "\n");
    }
    return result_of(
        head + ".port output y dram[2048] bits=32 scale=1 shape=1\n.kernel move\n ld32 r0, p0\n st32 r0, p1\n.end\n" +
        "load src=dram[0] dst=weight[0] rows=1 bytes=8\nload src=dram[64] dst=activation[0] rows=1 bytes=4\n" + code +
        "gate move p0=accumulator[0] p1=activation[64] elements=1 rows=1\n" +
        "store src=activation[64] dst=dram[2048] rows=1 bytes=4\nhalt\n" +
        data("dram[0]", "int16", {32767, 32767, -32767, -32760}) + data("dram[64]", "int16", {32767, 32767}));
  };
  const Result held = chain("hold=1", "accumulate=2");
  EXPECT_EQ(held.words, Words{2 * 7 * 32767});
  EXPECT_EQ(held.saturated, 0);
  const Result stored = chain("", "accumulate=1");
  EXPECT_EQ(stored.words, Words{-2146762771}) << "from the largest number back";
  EXPECT_EQ(stored.saturated, 1);
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

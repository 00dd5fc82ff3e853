// Numbers that trained networks reach and random ones do not: sums of which each half is large, cell states in the
// hundreds, and inputs beyond what was calibrated. The outputs wanted follow from the equations by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "models/base/error.hpp"
#include "models/values/executor.hpp"
#include "tests/support/onnx_models.hpp"
#include "traces/compile.hpp"

namespace rondo::testing {
namespace {

const MappingParams kMappings[] = {{"step", "sequential", 0, "off", "tiles"},
                                   {"hoisted", "interleaved", 0, "on", "tiles"}};

Machine machine() {
  Machine m;
  m.rows = 16, m.cols = 16, m.arrays = 1, m.tile_fifo = 2, m.table_entries = 512;
  m.weight_bytes = m.activation_bytes = m.parameter_bytes = m.accumulator_bytes = 1 << 17;
  m.weight_banks = m.activation_banks = m.parameter_banks = m.accumulator_banks = 2;
  m.dram_bytes = 1 << 22, m.semaphores = kMaxSemaphores, m.loop_depth = kMaxLoops;
  return m;
}

Tensor tensor(const Shape& shape, std::vector<double> reals) {
  Tensor t;
  t.type = ElementType::real, t.shape = shape, t.reals = std::move(reals);
  return t;
}

struct Outcome {
  std::vector<double> output;
  std::int64_t saturated = 0;
};

/// The first output of `graph` on the chip, with ranges from `calibration`.
Outcome run(const Graph& graph, const MappingParams& mapping, const Tensor& x, const Tensor& calibration) {
  const NamedTensors inputs = {{"x", x}};
  const Ranges ranges = evaluate(graph, {{"x", calibration}}).ranges;
  const Program program = compile(graph, machine(), mapping, {16, 16}, &ranges, &inputs).program;
  const Values values = execute(program);
  Outcome result;
  for (std::size_t p = 0; p < program.ports.size() && result.output.empty(); ++p) {
    if (!program.ports[p].output) continue;
    for (std::int32_t word : values.ports[p]) result.output.push_back(word * program.ports[p].scale);
  }
  for (const Values::Saturation& s : values.saturation) result.saturated += s.gate + s.accumulator;
  return result;
}

/// h(t) = tanh(w - |w| h(t-1)) in each unit, x = 1: sign(w), then 0, then sign(w) again, although each half of the sum
/// is large.
TEST(LargeNumbers, HalvesOfASumThatCancel) {
  const std::vector<double> w = {40, -40, 25, 100};
  std::vector<double> r(16, 0.0);
  for (int i = 0; i < 4; ++i) r[5 * i] = -std::fabs(w[i]);
  const Graph graph = ModelText()
                          .input("x", {8, 1, 1})
                          .constant("w", tensor({1, 4, 1}, w))
                          .constant("r", tensor({1, 4, 4}, r))
                          .node("RNN", {"x", "w", "r"}, {"y"}, {{"hidden_size", integer(4)}})
                          .output("y")
                          .import();
  const Tensor ones = tensor({8, 1, 1}, std::vector<double>(8, 1.0));
  for (const MappingParams& mapping : kMappings) {
    const Outcome got = run(graph, mapping, ones, ones);
    ASSERT_EQ(got.output.size(), 32U);
    for (int t = 0; t < 8; ++t) {
      for (int i = 0; i < 4; ++i) {
        EXPECT_NEAR(got.output[4 * t + i], t % 2 == 1 ? 0 : std::copysign(1, w[i]), 0.02)
            << mapping.input_projection << " step " << t;
      }
    }
  }
}

/// An LSTM whose gates are open and whose candidate is 1 where x is: the cell state counts the ones of x.
Graph counter(std::int64_t steps) {
  std::vector<double> bias = {20, 20, 20, 20, 20, 20, 0, 0};  // of i, o, f, c, each of two units
  bias.resize(16, 0.0);
  return ModelText()
      .input("x", {steps, 1, 1})
      .constant("w", tensor({1, 8, 1}, {0, 0, 0, 0, 0, 0, 20, 20}))
      .constant("r", tensor({1, 8, 2}, std::vector<double>(16, 0.0)))
      .constant("b", tensor({1, 16}, bias))
      .node("LSTM", {"x", "w", "r", "b"}, {"", "", "c"}, {{"hidden_size", integer(2)}})
      .output("c")
      .import();
}

Tensor ones_then_zeros(std::int64_t ones, std::int64_t steps) {
  Tensor x = tensor({steps, 1, 1}, std::vector<double>(static_cast<std::size_t>(steps), 0.0));
  std::fill_n(x.reals.begin(), ones, 1.0);
  return x;
}

TEST(LargeNumbers, CellStatesInTheHundreds) {
  for (const MappingParams& mapping : kMappings) {
    const Outcome got = run(counter(700), mapping, ones_then_zeros(650, 700), ones_then_zeros(650, 700));
    ASSERT_EQ(got.output.size(), 2U);
    for (double c : got.output) EXPECT_NEAR(c, 650, 0.01 * 650);
    EXPECT_EQ(got.saturated, 0);
  }
}

TEST(LargeNumbers, BeyondTheCalibrationStatesStopAndAreCounted) {
  for (const MappingParams& mapping : kMappings) {
    const Outcome got = run(counter(300), mapping, ones_then_zeros(250, 300), ones_then_zeros(10, 300));
    for (double c : got.output) {
      EXPECT_GE(c, 10);
      EXPECT_LE(c, 40);  // a power of two not far above what was calibrated; never a negative number
    }
    EXPECT_GT(got.saturated, 100);
  }
}

}  // namespace
}  // namespace rondo::testing

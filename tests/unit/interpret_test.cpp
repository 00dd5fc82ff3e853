#include "traces/interpret.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "models/base/error.hpp"
#include "tests/support/onnx_models.hpp"
#include "traces/cell_builders.hpp"
#include "traces/graph_builder.hpp"

namespace rondo {
namespace {

std::vector<double> random_values(std::mt19937& random, std::size_t count) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> values(count);
  for (double& value : values) value = uniform(random);
  return values;
}

Graph one_cell(const Cell& cell, std::int64_t steps, std::int64_t batch, std::vector<std::int64_t> lengths = {},
               bool reversed = false) {
  GraphBuilder b("test");
  b.begin("x", "test");
  const int x = b.input("x", ElementType::real, {steps, batch, cell.input_width});
  b.begin("cell", "test");
  Recurrent r;
  r.cells = {cell};
  r.reversed = {reversed};
  r.lengths = std::move(lengths);
  const std::vector<int> outputs = b.recurrent(r, x, std::vector<int>(cell.state_width.size(), -1));
  b.output(outputs[0], "y");
  return b.finish(true);
}

double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

// An LSTM with projection, spelt out element by element (Sak, Senior, Beaufays 2014); no ONNX case has one.
std::vector<double> plain_projected_lstm(const CellWeights& w, const std::vector<double>& x, int steps, int inputs,
                                         int hidden, int out) {
  std::vector<double> h(out, 0), c(hidden, 0), y;
  for (int t = 0; t < steps; ++t) {
    std::vector<double> m(hidden);
    for (int j = 0; j < hidden; ++j) {
      double pre[4];
      for (int gate = 0; gate < 4; ++gate) {
        const int row = gate * hidden + j;
        pre[gate] = w.B.reals[row] + w.B.reals[4 * hidden + row];
        for (int k = 0; k < inputs; ++k) pre[gate] += w.W.reals[row * inputs + k] * x[t * inputs + k];
        for (int k = 0; k < out; ++k) pre[gate] += w.R.reals[row * out + k] * h[k];
      }
      c[j] = sigmoid(pre[2]) * c[j] + sigmoid(pre[0]) * std::tanh(pre[3]);
      m[j] = sigmoid(pre[1]) * std::tanh(c[j]);
    }
    for (int p = 0; p < out; ++p) {
      h[p] = 0;
      for (int j = 0; j < hidden; ++j) h[p] += w.projection.reals[p * hidden + j] * m[j];
    }
    y.insert(y.end(), h.begin(), h.end());
  }
  return y;
}

TEST(Interpret, ProjectedLstmAsSpeltOut) {
  const int steps = 9, inputs = 5, hidden = 11, out = 3;
  const unsigned seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  CellWeights w;
  w.W = real_tensor({4 * hidden, inputs}, random_values(random, 4 * hidden * inputs));
  w.R = real_tensor({4 * hidden, out}, random_values(random, 4 * hidden * out));
  w.B = real_tensor({8 * hidden}, random_values(random, 8 * hidden));
  w.projection = real_tensor({out, hidden}, random_values(random, out * hidden));
  LstmOptions options;
  options.input = inputs;
  options.hidden = hidden;
  options.projection = out;
  const std::vector<double> x = random_values(random, steps * inputs);
  const Graph graph = one_cell(make_lstm(options, w), steps, 1);
  const Evaluation e = evaluate(graph, {{"x", real_tensor({steps, 1, inputs}, x)}});
  const std::vector<double> wanted = plain_projected_lstm(w, x, steps, inputs, hidden, out);
  const std::vector<double>& got = e.values[graph.outputs[0]].reals;
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-12);
}

// h = x + r h with an identity-like function, so that every number can be followed by hand.
Cell adding_cell(double r) {
  RnnOptions options;
  options.input = options.hidden = 1;
  options.skip_input = true;
  options.bias = false;
  options.f = {Activation::affine, 1, 0};
  CellWeights w;
  w.R = real_tensor({1, 1}, {r});
  return make_rnn(options, w);
}

TEST(Interpret, ShortSequencesStopAndReversedOnesStartAtTheirEnd) {
  const NamedTensors x = {{"x", real_tensor({3, 2, 1}, {1, 10, 2, 20, 4, 40})}};
  Graph graph = one_cell(adding_cell(1), 3, 2, {3, 2});
  EXPECT_EQ(evaluate(graph, x).values[graph.outputs[0]].reals, (std::vector<double>{1, 10, 3, 30, 7, 0}));
  graph = one_cell(adding_cell(1), 3, 2, {3, 2}, true);
  EXPECT_EQ(evaluate(graph, x).values[graph.outputs[0]].reals, (std::vector<double>{7, 30, 6, 20, 4, 0}));
}

TEST(Interpret, RangesAreTheLargestMagnitudesOfStepsThatRan) {
  const Graph graph = one_cell(adding_cell(-2), 3, 2, {3, 1});
  // sequence 0: 1, 2-2*1 = 0, 4; sequence 1 stops after its first step, so its 40 is never read
  const Evaluation e = evaluate(graph, {{"x", real_tensor({3, 2, 1}, {1, 10, 2, 20, 4, 40})}});
  const Cell& cell = graph.nodes[0].recurrent.cells[0];
  ASSERT_EQ(e.ranges.equation[0].size(), 1U);
  ASSERT_EQ(e.ranges.equation[0][0].size(), cell.equations.size());
  for (std::size_t i = 0; i < cell.equations.size(); ++i) {
    const Equation& q = cell.equations[i];
    if (q.kind == Equation::Kind::input) {
      EXPECT_EQ(e.ranges.equation[0][0][i], 10);
    }
    if (q.kind == Equation::Kind::state) {
      EXPECT_EQ(e.ranges.equation[0][0][i], 1);
    }
    if (q.kind == Equation::Kind::product) {
      EXPECT_EQ(e.ranges.equation[0][0][i], 2);
    }
    if (q.name == "h'") {
      EXPECT_EQ(e.ranges.equation[0][0][i], 10);
    }
  }
  EXPECT_EQ(e.ranges.value[graph.inputs[0]], 40);
  EXPECT_EQ(e.ranges.value[graph.outputs[0]], 10);
}

TEST(Interpret, RefusesInputsThatDoNotFitAllAtOnce) {
  GraphBuilder b("test");
  b.begin("x", "test");
  const int x = b.input("x", ElementType::real, {2, 3});
  const int y = b.input("y", ElementType::real, {2, 3});
  const int z = b.input("z", ElementType::real, {2, 3});
  b.output(b.binary(BinaryKind::add, b.binary(BinaryKind::add, x, y), z), "s");
  const Graph graph = b.finish(true);
  NamedTensors given;
  given["x"] = real_tensor({3, 2}, std::vector<double>(6, 1));
  given["y"] = integer_tensor({2, 3}, std::vector<std::int64_t>(6, 1));
  given["other"] = real_tensor({1}, {1});
  const std::string message = testing::message_of([&] { evaluate(graph, given); });
  EXPECT_NE(message.find("input 'x' has the shape [3, 2]; the network takes [2, 3]"), std::string::npos) << message;
  EXPECT_NE(message.find("input 'y' has another element type"), std::string::npos) << message;
  EXPECT_NE(message.find("input 'z' is missing"), std::string::npos) << message;
  EXPECT_NE(message.find("there is no input 'other'"), std::string::npos) << message;
}

TEST(Interpret, RefusesAnIndexOutsideItsTable) {
  GraphBuilder b("test");
  b.begin("ids", "test");
  const int ids = b.input("ids", ElementType::integer, {2});
  b.begin("words", "layer 'words'");
  b.output(b.gather(b.constant(real_tensor({3, 2}, {0, 1, 10, 11, 20, 21})), ids), "y");
  const Graph graph = b.finish(true);
  const Evaluation e = evaluate(graph, {{"ids", integer_tensor({2}, {2, -3})}});
  EXPECT_EQ(e.values[graph.outputs[0]].reals, (std::vector<double>{20, 21, 0, 1}));
  const std::string message = testing::message_of([&] { evaluate(graph, {{"ids", integer_tensor({2}, {0, 3})}}); });
  EXPECT_EQ(message, "layer 'words': index 3 is outside a table of 3 rows");
}

}  // namespace
}  // namespace rondo

#include "traces/cell.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "models/base/error.hpp"
#include "traces/cell_builders.hpp"

namespace rondo {
namespace {

// A value as its formula; every named activation, state and h', c' is shown by its name where it is used.
std::string formula(const Cell& cell, int id, bool top) {
  const Equation& e = cell.equations[id];
  const auto part = [&](int operand) { return formula(cell, operand, false); };
  const bool by_name = !e.name.empty() && e.kind != Equation::Kind::product && e.kind != Equation::Kind::add;
  if (by_name && !top) return e.name;
  if (!top && e.name == "c'") return e.name;
  switch (e.kind) {
    case Equation::Kind::input:
    case Equation::Kind::state:
    case Equation::Kind::vector: return e.name;
    case Equation::Kind::product: return cell.matrices[e.index].name + " " + part(e.a);
    case Equation::Kind::add: return part(e.a) + " + " + part(e.b);
    case Equation::Kind::sub: return part(e.a) + " - " + part(e.b);
    case Equation::Kind::mul: return "(" + part(e.a) + ") * (" + part(e.b) + ")";
    case Equation::Kind::one_minus: return "1 - " + part(e.a);
    case Equation::Kind::activation:
      return "f" + std::to_string(static_cast<int>(e.call.function)) + "(" + part(e.a) + ")";
    case Equation::Kind::clip: return "clip(" + part(e.a) + ")";
  }
  return "";
}

std::string all_formulas(const Cell& cell) {
  std::string text;
  for (std::size_t i = 0; i < cell.equations.size(); ++i) {
    const Equation& e = cell.equations[i];
    const bool line =
        e.kind == Equation::Kind::activation || e.name == "f" || (!e.name.empty() && e.name.back() == '\'');
    if (line) text += e.name + " = " + formula(cell, static_cast<int>(i), true) + "\n";
  }
  return text;
}

Tensor counted(const Shape& shape, double first) {
  std::vector<double> values(element_count(shape));
  std::iota(values.begin(), values.end(), first);
  return real_tensor(shape, values);
}

TEST(Cell, LstmReadsAsInAPaper) {
  LstmOptions options;
  options.input = 3;
  options.hidden = 2;
  options.peepholes = true;
  EXPECT_EQ(all_formulas(make_lstm(options, {})),
            "i = f0(W.i x + R.i h + b.i + (p.i) * (c))\n"
            "f = f0(W.f x + R.f h + b.f + (p.f) * (c))\n"
            "g = f1(W.g x + R.g h + b.g)\n"
            "c' = (f) * (c) + (i) * (g)\n"
            "o = f0(W.o x + R.o h + b.o + (p.o) * (c'))\n"
            "h(c') = f1(c')\n"
            "h' = (o) * (h(c'))\n");
}

TEST(Cell, LstmWithoutForgetGateAndWithProjection) {
  LstmOptions options;
  options.input = 3;
  options.hidden = 4;
  options.bias = false;
  options.input_forget = true;
  options.projection = 2;
  options.clip = 1.5;
  const Cell cell = make_lstm(options, {});
  EXPECT_EQ(cell.state_width, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(cell.state_name, (std::vector<std::string>{"h", "c"}));
  EXPECT_EQ(all_formulas(cell),
            "i = f0(clip(W.i x + R.i h))\n"
            "f = 1 - i\n"
            "g = f1(clip(W.g x + R.g h))\n"
            "c' = (f) * (c) + (i) * (g)\n"
            "o = f0(clip(W.o x + R.o h))\n"
            "h(c') = f1(c')\n"
            "h' = P m\n");
}

TEST(Cell, BothFormsOfTheGru) {
  GruOptions options;
  options.input = 3;
  options.hidden = 2;
  EXPECT_EQ(all_formulas(make_gru(options, {})),
            "r = f0(W.r x + R.r h + b.r)\n"
            "z = f0(W.z x + R.z h + b.z)\n"
            "n = f1(W.n x + R.n (r) * (h) + b.n)\n"
            "h' = (1 - z) * (n) + (z) * (h)\n");
  options.linear_before_reset = true;
  EXPECT_EQ(all_formulas(make_gru(options, {})),
            "r = f0(W.r x + R.r h + b.r)\n"
            "z = f0(W.z x + R.z h + b.z)\n"
            "n = f1(W.n x + bW.n + (r) * (R.n h + bR.n))\n"
            "h' = (1 - z) * (n) + (z) * (h)\n");
}

TEST(Cell, SkippedInputHasNoMatrix) {
  RnnOptions options;
  options.input = options.hidden = 2;
  options.skip_input = true;
  const Cell cell = make_rnn(options, {});
  EXPECT_EQ(cell.matrices.size(), 1U);
  EXPECT_EQ(all_formulas(cell), "h' = f1(x + R.h h + b.h)\n");
}

// ONNX stacks a GRU's gates as z, r, h and both biases behind each other.
TEST(Cell, CutsGatesOutOfOnnxsOrder) {
  GruOptions options;
  options.input = 1;
  options.hidden = 2;
  CellWeights weights;
  weights.W = counted({6, 1}, 0);
  weights.R = counted({6, 2}, 100);
  weights.B = counted({12}, 1000);
  const Cell cell = make_gru(options, weights);
  ASSERT_EQ(cell.matrices[0].name, "W.r");
  EXPECT_EQ(cell.matrices[0].values.reals, (std::vector<double>{2, 3}));
  ASSERT_EQ(cell.matrices[1].name, "R.r");
  EXPECT_EQ(cell.matrices[1].values.reals, (std::vector<double>{104, 105, 106, 107}));
  ASSERT_EQ(cell.vectors[0].name, "b.r");
  EXPECT_EQ(cell.vectors[0].values.reals, (std::vector<double>{1002.0 + 1008.0, 1003.0 + 1009.0}));
}

TEST(Cell, RefusesWidthsThatDoNotFit) {
  Equations e("bad", 3);
  const Value x = e.x(), h = e.state("h", 2);
  EXPECT_THROW(x + h, Broken);
  EXPECT_THROW(e.product({"W", 2, 2, {}}, x), Broken);
  EXPECT_THROW(e.finish({x}), Broken);
}

}  // namespace
}  // namespace rondo

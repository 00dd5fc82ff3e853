#include "traces/onnx_import.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/onnx_models.hpp"
#include "traces/interpret.hpp"

namespace rondo {
namespace {

using testing::integer;
using testing::integers;
using testing::message_of;
using testing::ModelText;
using testing::real;
using testing::reals;
using testing::text;
using testing::texts;

Tensor filled(const Shape& shape, double value) {
  return real_tensor(shape, std::vector<double>(element_count(shape), value));
}

// X [4, 2, 3] through an LSTM of 5 whose weights are initializers.
ModelText lstm_model(std::map<std::string, OnnxAttribute> attributes = {}) {
  ModelText m;
  m.input("X", {4, 2, 3});
  m.constant("W", filled({1, 20, 3}, 0.1)).constant("R", filled({1, 20, 5}, 0.1)).constant("B", filled({1, 40}, 0.1));
  attributes["hidden_size"] = integer(5);
  m.node("LSTM", {"X", "W", "R", "B"}, {"Y", "Y_h"}, attributes).output("Y");
  return m;
}

std::string refusal(const ModelText& m, const ImportOptions& options = {}) {
  return message_of([&] { m.import(options); });
}

bool says(const std::string& message, const std::string& what) { return message.find(what) != std::string::npos; }

TEST(OnnxImport, NamesEveryUnsupportedNodeAtOnce) {
  ModelText m = lstm_model();
  m.node("Einsum", {"Y"}, {"a"}).node("Tanh", {"a"}, {"b"}).node("NonZero", {"b"}, {"c"});
  m.model.nodes.back().domain = "com.example";
  const std::string message = refusal(m);
  EXPECT_TRUE(says(message, "m.onnx: node 1 'Einsum_1': operator Einsum is not supported")) << message;
  EXPECT_TRUE(says(message, "m.onnx: node 3 'NonZero_3': operator com.example.NonZero is not supported")) << message;
  EXPECT_TRUE(says(message, "m.onnx: supported operators are Abs, Add,")) << message;
  EXPECT_FALSE(says(message, "Tanh_2")) << message;
}

TEST(OnnxImport, RefusesRecurrentNodesThatContradictThemselves) {
  EXPECT_EQ(refusal(lstm_model()), "");
  EXPECT_TRUE(says(refusal(lstm_model({{"direction", text("sideways")}})), "direction 'sideways'"));
  EXPECT_TRUE(
      says(refusal(lstm_model({{"direction", text("bidirectional")}})), "(W) has the shape [1, 20, 3]; [2, 20, 3]"));
  EXPECT_TRUE(
      says(refusal(lstm_model({{"activations", texts({"Sigmoid", "Tanh"})}})), "has 2 activations; 3 are wanted"));
  EXPECT_TRUE(says(refusal(lstm_model({{"activations", texts({"Sigmoid", "Tanh", "Swish"})}})), "'Swish' is unknown"));
  EXPECT_TRUE(says(refusal(lstm_model({{"activation_alpha", reals({0.3})}})), "more entries than"));
  EXPECT_TRUE(says(refusal(lstm_model({{"clip", real(-1)}})), "clip -1.000000 is not positive"));
  EXPECT_TRUE(says(refusal(lstm_model({{"clip", integer(1)}})), "attribute 'clip' must be a number"));
  EXPECT_TRUE(says(refusal(lstm_model({{"layout", integer(2)}})), "layout must be 0 or 1"));
  EXPECT_TRUE(
      says(refusal(lstm_model({{"output_sequence", integer(1)}})), "attribute 'output_sequence' is not supported"));
  EXPECT_EQ(refusal(lstm_model({{"activations", texts({"SIGMOID", "tanh", "relu"})}})), "");
}

TEST(OnnxImport, RefusesWeightsThatCannotBe) {
  ModelText m = lstm_model();
  m.model.initializers["R"].reals[7] = std::nan("");
  EXPECT_TRUE(says(refusal(m), "node 0 'LSTM_0' (LSTM): input 2 (R) holds NaN or infinity"));
  m = lstm_model();
  m.model.initializers["B"] = filled({1, 20}, 0);
  EXPECT_TRUE(says(refusal(m), "(B) has the shape [1, 20]; [1, 40] is wanted"));
  m = lstm_model();
  m.model.initializers["W"] = integer_tensor({1, 20, 3}, std::vector<std::int64_t>(60, 1));
  EXPECT_TRUE(says(refusal(m), "input 1 holds integers"));
  m = lstm_model();
  m.constant("lens", integer_tensor({2}, {3, 5}));
  m.model.nodes[0].inputs.push_back("lens");
  EXPECT_TRUE(says(refusal(m), "sequence length 5 is outside 0..4"));
}

TEST(OnnxImport, RefusesBrokenGraphs) {
  ModelText m = lstm_model();
  m.node("Tanh", {"nowhere"}, {"t"}).output("also_nowhere");
  const std::string message = refusal(m);
  EXPECT_TRUE(says(message, "input 'nowhere' is made by no node before it")) << message;
  EXPECT_TRUE(says(message, "output 'also_nowhere' is made by no node")) << message;
  m = lstm_model();
  m.node("Tanh", {"Y"}, {"Y_h"});
  EXPECT_TRUE(says(refusal(m), "output 'Y_h' is made twice"));
  m = lstm_model();
  m.node("Add", {"Y"}, {"t"});
  EXPECT_TRUE(says(refusal(m), "has 1 inputs; 2 to 2 are allowed"));
}

// One mistake is one finding: what depends on it stays silent, what does not is reported too.
TEST(OnnxImport, ReportsIndependentMistakesTogether) {
  ModelText m = lstm_model();
  m.constant("bad", filled({7}, 1));
  m.node("Add", {"Y", "bad"}, {"a"})
      .node("Tanh", {"a"}, {"b"})
      .node("Transpose", {"Y"}, {"c"}, {{"perm", integers({0, 1})}});
  const std::string message = refusal(m);
  EXPECT_TRUE(says(message, "Add_1")) << message;
  EXPECT_TRUE(says(message, "Transpose_3")) << message;
  EXPECT_FALSE(says(message, "Tanh_2")) << message;
}

TEST(OnnxImport, BindsWeightsThatAreInputs) {
  ModelText m;
  m.input("X", {4, 2, 3}).input("W", {1, 15, 3}).input("R", {1, 15, 5});
  m.node("GRU", {"X", "W", "R"}, {"Y"}).output("Y");
  ImportOptions options;
  options.inputs["X"] = filled({4, 2, 3}, 1);
  EXPECT_TRUE(says(refusal(m, options), "input 'W': it must be known before the run"));
  options.inputs["W"] = filled({1, 15, 3}, 0.5);
  options.inputs["R"] = filled({1, 15, 5}, 0.25);
  const Graph bound = m.import(options);
  ASSERT_EQ(bound.inputs.size(), 1U);
  EXPECT_EQ(bound.nodes[0].recurrent.cells[0].matrices[0].values.reals[0], 0.5);
  const Graph seeded = m.import();  // nothing given at all: timing still works
  EXPECT_EQ(seeded.inputs.size(), 1U);
  EXPECT_NE(seeded.nodes[0].recurrent.cells[0].matrices[0].values.reals[0], 0);
}

TEST(OnnxImport, OpenDimensionsComeFromOptionsOrInputs) {
  ModelText m;
  m.input("X", {0, 2, 3});
  m.model.inputs[0].shape[0] = {std::nullopt, "time"};
  m.node("Tanh", {"X"}, {"Y"}).output("Y");
  EXPECT_TRUE(says(refusal(m), "dimension 'time' is open; set it with --dim time=N"));
  ImportOptions options;
  options.dimensions["time"] = 7;
  EXPECT_EQ(m.import(options).values[0].shape, (Shape{7, 2, 3}));
  options.dimensions["tim"] = 7;
  EXPECT_TRUE(says(refusal(m, options), "--dim tim: the model has no open dimension of this name; it has time"));
  options.dimensions = {{"time", 7}};
  options.inputs["X"] = filled({9, 2, 3}, 1);
  EXPECT_TRUE(says(refusal(m, options), "dimension 'time' is 9 here and 7 elsewhere"));
  options.dimensions.clear();
  EXPECT_EQ(m.import(options).values[0].shape, (Shape{9, 2, 3}));
  options.inputs["X"] = filled({9, 2, 4}, 1);
  EXPECT_TRUE(says(refusal(m, options), "the given array has the shape [9, 2, 4]; the model takes [9, 2, 3]"));
}

// How PyTorch writes a zero initial state: shape arithmetic that must vanish.
TEST(OnnxImport, FoldsShapeArithmetic) {
  ModelText m = lstm_model();
  m.model.nodes.clear();
  m.constant("one", integer_tensor({}, {1})).constant("axis", integer_tensor({1}, {0}));
  m.constant("front", integer_tensor({1}, {1})).constant("back", integer_tensor({1}, {5}));
  m.constant("zero", filled({1}, 0));
  m.node("Shape", {"X"}, {"shape"})
      .node("Gather", {"shape", "one"}, {"batch"})
      .node("Unsqueeze", {"batch", "axis"}, {"b1"});
  m.node("Concat", {"front", "b1", "back"}, {"state_shape"}, {{"axis", integer(0)}});
  m.node("Expand", {"zero", "state_shape"}, {"h0"});
  m.node("LSTM", {"X", "W", "R", "B", "", "h0", "h0"}, {"Y"}, {{"hidden_size", integer(5)}});
  const Graph graph = m.import();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].inputs.size(), 1U);  // zero initial states are left out
}

TEST(OnnxImport, AddsAVectorAfterAProductAsItsBias) {
  ModelText m;
  m.input("X", {4, 3}).constant("M", filled({3, 2}, 0.5)).constant("b", real_tensor({2}, {1, 2}));
  m.node("MatMul", {"X", "M"}, {"p"}).node("Add", {"b", "p"}, {"Y"}).output("Y");
  Graph graph = m.import();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].dense.bias.values.reals, (std::vector<double>{1, 2}));
  m.output("p");  // now the product itself is wanted as well
  graph = m.import();
  EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST(OnnxImport, ClipIsExactAtItsBounds) {
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{-1, 3}, {0, 20}, {-HUGE_VAL, 2}, {-2, HUGE_VAL}, {2, 1}}) {
    ModelText m;
    m.input("X", {5}).constant("low", filled({}, low)).constant("high", filled({}, high));
    m.node("Clip", {"X", "low", "high"}, {"Y"}).output("Y");
    const Graph graph = m.import();
    const std::vector<double> x = {-7, -1.5, 0.25, 2.5, 30};
    const Evaluation e = evaluate(graph, {{"X", real_tensor({5}, x)}});
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(e.values[graph.outputs[0]].reals[i], std::min(std::max(x[i], low), high), 1e-13)
          << low << ".." << high;
    }
  }
}

TEST(OnnxImport, RefusesWhatOnlyLooksLikeItsOperatorSet) {
  ModelText m(13);
  m.input("X", {1, 3});
  m.node("Squeeze", {"X"}, {"Y"}, {{"axes", integers({0})}}).output("Y");
  EXPECT_TRUE(says(refusal(m), "attribute 'axes' does not exist in operator set 13"));
  ModelText old(12);
  old.input("X", {1, 3}).constant("axes", integer_tensor({1}, {0}));
  old.node("Squeeze", {"X", "axes"}, {"Y"}).output("Y");
  EXPECT_TRUE(says(refusal(old), "input 1 does not exist in operator set 12"));
}

// From operator set 18 on Split may be uneven and reductions name their axes in an input.
TEST(OnnxImport, ReadsNewerOperatorSets) {
  ModelText m(18);
  m.input("X", {7, 2}).constant("axes", integer_tensor({1}, {0}));
  m.node("Split", {"X"}, {"a", "b", "c"}, {{"num_outputs", integer(3)}});
  m.node("ReduceMean", {"X", "axes"}, {"mean"}, {{"keepdims", integer(0)}});
  m.output("a").output("c").output("mean");
  const Graph graph = m.import();
  EXPECT_EQ(graph.values[graph.outputs[0]].shape, (Shape{3, 2}));
  EXPECT_EQ(graph.values[graph.outputs[1]].shape, (Shape{1, 2}));
  std::vector<double> x(14);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  const Evaluation e = evaluate(graph, {{"X", real_tensor({7, 2}, x)}});
  EXPECT_EQ(e.values[graph.outputs[1]].reals, (std::vector<double>{12, 13}));
  EXPECT_NEAR(e.values[graph.outputs[2]].reals[1], 7, 1e-12);
  m.model.nodes[0].attributes.clear();
  m.model.opset = 17;
  EXPECT_TRUE(says(refusal(m), "an axis of 7 cannot be split into 3 equal parts"));
}

TEST(OnnxImport, RefusesSizesThatCannotBe) {
  ModelText m;
  m.input("X", {2, 3}).constant("shape", integer_tensor({3}, {std::int64_t{1} << 40, std::int64_t{1} << 40, 3}));
  m.node("Expand", {"X", "shape"}, {"Y"}).output("Y");
  EXPECT_TRUE(says(refusal(m), "is not possible"));
  ModelText c;
  c.constant("shape", integer_tensor({2}, {1 << 20, 1 << 20}));
  c.node("ConstantOfShape", {"shape"}, {"Y"}).output("Y");
  EXPECT_TRUE(says(refusal(c), "too large"));
  ModelText r;
  r.input("X", {2, 3}).constant("shape", integer_tensor({2}, {4, -1}));
  r.node("Reshape", {"X", "shape"}, {"Y"}).output("Y");
  EXPECT_TRUE(says(refusal(r), "a value of shape [2, 3] cannot take the shape [4, -1]"));
}

TEST(OnnxImport, RefusesWhatTheRunWouldHaveToKnow) {
  ModelText m;
  m.input("X", {2, 3}).input("n", {1}, ElementType::integer);
  m.node("Add", {"n", "n"}, {"k"}).node("Tanh", {"X"}, {"Y"}).output("Y").output("k");
  EXPECT_TRUE(says(refusal(m), "arithmetic on integers that are only known at run time"));
  ModelText g;
  g.input("X", {5, 3}).input("i", {4}, ElementType::integer);
  g.node("Tanh", {"X"}, {"t"}).node("Gather", {"t", "i"}, {"Y"}).output("Y");
  EXPECT_TRUE(says(refusal(g), "both its table and its indices are only known at run time"));
}

}  // namespace
}  // namespace rondo

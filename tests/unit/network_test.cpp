#include "traces/network.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "models/base/error.hpp"
#include "tests/support/onnx_models.hpp"
#include "traces/interpret.hpp"
#include "traces/npz.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

class NetworkFile : public ::testing::Test {
 protected:
  NetworkFile() : folder_(fs::temp_directory_path() / ("rondo_net_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~NetworkFile() override { fs::remove_all(folder_); }

  std::string put(const std::string& text) const {
    const std::string path = (folder_ / "net.yaml").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Network load(const std::string& text, const NetworkOptions& options = {}) const {
    return load_network(put(text), options);
  }
  std::string refusal(const std::string& text, const NetworkOptions& options = {}) const {
    const std::string path = put(text);
    return testing::message_of([&] { load_network(path, options); });
  }

  fs::path folder_;
};

const char* const kGood =
    "name: good\n"
    "input: {name: x, steps: 5, batch: 2, features: 3}\n"
    "weights: {seed: 1}\n"
    "layers:\n"
    "  - lstm: {hidden: 4, direction: bidirectional}\n"
    "  - last_step: {}\n"
    "  - {name: out, dense: {units: 2, activation: softmax}}\n";

bool says(const std::string& message, const std::string& what) { return message.find(what) != std::string::npos; }

TEST_F(NetworkFile, BuildsLayersWithSeededWeights) {
  const Network n = load(kGood);
  EXPECT_EQ(n.name, "good");
  ASSERT_EQ(n.graph.outputs.size(), 1U);
  const GraphValue& out = n.graph.values[n.graph.outputs[0]];
  EXPECT_EQ(out.name, "out");
  EXPECT_EQ(out.shape, (Shape{2, 2}));
  const Evaluation e = evaluate(n.graph, n.inputs);
  for (int row = 0; row < 2; ++row) {
    EXPECT_NEAR(e.values[n.graph.outputs[0]].reals[2 * row] + e.values[n.graph.outputs[0]].reals[2 * row + 1], 1,
                1e-12);
  }
  for (const CellMatrix& m : n.graph.nodes[0].recurrent.cells[1].matrices) {
    for (double w : m.values.reals) EXPECT_LE(std::abs(w), 0.5);  // 1 / sqrt(hidden)
  }
}

TEST_F(NetworkFile, SameSeedSameNumbersOtherSeedOtherNumbers) {
  const auto first_weight = [](const Network& n) {
    return n.graph.nodes[0].recurrent.cells[0].matrices[0].values.reals[0];
  };
  const Network a = load(kGood), b = load(kGood);
  EXPECT_EQ(first_weight(a), first_weight(b));
  EXPECT_EQ(a.inputs.at("x").reals, b.inputs.at("x").reals);
  NetworkOptions options;
  options.set["weights.seed"] = "2";
  EXPECT_NE(first_weight(a), first_weight(load(kGood, options)));
}

TEST_F(NetworkFile, ReportsAllMistakesWithTheirPlaces) {
  const std::string message = refusal(
      "name: bad\n"
      "speed: 3\n"
      "input: {name: x, steps: 010, batch: 0, features: 3}\n"
      "weights: {seed: many}\n"
      "layers:\n"
      "  - lstm: {hidden: 4, hidden: 5, hiden: 6}\n"
      "  - gru: {linear_before_reset: yes}\n"
      "  - dense: {units: 2, activation: swish}\n"
      "  - {relu: {}}\n");
  EXPECT_TRUE(says(message, "net.yaml:2:1: speed: is unknown; allowed here: name, source")) << message;
  EXPECT_TRUE(
      says(message, "net.yaml:3:25: input.steps: '010' is not a decimal integer; an integer in 1..16777216 is wanted"))
      << message;
  EXPECT_TRUE(says(message, "net.yaml:3:37: input.batch: 0 is out of range; an integer in 1..65536 is wanted"))
      << message;
  EXPECT_TRUE(says(message, "net.yaml:4:17: weights.seed: 'many' is not a decimal integer")) << message;
  EXPECT_TRUE(says(message, "net.yaml:6:23: layers.0.lstm.hidden: is given twice")) << message;
  EXPECT_TRUE(says(message, "net.yaml:6:34: layers.0.lstm.hiden: is unknown")) << message;
  EXPECT_TRUE(says(message, "layers.1.gru.hidden: is missing; an integer in 1..65536 is wanted")) << message;
  EXPECT_TRUE(says(message, "layers.1.gru.linear_before_reset: 'yes' is not true or false")) << message;
  EXPECT_TRUE(says(message, "layers.2.dense.activation: 'swish' is not one of none, relu, tanh")) << message;
  EXPECT_TRUE(says(message, "layers.3: names 0 operations; exactly one of lstm, gru")) << message;
}

TEST_F(NetworkFile, ReportsLayersThatDoNotFit) {
  const std::string head = "name: n\ninput: {steps: 5, batch: 2, features: 3}\nweights: {seed: 1}\nlayers:\n";
  EXPECT_TRUE(says(refusal(head + "  - {name: a, lstm: {hidden: 4}}\n  - {name: a, lstm: {hidden: 4}}\n"),
                   "this name is taken"));
  EXPECT_TRUE(says(refusal(head + "  - {from: z, lstm: {hidden: 4}}\n"), "from: there is no 'z' before this layer"));
  EXPECT_TRUE(says(refusal(head + "  - last_step: {}\n  - lstm: {hidden: 4}\n"), "its input has no steps"));
  EXPECT_TRUE(
      says(refusal(head + "  - lstm: {hidden: 4, skip_input: true}\n"), "skip_input wants as many features as hidden"));
  EXPECT_TRUE(says(refusal(head + "  - lstm: {hidden: 4, lengths: [1]}\n"), "one per sequence is wanted"));
  EXPECT_TRUE(says(refusal(head + "  - lstm: {hidden: 4, lengths: [1, 6]}\n"), "6 is more than the steps"));
  EXPECT_TRUE(says(refusal(head + "  - concat: {}\n"), "at least two names are wanted"));
  EXPECT_TRUE(says(refusal(head + "  - {name: a, dense: {units: 2}}\n  - {from: [x, a], add: {}}\n"),
                   "add wants equal shapes"));
  EXPECT_TRUE(says(refusal(head + "  - embedding: {vocabulary: 5, width: 2}\n"), "leave input.features out"));
  EXPECT_TRUE(
      says(refusal(head + "  - dense: {units: 1000000}\n  - dense: {units: 1000000}\n"), "more than 2^29 numbers"));
  EXPECT_TRUE(says(refusal("name: n\ninput: {steps: 16777216, batch: 65536, features: 3}\nweights: "
                           "none\nlayers:\n  - lstm: {hidden: 4}\n"),
                   "more than 2^33 elements"));
}

TEST_F(NetworkFile, EmbeddingReadsSeededWordsInsideItsVocabulary) {
  const Network n = load(
      "name: words\ninput: {name: ids, steps: 50, batch: 2}\nweights: {seed: 3}\nlayers:\n"
      "  - embedding: {vocabulary: 7, width: 4}\n  - gru: {hidden: 3, initial_state: true}\n");
  for (std::int64_t id : n.inputs.at("ids").integers) {
    EXPECT_GE(id, 0);
    EXPECT_LT(id, 7);
  }
  EXPECT_EQ(n.inputs.at("gru_1.h0").shape, (Shape{1, 2, 3}));
  EXPECT_NO_THROW(evaluate(n.graph, n.inputs));
}

// Both directions added: the sum of the sequence that is read, and none of the last states, which nobody
// asked for.
TEST_F(NetworkFile, LeavesOutWhatNothingReads) {
  const Network n = load(
      "name: n\ninput: {steps: 5, batch: 2, features: 3}\nweights: {seed: 1}\nlayers:\n"
      "  - gru: {hidden: 4, direction: bidirectional, merge: sum}\n  - dense: {units: 2, activation: "
      "tanh}\n");
  EXPECT_EQ(n.graph.nodes.size(), 6U);  // gru, a view per direction, add, dense, tanh
  std::set<std::string> names;
  for (const GraphValue& value : n.graph.values) EXPECT_TRUE(names.insert(value.name).second) << value.name;
}

TEST_F(NetworkFile, SettingsReplaceEntries) {
  NetworkOptions options;
  options.set = {{"steps", "9"}, {"batch", "4"}, {"layers.0.lstm.hidden", "6"}};
  const Network n = load(kGood, options);
  EXPECT_EQ(n.inputs.at("x").shape, (Shape{9, 4, 3}));
  EXPECT_EQ(shape_of(n.graph).layers[0].hidden, 6);
  options.set = {{"stepps", "9"}, {"layers.9.lstm.hidden", "6"}, {"batch", "-1"}};
  const std::string message = refusal(kGood, options);
  EXPECT_TRUE(says(message, "stepps: is unknown")) << message;
  EXPECT_TRUE(says(message, "--set network.layers.9.lstm.hidden=6: there is no such entry")) << message;
  EXPECT_TRUE(says(message, "input.batch: -1 is out of range")) << message;
}

TEST_F(NetworkFile, TimingOnlyMakesNoNumbers) {
  NetworkOptions options;
  options.timing_only = true;
  const Network a = load(kGood, options);
  const Network b = load(
      "name: n\ninput: {steps: 1500, batch: 4, features: 2816}\nweights: none\nlayers:\n  - gru: {hidden: "
      "2816, skip_input: true}\n");
  for (const Network* n : {&a, &b}) {
    EXPECT_FALSE(n->graph.has_weights);
    EXPECT_TRUE(n->inputs.empty());
    for (const Node& node : n->graph.nodes) {
      for (const Cell& cell : node.recurrent.cells) {
        for (const CellMatrix& m : cell.matrices) EXPECT_TRUE(m.values.reals.empty());
      }
    }
  }
  const NetworkShape shape = shape_of(b.graph);
  EXPECT_TRUE(shape.layers[0].skip_input);
  EXPECT_EQ(shape.multiply_accumulates, std::int64_t{3} * 2816 * 2816 * 1500 * 4);
}

// LSTM: 2 directions x 4 gates x 4 x (3 + 4) per step and sequence; dense: 2 x 8 per sequence.
TEST_F(NetworkFile, ShapeCountsWork) {
  const NetworkShape shape = shape_of(load(kGood).graph);
  ASSERT_EQ(shape.layers.size(), 2U);
  EXPECT_EQ(shape.layers[0].cell, "lstm");
  EXPECT_EQ(shape.layers[0].directions, 2);
  EXPECT_EQ(shape.layers[1].cell, "dense");
  EXPECT_EQ(shape.multiply_accumulates, 2 * 4 * 4 * 7 * 5 * 2 + 2 * 8 * 2);
  EXPECT_EQ(shape.parameters, 2 * (4 * 4 * 7 + 4 * 4) + 2 * 8 + 2);
}

TEST_F(NetworkFile, GivenInputsReplaceSeededOnes) {
  NetworkOptions options;
  options.input_path = (folder_ / "in.npz").string();
  write_npz(options.input_path,
            {{"x", real_tensor({5, 2, 3}, std::vector<double>(30, 0.5))}, {"more", real_tensor({1}, {1})}});
  EXPECT_EQ(load(kGood, options).inputs.at("x").reals[7], 0.5);
  write_npz(options.input_path, {{"x", real_tensor({5, 3, 2}, std::vector<double>(30, 0.5))}});
  EXPECT_TRUE(says(refusal(kGood, options), "array 'x' holds reals [5, 3, 2]; reals [5, 2, 3] are wanted"));
  write_npz(options.input_path, {{"y", real_tensor({1}, {1})}});
  EXPECT_TRUE(says(refusal(kGood, options), "there is no array 'x'"));
}

TEST_F(NetworkFile, RefusesHostileFilesQuickly) {
  EXPECT_TRUE(says(refusal(""), "the file is empty"));
  EXPECT_TRUE(says(refusal("# nothing\n"), "the file holds nothing"));
  EXPECT_TRUE(says(refusal("- a\n- b\n"), "the top is not a map"));
  EXPECT_TRUE(says(refusal(std::string(300000, 'a')), "at most 262144 are allowed"));
  EXPECT_TRUE(says(refusal("name: [\n"), "this is not YAML"));
  EXPECT_TRUE(says(refusal("a: 1\n---\nb: 2\n"), "several YAML documents"));
  EXPECT_TRUE(says(refusal(std::string(100000, '[')), "nested too deeply"));
  std::string steps = "name: n\n";
  for (int i = 0; i < 600; ++i) steps += std::string(i, ' ') + "a:\n";
  EXPECT_TRUE(says(refusal(steps), "nested too deeply"));
  std::string dashes;
  for (int i = 0; i < 5000; ++i) dashes += "- ";
  EXPECT_TRUE(says(refusal(dashes), "nested too deeply"));
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + "]\n";
  }
  EXPECT_TRUE(says(refusal(bomb + "name: n\nlayers: *a59\n"), "a0: is unknown"));
  EXPECT_NE(refusal(std::string("\x08\x07\x12\x03xyz\x00\xff garbage", 17)), "");
  EXPECT_TRUE(says(testing::message_of([&] { load_network(folder_.string(), {}); }), "this is a directory"));
  EXPECT_TRUE(says(testing::message_of([&] { load_network((folder_ / "absent").string(), {}); }), "no such file"));
  EXPECT_TRUE(says(testing::message_of([&] { load_network("/dev/zero", {}); }), "not a regular file"));
  const std::string sparse = (folder_ / "sparse.onnx").string();
  std::ofstream(sparse).put('\x08');
  fs::resize_file(sparse, std::uintmax_t{10} << 30);
  EXPECT_TRUE(says(testing::message_of([&] { load_network(sparse, {}); }), "at most 2147483647 are allowed"));
}

TEST_F(NetworkFile, ModelReferenceFindsItsFiles) {
  const fs::path model = fs::path(RONDO_ONNX_CASES) / "torch_char_lm" / "model.onnx";
  fs::copy_file(model, folder_ / "m.onnx");
  EXPECT_TRUE(says(refusal("name: n\nonnx: none.onnx\n"), "there is no such file"));
  EXPECT_TRUE(says(refusal("name: n\nonnx: m.onnx\nlayers: []\n"), "layers: is unknown"));
  EXPECT_FALSE(load("name: n\nonnx: m.onnx\n").graph.nodes.empty());
  EXPECT_TRUE(says(refusal("name: n\nonnx: m.onnx\nbits_per_character: {log_probabilities: nope, targets: t}\n"),
                   "the model has no output 'nope'"));
  const std::string scored =
      "name: n\nonnx: m.onnx\ninputs: in.npz\nbits_per_character: {log_probabilities: OUT, targets: t}\n";
  NamedTensors arrays = read_npz((model.parent_path() / "io.npz").string());
  const Graph graph = load("name: n\nonnx: m.onnx\n").graph;
  const GraphValue& out = graph.values[graph.outputs[0]];
  NamedTensors given;
  for (int v : graph.inputs) given[graph.values[v].name] = arrays.at("in_" + graph.values[v].name);
  const Shape shape(out.shape.begin(), out.shape.end() - 1);
  const std::vector<std::int64_t> zeros(element_count(shape), 0), far(element_count(shape), out.shape.back());
  const auto with_targets = [&](Tensor targets) {
    given["t"] = std::move(targets);
    write_npz((folder_ / "in.npz").string(), given);
    std::string text = scored;
    return text.replace(text.find("OUT"), 3, out.name);
  };
  EXPECT_EQ(refusal(with_targets(integer_tensor(shape, zeros))), "");
  EXPECT_TRUE(says(refusal(with_targets(integer_tensor(shape, far))), "are allowed"));
  EXPECT_TRUE(says(refusal(with_targets(integer_tensor({1}, {0}))), "array 't' holds integers [1]; integers ["));
  NetworkOptions options;
  options.set["batch"] = "2";
  EXPECT_TRUE(says(testing::message_of([&] { load_network((folder_ / "m.onnx").string(), options); }), "--dim NAME=N"));
}

TEST(Networks, EveryNetworkOfTheProjectLoads) {
  int count = 0;
  NetworkOptions options;
  options.timing_only = true;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(RONDO_SOURCE_DIR) / "configs" / "networks")) {
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(entry.path().string());
    EXPECT_NO_THROW(load_network(entry.path().string(), options));
    ++count;
  }
  EXPECT_GT(count, 5);
}

}  // namespace
}  // namespace rondo

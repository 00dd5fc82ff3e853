#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "models/base/error.hpp"
#include "traces/interpret.hpp"
#include "traces/npz.hpp"
#include "traces/onnx_inputs.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

class OnnxDamage : public ::testing::Test {
 protected:
  static std::string bytes_of(const std::string& name) {
    std::ifstream stream(fs::path(RONDO_ONNX_CASES) / name / "model.onnx", std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  static ImportOptions inputs_of(const std::string& name) {
    ImportOptions options;
    for (auto& [key, tensor] : read_npz((fs::path(RONDO_ONNX_CASES) / name / "io.npz").string())) {
      if (key.rfind("in_", 0) == 0) options.inputs[key.substr(3)] = tensor;
    }
    return options;
  }

  /// Whether these bytes import; anything but success or Error ends the test program.
  static bool imports(const std::string& bytes, const ImportOptions& options) {
    try {
      const Graph graph = import_onnx_model(parse_onnx_model(bytes, "damaged.onnx"), options);
      std::int64_t elements = 0;
      for (const GraphValue& value : graph.values) elements += element_count(value.shape);
      NamedTensors inputs;
      for (int v : graph.inputs) {
        const auto given = options.inputs.find(graph.values[v].name);
        if (given != options.inputs.end()) inputs.insert(*given);
      }
      if (elements < 1000000) evaluate(graph, inputs);
      return true;
    } catch (const Error& error) {
      EXPECT_FALSE(error.findings().empty());
      return false;
    }
  }
};

const char* const kModels[] = {"lstm_fwd_peep_init", "gru_bidir_lbr1_lens_init",   "torch_bilstm_packed",
                               "rnn_clip",           "torch_rnnt_prediction_mini", "torch_grucell_unrolled"};

TEST_F(OnnxDamage, CutAnywhereIsAnError) {
  for (const char* name : kModels) {
    SCOPED_TRACE(name);
    const std::string whole = bytes_of(name);
    const ImportOptions options = inputs_of(name);
    ASSERT_TRUE(imports(whole, options));
    const std::size_t stride = whole.size() / 60 + 1;
    for (std::size_t length = 0; length + 1 < whole.size(); length += stride) {
      EXPECT_FALSE(imports(whole.substr(0, length), options)) << "cut at " << length;
    }
  }
}

TEST_F(OnnxDamage, ChangedBytesAreAnErrorOrAnotherModel) {
  const unsigned seed = 4711;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const char* name : kModels) {
    SCOPED_TRACE(name);
    const std::string whole = bytes_of(name);
    const ImportOptions options = inputs_of(name);
    for (int round = 0; round < 1000; ++round) {
      std::string damaged = whole;
      const int changes = 1 + static_cast<int>(random() % 4);
      for (int i = 0; i < changes; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
      imports(damaged, options);
    }
  }
}

// Most bytes of a model are weights; here only those of its structure are changed.
TEST_F(OnnxDamage, ChangedStructureIsAnErrorOrAnotherModel) {
  const unsigned seed = 815;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string whole = bytes_of("torch_lstm_1layer_zero_state");
  const ImportOptions options = inputs_of("torch_lstm_1layer_zero_state");
  std::vector<std::size_t> text;
  for (std::size_t i = 0; i + 4 < whole.size(); ++i) {
    int readable = 0;
    for (std::size_t k = i; k < i + 5; ++k) readable += whole[k] >= 32 && whole[k] < 127;
    if (readable >= 3) text.push_back(i);
  }
  ASSERT_GT(text.size(), 100U);
  for (int round = 0; round < 6000; ++round) {
    std::string damaged = whole;
    damaged[text[random() % text.size()] + random() % 5] = static_cast<char>(random() % 128);
    imports(damaged, options);
  }
}

TEST_F(OnnxDamage, WhatIsNoModelIsRefused) {
  EXPECT_FALSE(imports("", {}));
  EXPECT_FALSE(imports("hello", {}));
  EXPECT_FALSE(imports(std::string(1000, '\0'), {}));
  EXPECT_FALSE(imports(std::string(100000, '\x0a'), {}));
  EXPECT_THROW(import_onnx("nonexistent.onnx", {}), Error);
  EXPECT_THROW(import_onnx(fs::temp_directory_path().string(), {}), Error);
}

// Ten thousand messages inside each other: protobuf's own depth limit must answer.
TEST_F(OnnxDamage, DeepNestingIsRefused) {
  std::string nested;
  for (int depth = 0; depth < 10000 && nested.size() < 100000; ++depth) {
    std::string size;
    for (std::size_t n = nested.size(); true; n >>= 7) {
      size += static_cast<char>((n & 127) | (n > 127 ? 128 : 0));
      if (n <= 127) break;
    }
    nested = (depth % 3 == 0 ? "\x3a" : depth % 3 == 1 ? "\x0a" : "\x2a") + size + nested;
  }
  EXPECT_FALSE(imports(nested, {}));
}

}  // namespace
}  // namespace rondo

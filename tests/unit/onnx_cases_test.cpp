#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "models/base/error.hpp"
#include "traces/interpret.hpp"
#include "traces/npz.hpp"
#include "traces/onnx_inputs.hpp"
#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

constexpr double kTolerance = 1e-5;
const fs::path kPackage = "/usr/share/libonnx-testdata/data";

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  if (!fs::is_directory(folder)) return folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

NamedTensors outputs_of(const Graph& graph, const NamedTensors& given) {
  NamedTensors inputs, outputs;
  for (int v : graph.inputs) inputs[graph.values[v].name] = given.at(graph.values[v].name);
  const Evaluation e = evaluate(graph, inputs);
  for (int v : graph.outputs) outputs[graph.values[v].name] = e.values[v];
  return outputs;
}

// Largest difference, absolute below 1 and relative above; infinite when shapes, types or integers differ.
double difference(const Tensor& got, const Tensor& wanted) {
  if (got.shape != wanted.shape || got.type != wanted.type || got.integers != wanted.integers) return HUGE_VAL;
  double worst = 0;
  for (std::size_t i = 0; i < got.reals.size(); ++i) {
    if (got.reals[i] == wanted.reals[i]) continue;
    const double apart = std::fabs(got.reals[i] - wanted.reals[i]) / std::max(1.0, std::fabs(wanted.reals[i]));
    worst = apart <= worst ? worst : apart;
  }
  return worst;
}

// Runs every case of a folder that has in_... and out_... arrays; how many there were.
int run_cases(const fs::path& all) {
  int cases = 0;
  for (const fs::path& folder : folders_in(all)) {
    SCOPED_TRACE(folder.filename().string());
    NamedTensors wanted;
    ImportOptions options;
    for (auto& [name, tensor] : read_npz((folder / "io.npz").string())) {
      if (name.rfind("in_", 0) == 0) options.inputs[name.substr(3)] = tensor;
      if (name.rfind("out_", 0) == 0) wanted[name.substr(4)] = tensor;
    }
    const NamedTensors got = outputs_of(import_onnx((folder / "model.onnx").string(), options), options.inputs);
    EXPECT_EQ(got.size(), wanted.size());
    for (const auto& [name, tensor] : wanted) EXPECT_LE(difference(got.at(name), tensor), kTolerance) << name;
    ++cases;
  }
  return cases;
}

TEST(OnnxCases, OurOwn84) { EXPECT_EQ(run_cases(RONDO_ONNX_CASES), 84); }

TEST(OnnxCases, PyTorchExportsOfOperatorSets9To16) {
  EXPECT_EQ(run_cases(fs::path(RONDO_SOURCE_DIR) / "tests" / "golden" / "torch_cases"), 11);
}

// Cases of claimed operators that Rondo refuses, and why. A case that is refused without standing here, or
// that stands here and runs, fails the test.
const std::map<std::string, std::string>& refusals() {
  static const std::string integers = "arithmetic on integers at run time: the chip computes on reals it quantises";
  static const std::string halves = "rounding to half precision at run time: the chip has no such format";
  static const std::string texts = "strings";
  static const std::string training = "training mode";
  static const std::map<std::string, std::string> table = {
      {"test_add_uint8", integers},
      {"test_sub_uint8", integers},
      {"test_mul_uint8", integers},
      {"test_div_uint8", integers},
      {"test_clip_default_int8_inbounds", integers},
      {"test_clip_default_int8_max", integers},
      {"test_clip_default_int8_min", integers},
      {"test_where_long_example", integers},
      {"test_operator_non_float_params", integers},
      {"test_cast_DOUBLE_to_FLOAT16", halves},
      {"test_cast_FLOAT_to_FLOAT16", halves},
      {"test_cast_FLOAT_to_BFLOAT16", halves},
      {"test_castlike_DOUBLE_to_FLOAT16_expanded", halves},
      {"test_castlike_FLOAT_to_FLOAT16_expanded", halves},
      {"test_cast_FLOAT_to_STRING", texts},
      {"test_cast_STRING_to_FLOAT", texts},
      {"test_castlike_FLOAT_to_STRING_expanded", texts},
      {"test_castlike_STRING_to_FLOAT_expanded", texts},
      {"test_batchnorm_epsilon_training_mode", training},
      {"test_batchnorm_example_training_mode", training},
      {"test_training_dropout", training},
      {"test_training_dropout_default", training},
      {"test_training_dropout_default_mask", training},
      {"test_training_dropout_mask", training},
      {"test_training_dropout_zero_ratio", training},
      {"test_training_dropout_zero_ratio_mask", training},
      {"test_edge_pad", "only padding with a constant"},
      {"test_reflect_pad", "only padding with a constant"},
      {"test_operator_pad", "only padding with a constant"},
      {"test_ReflectionPad2d", "only padding with a constant"},
      {"test_ReplicationPad2d", "only padding with a constant"},
      {"test_identity_opt", "its data are an optional, not a tensor"},
      {"test_identity_sequence", "its data are a sequence, not a tensor"},
      {"test_cast_BFLOAT16_to_FLOAT", "its data file holds UINT16 where the model wants BFLOAT16"},
      {"test_castlike_BFLOAT16_to_FLOAT_expanded", "its data file contradicts the model's input"},
      {"test_castlike_FLOAT_to_BFLOAT16_expanded", "its data file contradicts the model's input"},
      {"test_operator_add_broadcast", "broadcast attribute of operator set 6"},
      {"test_operator_add_size1_broadcast", "broadcast attribute of operator set 6"},
      {"test_operator_add_size1_right_broadcast", "broadcast attribute of operator set 6"},
      {"test_operator_add_size1_singleton_broadcast", "broadcast attribute of operator set 6"},
      {"test_operator_addconstant", "broadcast attribute of operator set 6"},
      {"test_operator_addmm", "broadcast attribute of operator set 6"},
      {"test_operator_mm", "broadcast attribute of operator set 6"},
      {"test_Linear", "broadcast attribute of operator set 6"},
      {"test_Softsign", "broadcast attribute of operator set 6"},
      {"test_BatchNorm1d_3d_input_eval", "BatchNormalization of operator set 6"},
      {"test_BatchNorm2d_eval", "BatchNormalization of operator set 6"},
      {"test_BatchNorm2d_momentum_eval", "BatchNormalization of operator set 6"},
      {"test_BatchNorm3d_eval", "BatchNormalization of operator set 6"},
      {"test_BatchNorm3d_momentum_eval", "BatchNormalization of operator set 6"},
  };
  return table;
}

struct Tally {
  int passed = 0;
  std::set<std::string> operators, refused;
};

// Whether every node is of an operator that Rondo claims; notes whether one is for constants only.
bool claimed(const OnnxModel& model, bool& constants) {
  for (const OnnxNode& node : model.nodes) {
    const OnnxOperator* op = node.domain.empty() ? find_onnx_operator(node.op) : nullptr;
    if (op == nullptr) return false;
    constants = constants || op->constants_only;
  }
  return true;
}

NamedTensors given_inputs(const fs::path& folder, const OnnxModel& model) {
  NamedTensors given;
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    const fs::path file = folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb");
    if (fs::exists(file)) given[model.inputs[i].name] = read_onnx_tensor(file.string(), nullptr);
  }
  return given;
}

// Operators for constants only get their inputs as initializers.
double worst_difference(const fs::path& folder, OnnxModel model, bool constants) {
  ImportOptions options;
  options.inputs = given_inputs(folder, model);
  if (constants) {
    model.initializers.insert(options.inputs.begin(), options.inputs.end());
    model.inputs.clear();
    options.inputs.clear();
  }
  const NamedTensors got = outputs_of(import_onnx_model(model, options), options.inputs);
  double worst = 0;
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    const fs::path file = folder / "test_data_set_0" / ("output_" + std::to_string(i) + ".pb");
    worst = std::max(worst, difference(got.at(model.outputs[i]), read_onnx_tensor(file.string(), nullptr)));
  }
  return worst;
}

void run_package_case(const fs::path& folder, Tally& tally) {
  OnnxModel model;
  try {
    model = read_onnx_model((folder / "model.onnx").string());
  } catch (const Error&) {
    return;  // operators of other domains only
  }
  bool constants = false;
  if (!claimed(model, constants)) return;
  try {
    EXPECT_LE(worst_difference(folder, model, constants), kTolerance);
    for (const OnnxNode& node : model.nodes) tally.operators.insert(node.op);
    ++tally.passed;
  } catch (const Error& error) {
    const std::string name = folder.filename().string();
    EXPECT_EQ(refusals().count(name), 1U) << "refused without a known reason: " << error.what();
    tally.refused.insert(name);
  }
}

TEST(OnnxCases, EveryCaseOfTheOnnxPackageWhoseOperatorsAreClaimed) {
  if (!fs::is_directory(kPackage)) FAIL() << "the Debian package libonnx-testdata is not installed";
  Tally tally;
  for (const char* group : {"node", "simple", "pytorch-operator", "pytorch-converted"}) {
    for (const fs::path& folder : folders_in(kPackage / group)) {
      SCOPED_TRACE(folder.filename().string());
      run_package_case(folder, tally);
    }
  }
  for (const auto& [name, reason] : refusals()) {
    EXPECT_EQ(tally.refused.count(name), 1U) << name << " is not refused, although " << reason;
    std::cout << "refused: " << name << ": " << reason << '\n';
  }
  std::cout << tally.passed << " cases of " << tally.operators.size() << " operators within 1e-5\n";
  EXPECT_GE(tally.passed, 390);
  for (const char* op : {"LSTM",      "GRU",        "RNN",
                         "Gemm",      "MatMul",     "Add",
                         "Mul",       "Sub",        "Div",
                         "Sigmoid",   "Tanh",       "Relu",
                         "Softmax",   "LogSoftmax", "Gather",
                         "Slice",     "Split",      "Concat",
                         "Transpose", "Reshape",    "Squeeze",
                         "Unsqueeze", "Flatten",    "Identity",
                         "Cast",      "Constant",   "ConstantOfShape",
                         "Shape",     "Expand"}) {
    EXPECT_EQ(tally.operators.count(op), 1U) << "no case of " << op << " ran";
  }
}

}  // namespace
}  // namespace rondo

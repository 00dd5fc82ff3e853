// How far the chip's numbers are from the expected outputs of the ONNX cases, at three word widths. Prints the table;
// fails when a median over the recurrent cases falls below its bound, or when a case under 20 dB has no reason below.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

#include "models/base/error.hpp"
#include "models/values/executor.hpp"
#include "traces/compile.hpp"
#include "traces/hazards.hpp"
#include "traces/npz.hpp"
#include "traces/onnx_inputs.hpp"
#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

const fs::path kPackage = "/usr/share/libonnx-testdata/data/node";
constexpr double kListedBelow = 20;

struct Precision {
  std::int64_t weight_bits, activation_bits;
  double least_median;
};
constexpr Precision kPrecisions[] = {{16, 16, 65}, {8, 16, 42}, {8, 8, 32}};

struct Case {
  std::string name;
  bool recurrent = false;
  Graph graph;
  NamedTensors inputs, wanted;
};

Machine machine() {
  Machine m;
  m.rows = 32, m.cols = 32, m.arrays = 1, m.tile_fifo = 2, m.table_entries = 512;
  m.weight_bytes = 1 << 20, m.activation_bytes = 1 << 20, m.parameter_bytes = 1 << 17, m.accumulator_bytes = 1 << 17;
  m.weight_banks = m.activation_banks = m.accumulator_banks = 4, m.parameter_banks = 2;
  m.dram_bytes = 1 << 28, m.semaphores = kMaxSemaphores, m.loop_depth = kMaxLoops;
  return m;
}

bool has_recurrence(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& n) { return n.op == Op::recurrent; });
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

void feed(Case& c, const NamedTensors& given) {
  for (int v : c.graph.inputs) c.inputs[c.graph.values[v].name] = given.at(c.graph.values[v].name);
}

std::vector<Case> own_cases() {
  std::vector<Case> cases;
  for (const fs::path& folder : folders_in(RONDO_ONNX_CASES)) {
    Case c{folder.filename().string(), true, {}, {}, {}};  // unrolled cells are recurrent networks, too
    ImportOptions options;
    for (auto& [name, tensor] : read_npz((folder / "io.npz").string())) {
      if (name.rfind("in_", 0) == 0) options.inputs[name.substr(3)] = tensor;
      if (name.rfind("out_", 0) == 0) c.wanted[name.substr(4)] = tensor;
    }
    c.graph = import_onnx((folder / "model.onnx").string(), options);
    feed(c, options.inputs);
    cases.push_back(std::move(c));
  }
  return cases;
}

/// Cases of the ONNX project's package that Rondo imports; the float test holds which those are.
std::vector<Case> package_cases() {
  std::vector<Case> cases;
  for (const fs::path& folder : folders_in(kPackage)) {
    try {
      const OnnxModel model = read_onnx_model((folder / "model.onnx").string());
      const auto known = [](const OnnxNode& n) { return n.domain.empty() && find_onnx_operator(n.op) != nullptr; };
      if (!std::all_of(model.nodes.begin(), model.nodes.end(), known)) continue;
      Case c{folder.filename().string(), false, {}, {}, {}};
      ImportOptions options;
      for (std::size_t i = 0; i < model.inputs.size(); ++i) {
        const fs::path file = folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb");
        if (fs::exists(file)) options.inputs[model.inputs[i].name] = read_onnx_tensor(file.string(), nullptr);
      }
      for (std::size_t i = 0; i < model.outputs.size(); ++i) {
        const fs::path file = folder / "test_data_set_0" / ("output_" + std::to_string(i) + ".pb");
        c.wanted[model.outputs[i]] = read_onnx_tensor(file.string(), nullptr);
      }
      c.graph = import_onnx_model(model, options);
      c.recurrent = has_recurrence(c.graph);
      feed(c, options.inputs);
      evaluate(c.graph, c.inputs);  // some cases' data contradict their own model
      cases.push_back(std::move(c));
    } catch (const Error&) {
      continue;
    }
  }
  return cases;
}

/// Worst over the outputs, in dB; 200 when exact.
double sqnr_on_chip(const Case& c, const Precision& precision) {
  const Evaluation evaluation = evaluate(c.graph, c.inputs);
  const NumbersParams numbers{precision.weight_bits, precision.activation_bits};
  const Program program =
      compile(c.graph, machine(), {"step", "sequential", 0, "off", "tiles"}, numbers, &evaluation.ranges, &c.inputs)
          .program;
  EXPECT_EQ(check_program(program), std::vector<std::string>{}) << c.name;
  EXPECT_EQ(find_hazards(program), std::vector<std::string>{}) << c.name;
  const Values values = execute(program);
  double worst = 200;
  for (std::size_t p = 0; p < program.ports.size(); ++p) {
    const Port& port = program.ports[p];
    if (!port.output) continue;
    const Tensor& wanted = c.wanted.at(port.name);
    double signal = 0, noise = 0;
    for (std::size_t i = 0; i < values.ports[p].size(); ++i) {
      const double real = wanted.type == ElementType::real ? wanted.reals[i] : static_cast<double>(wanted.integers[i]);
      signal += real * real;
      noise += std::pow(values.ports[p][i] * port.scale - real, 2);
    }
    if (noise > 0) worst = std::min(worst, signal > 0 ? 10 * std::log10(signal / noise) : -200);
  }
  return worst;
}

/// Why a case is under 20 dB at some width.
const std::map<std::string, std::string>& reasons() {
  static const std::map<std::string, std::string> table = {};
  return table;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// Prints a row per case; collects the figures of each width.
void measure(const std::vector<Case>& cases, std::vector<double> (&figures)[3]) {
  for (const Case& c : cases) {
    std::printf("%-52s", c.name.c_str());
    for (int p = 0; p < 3; ++p) {
      const double db = sqnr_on_chip(c, kPrecisions[p]);
      if (c.recurrent) figures[p].push_back(db);
      std::printf(" %7.1f", db);
      if (db >= kListedBelow) continue;
      const auto reason = reasons().find(c.name);
      EXPECT_NE(reason, reasons().end()) << c.name << " has " << db << " dB and no reason is known";
      if (reason != reasons().end()) std::printf(" (%s)", reason->second.c_str());
    }
    std::printf("\n");
  }
}

TEST(ChipAccuracy, RecurrentCasesAndClaimedOperators) {
  ASSERT_TRUE(fs::is_directory(kPackage)) << "the Debian package libonnx-testdata is not installed";
  std::vector<double> figures[3];
  std::printf("%-52s %7s %7s %7s  dB; weights/activations in bits\n", "case", "16/16", "8/16", "8/8");
  measure(own_cases(), figures);
  measure(package_cases(), figures);
  EXPECT_EQ(figures[0].size(), 84U + 12U);
  std::printf("%-52s", "median of the recurrent cases");
  for (int p = 0; p < 3; ++p) {
    std::printf(" %7.1f", median(figures[p]));
    EXPECT_GE(median(figures[p]), kPrecisions[p].least_median);
  }
  std::printf("\n");
}

}  // namespace
}  // namespace rondo

#include "traces/network.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include "models/base/error.hpp"
#include "traces/network_layers.hpp"
#include "traces/network_seed.hpp"
#include "traces/npz.hpp"
#include "traces/onnx_import.hpp"
#include "traces/yaml_fields.hpp"

namespace rondo {
namespace {

// A model is binary and has control characters near its start; YAML has none.
bool looks_like_text(const std::string& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) return true;  // the YAML reader says what it is instead
  std::ifstream stream(path, std::ios::binary);
  std::string start(4096, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  return std::none_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 32 && c != '\n' && c != '\r' && c != '\t';
  });
}

std::string beside(const std::string& file, const std::string& name) {
  return (std::filesystem::path(file).parent_path() / name).string();
}

void note_files(const std::vector<std::string>& files, Network& network) {
  for (const std::string& file : files) {
    if (!file.empty()) network.files.push_back(file);
  }
}

std::string type_name(ElementType type) {
  return type == ElementType::real ? "reals" : type == ElementType::integer ? "integers" : "booleans";
}

// The arrays of `given` that the graph takes; what is missing or does not fit is a finding.
NamedTensors inputs_of(const Graph& graph, const NamedTensors& given, const std::string& path, Findings& findings) {
  NamedTensors inputs;
  for (int v : graph.inputs) {
    const GraphValue& value = graph.values[v];
    const auto found = given.find(value.name);
    const std::string wanted = "; " + type_name(value.type) + " " + to_string(value.shape) + " are wanted";
    if (found == given.end()) {
      findings.add(path + ": there is no array '" + value.name + "'" + wanted);
    } else if (found->second.shape != value.shape || found->second.type != value.type) {
      findings.add(path + ": array '" + value.name + "' holds " + type_name(found->second.type) + " " +
                   to_string(found->second.shape) + wanted);
    } else {
      inputs[value.name] = found->second;
    }
  }
  return inputs;
}

// Word numbers must stay inside every table that they index directly.
std::int64_t choices_for(const Graph& graph, int input) {
  std::int64_t choices = 2;
  bool found = false;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::gather) continue;
    int indices = node.inputs[1];
    for (const Node& view : graph.nodes) {
      if (view.op == Op::view && view.outputs[0] == indices) indices = view.inputs[0];
    }
    if (indices != input) continue;
    const std::int64_t rows = graph.values[node.inputs[0]].shape[0];
    choices = found ? std::min(choices, rows) : rows;
    found = true;
  }
  return choices;
}

NamedTensors seeded_inputs(const Graph& graph) {
  NamedTensors inputs;
  std::uint64_t stream = 0;
  for (int v : graph.inputs) {
    const GraphValue& value = graph.values[v];
    SeededValues seeds(0, ++stream);
    inputs[value.name] = value.type == ElementType::real ? seeds.reals(value.shape, 1.0)
                                                         : seeds.integers(value.shape, choices_for(graph, v));
    inputs[value.name].type = value.type;
  }
  return inputs;
}

void read_calibration(const std::string& path, Network& network, Findings& findings) {
  if (path.empty()) return;
  network.calibration = inputs_of(network.graph, read_npz(path), path, findings);
}

void load_model(const std::string& model, const std::string& inputs_path, const NetworkOptions& options,
                const std::map<std::string, std::int64_t>& dimensions, Network& network, NamedTensors& given,
                Findings& findings) {
  ImportOptions import;
  import.dimensions = dimensions;
  if (!inputs_path.empty()) given = read_npz(inputs_path);
  import.inputs = given;
  network.graph = import_onnx(model, import);
  network.graph.name = network.name;
  if (options.timing_only) return;
  network.inputs =
      inputs_path.empty() ? seeded_inputs(network.graph) : inputs_of(network.graph, given, inputs_path, findings);
}

const GraphValue* output_value(const Graph& graph, const std::string& name) {
  for (int v : graph.outputs) {
    if (graph.values[v].name == name) return &graph.values[v];
  }
  return nullptr;
}

// Why these targets cannot be scored against that output; "" if they can: reals [...][V] and integers [...]
// in 0..V-1.
std::string score_mistake(const Graph& graph, const std::string& output, const std::string& name,
                          const Tensor& targets) {
  const GraphValue* value = output_value(graph, output);
  if (value == nullptr) return "the model has no output '" + output + "'";
  if (value->type != ElementType::real || value->shape.empty()) return "output '" + output + "' is no list of reals";
  const Shape wanted(value->shape.begin(), value->shape.end() - 1);
  if (targets.type != ElementType::integer || targets.shape != wanted) {
    return "array '" + name + "' holds " + type_name(targets.type) + " " + to_string(targets.shape) + "; integers " +
           to_string(wanted) + " are wanted";
  }
  for (std::int64_t target : targets.integers) {
    if (target < 0 || target >= value->shape.back()) {
      return "array '" + name + "' holds " + std::to_string(target) + "; 0.." +
             std::to_string(value->shape.back() - 1) + " are allowed";
    }
  }
  return "";
}

// The keys of a network file that refers to an ONNX model.
void read_model_reference(YamlMap& top, const std::string& path, const NetworkOptions& options, Findings& findings,
                          Network& network) {
  const std::string model = beside(path, top.text("onnx"));
  std::string inputs = top.has("inputs") ? beside(path, top.text("inputs")) : "";
  std::string calibration = top.has("calibration") ? beside(path, top.text("calibration")) : "";
  if (!options.input_path.empty()) inputs = options.input_path;
  if (!options.calibration_path.empty()) calibration = options.calibration_path;
  std::map<std::string, std::int64_t> dimensions = options.dimensions;
  if (top.has("dimensions")) {
    YamlMap sizes = top.map("dimensions");
    for (const auto& pair : top.node("dimensions")) {
      if (!pair.first.IsScalar()) continue;
      dimensions.emplace(pair.first.Scalar(), sizes.integer(pair.first.Scalar(), 1, std::int64_t{1} << 31));
    }
    sizes.finish();
  }
  std::string output, targets;
  const bool score = top.has("bits_per_character");
  if (score) {
    YamlMap m = top.map("bits_per_character");
    output = m.text("log_probabilities");
    targets = m.text("targets");
    m.finish();
  }
  top.finish();
  findings.raise();
  note_files({model, inputs, calibration}, network);

  NamedTensors given;
  load_model(model, inputs, options, dimensions, network, given, findings);
  if (!options.timing_only) read_calibration(calibration, network, findings);
  if (!score) return;
  const auto found = given.find(targets);
  if (found != given.end()) {
    const std::string wrong = score_mistake(network.graph, output, targets, found->second);
    if (!wrong.empty()) top.complain("bits_per_character", wrong);
    if (!options.timing_only) {
      network.bits_per_character = Network::BitsPerCharacter{output, found->second};
    }
  } else if (output_value(network.graph, output) == nullptr) {
    top.complain("bits_per_character", "the model has no output '" + output + "'");
  } else if (!inputs.empty() && options.input_path.empty()) {
    top.complain("bits_per_character", "there is no array '" + targets + "' in " + inputs);
  }
}

void read_network_file(const std::string& path, const NetworkOptions& options, Network& network) {
  YAML::Node root = load_yaml(path);
  Findings findings;
  apply_overrides(root, path, options.set, findings);
  YamlMap top(root, path, "", findings);
  network.name = top.text("name");
  top.text("source", "");
  if (top.has("onnx")) {
    read_model_reference(top, path, options, findings, network);
    findings.raise();
    return;
  }
  const NetworkEntries entries = read_entries(top, path, findings);
  network.without_weights = !entries.weights;
  build_layers(entries, options.timing_only, findings, network);
  for (const auto& [name, size] : options.dimensions) {
    findings.add(path + ": --dim " + name + "=" + std::to_string(size) + ": only ONNX models have open dimensions");
  }
  top.finish();
  findings.raise();
  note_files({options.input_path, options.calibration_path}, network);
  if (!options.input_path.empty() && network.graph.has_weights) {
    network.inputs = inputs_of(network.graph, read_npz(options.input_path), options.input_path, findings);
  }
  if (network.graph.has_weights) read_calibration(options.calibration_path, network, findings);
  findings.raise();
}

}  // namespace

Network load_network(const std::string& path, const NetworkOptions& options) {
  Network network;
  network.path = path;
  note_files({path}, network);
  if (looks_like_text(path)) {
    read_network_file(path, options, network);
    return network;
  }
  Findings findings;
  for (const auto& [key, text] : options.set) {
    findings.add(path + ": --set network." + key + "=" + text +
                 ": an ONNX model's sizes are set by --dim NAME=N or by its inputs");
  }
  findings.raise();
  network.name = std::filesystem::path(path).stem().string();
  note_files({options.input_path, options.calibration_path}, network);
  NamedTensors given;
  load_model(path, options.input_path, options, options.dimensions, network, given, findings);
  if (!options.timing_only) read_calibration(options.calibration_path, network, findings);
  findings.raise();
  return network;
}

}  // namespace rondo

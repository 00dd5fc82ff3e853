#include "traces/network_entries.hpp"

#include <algorithm>

namespace rondo {
namespace {

constexpr std::int64_t kMostSteps = std::int64_t{1} << 24;
constexpr std::int64_t kMostWidth = std::int64_t{1} << 20;

const std::vector<std::string> kOps = {"lstm", "gru", "rnn", "dense", "embedding", "last_step", "concat", "add"};

void read_recurrent(YamlMap& m, LayerEntry& layer) {
  layer.recurrent = true;
  layer.hidden = m.integer("hidden", 1, 65536);
  layer.bias = m.boolean("bias", true);
  layer.clip = m.real("clip", 0, 1e30, 0.0);
  layer.skip_input = m.boolean("skip_input", false);
  layer.direction = m.choice("direction", {"forward", "reverse", "bidirectional"}, true);
  layer.merge = m.choice("merge", {"concat", "sum"}, true);
  layer.initial_state = m.boolean("initial_state", false);
  if (m.has("lengths")) layer.lengths = m.integers("lengths", 0, kMostSteps);
  if (layer.op == "lstm") {
    layer.peepholes = m.boolean("peepholes", false);
    layer.input_forget = m.boolean("input_forget", false);
    layer.projection = m.integer("projection", 0, 65536, 0);
  } else if (layer.op == "gru") {
    layer.linear_before_reset = m.boolean("linear_before_reset", false);
  } else {
    layer.activation = m.choice("activation", {"tanh", "relu"}, true);
  }
}

void read_options(YamlMap m, LayerEntry& layer) {
  if (layer.op == "lstm" || layer.op == "gru" || layer.op == "rnn") read_recurrent(m, layer);
  if (layer.op == "dense") {
    layer.units = m.integer("units", 1, kMostWidth);
    layer.bias = m.boolean("bias", true);
    layer.activation = m.choice("activation", {"none", "relu", "tanh", "sigmoid", "softmax", "log_softmax"}, true);
  }
  if (layer.op == "embedding") {
    layer.vocabulary = m.integer("vocabulary", 1, kMostSteps);
    layer.width = m.integer("width", 1, kMostWidth);
  }
  m.finish();
}

LayerEntry read_layer(const YAML::Node& node, const std::string& file, std::size_t number, Findings& findings) {
  LayerEntry layer;
  const std::size_t before = findings.list().size();
  const std::string path = "layers." + std::to_string(number);
  YamlMap m(node, file, path, findings);
  std::vector<std::string> ops;
  for (const std::string& op : kOps) {
    if (m.has(op)) ops.push_back(op);
  }
  layer.op = ops.empty() ? "" : ops[0];
  layer.name = m.text("name", layer.op + "_" + std::to_string(number));
  if (m.has("from")) layer.from = m.texts("from");
  if (ops.size() != 1) {
    std::string all;
    for (const std::string& op : kOps) all += (all.empty() ? "" : ", ") + op;
    findings.add(yaml_place(file, node) + ": " + path + ": names " + std::to_string(ops.size()) +
                 " operations; exactly one of " + all + " is wanted");
  }
  for (const std::string& op : ops) read_options(m.map(op), layer);
  m.finish();
  layer.origin = yaml_place(file, node) + ": layer '" + layer.name + "'";
  layer.broken = findings.list().size() > before;
  return layer;
}

InputEntry read_input(YamlMap& top) {
  InputEntry input;
  if (!top.has("input")) {
    top.complain("input", "is missing; {name, steps, batch, features} is wanted");
    return input;
  }
  YamlMap m = top.map("input");
  input.name = m.text("name", "x");
  input.steps = m.integer("steps", 1, kMostSteps);
  input.batch = m.integer("batch", 1, 65536);
  input.features = m.has("features") ? m.integer("features", 1, kMostWidth) : 0;
  m.finish();
  return input;
}

}  // namespace

NetworkEntries read_entries(YamlMap& top, const std::string& file, Findings& findings) {
  NetworkEntries entries;
  const std::size_t before = findings.list().size();
  entries.input = read_input(top);
  entries.input_broken = findings.list().size() > before;
  const YAML::Node weights = top.node("weights", false);
  if (!weights.IsDefined()) top.complain("weights", "is missing; {seed: NUMBER} or none is wanted");
  if (weights.IsDefined() && weights.IsScalar() && weights.Scalar() == "none") {
    entries.weights = false;
  } else if (weights.IsDefined()) {
    YamlMap m = top.map("weights");
    entries.seed = static_cast<std::uint64_t>(m.integer("seed", 0, YamlMap::kMostInteger));
    m.finish();
  }
  const YAML::Node list = top.node("layers", false);
  if (!list.IsDefined()) top.complain("layers", "is missing; a list of layers is wanted");
  if (list.IsDefined() && (!list.IsSequence() || list.size() == 0 || list.size() > 1000)) {
    top.complain("layers", "is not a list of 1 to 1000 layers");
  } else if (list.IsDefined()) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      entries.layers.push_back(read_layer(list[i], file, i, findings));
    }
  }
  return entries;
}

namespace {

// The entry that a dotted path names is replaced by `text`; false when there is none.
bool replace_entry(const YAML::Node& root, std::string path, const std::string& text) {
  YAML::Node at = root;
  while (true) {
    const std::size_t dot = path.find('.');
    const bool last = dot == std::string::npos;
    const std::string step = path.substr(0, dot);
    if (at.IsSequence()) {
      const bool number = !step.empty() && step.size() < 6 && step.find_first_not_of("0123456789") == std::string::npos;
      if (!number || last || std::stoul(step) >= at.size()) return false;
      at.reset(at[std::stoul(step)]);
    } else if (!at.IsMap() || step.empty()) {
      return false;
    } else if (last) {
      at[step] = text;
      return true;
    } else {
      const YAML::Node next = at[step];
      if (!next.IsDefined()) return false;
      at.reset(next);
    }
    path = path.substr(dot + 1);
  }
}

}  // namespace

void apply_overrides(YAML::Node& root, const std::string& file, const std::map<std::string, std::string>& set,
                     Findings& findings) {
  static const std::vector<std::string> sizes = {"steps", "batch", "features"};
  for (const auto& [key, text] : set) {
    const bool size = std::find(sizes.begin(), sizes.end(), key) != sizes.end();
    if (!replace_entry(root, size ? "input." + key : key, text)) {
      findings.add(file + ": --set network." + key + "=" + text + ": there is no such entry in this network");
    }
  }
}

}  // namespace rondo

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "traces/yaml_fields.hpp"

namespace rondo {

/// Everything that a layer's entry can say, as read; `op` tells which of it counts.
struct LayerEntry {
  std::string op, name, origin;
  std::vector<std::string> from;
  std::int64_t hidden = 0, units = 0, vocabulary = 0, width = 0, projection = 0;
  bool bias = true, skip_input = false, peepholes = false, input_forget = false, linear_before_reset = false;
  bool initial_state = false, recurrent = false;
  double clip = 0;
  std::string direction = "forward", merge = "concat", activation;
  std::vector<std::int64_t> lengths;
  bool broken = false;  ///< something about it is already a finding
};

/// The network's input: [steps][batch][features], or word numbers [steps][batch].
struct InputEntry {
  std::string name;
  std::int64_t steps = 1, batch = 1, features = 0;  ///< 0 features: word numbers
};

/// What the keys `input`, `weights` and `layers` of a YAML network say.
struct NetworkEntries {
  InputEntry input;
  bool input_broken = false;
  bool weights = true;  ///< false: `weights: none`
  std::uint64_t seed = 0;
  std::vector<LayerEntry> layers;
};

/// Reads them; what is wrong goes to `findings`.
NetworkEntries read_entries(YamlMap& top, const std::string& file, Findings& findings);

/// Replaces entries of the YAML tree: "batch" (short for input.batch, likewise steps, features) or a dotted
/// path such as "layers.0.lstm.hidden".
void apply_overrides(YAML::Node& root, const std::string& file, const std::map<std::string, std::string>& set,
                     Findings& findings);

}  // namespace rondo

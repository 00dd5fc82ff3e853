#pragma once

#include <map>
#include <string>
#include <utility>

#include "traces/network.hpp"
#include "traces/yaml_fields.hpp"

namespace rondo {

/// Reads the keys `input`, `weights` and `layers` of a YAML network and builds its graph and its seeded
/// inputs. What is wrong goes to `findings`; the network is to be used only if there are none.
///
/// A layer's value is [steps][batch][features], or [batch][features] after `last_step`. `last_step` of a
/// recurrent layer is its final output h: where each sequence and direction ends.
void read_layers(YamlMap& top, const std::string& file, bool timing_only, Findings& findings,
                 Network& network);

/// Replaces entries of the YAML tree: "batch" (short for input.batch, likewise steps, features, vocabulary)
/// or a dotted path such as "layers.0.lstm.hidden".
void apply_overrides(YAML::Node& root, const std::string& file, const std::map<std::string, std::string>& set,
                     Findings& findings);

}  // namespace rondo

#pragma once

#include <string>

#include "sim/yaml.hpp"

namespace rondo {

/// Reads a file of settings strictly. A file is parsed once as long as its text stays the same: a worker reads the same
/// few files for every point of a sweep. Mistakes as of parse_strict_yaml.
YamlValue read_yaml_file(const std::string& path, Findings& findings);

}  // namespace rondo

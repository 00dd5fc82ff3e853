#pragma once

#include <string>
#include <vector>

#include "models/base/error.hpp"
#include "sim/yaml.hpp"

namespace rondo {

/// Takes values out of a YAML tree by their dotted paths; whatever is missing, unknown or of another kind
/// becomes a finding with its place.
class YamlFields {
 public:
  explicit YamlFields(Findings& findings) : findings_(findings) {}

  /// Refuses keys of `map` that are not allowed, with the nearest that is.
  void expect_keys(const YamlValue& map, const std::string& path, const std::vector<std::string>& allowed);
  /// The value of `key`, or null with a finding when it is missing or of another kind.
  const YamlValue* need(const YamlValue& map, const std::string& path, const std::string& key, YamlValue::Kind kind);
  /// A number of at least 0; 0 with a finding when there is none.
  double number(const YamlValue& map, const std::string& path, const std::string& key);
  /// A whole number from least to most; `least` with a finding when there is none.
  std::int64_t integer(const YamlValue& map, const std::string& path, const std::string& key, std::int64_t least,
                       std::int64_t most);

  static std::string dotted(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
  }
  void add(const YamlValue& value, const std::string& path, const std::string& what) {
    findings_.add(value.place + ": " + path + ": " + what);
  }

 private:
  Findings& findings_;
};

}  // namespace rondo

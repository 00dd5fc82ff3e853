#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/base/error.hpp"

namespace rondo {

/// A YAML value together with where it stands, for messages.
struct YamlValue {
  enum class Kind { scalar, map, list };
  Kind kind = Kind::scalar;
  std::string text;     ///< of a scalar; empty for an empty value
  bool quoted = false;  ///< "010" in quotes is a word, never a number
  std::string place;    ///< "configs/chips/edge.yaml:12:7"
  struct Entry;
  std::vector<Entry> entries;    ///< of a map, in the order of the file
  std::vector<YamlValue> items;  ///< of a list

  const YamlValue* find(const std::string& key) const;
  /// "a number", "a list": what it is, for messages.
  const char* kind_name() const;
};

struct YamlValue::Entry {
  std::string key;
  std::string place;
  YamlValue value;
};

/// Reads one YAML document strictly: keys given twice, anchors, aliases, tags, a second document and more
/// than 16 levels are refused with their place, and so is what is not YAML. Takes the whole text, so that
/// nothing is read twice.
YamlValue parse_strict_yaml(const std::string& text, const std::string& file, Findings& findings);

}  // namespace rondo

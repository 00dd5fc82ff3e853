#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "models/base/error.hpp"

namespace rondo {

/// Reads a whole regular file of at most `most_bytes`. Missing, a directory, a device, empty or too large:
/// Error.
std::string read_file(const std::string& path, std::int64_t most_bytes);

/// Parses a YAML file of at most 256 KiB and at most 64 levels whose top is a map. Anything else is an Error
/// that names the file and, where known, the line and column.
YAML::Node load_yaml(const std::string& path);
YAML::Node parse_yaml(const std::string& text, const std::string& path);

/// "configs/chips/edge.yaml:3:12", or just the file when the node was not written in it.
std::string yaml_place(const std::string& file, const YAML::Node& node);

/// A cursor over one YAML map. Every question names a key; what is missing, mistyped or out of range becomes
/// a finding and the answer is a harmless value, so that reading goes on. `finish` then reports keys that
/// nobody asked for and keys written twice. Messages use the dotted path, for example `layers.2.lstm.hidden`.
class YamlMap {
 public:
  static constexpr std::int64_t kMostInteger = std::numeric_limits<std::int64_t>::max();

  /// `path` is the dotted path of this map; empty at the top.
  YamlMap(const YAML::Node& node, std::string file, std::string path, Findings& findings);

  bool has(const std::string& key);  ///< counts as asking
  std::int64_t integer(const std::string& key, std::int64_t least, std::int64_t most,
                       std::optional<std::int64_t> otherwise = std::nullopt);
  double real(const std::string& key, double least, double most, std::optional<double> otherwise = std::nullopt);
  bool boolean(const std::string& key, std::optional<bool> otherwise = std::nullopt);
  std::string text(const std::string& key, std::optional<std::string> otherwise = std::nullopt);
  /// One of `choices`; the first is the answer when the key is absent and `optional`.
  std::string choice(const std::string& key, const std::vector<std::string>& choices, bool optional);
  std::vector<std::int64_t> integers(const std::string& key, std::int64_t least, std::int64_t most);
  std::vector<std::string> texts(const std::string& key);  ///< one text or a list of texts
  /// The map below `key`; an empty one (and a finding if required) when absent.
  YamlMap map(const std::string& key, bool required = true);
  /// The raw value, undefined when absent.
  YAML::Node node(const std::string& key, bool required = true);

  /// Reports unknown and repeated keys. Call once, after all questions.
  void finish();

  /// Adds a finding at this map's `key` (or at the map itself when it has no such key).
  void complain(const std::string& key, const std::string& what);
  const std::string& path() const { return path_; }

 private:
  std::optional<std::string> scalar(const std::string& key, const std::string& wanted, bool required, bool plain);
  std::string dotted(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  YAML::Node find(const std::string& key) const;
  std::optional<std::int64_t> parse_integer(const YAML::Node& node, const std::string& name, std::int64_t least,
                                            std::int64_t most);

  YAML::Node node_;
  std::string file_, path_;
  Findings* findings_;
  std::vector<std::string> asked_;
};

}  // namespace rondo

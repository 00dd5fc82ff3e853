#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "sim/yaml.hpp"

namespace rondo {

/// One `section.field: value` as it was written, with the place that said so.
struct Setting {
  std::string path;
  YamlValue value;  ///< its place: file:line:column, or `--set machine.rows=0`
  bool used = false;
};

/// All settings of a chip: the file, what it extends, and `--set` on top. Mistakes go to the Findings.
class Settings {
 public:
  explicit Settings(Findings& findings) : findings_(findings) {}

  /// Reads a chip file and, before it, the files that it extends (each may extend one other).
  void read_chip_file(const std::string& path);
  /// Takes `section.field=value`; one field may be set once.
  void set(const std::string& assignment);

  /// The setting, or null; marks it as used.
  const YamlValue* take(const std::string& path);
  /// Where a missing field of `section` should have stood.
  std::string place_of(const std::string& section) const;
  /// Complains about every setting that nobody took, with the nearest known one.
  void refuse_unused(const std::vector<std::string>& known);

 private:
  void read_file(const std::string& path, std::vector<std::string> chain);
  void add_section(const std::string& section, const YamlValue& value);
  void put(const std::string& path, const YamlValue& value);

  Findings& findings_;
  std::vector<Setting> settings_;
  std::vector<std::pair<std::string, std::string>> section_places_;
  std::vector<std::string> set_paths_;
  std::string file_;
};

/// Visitor that fills a parameter struct from settings; missing, mistyped and out-of-range values are
/// findings.
class FieldReader {
 public:
  FieldReader(std::string section, Settings& settings, Findings& findings)
      : section_(std::move(section)), settings_(settings), findings_(findings) {}

  void integer(const char* name, std::int64_t& value, const char* unit, const char* sentence, std::int64_t least,
               std::int64_t most);
  void choice(const char* name, std::string& value, std::vector<std::string> words, const char* sentence);
  /// A name: letters, digits, '_', '-' and '.'.
  void word(const char* name, std::string& value, const char* sentence);

  const std::vector<std::string>& known() const { return known_; }

 private:
  const YamlValue* value_of(const char* name, const std::string& allowed);
  void refuse(const YamlValue& value, const char* name, const std::string& what, const std::string& allowed);
  std::string path_of(const char* name) const { return section_.empty() ? name : section_ + "." + name; }

  std::string section_;
  Settings& settings_;
  Findings& findings_;
  std::vector<std::string> known_;
};

/// A whole number written plainly in decimal: no sign but '-', no leading zero, no point, no underscore.
bool parse_plain_integer(const std::string& text, std::int64_t& value);

}  // namespace rondo

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

/// How a parameter struct tells the world about its members, once: each struct has
///
///   template <class Visitor> void fields(Visitor& v) {
///     v.integer("rows", rows, "PE", "rows of the systolic array", 1, 1024);
///     v.choice("gates", gates, {"sequential", "interleaved"}, "order of the gates");
///   }
///
/// and reading YAML, writing it back, `--set`, `describe` and range checks are visitors over it. A member
/// starts at a value that is out of range, so that a file which forgets it is found out: numbers live in YAML only.
struct FieldInfo {
  std::string path;  ///< "matrix.rows_per_cycle"
  std::string unit;  ///< "cycles", "bytes"; empty for a pure number or a word
  std::string sentence;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::vector<std::string> words;  ///< allowed words; empty for an integer
  std::string value;               ///< as text
};

/// Lists the fields of a struct, with their present values.
class FieldList {
 public:
  explicit FieldList(std::string section) : section_(std::move(section)) {}

  void integer(const char* name, std::int64_t& value, const char* unit, const char* sentence, std::int64_t least,
               std::int64_t most) {
    list_.push_back({section_ + "." + name, unit, sentence, least, most, {}, std::to_string(value)});
  }
  void word(const char* name, std::string& value, const char* sentence) {
    list_.push_back({section_ + "." + name, "", sentence, 0, 0, {}, value});
  }
  void choice(const char* name, std::string& value, std::vector<std::string> words, const char* sentence) {
    list_.push_back({section_ + "." + name, "", sentence, 0, 0, std::move(words), value});
  }

  const std::vector<FieldInfo>& list() const { return list_; }

 private:
  std::string section_;
  std::vector<FieldInfo> list_;
};

}  // namespace rondo

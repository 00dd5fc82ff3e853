#include "sim/yaml_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sim/settings.hpp"
#include "sim/text_file.hpp"

namespace rondo {

void YamlFields::expect_keys(const YamlValue& map, const std::string& path, const std::vector<std::string>& allowed) {
  for (const auto& entry : map.entries) {
    if (std::find(allowed.begin(), allowed.end(), entry.key) != allowed.end()) continue;
    std::string list;
    for (const std::string& key : allowed) list += (list.empty() ? "" : ", ") + key;
    findings_.add(entry.place + ": " + dotted(path, entry.key) + ": unknown" + did_you_mean(entry.key, allowed) +
                  "; allowed " + list);
  }
}

const YamlValue* YamlFields::need(const YamlValue& map, const std::string& path, const std::string& key,
                                  YamlValue::Kind kind) {
  const YamlValue* value = map.find(key);
  if (value == nullptr) {
    findings_.add(map.place + ": " + dotted(path, key) + ": missing");
  } else if (value->kind != kind) {
    const char* wanted = kind == YamlValue::Kind::map    ? "a section"
                         : kind == YamlValue::Kind::list ? "a list"
                                                         : "one value";
    add(*value, dotted(path, key), std::string("is ") + value->kind_name() + "; " + wanted + " is expected");
    value = nullptr;
  }
  return value;
}

double YamlFields::number(const YamlValue& map, const std::string& path, const std::string& key) {
  const YamlValue* value = need(map, path, key, YamlValue::Kind::scalar);
  if (value == nullptr) return 0;
  double result = -1;
  const char* end = value->text.data() + value->text.size();
  const auto parsed = std::from_chars(value->text.data(), end, result);
  if (parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(result) && result >= 0 && result < 1e15)
    return result;
  add(*value, dotted(path, key), value->text + " is not a number of at least 0");
  return 0;
}

std::int64_t YamlFields::integer(const YamlValue& map, const std::string& path, const std::string& key,
                                 std::int64_t least, std::int64_t most) {
  const YamlValue* value = need(map, path, key, YamlValue::Kind::scalar);
  if (value == nullptr) return least;
  std::int64_t result = 0;
  if (!value->quoted && parse_plain_integer(value->text, result) && result >= least && result <= most) return result;
  add(*value, dotted(path, key),
      value->text + " is no whole number of " + std::to_string(least) + ".." + std::to_string(most));
  return least;
}

}  // namespace rondo

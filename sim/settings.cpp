#include "sim/settings.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "sim/text_file.hpp"
#include "sim/yaml_file.hpp"

namespace rondo {
namespace {

constexpr std::size_t kLongestChain = 8;
constexpr std::size_t kLongestWord = 1024;  // it may be a path

std::string shown(const std::string& text) { return text.size() <= 40 ? text : text.substr(0, 37) + "..."; }

bool is_word(const std::string& text) {
  return !text.empty() && text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '/';
  });
}

std::string range_text(std::int64_t least, std::int64_t most, const char* unit, const char* sentence) {
  const std::string unit_text = *unit == '\0' ? "" : std::string(" ") + unit;
  return "allowed " + std::to_string(least) + ".." + std::to_string(most) + unit_text + " (" + sentence + ")";
}

std::string words_text(const std::vector<std::string>& words, const char* sentence) {
  std::string text = "allowed ";
  for (const std::string& word : words) text += (&word == &words.front() ? "" : ", ") + word;
  return text + " (" + sentence + ")";
}

}  // namespace

bool parse_plain_integer(const std::string& text, std::int64_t& value) {
  const std::size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  if (text.size() == first || (text[first] == '0' && text.size() > 1)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

void Settings::read_chip_file(const std::string& path) {
  file_ = display_path(path);
  read_file(path, {});
}

void Settings::read_file(const std::string& path, std::vector<std::string> chain) {
  const std::string file = display_path(path);
  const YamlValue root = read_yaml_file(path, findings_);
  if (root.kind != YamlValue::Kind::map) {
    throw Error(root.place + ": a chip file holds sections of fields, not " + root.kind_name());
  }
  chain.push_back(std::filesystem::weakly_canonical(path).string());
  if (const YamlValue* base = root.find("extends"); base != nullptr) {
    if (base->kind != YamlValue::Kind::scalar || base->text.empty()) {
      throw Error(base->place + ": extends: is " + base->kind_name() + "; the name of one chip file is expected");
    }
    const std::string base_path = (std::filesystem::path(path).parent_path() / base->text).string();
    const std::string canonical = std::filesystem::weakly_canonical(base_path).string();
    if (std::find(chain.begin(), chain.end(), canonical) != chain.end()) {
      throw Error(base->place + ": extends: " + shown(base->text) + " extends itself, directly or through others");
    }
    if (chain.size() == kLongestChain) {
      throw Error(base->place + ": extends: a chain of more than " + std::to_string(kLongestChain) + " files");
    }
    try {
      read_file(base_path, chain);
    } catch (const Error& wrong) {
      if (std::filesystem::is_regular_file(base_path)) throw;
      throw Error(base->place + ": extends: " + wrong.what());
    }
  }
  for (const YamlValue::Entry& entry : root.entries) {
    if (entry.key != "extends") add_section(entry.key, entry.value);
  }
}

void Settings::add_section(const std::string& section, const YamlValue& value) {
  if (value.kind != YamlValue::Kind::map) return put(section, value);
  section_places_.emplace_back(section, value.place);
  for (const YamlValue::Entry& entry : value.entries) put(section + "." + entry.key, entry.value);
}

void Settings::put(const std::string& path, const YamlValue& value) {
  for (Setting& setting : settings_) {
    if (setting.path == path) {
      setting.value = value;
      return;
    }
  }
  settings_.push_back({path, value, false});
}

void Settings::set(const std::string& assignment) {
  const std::string place = "--set " + shown(assignment);
  const std::size_t equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos) {
    findings_.add(place + ": is not of the form section.field=value");
    return;
  }
  const std::string path = assignment.substr(0, equals);
  if (std::find(set_paths_.begin(), set_paths_.end(), path) != set_paths_.end()) {
    findings_.add(place + ": " + shown(path) + ": set twice on the command line");
    return;
  }
  set_paths_.push_back(path);
  YamlValue value;
  value.text = assignment.substr(equals + 1);
  value.place = place;
  put(path, value);
}

const YamlValue* Settings::take(const std::string& path) {
  for (Setting& setting : settings_) {
    if (setting.path == path) {
      setting.used = true;
      return &setting.value;
    }
  }
  return nullptr;
}

std::string Settings::place_of(const std::string& section) const {
  for (auto entry = section_places_.rbegin(); entry != section_places_.rend(); ++entry) {
    if (entry->first == section) return entry->second;
  }
  return file_ + ":1:1";
}

void Settings::refuse_unused(const std::vector<std::string>& known) {
  std::vector<std::string> sections;
  for (const std::string& path : known) sections.push_back(path.substr(0, path.find('.')));
  for (const Setting& setting : settings_) {
    if (setting.used) continue;
    const std::string section = setting.path.substr(0, setting.path.find('.'));
    const bool known_section = std::find(sections.begin(), sections.end(), section) != sections.end();
    if (known_section && section == setting.path && setting.value.kind != YamlValue::Kind::map) {
      findings_.add(setting.value.place + ": " + shown(setting.path) + ": is " + setting.value.kind_name() +
                    "; a section with fields is expected");
      continue;
    }
    const std::string hint = known_section || section == setting.path ? did_you_mean(setting.path, known) : "";
    const std::string section_hint = hint.empty() && !known_section ? did_you_mean(section, sections) : "";
    findings_.add(setting.value.place + ": " + shown(setting.path) + ": unknown field" + hint + section_hint +
                  "; `rondo describe` lists all");
  }
}

const YamlValue* FieldReader::value_of(const char* name, const std::string& allowed) {
  const std::string path = path_of(name);
  known_.push_back(path);
  const YamlValue* value = settings_.take(path);
  if (value == nullptr) {
    findings_.add(settings_.place_of(section_) + ": " + path + ": missing; " + allowed);
    return nullptr;
  }
  if (value->kind != YamlValue::Kind::scalar) {
    findings_.add(value->place + ": " + path + ": is " + value->kind_name() + ", one value is expected; " + allowed);
    return nullptr;
  }
  return value;
}

void FieldReader::refuse(const YamlValue& value, const char* name, const std::string& what,
                         const std::string& allowed) {
  const std::string text = value.quoted ? "\"" + shown(value.text) + "\"" : shown(value.text);
  findings_.add(value.place + ": " + path_of(name) + ": " + (text.empty() ? "no value" : text + " " + what) + "; " +
                allowed);
}

void FieldReader::integer(const char* name, std::int64_t& value, const char* unit, const char* sentence,
                          std::int64_t least, std::int64_t most) {
  const std::string allowed = range_text(least, most, unit, sentence);
  const YamlValue* written = value_of(name, allowed);
  if (written == nullptr) return;
  std::int64_t number = 0;
  const bool plain = !written->quoted && parse_plain_integer(written->text, number);
  const std::string& text = written->text;
  const bool digits = !text.empty() && text[0] >= '1' && text.find_first_not_of("0123456789") == std::string::npos;
  if (!plain && (written->quoted || !digits)) return refuse(*written, name, "is not a plain whole number", allowed);
  if (!plain || number < least || number > most) return refuse(*written, name, "is out of range", allowed);
  value = number;
}

void FieldReader::choice(const char* name, std::string& value, std::vector<std::string> words, const char* sentence) {
  const std::string allowed = words_text(words, sentence);
  const YamlValue* written = value_of(name, allowed);
  if (written == nullptr) return;
  if (std::find(words.begin(), words.end(), written->text) == words.end()) {
    return refuse(*written, name, "is none of the allowed words" + did_you_mean(written->text, words), allowed);
  }
  value = written->text;
}

void FieldReader::word(const char* name, std::string& value, const char* sentence) {
  const std::string allowed = "allowed are at most " + std::to_string(kLongestWord) +
                              " letters, digits, '_', '-', '.' and '/' (" + sentence + ")";
  const YamlValue* written = value_of(name, allowed);
  if (written == nullptr) return;
  if (!is_word(written->text)) return refuse(*written, name, "is not a name", allowed);
  value = written->text;
}

}  // namespace rondo

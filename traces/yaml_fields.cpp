#include "traces/yaml_fields.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace rondo {
namespace {

constexpr std::int64_t kMostYamlBytes = std::int64_t{256} << 10;  // yaml-cpp needs a second per MiB
constexpr int kMostUnknown = 20;                                  // unknown keys of one map that are listed one by one
constexpr int kDeepest = 64;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string shown(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// yaml-cpp recurses once per level, so depth is bounded before it sees the text: brackets that stay open, the
// indentation of a line, and the dashes and question marks that open several levels on one line.
void refuse_depth(const std::string& text, const std::string& path) {
  int open = 0, markers = 0;
  std::int64_t line = 1, column = 0;
  bool starting = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    ++column;
    if (c == '\n') {
      ++line;
      column = markers = 0;
      starting = true;
      continue;
    }
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && open > 0) --open;
    if (starting && (c == '-' || c == '?' || c == ':')) ++markers;
    if (starting && c != ' ' && c != '-' && c != '?' && c != ':') starting = false;
    const bool indented = starting && c == ' ' && column > 8 * kDeepest;
    if (open > kDeepest || markers > kDeepest || indented) {
      throw Error(path + ":" + std::to_string(line) + ":" + std::to_string(column) + ": nested too deeply; at most " +
                  std::to_string(kDeepest) + " levels are allowed");
    }
  }
}

}  // namespace

std::string read_file(const std::string& path, std::int64_t most_bytes) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found) throw Error(path + ": there is no such file");
  if (fs::is_directory(status)) throw Error(path + ": this is a directory; a file is wanted");
  if (!fs::is_regular_file(status)) throw Error(path + ": this is not a regular file");
  const std::uintmax_t size = fs::file_size(path, failure);
  if (failure) throw Error(path + ": its size cannot be read");
  if (size == 0) throw Error(path + ": the file is empty");
  if (size > static_cast<std::uintmax_t>(most_bytes)) {
    throw Error(path + ": the file has " + std::to_string(size) + " bytes; at most " + std::to_string(most_bytes) +
                " are allowed");
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text(size, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) throw Error(path + ": the file cannot be read");
  return text;
}

YAML::Node parse_yaml(const std::string& text, const std::string& path) {
  refuse_depth(text, path);
  if (text.find('\0') != std::string::npos) throw Error(path + ": this is not text; a YAML file is wanted");
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents[0].IsNull())
      throw Error(path + ": the file holds nothing; a YAML map is wanted");
    if (documents.size() > 1) throw Error(path + ": the file holds several YAML documents; one is wanted");
    if (!documents[0].IsMap()) {
      throw Error(yaml_place(path, documents[0]) + ": the top is not a map; `key: value` lines are wanted");
    }
    return documents[0];
  } catch (const YAML::Exception& error) {
    std::string place = path;
    if (!error.mark.is_null()) {
      place += ":" + std::to_string(error.mark.line + 1) + ":" + std::to_string(error.mark.column + 1);
    }
    throw Error(place + ": this is not YAML: " + error.msg);
  }
}

YAML::Node load_yaml(const std::string& path) { return parse_yaml(read_file(path, kMostYamlBytes), path); }

std::string yaml_place(const std::string& file, const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  if (mark.is_null()) return file;
  return file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

YamlMap::YamlMap(const YAML::Node& node, std::string file, std::string path, Findings& findings)
    : node_(node), file_(std::move(file)), path_(std::move(path)), findings_(&findings) {
  if (!node_.IsMap()) {
    findings_->add(yaml_place(file_, node_) + ": " + (path_.empty() ? "the top" : path_) +
                   " is not a map; {key: value} is wanted");
    node_ = YAML::Node(YAML::NodeType::Map);
  }
}

YAML::Node YamlMap::find(const std::string& key) const {
  for (const auto& pair : node_) {
    if (pair.first.IsScalar() && pair.first.Scalar() == key) return pair.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

void YamlMap::complain(const std::string& key, const std::string& what) {
  const YAML::Node value = find(key);
  const YAML::Node& at = value.IsDefined() && !value.Mark().is_null() ? value : node_;
  findings_->add(yaml_place(file_, at) + ": " + dotted(key) + ": " + what);
}

YAML::Node YamlMap::node(const std::string& key, bool required) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
  YAML::Node value = find(key);
  if (!value.IsDefined() && required) complain(key, "is missing");
  return value;
}

bool YamlMap::has(const std::string& key) { return node(key, false).IsDefined(); }

std::optional<std::string> YamlMap::scalar(const std::string& key, const std::string& wanted, bool required,
                                           bool plain) {
  const YAML::Node value = node(key, false);
  if (!value.IsDefined()) {
    if (required) complain(key, "is missing; " + wanted + " is wanted");
    return std::nullopt;
  }
  if (!value.IsScalar() || (plain && value.Tag() == "!")) {
    complain(key, "is not " + wanted);
    return std::nullopt;
  }
  return value.Scalar();
}

std::optional<std::int64_t> YamlMap::parse_integer(const YAML::Node& value, const std::string& name, std::int64_t least,
                                                   std::int64_t most) {
  const std::string wanted = "an integer in " + std::to_string(least) + ".." +
                             (most == kMostInteger ? std::string("2^63-1") : std::to_string(most)) + " is wanted";
  const auto wrong = [&](const std::string& what) {
    findings_->add(yaml_place(file_, value.Mark().is_null() ? node_ : value) + ": " + name + ": " + what + "; " +
                   wanted);
    return std::nullopt;
  };
  if (!value.IsScalar() || value.Tag() == "!") return wrong("is not a number");
  const std::string& text = value.Scalar();
  const std::size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  const bool digits = text.size() > first && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(first), text.end(),
                                                         [](char c) { return c >= '0' && c <= '9'; });
  const bool leading_zero = text.size() > first + 1 && text[first] == '0';
  if (!digits || leading_zero) return wrong("'" + text + "' is not a decimal integer");
  errno = 0;
  const long long number = std::strtoll(text.c_str(), nullptr, 10);
  if (errno == ERANGE || number < least || number > most) return wrong(text + " is out of range");
  return number;
}

std::int64_t YamlMap::integer(const std::string& key, std::int64_t least, std::int64_t most,
                              std::optional<std::int64_t> otherwise) {
  const YAML::Node value = node(key, false);
  if (!value.IsDefined()) {
    if (otherwise) return *otherwise;
    complain(key, "is missing; an integer in " + std::to_string(least) + ".." + std::to_string(most) + " is wanted");
    return least;
  }
  return parse_integer(value, dotted(key), least, most).value_or(otherwise.value_or(least));
}

double YamlMap::real(const std::string& key, double least, double most, std::optional<double> otherwise) {
  const std::string wanted = "a number in " + shown(least) + ".." + shown(most);
  const std::optional<std::string> text = scalar(key, wanted, !otherwise, true);
  if (!text) return otherwise.value_or(least);
  char* end = nullptr;
  const double number = std::strtod(text->c_str(), &end);
  const bool spelled = text->find_first_not_of("0123456789.+-eE") == std::string::npos;
  if (text->empty() || *end != '\0' || !spelled || !std::isfinite(number)) {
    complain(key, "'" + *text + "' is not " + wanted);
    return otherwise.value_or(least);
  }
  if (number < least || number > most) {
    complain(key, *text + " is outside " + shown(least) + ".." + shown(most));
    return otherwise.value_or(least);
  }
  return number;
}

bool YamlMap::boolean(const std::string& key, std::optional<bool> otherwise) {
  const std::optional<std::string> text = scalar(key, "true or false", !otherwise, true);
  if (!text) return otherwise.value_or(false);
  if (*text != "true" && *text != "false") complain(key, "'" + *text + "' is not true or false");
  return *text == "true";
}

std::string YamlMap::text(const std::string& key, std::optional<std::string> otherwise) {
  const std::optional<std::string> found = scalar(key, "a text", !otherwise, false);
  if (!found) return otherwise.value_or("");
  if (found->empty()) complain(key, "is empty; a text is wanted");
  return *found;
}

std::string YamlMap::choice(const std::string& key, const std::vector<std::string>& choices, bool optional) {
  const std::optional<std::string> text = scalar(key, "one of " + listed(choices), !optional, false);
  if (!text) return choices[0];
  if (std::find(choices.begin(), choices.end(), *text) == choices.end()) {
    complain(key, "'" + *text + "' is not one of " + listed(choices));
    return choices[0];
  }
  return *text;
}

std::vector<std::int64_t> YamlMap::integers(const std::string& key, std::int64_t least, std::int64_t most) {
  const YAML::Node value = node(key);
  std::vector<std::int64_t> numbers;
  if (!value.IsDefined()) return numbers;
  if (!value.IsSequence()) {
    complain(key, "is not a list of integers");
    return numbers;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string name = dotted(key) + "." + std::to_string(i);
    numbers.push_back(parse_integer(value[i], name, least, most).value_or(least));
  }
  return numbers;
}

std::vector<std::string> YamlMap::texts(const std::string& key) {
  const YAML::Node value = node(key);
  std::vector<std::string> list;
  if (!value.IsDefined()) return list;
  if (value.IsScalar()) return {value.Scalar()};
  bool good = value.IsSequence();
  for (std::size_t i = 0; good && i < value.size(); ++i) {
    good = value[i].IsScalar();
    if (good) list.push_back(value[i].Scalar());
  }
  if (!good) complain(key, "is neither a name nor a list of names");
  return list;
}

YamlMap YamlMap::map(const std::string& key, bool required) {
  const YAML::Node value = node(key, required);
  if (!value.IsDefined()) return YamlMap(YAML::Node(YAML::NodeType::Map), file_, dotted(key), *findings_);
  return YamlMap(value, file_, dotted(key), *findings_);
}

void YamlMap::finish() {
  std::set<std::string> seen;
  int unknown = 0;
  for (const auto& pair : node_) {
    const std::string place = yaml_place(file_, pair.first.Mark().is_null() ? node_ : pair.first);
    if (!pair.first.IsScalar()) {
      findings_->add(place + ": " + (path_.empty() ? "the top" : path_) + ": a key is not a text");
      continue;
    }
    const std::string& key = pair.first.Scalar();
    const bool known = std::find(asked_.begin(), asked_.end(), key) != asked_.end();
    if (!seen.insert(key).second) {
      if (known) findings_->add(place + ": " + dotted(key) + ": is given twice");
    } else if (!known && ++unknown <= kMostUnknown) {
      findings_->add(place + ": " + dotted(key) + ": is unknown; " +
                     (asked_.empty() ? "nothing is allowed here" : "allowed here: " + listed(asked_)));
    }
  }
  if (unknown > kMostUnknown) {
    findings_->add(yaml_place(file_, node_) + ": " + std::to_string(unknown - kMostUnknown) + " more keys are unknown");
  }
}

}  // namespace rondo

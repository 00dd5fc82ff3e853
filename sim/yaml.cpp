#include "sim/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace rondo {
namespace {

constexpr std::size_t kDeepest = 16;
constexpr std::size_t kMostKeys = 1000;  // of one section: looking for duplicates stays cheap

// Builds the tree from the parser's events; refusing here, while the parser is still on its way down, keeps
// it from following deep nesting or copying what aliases repeat.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, Findings& findings) : file_(std::move(file)), findings_(findings) {}

  YamlValue take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, "?", anchor, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases (*name) are not allowed"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    scalar(mark, tag, anchor, text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlValue::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlValue::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YamlValue value;
    bool key_read = false;  // of a map: the next event is the value
    std::string key;
    std::string key_place;
  };

  std::string place(const YAML::Mark& mark) const {
    return file_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) const {
    throw Error(place(mark) + ": " + what);
  }

  void refuse_marks(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(mark, "anchors (&name) are not allowed");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags (!name) are not allowed");
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) {
    refuse_marks(mark, tag, anchor);
    if (!open_.empty() && open_.back().value.kind == YamlValue::Kind::map && !open_.back().key_read) {
      if (open_.back().value.entries.size() == kMostKeys)
        refuse(mark, "a section has at most " + std::to_string(kMostKeys) + " keys");
      open_.back().key_read = true;
      open_.back().key = text;
      open_.back().key_place = place(mark);
      return;
    }
    YamlValue value;
    value.text = text;
    value.quoted = tag == "!";
    value.place = place(mark);
    add(std::move(value));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlValue::Kind kind) {
    refuse_marks(mark, tag, anchor);
    if (open_.size() == kDeepest) refuse(mark, "nested more than " + std::to_string(kDeepest) + " levels deep");
    if (!open_.empty() && open_.back().value.kind == YamlValue::Kind::map && !open_.back().key_read) {
      refuse(mark, "a key must be a word");
    }
    open_.emplace_back();
    open_.back().value.kind = kind;
    open_.back().value.place = place(mark);
  }

  void close() {
    YamlValue value = std::move(open_.back().value);
    open_.pop_back();
    add(std::move(value));
  }

  void add(YamlValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = open_.back();
    if (level.value.kind == YamlValue::Kind::list) {
      level.value.items.push_back(std::move(value));
      return;
    }
    level.key_read = false;
    for (const YamlValue::Entry& entry : level.value.entries) {
      if (entry.key == level.key) {
        findings_.add(level.key_place + ": " + path() + ": given twice; first at " + entry.place);
        return;
      }
    }
    level.value.entries.push_back({level.key, level.key_place, std::move(value)});
  }

  // Dotted path of the entry that is being read.
  std::string path() const {
    std::string path;
    for (const Level& level : open_) {
      if (!level.key.empty()) path += (path.empty() ? "" : ".") + level.key;
    }
    return path;
  }

  std::string file_;
  Findings& findings_;
  YamlValue root_;
  std::vector<Level> open_;
};

}  // namespace

const YamlValue* YamlValue::find(const std::string& key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const char* YamlValue::kind_name() const {
  if (kind == Kind::map) return "a section";
  if (kind == Kind::list) return "a list";
  return text.empty() && !quoted ? "nothing" : "a value";
}

YamlValue parse_strict_yaml(const std::string& text, const std::string& file, Findings& findings) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    TreeBuilder builder(file, findings);
    if (!parser.HandleNextDocument(builder)) throw Error(file + ":1:1: holds no YAML");
    YamlValue root = builder.take();
    TreeBuilder rest(file, findings);
    if (parser.HandleNextDocument(rest)) throw Error(file + ": holds more than one YAML document; only one is allowed");
    return root;
  } catch (const YAML::Exception& wrong) {
    std::string place = file;
    if (!wrong.mark.is_null()) {
      place += ":" + std::to_string(wrong.mark.line + 1) + ":" + std::to_string(wrong.mark.column + 1);
    }
    throw Error(place + ": is not YAML: " + wrong.msg);
  }
}

}  // namespace rondo

#include "sim/yaml_file.hpp"

#include <algorithm>
#include <vector>

#include "sim/text_file.hpp"

namespace rondo {
namespace {

constexpr std::size_t kMostKept = 32;

struct Parsed {
  std::string file;
  std::string text;
  YamlValue value;
};

thread_local FilesRead* noting = nullptr;

}  // namespace

FilesRead::FilesRead() : before_(noting) { noting = this; }
FilesRead::~FilesRead() { noting = before_; }

void FilesRead::note(const std::string& path) {
  if (std::find(list_.begin(), list_.end(), path) == list_.end()) list_.push_back(path);
}

YamlValue read_yaml_file(const std::string& path, Findings& findings) {
  thread_local std::vector<Parsed> kept;  // oldest first; what a text means never changes
  if (noting != nullptr) noting->note(path);
  const std::string file = display_path(path);
  std::string text = read_text_file(path);
  for (const Parsed& one : kept) {
    if (one.file == file && one.text == text) return one.value;
  }
  const std::size_t before = findings.list().size();
  YamlValue value = parse_strict_yaml(text, file, findings);
  if (findings.list().size() != before) return value;  // its mistakes are to be found each time
  if (kept.size() == kMostKept) kept.erase(kept.begin());
  kept.push_back({file, std::move(text), value});
  return value;
}

}  // namespace rondo

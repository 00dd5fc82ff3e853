#include "sim/repository.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "models/base/error.hpp"
#include "sim/text_file.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// A name, perhaps of a file in a folder of configs; never a way out of configs.
bool may_be_name(const std::string& name) {
  return !name.empty() && name[0] != '/' && name[0] != '.' && name.size() < 200 && name.find("..") == std::string::npos;
}

}  // namespace

std::string repository_root() {
  const char* root = std::getenv("RONDO_ROOT");
  return root != nullptr && *root != '\0' ? root : RONDO_SOURCE_DIR;
}

std::vector<std::string> known_configs(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(repository_root() + "/configs/" + folder, ignored)) {
    if (entry.is_directory(ignored) && folder == "networks") names.push_back(entry.path().filename().string() + "/");
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string find_config(const std::string& folder, const std::string& noun, const std::string& name) {
  const std::string by_name = repository_root() + "/configs/" + folder + "/" + name + ".yaml";
  if (may_be_name(name) && exists(by_name)) return by_name;
  if (exists(name)) return name;
  if (folder == "chips" && may_be_name(name) && exists(repository_root() + "/configs/networks/" + name + ".yaml")) {
    throw Error("chip '" + name + "': is a network; the chip comes first, as in `rondo run edge " + name + "`");
  }
  const std::vector<std::string> known = known_configs(folder);
  throw Error(noun + " '" + name + "': no such file, and no " + noun + " of that name" + did_you_mean(name, known) +
              "; known are " + joined(known));
}

}  // namespace rondo

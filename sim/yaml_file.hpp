#pragma once

#include <string>
#include <vector>

#include "sim/yaml.hpp"

namespace rondo {

/// Reads a file of settings strictly. A file is parsed once as long as its text stays the same: a worker reads the same
/// few files for every point of a sweep. Mistakes as of parse_strict_yaml.
YamlValue read_yaml_file(const std::string& path, Findings& findings);

/// While one lives, it notes the files that read_yaml_file() is asked for on this thread; the latest one does.
class FilesRead {
 public:
  FilesRead();
  ~FilesRead();
  FilesRead(const FilesRead&) = delete;
  FilesRead& operator=(const FilesRead&) = delete;

  /// Paths as they were given, in the order of reading, each once.
  const std::vector<std::string>& list() const { return list_; }
  void note(const std::string& path);

 private:
  std::vector<std::string> list_;
  FilesRead* before_;
};

}  // namespace rondo

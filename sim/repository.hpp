#pragma once

#include <string>
#include <vector>

namespace rondo {

/// Where the repository lies: what RONDO_ROOT says, else where the program was built from.
std::string repository_root();

/// Finds what the command line calls `name`: NAME.yaml below configs/`folder` when there is one, otherwise
/// the path itself (so
/// `./edge` is a file and `edge` a chip). `noun` ("chip", "network") is for the message, which lists what
/// exists.
std::string find_config(const std::string& folder, const std::string& noun, const std::string& name);

/// Names of the files in configs/`folder`, sorted, without their ending; a folder inside appears as
/// "folder/".
std::vector<std::string> known_configs(const std::string& folder);

}  // namespace rondo

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rondo {

/// What a command line says, after checking that it is of the command's form. Options that a command does
/// not know are Errors, so a command reads only its own.
struct Arguments {
  bool help = false;
  std::vector<std::string> words;                  ///< positional
  std::vector<std::string> set;                    ///< "machine.rows=64"
  std::map<std::string, std::int64_t> dimensions;  ///< --dim NAME=N
  std::string out;
  std::string input;
  std::string calibration;
  std::string schedule = "event";
  std::int64_t timeline_slices = 0;
  bool json = false;
  bool timing_only = false;
  bool why = false;
  bool text = false;
  bool yaml = false;
};

/// One subcommand: its name, its one-line use, what it does, an example, and which options it takes.
struct Command {
  const char* name;
  const char* usage;
  const char* sentence;
  const char* example;
  std::vector<const char*> options;  ///< names in the table of arguments.cpp
  std::size_t least_words;
  std::size_t most_words;
  int (*run)(const Arguments&);
};

/// Reads the words after the command's name. Error: an unknown or malformed option, too few or too many
/// words.
Arguments parse_arguments(const Command& command, const std::vector<std::string>& words);

/// The text of `rondo COMMAND --help`.
std::string help_text(const Command& command);

}  // namespace rondo

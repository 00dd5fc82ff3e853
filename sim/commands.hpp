#pragma once

#include <vector>

#include "sim/arguments.hpp"

namespace rondo {

/// The subcommands, in the order of the help text. Each returns the exit status.
int run_command(const Arguments& arguments);
int compile_command(const Arguments& arguments);
int asm_command(const Arguments& arguments);
int disasm_command(const Arguments& arguments);
int describe_command(const Arguments& arguments);
int worker_command(const Arguments& arguments);

}  // namespace rondo

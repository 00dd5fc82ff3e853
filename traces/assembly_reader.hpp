#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo::assembly {

/// A program and where it stands in its text.
struct Assembled {
  Program program;
  std::vector<std::uint32_t> lines;                      ///< per instruction, counted from 1
  std::vector<std::vector<std::uint32_t>> kernel_lines;  ///< per micro-operation of each kernel
};

/// What `parse_assembly` does, keeping the lines.
Assembled assemble(std::string_view text, const std::string& file);

}  // namespace rondo::assembly

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// What a program computed.
struct Values {
  /// Per port of the program, its integers in row-major order (inputs as they were read, outputs as they were left).
  std::vector<std::vector<std::int32_t>> ports;
  /// [layer + 1][what]: how often a number did not fit. Row 0 is for instructions without a layer.
  struct Saturation {
    std::int64_t accumulator = 0;  ///< 32-bit sums
    std::int64_t gate = 0;         ///< micro-operations and stores of the gate unit
  };
  std::vector<Saturation> saturation;
  std::int64_t instructions = 0;
};

/// What a run left in each memory, by Space; DRAM as far as the program and its data reach.
using LeftBytes = std::array<std::vector<std::uint8_t>, kSpaces>;

/// Runs the program in program order on the chip's memories: bit-exact, no notion of time. A program without hazards
/// has the same values in any order that its semaphores allow, so these are the chip's values. Memories start as zeros,
/// DRAM with the program's segments. An index outside a gathered table is an Error; the program must have passed
/// check_program. `left`, if given, gets the bytes of all memories after the last instruction.
Values execute(const Program& program, LeftBytes* left = nullptr);

}  // namespace rondo

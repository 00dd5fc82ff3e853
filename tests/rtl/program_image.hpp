#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/isa/instruction.hpp"
#include "models/units/params.hpp"
#include "sv_constants.hpp"

/// What is written into the RTL's memories and registers before a run, as the words that chip_types.sv
/// describes.
namespace rondo::rtl {

inline constexpr int kWordParts =
    sv::kWordFields + kMaxFields + kMaxPlaces * (2 + kMaxLoops);  ///< 32-bit parts of an instruction
inline constexpr int kPaceParts = 8;

struct ProgramImage {
  std::vector<std::array<std::uint32_t, kWordParts>> code;
  std::vector<std::vector<std::uint32_t>> kernels;  ///< three parts for each micro-operation
  std::vector<std::uint32_t> semaphores;            ///< initial counts
  std::array<std::uint32_t, kPaceParts> pace{};
};

/// The program and the pace must be within kLimits.
ProgramImage make_image(const ChipParams& params, const Program& program);

}  // namespace rondo::rtl

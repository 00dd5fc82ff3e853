#pragma once

#include <cstdint>

namespace rondo {

inline constexpr std::int64_t kTraceVersion = 1;  ///< of the text and of the binary form

// What a trace file may ask of this machine, whatever it says.
inline constexpr std::size_t kMostInstructions = std::size_t{1} << 20;
inline constexpr std::uint64_t kMostTraceBytes = std::uint64_t{1} << 32;
/// Decompressed, whatever the file's size; above it, so many times the file's size.
inline constexpr std::uint64_t kUnquestionedBytes = std::uint64_t{1} << 26;
inline constexpr std::uint64_t kMostRatio = 100;

}  // namespace rondo

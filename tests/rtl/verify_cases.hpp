#pragma once

#include <cstdint>
#include <string>

#include "models/units/chip.hpp"
#include "tests/rtl/rtl_chip.hpp"

namespace rondo::rtl {

/// Cycles that a case may take: longer ones are not made.
inline constexpr Cycle kLongestCase = 40'000;

/// One comparison: a chip, which is a shape with a random pace, and a program without data races.
struct Case {
  std::uint64_t seed = 0;
  const Shape* shape = nullptr;
  std::string network;  ///< the network file that the program was compiled from; empty: a random program
  ChipParams chip;
  Program program;
};

/// The case of a seed on a shape, always the same. Two in five are compiled networks, if one fits the shape.
Case make_case(const Shape& shape, std::uint64_t seed);

/// A chip as text, one line for each section, as in the contract.
std::string settings_of(ChipParams chip);

}  // namespace rondo::rtl

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "traces/builder.hpp"

namespace rondo {

/// Bytes that an item touches, as an interval that moves with the loops around it; loops inside it are folded
/// in.
struct Footprint {
  Unit unit;
  Space space;
  bool write;
  std::int64_t begin;  ///< first byte, in iteration 0 of every loop around
  std::int64_t end;
  std::array<std::int64_t, kMaxLoops> stride{};
  int pass = -1;
  int popped = -1;  ///< partial sums of a product of this array: over once its sums were popped
};

using Footprints = std::vector<Footprint>;

/// What an item inside `depth` loops touches: few intervals, those that move alike and touch being joined.
Footprints footprints_of(const Item& item, int depth, const std::vector<Kernel>& kernels);

}  // namespace rondo

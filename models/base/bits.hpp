#pragma once

#include <cstdint>

namespace rondo {

/// Calls f(index) for every set bit of a mask, lowest first.
template <class F>
void for_each_bit(std::uint64_t mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(__builtin_ctzll(mask));
}

}  // namespace rondo

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traces/graph.hpp"

namespace rondo {

/// Reads every array of a NumPy .npz (stored or deflated; float16/32/64, (u)int8..64, bool; C or Fortran
/// order). What is not an npz, is truncated, claims more than 2^29 elements or holds NaN or infinity is an
/// Error naming the file and the array.
NamedTensors read_npz(const std::string& path);

/// Writes arrays as float32 (reals) or int64 (integers), in name order, with a fixed time stamp: same input,
/// same bytes.
void write_npz(const std::string& path, const NamedTensors& arrays);

}  // namespace rondo

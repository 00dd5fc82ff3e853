#pragma once

#include <cstdint>

#include "traces/tensor.hpp"

namespace rondo {

/// Reproducible numbers for weights and inputs that nobody gave: splitmix64 (Steele, Lea, Flood 2014), scaled
/// by basic operations only, so that every machine makes the same. `stream` separates tensors of one seed.
class SeededValues {
 public:
  SeededValues(std::uint64_t seed, std::uint64_t stream);

  Tensor reals(const Shape& shape, double bound);             ///< uniform in [-bound, bound)
  Tensor integers(const Shape& shape, std::int64_t choices);  ///< uniform in 0..choices-1

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

}  // namespace rondo

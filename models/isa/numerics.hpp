#pragma once

#include <cstdint>

#include "models/isa/instruction.hpp"

/// One arithmetic for the executor, the quantiser and the RTL: 32-bit registers, half-up rounding shifts, saturation
/// that is counted. Everything is integer arithmetic on committed tables, so that every CPU gives the same bits.
namespace rondo::numerics {

/// Saturates to a signed number of `bits` (2..32); adds 1 to `saturated` if it had to.
inline std::int64_t saturate(std::int64_t value, int bits, std::int64_t& saturated) {
  const std::int64_t most = (std::int64_t{1} << (bits - 1)) - 1;
  if (value > most) return ++saturated, most;
  if (value < -most - 1) return ++saturated, -most - 1;
  return value;
}

/// value / 2^shift, rounded half up; shift 0..62. A negative shift multiplies (the caller guards the width).
inline std::int64_t round_shift(std::int64_t value, int shift) {
  if (shift <= 0) return value << -shift;
  return (value + (std::int64_t{1} << (shift - 1))) >> shift;
}

/// Tables have `entries` intervals (a power of two, at most 1024) over the domains below, linear between knots.
/// sigmoid: |x| in [0, 16), tanh: |x| in [0, 8), exp: -x in [0, 16), softplus tail ln(1+e^-x): [0, 16).
/// `fraction` is the number of fraction bits of a; results are Q0.15 except where said otherwise.
std::int32_t sigmoid(std::int32_t a, int fraction, std::int64_t entries);
std::int32_t tanh(std::int32_t a, int fraction, std::int64_t entries);
std::int32_t exp(std::int32_t a, int fraction, std::int64_t entries);
/// ln(1 + e^a) with `fraction` fraction bits.
std::int32_t softplus(std::int32_t a, int fraction, std::int64_t entries);
/// Natural logarithm of a > 0, 16 fraction bits; a <= 0 gives the least 32-bit number and counts.
std::int32_t ln(std::int32_t a, int fraction, std::int64_t entries, std::int64_t& saturated);

/// round(a * 2^shift / b), half away from zero, saturated to 32 bits; b = 0 saturates towards a's sign and counts.
std::int32_t divide(std::int32_t a, std::int32_t b, int shift, std::int64_t& saturated);

/// A positive real factor as `mantissa / 2^shift`, mantissa 16-bit signed (at most 32767), shift 0..46: what `scalei`
/// needs. The relative error is at most 2^-15. A factor too small for the format gives mantissa 0.
struct Factor {
  std::int32_t mantissa = 0;
  int shift = 0;
};
Factor factor_of(double real);

}  // namespace rondo::numerics

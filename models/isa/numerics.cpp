#include "models/isa/numerics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace rondo::numerics {
namespace {

#include "models/isa/tables.inc"

constexpr int kFullBits = 10;         // 1024 intervals are committed; a chip with fewer skips knots
constexpr std::int64_t kLn2 = 45426;  // ln 2, 16 fraction bits

int bits_of(std::int64_t power_of_two) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < power_of_two) ++bits;
  return bits;
}

// Linear interpolation at `position` (>= 0, `fraction` fraction bits) in a table over [0, 2^domain_bits).
std::int64_t interpolate(const std::int32_t* table, std::int64_t position, int fraction, int domain_bits,
                         std::int64_t entries) {
  const int entry_bits = bits_of(entries);
  const int step = 1 << (kFullBits - entry_bits);
  if ((position >> fraction) >= (std::int64_t{1} << domain_bits)) return table[1 << kFullBits];
  const int shift = fraction + domain_bits - entry_bits;
  if (shift <= 0) return table[(position << -shift) * step];
  const std::int64_t index = position >> shift;
  const std::int64_t rest = position & ((std::int64_t{1} << shift) - 1);
  const std::int64_t low = table[index * step];
  const std::int64_t high = table[(index + 1) * step];
  return low + round_shift((high - low) * rest, shift);
}

std::int64_t magnitude(std::int32_t a) { return std::llabs(static_cast<std::int64_t>(a)); }

}  // namespace

std::int32_t sigmoid(std::int32_t a, int fraction, std::int64_t entries) {
  const std::int64_t positive = interpolate(kSigmoid, magnitude(a), fraction, 4, entries);
  return static_cast<std::int32_t>(a >= 0 ? positive : 32768 - positive);
}

std::int32_t tanh(std::int32_t a, int fraction, std::int64_t entries) {
  const std::int64_t positive = interpolate(kTanh, magnitude(a), fraction, 3, entries);
  return static_cast<std::int32_t>(a >= 0 ? positive : -positive);
}

std::int32_t exp(std::int32_t a, int fraction, std::int64_t entries) {
  return static_cast<std::int32_t>(interpolate(kExp, a >= 0 ? 0 : magnitude(a), fraction, 4, entries));
}

std::int32_t softplus(std::int32_t a, int fraction, std::int64_t entries) {
  const std::int64_t tail = interpolate(kSoftplusTail, magnitude(a), fraction, 4, entries);
  std::int64_t never = 0;
  return static_cast<std::int32_t>(saturate(std::max(a, 0) + round_shift(tail, 15 - fraction), 32, never));
}

std::int32_t ln(std::int32_t a, int fraction, std::int64_t entries, std::int64_t& saturated) {
  if (a <= 0) return ++saturated, INT32_MIN;
  int exponent = 30;
  while ((a >> exponent) == 0) --exponent;
  const std::int64_t rest = (static_cast<std::int64_t>(a) << (30 - exponent)) - (std::int64_t{1} << 30);
  const std::int64_t mantissa = interpolate(kLn, rest, 30, 0, entries);
  return static_cast<std::int32_t>(mantissa + (exponent - fraction) * kLn2);
}

std::int32_t divide(std::int32_t a, std::int32_t b, int shift, std::int64_t& saturated) {
  if (b == 0) return ++saturated, a >= 0 ? INT32_MAX : INT32_MIN;
  const std::int64_t numerator = magnitude(a) << std::min(shift, 31);
  const std::int64_t denominator = magnitude(b);
  const std::int64_t quotient = (2 * numerator + denominator) / (2 * denominator);
  return static_cast<std::int32_t>(saturate((a < 0) != (b < 0) ? -quotient : quotient, 32, saturated));
}

Factor factor_of(double real) {
  if (real == 0) return {0, 0};
  int exponent = 0;
  const double half_to_one = std::frexp(std::fabs(real), &exponent);
  auto mantissa = static_cast<std::int64_t>(std::floor(half_to_one * 32768 + 0.5));
  if (mantissa == 32768) mantissa = 16384, ++exponent;
  int shift = 15 - exponent;
  if (shift < 0) mantissa = 32767, shift = 0;
  if (shift > 46) mantissa = shift - 46 > 20 ? 0 : round_shift(mantissa, shift - 46), shift = 46;
  return {static_cast<std::int32_t>(real < 0 ? -mantissa : mantissa), shift};
}

}  // namespace rondo::numerics

#include "traces/math.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace rondo {
namespace {

constexpr double kLog2E = 1.4426950408889634;
constexpr double kLn2High = 6.93147180369123816490e-01;  // 32 leading bits: k * kLn2High is exact
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double power_of_two(int exponent) {  // for normal numbers: -1022..1023
  const std::uint64_t bits = static_cast<std::uint64_t>(exponent + 1023) << 52;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// exp(r) - 1 for |r| <= ln 2 by its Taylor series; the first term left out is below 1e-18 of r.
double expm1_series(double r) {
  double sum = 1.0;
  for (int n = 17; n >= 2; --n) sum = 1.0 + sum * (r / n);
  return r * sum;
}

struct Reduced {
  int k;
  double high, low;  // x = k ln 2 + high + low
};

Reduced reduce(double x) {
  const double scaled = x * kLog2E;
  const int k = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  return {k, x - k * kLn2High, -(k * kLn2Low)};
}

}  // namespace

double exact_exp(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return kInfinity;
  if (x < -745.2) return 0.0;
  const Reduced r = reduce(x);
  const double value = 1.0 + expm1_series(r.high + r.low);
  const int half = r.k / 2;
  return value * power_of_two(half) * power_of_two(r.k - half);
}

double exact_expm1(double x) {
  if (x > -0.69 && x < 0.69) return expm1_series(x);
  return exact_exp(x) - 1.0;
}

double exact_log(double x) {
  if (x != x || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  int k = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0;  // 2^54
    k = -54;
  }
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  k += static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++k;
  }
  // log(m) = 2 atanh(s) with s = f / (2 + f); written as f - (f^2/2 - s (f^2/2 + R)) to keep f exact.
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double series = 0.0;
  for (int n = 25; n >= 3; n -= 2) series = series * z + 2.0 / n;
  const double half_square = 0.5 * f * f;
  const double tail = s * (half_square + series * z) + k * kLn2Low;
  return k * kLn2High - ((half_square - tail) - f);
}

double exact_log1p(double x) {
  const double u = 1.0 + x;
  if (u == 1.0) return x;
  if (u == kInfinity) return u;
  return exact_log(u) * (x / (u - 1.0));
}

double exact_tanh(double x) {
  const double magnitude = x < 0 ? -x : x;
  if (magnitude > 22.0) return x < 0 ? -1.0 : 1.0;
  double value;
  if (magnitude < 0.34) {
    const double e = expm1_series(2.0 * magnitude);
    value = e / (e + 2.0);
  } else {
    value = 1.0 - 2.0 / (exact_exp(2.0 * magnitude) + 1.0);
  }
  return x < 0 ? -value : value;
}

double exact_sigmoid(double x) {
  if (x >= 0) return 1.0 / (1.0 + exact_exp(-x));
  const double e = exact_exp(x);
  return e / (1.0 + e);
}

double exact_softplus(double x) { return x > 0 ? x + exact_log1p(exact_exp(-x)) : exact_log1p(exact_exp(x)); }

}  // namespace rondo

// The chip's arithmetic against the functions it stands for, computed here by the C++ library in floating point.
#include "models/isa/numerics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>

namespace rondo::numerics {
namespace {

constexpr double kOne = 32768;  // results are Q0.15

/// Arguments over the whole domain and beyond, with this many fraction bits; every one if there are few.
void for_arguments(int fraction, const std::function<void(std::int32_t, double)>& look) {
  const std::int64_t most = std::min<std::int64_t>(std::int64_t{20} << fraction, INT32_MAX);
  const std::int64_t step = std::max<std::int64_t>(1, most / 20011);
  for (std::int64_t a = -most; a <= most; a += step)
    look(static_cast<std::int32_t>(a), std::ldexp(static_cast<double>(a), -fraction));
}

/// What linear interpolation may miss: a knot rounded, the result rounded, and width^2 / 8 of the greatest second
/// derivative.
double allowed(double domain, std::int64_t entries, double curvature) {
  const double width = domain / static_cast<double>(entries);
  return 1.0 / kOne + width * width / 8 * curvature;
}

TEST(Numerics, TablesFollowTheirFunctions) {
  for (std::int64_t entries : {64, 256, 512, 1024}) {
    for (int fraction : {3, 6, 8, 11, 15, 20, 26}) {
      SCOPED_TRACE(std::to_string(entries) + " entries, " + std::to_string(fraction) + " fraction bits");
      for_arguments(fraction, [&](std::int32_t a, double x) {
        ASSERT_NEAR(sigmoid(a, fraction, entries) / kOne, 1 / (1 + std::exp(-x)), allowed(16, entries, 0.0963)) << x;
        ASSERT_NEAR(tanh(a, fraction, entries) / kOne, std::tanh(x), allowed(8, entries, 0.7699)) << x;
        if (x <= 0) {
          ASSERT_NEAR(exp(a, fraction, entries) / kOne, std::exp(x), allowed(16, entries, 1)) << x;
        }
        const double scale = std::ldexp(1.0, fraction);
        ASSERT_NEAR(softplus(a, fraction, entries) / scale, std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))),
                    allowed(16, entries, 0.25) + 1 / scale)
            << x;
      });
    }
  }
}

TEST(Numerics, TablesAreSymmetricAndNeverFall) {
  std::int32_t last_sigmoid = 0, last_tanh = -32768;
  for_arguments(11, [&](std::int32_t a, double x) {
    EXPECT_EQ(sigmoid(a, 11, 512) + sigmoid(-a, 11, 512), 32768) << x;
    EXPECT_EQ(tanh(a, 11, 512), -tanh(-a, 11, 512)) << x;
    EXPECT_GE(sigmoid(a, 11, 512), last_sigmoid) << x;
    EXPECT_GE(tanh(a, 11, 512), last_tanh) << x;
    last_sigmoid = sigmoid(a, 11, 512), last_tanh = tanh(a, 11, 512);
  });
}

TEST(Numerics, LogarithmOverAllMagnitudes) {
  for (std::int64_t a = 1; a <= INT32_MAX; a += 1 + a / 97) {
    for (int fraction : {0, 7, 15, 30}) {
      std::int64_t saturated = 0;
      const double got = ln(static_cast<std::int32_t>(a), fraction, 512, saturated) / 65536.0;
      ASSERT_NEAR(got, std::log(static_cast<double>(a)) - fraction * std::log(2.0), 3e-4)
          << a << " with " << fraction << " fraction bits";
      ASSERT_EQ(saturated, 0);
    }
  }
  for (std::int32_t a : {0, -1, INT32_MIN}) {
    std::int64_t saturated = 0;
    EXPECT_EQ(ln(a, 0, 512, saturated), INT32_MIN);
    EXPECT_EQ(saturated, 1);
  }
}

TEST(Numerics, ShiftsRoundHalfUp) {
  for (std::int64_t value : {-1000001LL, -8LL, -6LL, -5LL, -2LL, -1LL, 0LL, 1LL, 2LL, 3LL, 6LL, 1LL << 40}) {
    for (int shift : {0, 1, 2, 7, 30}) {
      EXPECT_EQ(round_shift(value, shift),
                static_cast<std::int64_t>(std::floor(std::ldexp(static_cast<double>(value), -shift) + 0.5)));
    }
  }
  EXPECT_EQ(round_shift(5, -3), 40);
}

TEST(Numerics, SaturationIsCounted) {
  std::int64_t saturated = 0;
  EXPECT_EQ(saturate(127, 8, saturated), 127);
  EXPECT_EQ(saturate(-128, 8, saturated), -128);
  EXPECT_EQ(saturated, 0);
  EXPECT_EQ(saturate(128, 8, saturated), 127);
  EXPECT_EQ(saturate(-129, 8, saturated), -128);
  EXPECT_EQ(saturate(std::int64_t{1} << 40, 32, saturated), INT32_MAX);
  EXPECT_EQ(saturated, 3);
}

TEST(Numerics, DivisionRoundsHalfAwayFromZero) {
  std::int64_t saturated = 0;
  EXPECT_EQ(divide(7, 2, 0, saturated), 4);
  EXPECT_EQ(divide(-7, 2, 0, saturated), -4);
  EXPECT_EQ(divide(7, -3, 0, saturated), -2);
  EXPECT_EQ(divide(1, 3, 15, saturated), 10923);
  EXPECT_EQ(divide(-1, -3, 15, saturated), 10923);
  EXPECT_EQ(saturated, 0);
  EXPECT_EQ(divide(5, 0, 15, saturated), INT32_MAX);
  EXPECT_EQ(divide(-5, 0, 15, saturated), INT32_MIN);
  EXPECT_EQ(divide(1 << 30, 1, 15, saturated), INT32_MAX);
  EXPECT_EQ(divide(INT32_MIN, 3, 30, saturated), INT32_MIN);
  EXPECT_EQ(saturated, 4);
  EXPECT_EQ(divide(INT32_MIN, INT32_MIN, 30, saturated), 1 << 30);
  EXPECT_EQ(saturated, 4);
}

TEST(Numerics, FactorsAreWithinTheirFormat) {
  for (double real = 1.7e-9; real < 32000; real *= 1.37) {
    for (double signed_real : {real, -real}) {
      const Factor f = factor_of(signed_real);
      ASSERT_LE(std::abs(f.mantissa), 32767);
      ASSERT_GE(f.shift, 0);
      ASSERT_LE(f.shift, 46);
      ASSERT_NEAR(std::ldexp(f.mantissa, -f.shift) / signed_real, 1, 1.0 / 32768) << signed_real;
    }
  }
  EXPECT_EQ(factor_of(0).mantissa, 0);
  EXPECT_EQ(factor_of(1e-30).mantissa, 0);
}

}  // namespace
}  // namespace rondo::numerics

#include "traces/math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace rondo {
namespace {

// Distance in units of the last place of the exact value, which the C library gives in long double.
double off_by(double got, long double exact) {
  const double nearest = static_cast<double>(exact);
  if (got == nearest) return 0;
  const double place = std::nextafter(std::fabs(nearest), HUGE_VAL) - std::fabs(nearest);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - exact) / place);
}

TEST(Math, WithinFourUnitsInTheLastPlaceOfTheLibrary) {
  const unsigned seed = 20231;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> wide(-700, 700), middle(-40, 40), narrow(-1, 1), tenths(-10, 0);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double x = i % 4 == 0   ? wide(random)
                     : i % 4 == 1 ? middle(random)
                     : i % 4 == 2 ? narrow(random)
                                  : narrow(random) * std::pow(10.0, tenths(random));
    worst = std::max(worst, off_by(exact_exp(x), std::exp(static_cast<long double>(x))));
    worst = std::max(worst, off_by(exact_expm1(x), std::expm1(static_cast<long double>(x))));
    worst = std::max(worst, off_by(exact_tanh(x), std::tanh(static_cast<long double>(x))));
    worst = std::max(worst, off_by(exact_sigmoid(x), 1 / (1 + std::exp(-static_cast<long double>(x)))));
    worst = std::max(worst, off_by(exact_log(std::fabs(x)), std::log(std::fabs(static_cast<long double>(x)))));
    if (x > -1) worst = std::max(worst, off_by(exact_log1p(x), std::log1p(static_cast<long double>(x))));
    if (x < 300) {
      worst = std::max(worst, off_by(exact_softplus(x), std::log1p(std::exp(static_cast<long double>(x)))));
    }
  }
  EXPECT_LE(worst, 4.0);
}

TEST(Math, EndsOfTheNumberLine) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(exact_exp(infinity), infinity);
  EXPECT_EQ(exact_exp(710), infinity);
  EXPECT_EQ(exact_exp(-infinity), 0);
  EXPECT_EQ(exact_exp(-746), 0);
  EXPECT_GT(exact_exp(-745), 0);
  EXPECT_EQ(exact_exp(0), 1);
  EXPECT_EQ(exact_log(0), -infinity);
  EXPECT_EQ(exact_log(1), 0);
  EXPECT_TRUE(std::isnan(exact_log(-1)));
  EXPECT_NEAR(exact_log(5e-324), -744.4400719213812, 1e-12);
  EXPECT_EQ(exact_tanh(1e300), 1);
  EXPECT_EQ(exact_tanh(-1e300), -1);
  EXPECT_EQ(exact_tanh(1e-300), 1e-300);
  EXPECT_EQ(exact_sigmoid(-800), 0);
  EXPECT_EQ(exact_softplus(800), 800);
  EXPECT_TRUE(std::isnan(exact_exp(std::nan(""))));
}

// Pinned on one machine: another that computes other bits would give other scales to the quantiser.
TEST(Math, SameBitsOnEveryMachine) {
  EXPECT_EQ(exact_exp(1.0), 0x1.5bf0a8b14576ap+1);
  EXPECT_EQ(exact_exp(-0.7), 0x1.fc80db9dd5542p-2);
  EXPECT_EQ(exact_tanh(0.5), 0x1.d9353d7568af4p-2);
  EXPECT_EQ(exact_sigmoid(0.3), 0x1.261d545e46a8bp-1);
  EXPECT_EQ(exact_log(10.0), 0x1.26bb1bbb55516p+1);
}

}  // namespace
}  // namespace rondo

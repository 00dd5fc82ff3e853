#include "models/cost/cost.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/base/error.hpp"

namespace rondo {
namespace {

Price constant(double value) { return {Price::Law::constant, value, "", 1, "a test", "prices.yaml:1:1"}; }
Price root(double value, double reference) {
  return {Price::Law::sqrt, value, "bank_bytes", reference, "a test", "prices.yaml:2:1"};
}

class Cost : public ::testing::Test {
 protected:
  Cost() {
    prices.name = "toy";
    prices.energy_pj["matrix"]["mac"] = constant(0.5);
    prices.energy_pj["sram"]["read"] = root(10, 8192);
    prices.area_um2["matrix"]["pe"] = constant(700);
    prices.area_um2["sram"]["byte"] = constant(4);
    prices.logic_leakage_w_per_mm2 = 0.01;
    prices.sram_leakage_w_per_mm2 = 0.02;
  }
  std::vector<Counted> counted = {{"matrix", {{"mac", "one product", 1000000}}, {{"pe", "one element", 64}}, {}, 0},
                                  {"sram", {{"read", "one byte", 500}}, {{"byte", "one byte", 65536}}, {}, 32768}};
  Prices prices;
};

TEST_F(Cost, BillIsCountsTimesPrices) {
  check_prices(counted, prices);
  const Bill bill = price(counted, prices, 1e-3);
  const double read = 500 * 10 * std::sqrt(32768.0 / 8192.0) * 1e-12;
  EXPECT_NEAR(bill.dynamic_j, 0.5e-6 + read, 1e-18);
  EXPECT_NEAR(bill.area_mm2, 64 * 700e-6 + 65536 * 4e-6, 1e-12);
  EXPECT_NEAR(bill.leakage_j, (64 * 700e-6 * 0.01 + 65536 * 4e-6 * 0.02) * 1e-3, 1e-15);
  EXPECT_DOUBLE_EQ(bill.energy_j, bill.dynamic_j + bill.leakage_j);
  ASSERT_EQ(bill.owners.size(), 2u);
  EXPECT_NEAR(bill.owners[1].energy_j[0].amount, read, 1e-18);
}

// A second unit of a kind needs no prices of its own, and is billed under its own name.
TEST_F(Cost, UnitsOfOneKindHaveOnePrice) {
  Counted second = counted[0];
  second.owner = "matrix1", second.kind = "matrix", second.actions[0].count = 3000000;
  counted.push_back(second);
  check_prices(counted, prices);
  const Bill bill = price(counted, prices, 0);
  ASSERT_EQ(bill.owners.size(), 3u);
  EXPECT_EQ(bill.owners[2].name, "matrix1");
  EXPECT_NEAR(bill.owners[2].energy_j[0].amount, 1.5e-6, 1e-18);
}

// The points of Horowitz's table: 10 pJ at 8 KiB, 20 at 32 KiB, 100 at 1 MiB for 8 bytes; the law meets them
// within 15 %.
TEST_F(Cost, SquareRootLawMeetsThePublishedPoints) {
  for (const auto& [bytes, pj] :
       std::vector<std::pair<std::int64_t, double>>{{8192, 10}, {32768, 20}, {1048576, 100}}) {
    counted[1].bank_bytes = bytes;
    counted[1].actions[0].count = 1;
    EXPECT_NEAR(price(counted, prices, 0).owners[1].energy_j[0].amount * 1e12, pj, 0.15 * pj) << bytes;
  }
}

TEST_F(Cost, OrphansOfBothSidesAreNamedTogether) {
  counted[0].actions.push_back({"drain", "one sum leaves", 1});
  prices.energy_pj["gate"]["add"] = constant(1);
  prices.area_um2["matrix"]["pee"] = constant(1);
  try {
    check_prices(counted, prices);
    FAIL() << "nothing was missed";
  } catch (const Error& error) {
    EXPECT_EQ(error.findings().size(), 3u) << error.what();
    const std::string text = error.what();
    EXPECT_NE(text.find("energy_pj.matrix.drain is missing"), std::string::npos);
    EXPECT_NE(text.find("prices.yaml:1:1: energy_pj.gate.add"), std::string::npos);
    EXPECT_NE(text.find("area_um2.matrix.pee"), std::string::npos);
  }
}

TEST_F(Cost, LawOfSomethingThatHasNoBanksIsRefused) {
  prices.energy_pj["matrix"]["mac"] = root(1, 8192);
  EXPECT_THROW(check_prices(counted, prices), Error);
  prices.energy_pj["matrix"]["mac"] = constant(1);
  prices.energy_pj["sram"]["read"].of = "bytes";
  EXPECT_THROW(check_prices(counted, prices), Error);
}

}  // namespace
}  // namespace rondo

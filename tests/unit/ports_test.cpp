#include "models/units/ports.hpp"

#include <gtest/gtest.h>

#include "tests/support/chip_programs.hpp"

// Arbitration of SRAM ports, cycle by cycle.
namespace rondo::testing {
namespace {

const int kRead = port_kind(Space::activation, false), kWrite = port_kind(Space::activation, true);

PortRequest request(int kind, Banks banks) {
  PortRequest r;
  r.kinds = 1u << kind;
  r.banks[static_cast<std::size_t>(kind)] = banks;
  return r;
}

class PortsTest : public ::testing::Test {
 protected:
  bool ask(Cycle now, Client client, Banks banks, Cycle length, int kind = kRead) {
    if (!ports.free(now, client, request(kind, banks))) return false;
    ports.hold(client, kind, banks, now + length);
    return true;
  }
  ChipParams chip = small_chip();
  Wakes wakes;
  Ports ports{wakes, chip};
};

TEST_F(PortsTest, HeldUntilItsLastCycle) {
  EXPECT_TRUE(ask(0, Client::gate, 1, 5));
  EXPECT_FALSE(ask(4, Client::matrix, 1, 5));
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::matrix)), 5);
  EXPECT_TRUE(ask(5, Client::matrix, 1, 5));
}

TEST_F(PortsTest, OtherBanksAndOtherDirectionsAreFree) {
  EXPECT_TRUE(ask(0, Client::gate, 0b0110, 5));
  EXPECT_TRUE(ask(0, Client::matrix, 0b1001, 5));
  EXPECT_TRUE(ask(0, Client::load, 0b0110, 5, kWrite));
  EXPECT_FALSE(ask(0, Client::store, 0b1100, 5));
}

TEST_F(PortsTest, AllBanksOrNone) {
  EXPECT_TRUE(ask(0, Client::gate, 0b01, 5));
  EXPECT_FALSE(ask(1, Client::matrix, 0b11, 5));
  EXPECT_TRUE(ask(1, Client::store, 0b1000, 5));  // bank 1 was not taken by the refused request, nor claimed bank 3
}

TEST_F(PortsTest, ClientNeverConflictsWithItself) {
  EXPECT_TRUE(ask(0, Client::matrix, 1, 10));
  EXPECT_TRUE(ask(3, Client::matrix, 1, 10));
}

TEST_F(PortsTest, HolderMayGoOnWhenNobodyWaits) {
  EXPECT_TRUE(ask(0, Client::matrix, 1, 4));
  EXPECT_TRUE(ask(4, Client::matrix, 1, 4));
}

TEST_F(PortsTest, HolderGivesWayToWhoeverWaited) {
  EXPECT_TRUE(ask(0, Client::gate, 1, 4));
  EXPECT_FALSE(ask(3, Client::weights, 1, 4));
  EXPECT_FALSE(ask(4, Client::gate, 1, 4));  // comes first in the fixed order, but weights has waited since 3
  EXPECT_TRUE(ask(4, Client::weights, 1, 4));
  EXPECT_FALSE(ask(7, Client::gate, 1, 4));
  EXPECT_TRUE(ask(8, Client::gate, 1, 4));
}

TEST_F(PortsTest, OldestRequestWinsNotTheFirstInOrder) {
  EXPECT_TRUE(ask(0, Client::gate, 1, 10));
  EXPECT_FALSE(ask(2, Client::matrix, 1, 3));
  EXPECT_FALSE(ask(3, Client::store, 1, 3));
  EXPECT_FALSE(ask(10, Client::store, 1, 3));
  EXPECT_TRUE(ask(10, Client::matrix, 1, 3));
  EXPECT_FALSE(ask(12, Client::store, 1, 3));
  EXPECT_TRUE(ask(13, Client::store, 1, 3));
}

TEST_F(PortsTest, EqualAgesGoByTheFixedOrder) {
  EXPECT_TRUE(ask(0, Client::gate, 1, 10));
  EXPECT_FALSE(ask(3, Client::store, 1, 3));
  EXPECT_FALSE(ask(3, Client::matrix, 1, 3));
  EXPECT_TRUE(ask(10, Client::store, 1, 3));
  EXPECT_FALSE(ask(10, Client::matrix, 1, 3));
}

// An older request that has just succeeded still bars the port in that cycle, even where a second port is
// left.
TEST_F(PortsTest, SuccessIsSeenOneCycleLater) {
  chip.activation_sram.read_ports = 2;
  Ports two(wakes, chip);
  const PortRequest one_bank = request(kRead, 1), other_bank = request(kRead, 2), both = request(kRead, 3);
  for (const Client client : {Client::gate, Client::matrix}) {
    EXPECT_TRUE(two.free(0, client, other_bank));
    two.hold(client, kRead, 2, 10);
  }
  EXPECT_FALSE(two.free(4, Client::store, both));
  EXPECT_FALSE(two.free(5, Client::gather, one_bank)) << "bank 0 is free, but store has waited for it since 4";
  EXPECT_TRUE(two.free(10, Client::store, both));
  two.hold(Client::store, kRead, 3, 20);
  EXPECT_FALSE(two.free(10, Client::gather, one_bank));
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::load)), 11);
  EXPECT_TRUE(two.free(11, Client::gather, one_bank));
}

TEST_F(PortsTest, SeveralPortsServeSeveralClients) {
  chip.activation_sram.read_ports = 2;
  Ports two(wakes, chip);
  const PortRequest r = request(kRead, 1);
  EXPECT_TRUE(two.free(0, Client::gate, r));
  two.hold(Client::gate, kRead, 1, 8);
  EXPECT_TRUE(two.free(1, Client::matrix, r));
  two.hold(Client::matrix, kRead, 1, 6);
  EXPECT_FALSE(two.free(2, Client::store, r));
  EXPECT_EQ(wakes.of(static_cast<int>(Unit::store)), 6) << "the first of the two holders to end";
  EXPECT_TRUE(two.free(6, Client::store, r));
}

}  // namespace
}  // namespace rondo::testing

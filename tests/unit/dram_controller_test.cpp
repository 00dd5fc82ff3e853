#include <gtest/gtest.h>

#include <cmath>

#include "models/dram/controller.hpp"
#include "sim/dram_file.hpp"

// What the controller decides, by hand; its bandwidth against closed formulas and what others published; its
// energy.
namespace rondo::dram {
namespace {

constexpr const char* kMapping = "row-rank-bank-column-bank_group-channel";

Policy policy_of(const char* mapping = kMapping) {
  Policy policy;
  policy.mapping = mapping;
  policy.queue_depth = policy.overtakes = 32;
  policy.refresh = RefreshMode::none;
  return policy;
}

struct Heard : CommandObserver {
  struct Given {
    Command command;
    int bank;
    int row;
    Clock at;
    int transfer;
  };
  void command(int, Command command, int bank, int row, Clock at, int transfer) override {
    given.push_back({command, bank, row, at, transfer});
  }
  std::vector<Given> of(Command command) const {
    std::vector<Given> list;
    for (const Given& g : given) {
      if (g.command == command) list.push_back(g);
    }
    return list;
  }
  /// Places of the transfers, in the order in which their bursts were served.
  std::vector<int> order() const {
    std::vector<int> list;
    for (const Given& g : given) {
      if (g.transfer >= 0) list.push_back(g.transfer);
    }
    return list;
  }
  std::vector<Given> given;
};

/// One LPDDR4 channel: no bank groups, a row of 64 bursts of 32 bytes, 8 banks.
class DramController : public ::testing::Test {
 protected:
  const Device device = read_dram_device("lpddr4_3200");
  Heard heard;

  static std::int64_t address(std::int64_t bank, std::int64_t row, std::int64_t burst) {
    return ((row * 8 + bank) * 64 + burst) * 32;
  }
  static Transfer burst_at(std::int64_t address, Direction direction = Direction::read) {
    return {direction, address, 1, 32, 0, 0};
  }
  std::unique_ptr<Controller> make(const Policy& policy) {
    auto controller = std::make_unique<Controller>(device, policy, 64);
    controller->observe(&heard);
    return controller;
  }
};

// The third burst hits the row that the first one opened, the second one wants another row of that bank.
TEST_F(DramController, FirstReadyThenFirstCome) {
  auto controller = make(policy_of());
  controller->add(burst_at(address(0, 1, 0)), 0);
  controller->add(burst_at(address(0, 2, 0)), 0);
  controller->add(burst_at(address(0, 1, 7)), 0);
  controller->add(burst_at(address(3, 9, 0)), 0);
  controller->advance(1000);
  EXPECT_EQ(heard.order(), (std::vector<int>{0, 2, 3, 1}));
  const auto activates = heard.of(Command::activate);
  ASSERT_EQ(activates.size(), 3u);
  EXPECT_EQ(activates[0].at, 0);
  EXPECT_EQ(activates[1].bank, 3);
  EXPECT_EQ(activates[1].at, 16) << "tRRD";
  EXPECT_EQ(heard.of(Command::read)[0].at, 29) << "tRCD";
  EXPECT_EQ(heard.of(Command::read)[1].at, 37) << "tCCD";
  EXPECT_EQ(heard.of(Command::read)[2].at, 45) << "bank 3 is ready by then";
  EXPECT_EQ(heard.of(Command::precharge)[0].at, 70) << "tRAS + 2: later than tRTP after the second read";
  EXPECT_EQ(activates[2].at, 97) << "tRC";
  EXPECT_EQ(heard.of(Command::read)[3].at, 126);
}

TEST_F(DramController, DataComeAfterTheReadLatencyAndTheBurst) {
  auto controller = make(policy_of());
  const int place = controller->add(burst_at(address(0, 0, 0)), 10);
  controller->advance(200);
  // activate in 10, read in 39..42, RL 28 + tDQSCK 6 from its last clock on, 8 clocks of data
  EXPECT_EQ(controller->progress(place).first, 39 + 3 + 28 + 6);
  EXPECT_EQ(controller->progress(place).end, 39 + 3 + 28 + 6 + 8);
}

// Hits to row 1 keep coming; the burst for row 2 may be passed four times.
TEST_F(DramController, AnOldBurstIsPassedSoManyTimesAndNoMore) {
  Policy policy = policy_of();
  policy.overtakes = 4;
  auto controller = make(policy);
  controller->add(burst_at(address(0, 1, 0)), 0);
  controller->add(burst_at(address(0, 2, 0)), 0);
  for (int i = 1; i <= 10; ++i) controller->add(burst_at(address(0, 1, i)), 0);
  controller->advance(2000);
  EXPECT_EQ(heard.order(), (std::vector<int>{0, 2, 3, 4, 5, 1, 6, 7, 8, 9, 10, 11}));
}

TEST_F(DramController, OnlyBurstsInTheQueueAreChosenFrom) {
  Policy policy = policy_of();
  policy.queue_depth = 2;
  auto controller = make(policy);
  for (const int row : {1, 2, 3, 1}) controller->add(burst_at(address(0, row, 0)), 0);
  controller->advance(2000);
  EXPECT_EQ(heard.order(), (std::vector<int>{0, 1, 2, 3})) << "the second hit of row 1 came into the queue too late";
}

TEST_F(DramController, DirectionChangesWhenItsQueueIsEmptyOrItsTurnIsOver) {
  Policy policy = policy_of();
  policy.overtakes = 3;
  auto controller = make(policy);
  for (int i = 0; i < 5; ++i) controller->add(burst_at(address(0, 1, i)), 0);
  for (int i = 0; i < 4; ++i) controller->add(burst_at(address(1, 1, i), Direction::write), 0);
  controller->advance(3000);
  EXPECT_EQ(heard.order(), (std::vector<int>{0, 1, 2, 5, 6, 7, 3, 4, 8}));
  EXPECT_EQ(controller->counts(3000).turnarounds, 3);
}

TEST_F(DramController, ClosedPagesAreClosedByTheLastBurstThatIsQueuedForThem) {
  Policy policy = policy_of();
  policy.closed_page = true;
  auto controller = make(policy);
  controller->add({Direction::read, address(0, 1, 0), 1, 3 * 32, 0, 0}, 0);
  controller->add(burst_at(address(1, 1, 0), Direction::write), 0);
  controller->advance(2000);
  EXPECT_EQ(heard.of(Command::read).size(), 2u);
  ASSERT_EQ(heard.of(Command::read_precharge).size(), 1u);
  EXPECT_EQ(heard.of(Command::write_precharge).size(), 1u);
  EXPECT_TRUE(heard.of(Command::precharge).empty());
  // The same row again, later and while it is being closed.
  controller->add(burst_at(address(0, 1, 5)), 2000);
  controller->add(burst_at(address(0, 1, 6)), 2030);
  controller->advance(4000);
  const auto activates = heard.of(Command::activate);
  ASSERT_EQ(activates.size(), 4u);
  EXPECT_EQ(activates[2].at, 2000);
  EXPECT_EQ(heard.of(Command::read_precharge)[1].at, 2029);
  EXPECT_EQ(activates[3].at, 2097) << "tRC: later than tRTP + tRP after the read that closed it";
  const Counts counts = controller->counts(4000);
  EXPECT_EQ(counts.row_misses, 4);
  EXPECT_EQ(counts.row_hits, 2);
  EXPECT_EQ(counts.row_conflicts, 0);
}

// Eight bursts of a row: the last read is late enough for its own tRTP to decide when the row may be opened again.
TEST_F(DramController, ALateAutomaticPrechargeKeepsItsDistance) {
  Policy policy = policy_of();
  policy.closed_page = true;
  auto controller = make(policy);
  controller->add({Direction::read, address(0, 1, 0), 1, 8 * 32, 0, 0}, 0);
  controller->add(burst_at(address(0, 2, 0)), 90);
  controller->advance(1000);
  EXPECT_EQ(heard.of(Command::read_precharge)[0].at, 29 + 7 * 8);
  EXPECT_EQ(heard.of(Command::activate)[1].at, 85 + 12 + 29) << "tRTP + tRP";
  // Open from 0 to the automatic precharge in 85 + 14, and from 126 to tRAS + 2 later.
  EXPECT_EQ(controller->counts(1000).active_clocks, 99 + 70);
}

TEST_F(DramController, AllBanksAreClosedForTheirRefresh) {
  Policy policy = policy_of();
  policy.refresh = RefreshMode::all_bank;
  auto controller = make(policy);
  controller->add(burst_at(address(2, 5, 0)), 6200);
  controller->add(burst_at(address(2, 5, 1)), 6247);
  controller->advance(8000);
  ASSERT_EQ(heard.of(Command::precharge_all).size(), 1u);
  // read in 6229, due in 6246, tRAS + 2 after the activation, tRPab, tRFCab - 2
  EXPECT_EQ(heard.of(Command::precharge_all)[0].at, 6200 + 70);
  ASSERT_EQ(heard.of(Command::refresh).size(), 1u);
  EXPECT_EQ(heard.of(Command::refresh)[0].at, 6270 + 34);
  EXPECT_EQ(heard.of(Command::activate)[1].at, 6304 + 446);
}

// Bank 0 is wanted, so bank 1 is refreshed first; what streams through bank 0 does not notice.
TEST_F(DramController, OneBankRestsWhileOthersWork) {
  Policy policy = policy_of();
  policy.refresh = RefreshMode::per_bank;
  auto controller = make(policy);
  controller->add({Direction::read, address(0, 0, 0), 1, 64 * 32, 0, 0}, 700);
  controller->advance(1500);
  const auto refreshes = heard.of(Command::refresh_bank);
  ASSERT_EQ(refreshes.size(), 1u);
  EXPECT_EQ(refreshes[0].bank, 1);
  const auto reads = heard.of(Command::read);
  ASSERT_EQ(reads.size(), 64u);
  EXPECT_EQ(reads.back().at - reads.front().at, 63 * 8);
  // Every bank once in a round.
  controller->advance(780 * 17);
  std::array<int, 8> times{};
  for (const auto& given : heard.of(Command::refresh_bank)) ++times[static_cast<std::size_t>(given.bank)];
  EXPECT_EQ(times, (std::array<int, 8>{2, 2, 2, 2, 2, 2, 2, 2}));
}

// A rest of 20 days, with a refresh every 4 us: counted, not walked through.
TEST_F(DramController, RestCostsNothing) {
  for (const RefreshMode mode : {RefreshMode::all_bank, RefreshMode::per_bank}) {
    Policy policy = policy_of();
    policy.refresh = mode;
    policy.ranks = 2;
    Controller controller(device, policy, 4);
    controller.add(burst_at(address(0, 0, 0)), 100);
    const Clock end = Clock{1} << 51;
    const Counts counts = controller.counts(end);
    const Clock interval = mode == RefreshMode::all_bank ? 6246 : 780;
    EXPECT_EQ(counts.refreshes, (end - 1) / interval + (end - 1 - interval / 2) / interval);
    EXPECT_EQ(counts.activates, 1);
    EXPECT_LT(counts.active_clocks, 9 * 6246) << "closed by the next refresh of its bank";
    // And goes on as if nothing had been skipped.
    controller.add(burst_at(address(0, 0, 1)), end);
    controller.advance(end + 2000);
    EXPECT_EQ(controller.counts(end + 2000).read_bursts, 2);
  }
}

TEST(DramAddress, FieldsAreTakenInTheOrderOfTheMapping) {
  const Device device = read_dram_device("ddr4_2400");  // 64-byte bursts, 128 of them in a row
  const AddressMap map(device, 4, 2, "row-rank-bank-column-bank_group-channel");
  EXPECT_EQ(map.burst_of(64 * 5 + 63), 5);
  // Burst 5 lies on channel 1, the second one there; that is bank group 1.
  EXPECT_EQ(map.local(5, 1), 1);
  EXPECT_EQ(map.local(6, 1), 2) << "one more before burst 6";
  EXPECT_EQ(map.spot(1).bank, 4);
  EXPECT_EQ(map.spot(1).row, 0);
  EXPECT_EQ(map.spot(4 * 128).bank, 1);
  EXPECT_EQ(map.spot(4 * 128 * 4).bank, 16) << "the second rank";
  EXPECT_EQ(map.spot(4 * 128 * 4 * 2).row, 1);
  EXPECT_EQ(map.interleave(), 4);
  EXPECT_EQ(map.block(), 512);
  EXPECT_EQ(AddressMap::wrong_order("row-rank-bank-column-bank_group-channel"), "");
  EXPECT_NE(AddressMap::wrong_order("row-rank-bank-column-bank_group"), "");
  EXPECT_NE(AddressMap::wrong_order("row-row-bank-column-bank_group-channel"), "");
}

// ---- bandwidth
// ------------------------------------------------------------------------------------------------------

double stream(const Device& device, const Policy& policy, Direction direction) {
  constexpr std::int64_t kBytes = 64'000'000;
  Controller controller(device, policy, 1);
  const int place = controller.add({direction, 0, 1, kBytes, 0, 0}, 0);
  controller.advance(Clock{1} << 40);
  EXPECT_EQ(controller.progress(place).left, 0);
  return static_cast<double>(kBytes) * static_cast<double>(device.clock_mhz) * 1e-3 /
         static_cast<double>(controller.progress(place).end);
}

struct Stream {
  const char* preset;
  std::int64_t channels;
  double peak;          ///< GB/s
  double refresh_read;  ///< clocks that a refresh costs: from the last command before it to the first after it
  double refresh_write;
  double interval;
};
// tRTP + tRP + tRFC + tRCD, and WL + burst + tWR + tRP + tRFC + tRCD, less the clocks that a burst would have
// taken.
const Stream kStreams[] = {{"ddr4_2400", 1, 19.2, 9 + 17 + 420 + 17 - 4, 34 + 17 + 420 + 17 - 4, 9360},
                           {"ddr4_3200", 1, 25.6, 12 + 22 + 560 + 22 - 4, 44 + 22 + 560 + 22 - 4, 12480},
                           {"lpddr4_3200", 2, 12.8, 12 + 34 + 448 + 29 - 8, 52 + 34 + 448 + 29 - 8, 6246},
                           {"hbm2", 8, 256, 6 + 14 + 260 + 14 - 2, 22 + 14 + 260 + 14 - 2, 3900}};

TEST(DramBandwidth, AStreamIsAsFastAsTheRowsAllow) {
  for (const Stream& s : kStreams) {
    const Device device = read_dram_device(s.preset);
    for (const Direction direction : {Direction::read, Direction::write}) {
      Policy policy = policy_of();
      policy.channels = s.channels;
      const double idle = stream(device, policy, direction);
      policy.refresh = RefreshMode::all_bank;
      const double seen = stream(device, policy, direction);
      const double bound =
          s.peak * (1 - (direction == Direction::read ? s.refresh_read : s.refresh_write) / s.interval);
      std::cout << s.preset << (direction == Direction::read ? " reads" : " writes") << ": " << seen << " GB/s, bound "
                << bound << ", without refresh " << idle << " of " << s.peak << "\n";
      EXPECT_LE(seen, bound * 1.001);
      EXPECT_GE(seen, bound * 0.95);
      EXPECT_LE(idle, s.peak);
      EXPECT_GE(idle, s.peak * 0.99);
      if (device.refresh_bank_interval == 0) continue;
      policy.refresh = RefreshMode::per_bank;
      EXPECT_GE(stream(device, policy, direction), s.peak * 0.95) << "one bank rests while others work";
    }
  }
}

// Streams of a million 64-byte reads in other simulators (DRAMsim3, DRAMSys 5.0), which keep the column or
// the row below the bank group or bank: with their mappings (DRAMsim3's as its configuration of each device
// says), their figures. What remains is in tests/DEVIATIONS.md.
TEST(DramBandwidth, OtherSimulatorsWithTheirMappings) {
  const char* column_lowest = "row-rank-bank-bank_group-column-channel";
  const char* channel_above_column = "row-rank-bank_group-bank-channel-column";
  const char* row_below_bank = "rank-bank_group-bank-row-column-channel";
  struct Published {
    const char* preset;
    std::int64_t channels;
    const char* mapping;
    double gb_per_s;
    double most_apart;
  };
  for (const Published& p :
       {Published{"ddr4_2400", 1, column_lowest, 14.96, 0.06}, Published{"ddr4_3200", 1, column_lowest, 16.88, 0.08},
        Published{"hbm2", 8, channel_above_column, 235.8, 0.01}, Published{"ddr4_2400", 1, row_below_bank, 11.29, 0.04},
        Published{"lpddr4_3200", 1, row_below_bank, 5.25, 0.01}}) {
    Policy policy = policy_of(p.mapping);
    policy.channels = p.channels;
    policy.refresh = RefreshMode::all_bank;
    const double seen = stream(read_dram_device(p.preset), policy, Direction::read);
    std::cout << p.preset << " " << p.mapping << ": " << seen << " GB/s, published " << p.gb_per_s << "\n";
    EXPECT_NEAR(seen / p.gb_per_s, 1, p.most_apart) << p.preset;
  }
}

// ---- energy
// ---------------------------------------------------------------------------------------------------------

double price(const std::vector<ActionEnergy>& list, const std::string& name) {
  for (const ActionEnergy& action : list) {
    if (action.name == name) return action.pj;
  }
  ADD_FAILURE() << name;
  return 0;
}

TEST(DramEnergy, Ddr4ByHand) {
  const auto energy = action_energies(read_dram_device("ddr4_2400"), false);
  const double clock_ns = 1 / 1.2;
  EXPECT_NEAR(price(energy, "activate"), 8 * 1.2 * (48 * 56 - 43 * 39 - 34 * 17) * clock_ns, 1e-6);
  EXPECT_NEAR(price(energy, "read") * 64, 8 * 1.2 * (135 - 43) * 4 * clock_ns, 1e-6);
  EXPECT_NEAR(price(energy, "write") * 64, 8 * 1.2 * (123 - 43) * 4 * clock_ns, 1e-6);
  EXPECT_NEAR(price(energy, "refresh"), 8 * 1.2 * (250 - 34) * 350, 1e-6);
  EXPECT_NEAR(price(energy, "active_standby"), 8 * 1.2 * 43 * clock_ns, 1e-9);
  EXPECT_NEAR(price(energy, "precharged_standby"), 8 * 1.2 * 34 * clock_ns, 1e-9);
}

// 5.3 pJ a bit from VDD1 and VDD2, 8.5 with VDDQ, as worked out independently from the same currents.
TEST(DramEnergy, Lpddr4HasThreeSupplies) {
  Device device = read_dram_device("lpddr4_3200");
  EXPECT_NEAR(price(action_energies(device, false), "read") / 8, 8.5, 0.05);
  // 1.8 x (3.5 x 97 - 2.25 x 68 - 2 x 29) + 1.1 x (45 x 97 - 30 x 68 - 27 x 29) = 1927 mW clocks of 0.625 ns
  EXPECT_NEAR(price(action_energies(device, false), "activate"), 1204, 1);
  // a mean of 0.5 mA at 1.8 V and 3 mA at 1.1 V more than at rest, over 780 clocks
  EXPECT_NEAR(price(action_energies(device, true), "refresh"), (0.5 * 1.8 + 3 * 1.1) * 780 * 0.625, 1e-6);
  device.rails.pop_back();
  EXPECT_NEAR(price(action_energies(device, false), "read") / 8, 5.3, 0.05);
}

// One read: a row opened in 0, read in 29, closed for the refresh in 6246 (precharge_all in 6246, refresh in
// 6280).
TEST_F(DramController, TimeWithAnOpenRow) {
  Policy policy = policy_of();
  policy.refresh = RefreshMode::all_bank;
  Controller controller(device, policy, 1);
  controller.add(burst_at(0), 0);
  EXPECT_EQ(controller.counts(1000).active_clocks, 1000);
  EXPECT_EQ(controller.counts(10'000).active_clocks, 6246);
}

// One read or write with an automatic precharge: a read waits for tRAS, a write is late enough.
TEST(DramEnergy, TimeUntilAnAutomaticPrecharge) {
  struct Row {
    const char* preset;
    Clock read, write;
  };
  for (const Row& row :
       {Row{"ddr4_2400", 39, 17 + 12 + 4 + 18}, Row{"lpddr4_3200", 68 + 2, 29 + 14 + 1 + 8 + 29 + 2}}) {
    const Device device = read_dram_device(row.preset);
    for (const Direction direction : {Direction::read, Direction::write}) {
      Policy policy = policy_of();
      policy.closed_page = true;
      Controller controller(device, policy, 1);
      const Clock closed = direction == Direction::read ? row.read : row.write;
      controller.add({direction, 0, 1, 32, 0, 0}, 100);
      for (const Clock until : {100 + closed - 1, 100 + closed, Clock{5000}})
        EXPECT_EQ(controller.counts(until).active_clocks, std::min(until - 100, closed)) << row.preset;
    }
  }
}

// Rows of two banks are open at once, those of another rank count for themselves; a row that must give way to another.
TEST_F(DramController, CountsByHand) {
  Policy policy = policy_of();
  policy.ranks = 2;
  Controller controller(device, policy, 8);
  const std::int64_t other_rank = 8 * 64 * 32;           // the rank lies above bank and column
  controller.add(burst_at(0), 0);                        // bank 0, row 0: miss
  controller.add(burst_at(64 * 32), 0);                  // bank 1: miss
  controller.add(burst_at(other_rank), 500);             // miss
  controller.add(burst_at(2 * 8 * 64 * 32), 1000);       // bank 0, row 1: conflict
  controller.add(burst_at(2 * 8 * 64 * 32 + 32), 1000);  // hit
  const Counts counts = controller.counts(2000);
  EXPECT_EQ(counts.activates, 4);
  EXPECT_EQ(counts.row_misses, 3);
  EXPECT_EQ(counts.row_conflicts, 1);
  EXPECT_EQ(counts.row_hits, 1);
  EXPECT_EQ(counts.read_bursts, 5);
  EXPECT_EQ(counts.active_clocks, 2000 + 1500) << "bank 1 stays open while bank 0 changes its row";
}

}  // namespace
}  // namespace rondo::dram

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "sim/dram_file.hpp"
#include "tests/support/dram_reference.hpp"
#include "tests/support/random_chips.hpp"

// Random transfers on random DRAMs: the controller gives the very commands of the reference, clock for clock, however it is
// advanced. RONDO_SEED and RONDO_CASES choose other cases.
namespace rondo::dram::testing {
namespace {

using rondo::testing::Dice;

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

struct Heard : CommandObserver {
  void command(int channel, Command command, int bank, int row, Clock at, int transfer) override {
    const bool has_row = command == Command::activate || is_column(command);
    by_channel[static_cast<std::size_t>(channel)].push_back({at, channel, command, bank, has_row ? row : -1, transfer});
  }
  std::array<std::vector<Given>, 8> by_channel;
};

struct Case {
  Device device;
  Policy policy;
  std::vector<std::pair<Clock, Transfer>> transfers;
};

// A preset with few rows and columns, so that few bursts meet everything that can happen.
Device random_device(Dice& dice) {
  static const std::array<Device, 4> presets = {read_dram_device("ddr4_2400"), read_dram_device("ddr4_3200"),
                                                read_dram_device("lpddr4_3200"), read_dram_device("hbm2")};
  Device device = presets[static_cast<std::size_t>(dice.number(0, 3))];
  device.rows = dice.one_of<std::int64_t>({4, 16, 65536});
  device.columns = device.burst_length * dice.one_of<std::int64_t>({1, 4, 16, 64});
  if (dice.chance(70)) {
    device.refresh_interval = device.refresh_clocks + dice.number(400, 3000);
    if (device.refresh_bank_interval > 0) device.refresh_bank_interval = dice.number(230, 500);
  }
  return device;
}

Policy random_policy(Dice& dice, const Device& device) {
  Policy policy;
  policy.channels = dice.one_of<std::int64_t>({1, 1, 2, 4});
  policy.ranks = dice.one_of<std::int64_t>({1, 1, 2});
  policy.closed_page = dice.chance(30);
  const bool per_bank = device.refresh_bank_interval > 0 && dice.chance(40);
  policy.refresh = dice.chance(15) ? RefreshMode::none : per_bank ? RefreshMode::per_bank : RefreshMode::all_bank;
  policy.queue_depth = dice.one_of<std::int64_t>({1, 2, 4, 8, 16, 32});
  policy.overtakes = dice.one_of<std::int64_t>({1, 2, 5, 16, 100});
  if (dice.chance(40)) {
    policy.mapping = "row-rank-bank-column-bank_group-channel";
    return policy;
  }
  std::vector<std::string_view> fields(kAddressFields.begin(), kAddressFields.end());
  for (std::size_t i = fields.size() - 1; i > 0; --i)
    std::swap(fields[i], fields[static_cast<std::size_t>(dice.number(0, static_cast<std::int64_t>(i)))]);
  for (const std::string_view field : fields) policy.mapping += (policy.mapping.empty() ? "" : "-") + std::string(field);
  return policy;
}

Transfer random_transfer(Dice& dice, std::int64_t space, bool writes) {
  Transfer t;
  t.direction = writes && dice.chance(40) ? Direction::write : Direction::read;
  t.rows = dice.chance(50) ? 1 : dice.number(1, 12);
  t.bytes = dice.chance(60) ? dice.number(1, 100) : dice.number(1, 6000);
  if (t.rows > 1 && dice.chance(30)) t.table_rows = dice.number(1, 50);
  t.stride = t.bytes + dice.number(0, 3000);
  const std::int64_t reach = std::max(t.rows, t.table_rows) * t.stride + t.bytes;
  t.address = dice.number(0, std::max<std::int64_t>(0, space - reach));
  if (dice.chance(50)) t.address = std::min(t.address, dice.number(0, 5000));
  if (t.table_rows == 0 && dice.chance(20)) t.address += (t.rows - 1) * t.stride, t.stride = -t.stride;
  return t;
}

Case random_case(Dice& dice) {
  Case c;
  c.device = random_device(dice);
  c.policy = random_policy(dice, c.device);
  const std::int64_t space = c.device.rank_bytes() * c.policy.ranks * c.policy.channels;
  const bool writes = dice.chance(70), dense = dice.chance(60), even = dice.chance(30);
  Clock now = 0;
  const std::int64_t count = dice.number(1, 25);
  for (std::int64_t i = 0; i < count; ++i) {
    now += dice.chance(50) ? dice.number(0, 5) : dice.number(0, dense ? 100 : 6000);
    Transfer transfer = random_transfer(dice, space, writes);
    // Often all channels have the same to do, for a while.
    const std::int64_t unit = c.device.burst_bytes() * c.policy.channels;
    const auto round = [&](std::int64_t& bytes) { bytes = (bytes + unit - 1) / unit * unit; };
    if (even && dice.chance(90)) round(transfer.address), round(transfer.bytes), round(transfer.stride);
    if (transfer.address + std::max(transfer.rows, transfer.table_rows) * std::max(transfer.stride, transfer.bytes) <= space || !even)
      c.transfers.emplace_back(now, transfer);
  }
  return c;
}

std::vector<ReferenceChannel> reference(const Case& c, Clock end) {
  std::vector<ReferenceChannel> channels;
  for (int i = 0; i < c.policy.channels; ++i) channels.emplace_back(c.device, c.policy, i);
  for (std::size_t id = 0; id < c.transfers.size(); ++id) {
    for (ReferenceChannel& channel : channels) channel.add(c.transfers[id].second, static_cast<int>(id), c.transfers[id].first);
  }
  for (ReferenceChannel& channel : channels) {
    for (Clock now = 0; now < end; ++now) channel.clock(now);
    EXPECT_TRUE(channel.empty()) << "the reference has not ended";
  }
  return channels;
}

// Places in the controller are the numbers of the transfers, because none is freed.
Clock run(const Case& c, Dice& dice, Controller& controller) {
  const bool single = dice.chance(30);
  Clock now = 0;
  const auto go_to = [&](Clock until) {
    while (now < until) controller.advance(now = single ? now + 1 : std::min(until, now + dice.number(1, 3000)));
  };
  for (const auto& [arrival, transfer] : c.transfers) {
    // What comes may be announced some time before.
    go_to(std::max(now, arrival - dice.number(0, 30)));
    controller.add(transfer, arrival);
  }
  for (std::size_t id = 0; id < c.transfers.size(); ++id) {
    while (controller.progress(static_cast<int>(id)).left > 0) {
      const Clock soonest = controller.soonest_end(static_cast<int>(id));
      go_to(now + 1 + (dice.chance(50) ? std::max<Clock>(0, soonest - now - 1) : 0));
      const Progress& progress = controller.progress(static_cast<int>(id));
      EXPECT_TRUE(progress.left > 0 || progress.end >= soonest) << "ended before the soonest end";
      if (now > 5'000'000) return ADD_FAILURE() << "does not end", now;
    }
  }
  go_to(now + dice.number(0, 8000));
  return now;
}

std::string last_of(const std::vector<Given>& list, std::size_t end) {
  std::string lines;
  for (std::size_t i = end < 8 ? 0 : end - 8; i < end; ++i) lines += "\n  " + text(list[i]);
  return lines;
}

// Advanced in other steps, and without anybody who listens, it does the same.
void expect_the_same_unheard(const Case& c, Dice& dice, Controller& heard, Clock end) {
  Controller unheard(c.device, c.policy, c.transfers.size());
  run(c, dice, unheard);
  for (int id = 0; id < static_cast<int>(c.transfers.size()); ++id) {
    EXPECT_EQ(unheard.progress(id).first, heard.progress(id).first) << "transfer " << id;
    EXPECT_EQ(unheard.progress(id).end, heard.progress(id).end) << "transfer " << id;
    EXPECT_EQ(unheard.bursts(id), heard.bursts(id)) << "transfer " << id;
  }
  const Clock later = end + 100'000;
  const Counts a = unheard.counts(later), b = heard.counts(later);
  EXPECT_EQ(a.activates, b.activates);
  EXPECT_EQ(a.read_bursts, b.read_bursts);
  EXPECT_EQ(a.written_bursts, b.written_bursts);
  EXPECT_EQ(a.refreshes, b.refreshes);
  EXPECT_EQ(a.row_hits, b.row_hits);
  EXPECT_EQ(a.row_misses, b.row_misses);
  EXPECT_EQ(a.row_conflicts, b.row_conflicts);
  EXPECT_EQ(a.row_hits + a.row_misses + a.row_conflicts, a.read_bursts + a.written_bursts);
  EXPECT_EQ(a.turnarounds, b.turnarounds);
  EXPECT_EQ(a.active_clocks, b.active_clocks);
}

void one_case(std::uint64_t seed, std::array<std::int64_t, kCommands>& tally) {
  SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
  Dice dice(seed);
  const Case c = random_case(dice);
  Controller controller(c.device, c.policy, c.transfers.size());
  Heard heard;
  controller.observe(&heard);
  const Clock end = run(c, dice, controller);
  const std::vector<ReferenceChannel> expected = reference(c, end);
  for (std::size_t channel = 0; channel < expected.size(); ++channel) {
    const std::vector<Given>& want = expected[channel].given;
    std::vector<Given>& got = heard.by_channel[channel];
    std::stable_sort(got.begin(), got.end(), [](const Given& a, const Given& b) { return a.at < b.at; });
    for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
      ASSERT_EQ(text(got[i]), text(want[i])) << c.device.name << " " << c.policy.mapping << ", command " << i
                                             << ", after" << last_of(want, i);
    }
    ASSERT_EQ(got.size(), want.size());
    for (const Given& given : got) ++tally[static_cast<std::size_t>(given.command)];
  }
  expect_the_same_unheard(c, dice, controller, end);
}

TEST(Dram, GivesTheCommandsOfTheReference) {
  const auto first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", 161803));
  const std::int64_t cases = from_environment("RONDO_CASES", 300);
  std::cout << "seeds " << first << " to " << first + static_cast<std::uint64_t>(cases) - 1 << "\n";
  std::array<std::int64_t, kCommands> tally{};
  for (std::int64_t i = 0; i < cases && !HasFailure(); ++i) one_case(first + static_cast<std::uint64_t>(i), tally);
  for (std::size_t c = 0; c < tally.size(); ++c) {
    std::cout << "  " << kCommandNames[c] << ": " << tally[c] << "\n";
    if (cases >= 100) {
      EXPECT_GT(tally[c], 0);
    }
  }
}

}  // namespace
}  // namespace rondo::dram::testing

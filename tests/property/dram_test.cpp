#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/support/dram_trace_check.hpp"
#include "tests/support/random_dram.hpp"

// Random transfers on random DRAMs: the controller gives the very commands of the reference, clock for clock,
// however it is advanced. RONDO_SEED and RONDO_CASES choose other cases.
namespace rondo::dram::testing {
namespace {

using rondo::testing::Dice;
using rondo::testing::give_device;

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
  ChipParams chip;
  give_device(chip, dice);
  Case c{*chip.dram.device, chip.dram.policy(), {}};
  const std::int64_t space = c.device.rank_bytes() * c.policy.ranks * c.policy.channels;
  const bool writes = dice.chance(70), dense = dice.chance(60);
  Clock now = 0;
  const std::int64_t count = dice.number(1, 25);
  for (std::int64_t i = 0; i < count; ++i) {
    now += dice.chance(50) ? dice.number(0, 5) : dice.number(0, dense ? 100 : 6000);
    c.transfers.emplace_back(now, random_transfer(dice, space, writes));
  }
  return c;
}

std::vector<ReferenceChannel> reference(const Case& c, Clock end) {
  std::vector<ReferenceChannel> channels;
  for (int i = 0; i < c.policy.channels; ++i) channels.emplace_back(c.device, c.policy, i);
  for (std::size_t id = 0; id < c.transfers.size(); ++id) {
    for (ReferenceChannel& channel : channels)
      channel.add(c.transfers[id].second, static_cast<int>(id), c.transfers[id].first);
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

void one_case(std::uint64_t seed, std::array<std::int64_t, kCommands>& tally) {
  SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
  Dice dice(seed);
  const Case c = random_case(dice);
  Controller controller(c.device, c.policy, c.transfers.size());
  Heard heard;
  controller.observe(&heard);
  const Clock end = run(c, dice, controller);
  const std::vector<ReferenceChannel> expected = reference(c, end);
  std::int64_t bursts = 0;
  for (std::size_t channel = 0; channel < expected.size(); ++channel) {
    const std::vector<Given>& want = expected[channel].given;
    std::vector<Given>& got = heard.by_channel[channel];
    std::stable_sort(got.begin(), got.end(), [](const Given& a, const Given& b) { return a.at < b.at; });
    for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
      ASSERT_EQ(text(got[i]), text(want[i]))
          << c.device.name << " " << c.policy.mapping << ", command " << i << ", after" << last_of(want, i);
    }
    ASSERT_EQ(got.size(), want.size());
    for (const Given& given : got) ++tally[static_cast<std::size_t>(given.command)];
    TraceCheck check(c.device, c.policy);
    ASSERT_EQ(check.first_fault(got, end), "") << c.device.name << " " << c.policy.mapping;
    bursts += check.bursts();
  }
  std::int64_t asked = 0;
  for (int id = 0; id < static_cast<int>(c.transfers.size()); ++id) asked += controller.bursts(id);
  EXPECT_EQ(bursts, asked);
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

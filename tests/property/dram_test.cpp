#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/support/dram_counts.hpp"
#include "tests/support/dram_trace_check.hpp"
#include "tests/support/random_dram.hpp"

// Random transfers on random DRAMs: the controller gives the very commands of the reference, clock for clock,
// however it is advanced, and counts what they come to, whether somebody listens or not. RONDO_SEED and RONDO_CASES
// choose other cases.
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

/// Advances a controller in steps of its own liking.
class Runner {
 public:
  Runner(const Case& c, Dice& dice, Controller& controller)
      : case_(c), dice_(dice), controller_(controller), single_(dice.chance(30)) {}

  // Places in the controller are the numbers of the transfers, because none is freed.
  void ask() {
    for (const auto& [arrival, transfer] : case_.transfers) {
      // What comes may be announced some time before.
      go_to(std::max(now_, arrival - dice_.number(0, 30)));
      controller_.add(transfer, arrival);
    }
  }
  void wait() {
    for (int id = 0; id < static_cast<int>(case_.transfers.size()); ++id) {
      while (controller_.progress(id).left > 0) {
        const Clock soonest = controller_.soonest_end(id);
        go_to(now_ + 1 + (dice_.chance(50) ? std::max<Clock>(0, soonest - now_ - 1) : 0));
        const Progress& progress = controller_.progress(id);
        EXPECT_TRUE(progress.left > 0 || progress.end >= soonest) << "ended before the soonest end";
        if (now_ > 5'000'000) return void(ADD_FAILURE() << "does not end");
      }
    }
  }
  void go_to(Clock until) {
    while (now_ < until) controller_.advance(now_ = single_ ? now_ + 1 : std::min(until, now_ + dice_.number(1, 3000)));
  }
  Clock now() const { return now_; }

 private:
  const Case& case_;
  Dice& dice_;
  Controller& controller_;
  const bool single_;
  Clock now_ = 0;
};

std::string last_of(const std::vector<Given>& list, std::size_t end) {
  std::string lines;
  for (std::size_t i = end < 8 ? 0 : end - 8; i < end; ++i) lines += "\n  " + text(list[i]);
  return lines;
}

void expect_same(const Counts& got, const Counts& want) {
  EXPECT_EQ(got.activates, want.activates);
  EXPECT_EQ(got.read_bursts, want.read_bursts);
  EXPECT_EQ(got.written_bursts, want.written_bursts);
  EXPECT_EQ(got.refreshes, want.refreshes);
  EXPECT_EQ(got.row_hits, want.row_hits);
  EXPECT_EQ(got.row_misses, want.row_misses);
  EXPECT_EQ(got.row_conflicts, want.row_conflicts);
  EXPECT_EQ(got.turnarounds, want.turnarounds);
  EXPECT_EQ(got.active_clocks, want.active_clocks);
}

struct Tally {
  std::array<std::int64_t, kCommands> commands{};
  Counts counts;
};

void one_case(std::uint64_t seed, Tally& tally) {
  SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
  Dice dice(seed);
  const Case c = random_case(dice);
  Controller controller(c.device, c.policy, c.transfers.size());
  Heard heard;
  controller.observe(&heard);
  Runner runner(c, dice, controller);
  runner.ask();
  runner.wait();
  runner.go_to(runner.now() + dice.number(0, 8000));
  const Clock end = runner.now();
  const std::vector<ReferenceChannel> expected = reference(c, end);
  std::int64_t bursts = 0;
  Counts counts;
  for (std::size_t channel = 0; channel < expected.size(); ++channel) {
    const std::vector<Given>& want = expected[channel].given;
    std::vector<Given>& got = heard.by_channel[channel];
    std::stable_sort(got.begin(), got.end(), [](const Given& a, const Given& b) { return a.at < b.at; });
    for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
      ASSERT_EQ(text(got[i]), text(want[i]))
          << c.device.name << " " << c.policy.mapping << ", command " << i << ", after" << last_of(want, i);
    }
    ASSERT_EQ(got.size(), want.size());
    for (const Given& given : got) ++tally.commands[static_cast<std::size_t>(given.command)];
    counts.add(CountsOf(c.device, c.policy, want, end).counts, 1);
    TraceCheck check(c.device, c.policy);
    ASSERT_EQ(check.first_fault(got, end), "") << c.device.name << " " << c.policy.mapping;
    bursts += check.bursts();
  }
  std::int64_t asked = 0;
  for (int id = 0; id < static_cast<int>(c.transfers.size()); ++id) asked += controller.bursts(id);
  EXPECT_EQ(bursts, asked);
  expect_same(controller.counts(end), counts);
  SCOPED_TRACE("a controller to which nobody listens");
  Controller unheard(c.device, c.policy, c.transfers.size());
  Runner again(c, dice, unheard);
  again.ask();
  again.go_to(end);
  expect_same(unheard.counts(end), counts);
  tally.counts.add(counts, 1);
}

TEST(Dram, GivesTheCommandsOfTheReference) {
  const auto first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", 161803));
  const std::int64_t cases = from_environment("RONDO_CASES", 300);
  std::cout << "seeds " << first << " to " << first + static_cast<std::uint64_t>(cases) - 1 << "\n";
  Tally tally;
  for (std::int64_t i = 0; i < cases && !HasFailure(); ++i) one_case(first + static_cast<std::uint64_t>(i), tally);
  for (std::size_t c = 0; c < kCommands; ++c) {
    std::cout << "  " << kCommandNames[c] << ": " << tally.commands[c] << "\n";
    if (cases >= 100) {
      EXPECT_GT(tally.commands[c], 0);
    }
  }
  const Counts& counts = tally.counts;
  std::cout << "  bursts that hit " << counts.row_hits << ", missed " << counts.row_misses << ", met another row "
            << counts.row_conflicts << "; " << counts.turnarounds << " turnarounds\n";
}

}  // namespace
}  // namespace rondo::dram::testing

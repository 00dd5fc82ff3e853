#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "models/units/critical_path.hpp"
#include "models/units/path_gains.hpp"
#include "tests/support/chip_programs.hpp"
#include "tests/support/random_dram.hpp"

// The critical path of random programs on random chips. RONDO_SEED and RONDO_CASES choose others.
namespace rondo::testing {
namespace {

constexpr Cycle kLimit = 10'000'000;

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

void for_each_seed(std::uint64_t first, std::int64_t cases, const std::function<void(std::uint64_t)>& one_case) {
  first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", static_cast<std::int64_t>(first)));
  cases = from_environment("RONDO_CASES", cases);
  std::cout << "seeds " << first << " to " << first + static_cast<std::uint64_t>(cases) - 1 << "\n";
  for (std::int64_t i = 0; i < cases && !::testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
    one_case(seed);
  }
}

struct Path {
  Cycle total = 0;
  std::vector<PathLink> links;
};

Path path_of(const ChipParams& chip, const Program& program, Schedule schedule = Schedule::event,
             std::size_t capacity = PathTree::kCapacity) {
  CriticalPath path(chip, program, capacity);
  const ChipRun run = run_chip(chip, program, schedule, nullptr, kLimit, &path);
  EXPECT_EQ(path.total(), run.total_cycles);
  return {run.total_cycles, path.links()};
}

auto key(const PathLink& link) {
  return std::make_tuple(link.code, link.stage, link.before, link.stage_before, link.reason, link.port);
}
auto counts(const PathLink& link) { return std::make_tuple(link.times, link.window, link.drain, link.hand_over); }
std::string text(const PathLink& link) {
  return std::to_string(link.code) + " after " + std::to_string(link.before) + ", " +
         std::string(info(link.reason).name) + ", " + std::to_string(link.times) + " times, " +
         std::to_string(link.cycles()) + " cycles";
}

bool uses_port(const Program& program, std::int32_t code, int port) {
  const std::vector<Access> list = accesses(program.code[static_cast<std::size_t>(code)], {}, program.kernels);
  return std::any_of(list.begin(), list.end(), [&](const Access& access) {
    return access.space == space_of_kind(port) && access.write == is_write_kind(port);
  });
}

// The second time with so little room that steps are thrown away and stretches joined all the time.
TEST(CriticalPathProperty, AddsUpAndIsTheSameUnderBothSchedules) {
  std::array<std::int64_t, kReasons> seen{};
  std::int64_t cases = 0;
  for_each_seed(1618, 600, [&](std::uint64_t seed) {
    Dice dice(seed);
    ChipParams chip = random_chip(dice);
    if (dice.chance(40)) give_device(chip, dice);
    const Program program = RandomProgram(chip.machine, dice).make(static_cast<int>(dice.number(5, 60)));
    Path event, clocked;
    ASSERT_NO_THROW(event = path_of(chip, program));
    ASSERT_NO_THROW(clocked = path_of(chip, program, Schedule::clocked, 8));
    std::int64_t sum = 0;
    for (const PathLink& link : event.links) sum += link.cycles();
    EXPECT_EQ(sum, event.total);
    ASSERT_EQ(event.links.size(), clocked.links.size());
    for (std::size_t i = 0; i < event.links.size(); ++i) {
      const PathLink &a = event.links[i], &b = clocked.links[i];
      EXPECT_TRUE(key(a) == key(b) && counts(a) == counts(b)) << text(a) << " / clocked: " << text(b);
      EXPECT_TRUE(a.window >= 0 && a.drain >= 0 && a.hand_over >= 0) << text(a);
      EXPECT_EQ(a.port >= 0, a.reason == Reason::bank || a.reason == Reason::turn) << text(a);
      for (const std::int32_t code : {a.code, a.before}) {
        EXPECT_TRUE(a.port < 0 || uses_port(program, code, a.port)) << text(a);
      }
      seen[static_cast<std::size_t>(a.reason)] += a.times;
    }
    ++cases;
  });
  for (int r = 0; r < kReasons; ++r) {
    std::cout << "  " << info(static_cast<Reason>(r)).name << ": " << seen[r] << "\n";
    if (cases >= 100) {
      EXPECT_GT(seen[r], 0) << "no path had this";
    }
  }
}

/// One pace of a chip, and how often its cycles are a part of a path.
struct Pace {
  const char* name;
  bool alone;  ///< nothing else has this delay: the depth of a kernel may hold that of the weight SRAM
  std::int64_t& (*of)(ChipParams&);
  bool (*counts)(const PathLink&, const Program&);
};

bool after(const PathLink& link, const Program& program, Stage stage, Unit unit) {
  return link.stage_before == stage && link.before >= 0 &&
         kind_of(program.code[static_cast<std::size_t>(link.before)].unit) == unit;
}
bool is_sync(const PathLink& link, const Program& program) {
  return program.code[static_cast<std::size_t>(link.before)].opcode == Opcode::sync;
}

const Pace kPaces[] = {
    {"dram.latency", true, [](ChipParams& c) -> std::int64_t& { return c.dram.latency; },
     [](const PathLink& l, const Program&) { return l.stage_before == Stage::request; }},
    {"load.setup_cycles", true, [](ChipParams& c) -> std::int64_t& { return c.load.setup_cycles; },
     [](const PathLink& l, const Program& p) {
       return after(l, p, Stage::front, Unit::load) && l.window > 0 && !is_sync(l, p);
     }},
    {"store.setup_cycles", true, [](ChipParams& c) -> std::int64_t& { return c.store.setup_cycles; },
     [](const PathLink& l, const Program& p) {
       return after(l, p, Stage::front, Unit::store) && l.window > 0 && !is_sync(l, p);
     }},
    {"weight_sram.latency", false, [](ChipParams& c) -> std::int64_t& { return c.weight_sram.latency; },
     [](const PathLink& l, const Program& p) { return after(l, p, Stage::window, Unit::weights) && l.drain > 0; }},
    {"matrix.accumulate_latency", true, [](ChipParams& c) -> std::int64_t& { return c.matrix.accumulate_latency; },
     [](const PathLink& l, const Program& p) {
       return after(l, p, Stage::window, Unit::matrix) && (l.drain > 0 || l.reason == Reason::stream);
     }},
};

std::int64_t times_on(const Path& path, const Program& program, const Pace& pace) {
  std::int64_t times = 0;
  for (const PathLink& link : path.links) times += pace.counts(link, program) ? link.times : 0;
  return times;
}

/// A program without two ways to go: ports enough, requests of one DMA unit only, semaphores whose posts keep
/// their order. Nothing but delays decides what follows what there.
Program program_of_delays(ChipParams& chip, Dice& dice) {
  chip = random_chip(dice);
  for (SramParams* sram : {&chip.weight_sram, &chip.activation_sram, &chip.parameter_sram, &chip.accumulators}) {
    sram->read_ports = sram->write_ports = 16;
  }
  const bool loads = dice.chance(50);
  return RandomProgram(chip.machine, dice, {loads, !loads, false}).make(static_cast<int>(dice.number(5, 60)));
}

// A delay that lies n times on the path: made longer by d, the run takes at least n x d more; made shorter by
// d, it takes at most n x d less. True wherever nothing but delays decides what follows what: ports enough,
// requests of one DMA unit only, semaphores whose posts keep their order. A path that missed a cycle of such
// a delay, or that is none, would not hold.
TEST(CriticalPathProperty, WhatLiesOnThePathDecidesTheRun) {
  std::array<std::int64_t, std::size(kPaces)> tried{};
  std::int64_t cases = 0;
  for_each_seed(2718, 400, [&](std::uint64_t seed) {
    Dice dice(seed);
    ChipParams chip;
    const Program program = program_of_delays(chip, dice);
    const Path path = path_of(chip, program);
    for (std::size_t i = 0; i < std::size(kPaces); ++i) {
      const std::int64_t n = times_on(path, program, kPaces[i]);
      tried[i] += n > 0;
      for (const std::int64_t more : {-1, 1, 5}) {
        if (more < 0 && !kPaces[i].alone) continue;
        ChipParams other = chip;
        if ((kPaces[i].of(other) += more) < 1) continue;
        const Cycle total = run_chip(other, program, Schedule::event, nullptr, kLimit).total_cycles;
        EXPECT_GE(total, path.total + n * more)
            << kPaces[i].name << " by " << more << ", " << n << " times on the path";
      }
    }
    ++cases;
  });
  for (std::size_t i = 0; i < std::size(kPaces); ++i) {
    std::cout << "  " << kPaces[i].name << ": on the path of " << tried[i] << " programs\n";
    if (cases >= 100) {
      EXPECT_GT(tried[i], cases / 20) << kPaces[i].name;
    }
  }
}

// A delay that lies on the path is among what can be gained, as often as it lies there.
void expect_delays_among(const std::vector<PathGain>& gains, ChipParams chip, const Program& program,
                         const Path& path) {
  for (const Pace& pace : kPaces) {
    const std::int64_t n = times_on(path, program, pace), now = pace.of(chip);
    if (n == 0 || now == 1) continue;
    const auto own = std::find_if(gains.begin(), gains.end(), [&](const PathGain& gain) {
      return gain.changes.size() == 1 && gain.changes[0].parameter == pace.name;
    });
    ASSERT_NE(own, gains.end()) << pace.name << ", " << n << " times on the path";
    EXPECT_GE(own->cycles, n * (now - (now + 1) / 2)) << pace.name;
  }
}

// What path_gains promises: never more than that.
TEST(CriticalPathProperty, NoChangeGainsMoreThanThePathSays) {
  std::int64_t cases = 0, gains = 0, exact = 0, together = 0;
  for_each_seed(3141, 300, [&](std::uint64_t seed) {
    Dice dice(seed);
    ChipParams chip;
    const Program program = program_of_delays(chip, dice);
    const Path path = path_of(chip, program);
    const std::vector<PathGain> found = path_gains(chip, program, path.links);
    expect_delays_among(found, chip, program, path);
    for (const PathGain& gain : found) {
      std::string text;
      for (const PathGain::Change& change : gain.changes) {
        text += change.parameter + " " + std::to_string(change.from) + " -> " + std::to_string(change.to) + " ";
      }
      const ChipParams better = changed(chip, gain.changes);
      const Cycle total = run_chip(better, program, Schedule::event, nullptr, kLimit).total_cycles;
      EXPECT_GE(total, path.total - gain.cycles) << text << "gains " << gain.cycles << " of " << path.total;
      ++gains;
      exact += total == path.total - gain.cycles;
      together += gain.changes.size() > 1;
    }
    ++cases;
  });
  std::cout << gains << " changes, " << exact << " of them gain all that the path says, " << together
            << " of several\n";
  if (cases >= 100) {
    EXPECT_GT(exact, gains / 10) << "the path promises what hardly any change gains";
    EXPECT_GT(together, 0);
  }
}

}  // namespace
}  // namespace rondo::testing

#include <gtest/gtest.h>

#include <cstdlib>

#include "models/base/error.hpp"
#include "models/isa/walker.hpp"
#include "models/units/links.hpp"
#include "tests/support/chip_programs.hpp"
#include "tests/support/port_check.hpp"
#include "tests/support/random_dram.hpp"

// Random programs on random chips: looking at every unit in every cycle, and only when something can change,
// must give the same run to the last counter. RONDO_SEED and RONDO_CASES choose others.
namespace rondo::testing {
namespace {

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

void expect_same(const std::vector<Quantity>& a, const std::vector<Quantity>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].count, b[i].count) << a[i].name;
}

void expect_same(const ChipRun& a, const ChipRun& b) {
  EXPECT_EQ(a.total_cycles, b.total_cycles);
  EXPECT_EQ(a.instructions, b.instructions);
  for (std::size_t u = 0; u < a.units.size(); ++u) {
    SCOPED_TRACE(a.units[u].name);
    for (int c = 0; c < kCauses; ++c) EXPECT_EQ(a.units[u].cycles[c], b.units[u].cycles[c]) << kCauseTable[c].name;
    expect_same(a.units[u].counted.actions, b.units[u].counted.actions);
    expect_same(a.units[u].counted.counters, b.units[u].counted.counters);
  }
  for (std::size_t m = 0; m < a.memories.size(); ++m) {
    EXPECT_EQ(a.memories[m].read_bytes, b.memories[m].read_bytes) << a.memories[m].name;
    EXPECT_EQ(a.memories[m].written_bytes, b.memories[m].written_bytes) << a.memories[m].name;
  }
}

std::string text(const Recorder::Ran& r) {
  return "instruction " + std::to_string(r.code) + " in " + std::to_string(r.start) + ".." + std::to_string(r.end);
}
std::string text(const Recorder::Waited& w) {
  return std::string(name_of(w.cause)) + " in " + std::to_string(w.from) + ".." + std::to_string(w.to);
}

// Only the first difference of each unit: what follows is its wake.
template <class T>
void expect_same(const std::map<int, std::vector<T>>& clocked, const std::map<int, std::vector<T>>& event) {
  ASSERT_EQ(clocked.size(), event.size());
  for (const auto& [unit, list] : clocked) {
    const std::vector<T>& other = event.at(unit);
    for (std::size_t i = 0; i < std::min(list.size(), other.size()); ++i) {
      if (list[i] == other[i]) continue;
      ADD_FAILURE() << kChipUnitNames[unit] << ": clocked " << text(list[i]) << ", event " << text(other[i]);
      break;
    }
    EXPECT_EQ(list.size(), other.size());
  }
}
void expect_same(const Recorder& clocked, const Recorder& event) {
  expect_same(clocked.ran, event.ran);
  expect_same(clocked.waits, event.waits);
}

void expect_every_cycle_has_a_cause(const ChipRun& run) {
  for (const UnitReport& unit : run.units) {
    std::int64_t sum = 0;
    for (const std::int64_t cycles : unit.cycles) sum += cycles;
    EXPECT_EQ(sum, run.total_cycles) << unit.name;
  }
}

// In program order, each exactly as often as its loops say, and one after the other.
void expect_in_order(const Program& program, const Recorder& seen, const ChipRun& run) {
  std::map<int, std::vector<int>> expected;
  std::int64_t executed = 0;
  for (Walker walker(program); !walker.done(); walker.next(), ++executed) {
    expected[static_cast<int>(walker.instruction().unit)].push_back(walker.index());
  }
  EXPECT_EQ(run.instructions, executed);
  for (const auto& [unit, codes] : expected) {
    const auto& ran = seen.ran.at(unit);
    ASSERT_EQ(ran.size(), codes.size()) << kUnitNames[unit];
    Cycle last = -1;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      EXPECT_EQ(ran[i].code, codes[i]);
      EXPECT_GT(ran[i].start, last);
      EXPECT_GT(ran[i].end, ran[i].start);
      EXPECT_LE(ran[i].end, run.total_cycles);
      last = ran[i].start;
    }
  }
}

struct Tally {
  std::int64_t instructions = 0, other_arrays = 0, streamed = 0, streamed_on_top = 0, held = 0, two_streams = 0;
  std::array<std::int64_t, kCauses> units_with{};  // how many units of how many runs had this cause
};

void count_kinds(const Program& program, Tally& tally) {
  for (const Instruction& in : program.code) {
    const auto& f = in.fields;
    if (in.opcode == Opcode::gate) {
      const std::uint8_t pops = summarise(program.kernels[static_cast<std::size_t>(f[field::gate::kernel])]).pops;
      tally.two_streams += (pops & (pops - 1)) != 0;
    }
    if (in.opcode != Opcode::mmul) continue;
    tally.other_arrays += f[field::mmul::array] > 0;
    tally.streamed += f[field::mmul::stream];
    tally.streamed_on_top += f[field::mmul::stream] && f[field::mmul::accumulate] > 0;
    tally.held += f[field::mmul::hold];
  }
}

void one_case(std::uint64_t seed, Tally& tally) {
  SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
  Dice dice(seed);
  ChipParams chip = random_chip(dice);
  if (dice.chance(40)) give_device(chip, dice);
  const Program program = RandomProgram(chip.machine, dice).make(static_cast<int>(dice.number(5, 60)));
  ASSERT_EQ(check_program(program), std::vector<std::string>{});
  Recorder clocked_seen, event_seen;
  ChipRun clocked, event;
  ASSERT_NO_THROW(clocked = run_chip(chip, program, Schedule::clocked, &clocked_seen, 10'000'000));
  ASSERT_NO_THROW(event = run_chip(chip, program, Schedule::event, &event_seen, 10'000'000));
  expect_same(clocked, event);
  expect_same(clocked_seen, event_seen);
  expect_every_cycle_has_a_cause(clocked);
  expect_every_cycle_has_a_cause(event);
  expect_in_order(program, event_seen, event);
  EXPECT_EQ(PortCheck(chip, program, event_seen).first_conflict(), "");
  tally.instructions += event.instructions;
  count_kinds(program, tally);
  for (const UnitReport& unit : event.units) {
    for (int c = 0; c < kCauses; ++c) tally.units_with[c] += unit.cycles[c] > 0;
  }
}

TEST(Schedules, ClockedAndEventAgreeOnRandomProgramsAndChips) {
  const std::uint64_t first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", 20260725));
  const std::int64_t cases = from_environment("RONDO_CASES", 600);
  std::cout << "seeds " << first << " to " << first + cases - 1 << "\n";
  Tally tally;
  for (std::int64_t i = 0; i < cases && !HasFailure(); ++i) one_case(first + i, tally);
  std::cout << tally.instructions << " instructions\n";
  for (const auto& [what, count] : {std::pair{"products on further arrays", tally.other_arrays},
                                    {"streamed products", tally.streamed},
                                    {"of them added to earlier sums", tally.streamed_on_top},
                                    {"held products", tally.held},
                                    {"gate instructions with two streams", tally.two_streams}}) {
    std::cout << "  " << what << ": " << count << "\n";
    if (cases >= 100) {
      EXPECT_GT(count, cases / 30) << what;
    }
  }
  for (int c = 0; c < kCauses; ++c) {
    std::cout << "  " << kCauseTable[c].name << ": " << tally.units_with[c] << "\n";
    if (cases < 100) continue;
    EXPECT_GT(tally.units_with[c], 0) << "no program made a unit wait like this";
  }
}

// Removes one random post: some of these programs then never end.
void spoil(Program& program, Dice& dice) {
  std::vector<std::pair<std::size_t, std::uint64_t>> posts;
  for (std::size_t code = 0; code < program.code.size(); ++code) {
    for_each_bit(program.code[code].signal, [&](int s) { posts.emplace_back(code, std::uint64_t{1} << s); });
  }
  if (posts.empty()) return;
  const auto& [code, bit] =
      posts[static_cast<std::size_t>(dice.number(0, static_cast<std::int64_t>(posts.size()) - 1))];
  program.code[code].signal &= ~bit;
}

struct Outcome {
  ChipRun run;
  std::vector<std::string> findings;
};

Outcome outcome_of(const ChipParams& chip, const Program& program, Schedule schedule) {
  Outcome outcome;
  try {
    outcome.run = run_chip(chip, program, schedule, nullptr, 10'000'000);
  } catch (const Error& error) {
    outcome.findings = error.findings();
  }
  return outcome;
}

TEST(Schedules, AgreeOnWhatStopsForEver) {
  const std::uint64_t first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", 271828));
  const std::int64_t cases = from_environment("RONDO_CASES", 300);
  std::cout << "seeds " << first << " to " << first + static_cast<std::uint64_t>(cases) - 1 << "\n";
  std::int64_t stopped = 0;
  for (std::int64_t i = 0; i < cases && !HasFailure(); ++i) {
    SCOPED_TRACE("RONDO_SEED=" + std::to_string(first + static_cast<std::uint64_t>(i)) +
                 " RONDO_CASES=1 reproduces this");
    Dice dice(first + static_cast<std::uint64_t>(i));
    const ChipParams chip = random_chip(dice);
    Program program = RandomProgram(chip.machine, dice).make(40);
    spoil(program, dice);
    const Outcome clocked = outcome_of(chip, program, Schedule::clocked),
                  event = outcome_of(chip, program, Schedule::event);
    EXPECT_EQ(clocked.findings, event.findings);
    if (clocked.findings.empty() && event.findings.empty()) expect_same(clocked.run, event.run);
    stopped += !event.findings.empty();
  }
  std::cout << stopped << " of " << cases << " stopped for ever\n";
  if (cases >= 100) {
    EXPECT_GT(stopped, cases / 20);
  }
}

// A semaphore that nobody posts: both schedules name it, and nobody waits for the limit.
TEST(Schedules, DeadStopIsNamedByBoth) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int s = b.semaphore(Unit::load, Unit::gate);
  b.sync(Unit::gate, {{s}, {}, {}});
  const Program program = b.done();
  std::vector<std::vector<std::string>> findings;
  for (const Schedule schedule : {Schedule::clocked, Schedule::event}) {
    try {
      run_chip(chip, program, schedule);
      FAIL() << "the program ended";
    } catch (const Error& error) {
      findings.push_back(error.findings());
    }
  }
  EXPECT_EQ(findings[0], findings[1]);
  EXPECT_NE(std::string(Error(findings[0]).what()).find("semaphore 0 from load"), std::string::npos)
      << Error(findings[0]).what();
}

}  // namespace
}  // namespace rondo::testing

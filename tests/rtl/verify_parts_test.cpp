// The comparison's own parts, without any RTL: cases shared out to processes, what is a fair program, shrinking.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/rtl/verify_gangs.hpp"
#include "tests/rtl/verify_jobs.hpp"
#include "tests/rtl/verify_programs.hpp"
#include "tests/rtl/verify_shrink.hpp"
#include "tests/rtl/verify_streams.hpp"
#include "tests/support/chip_programs.hpp"

namespace rondo::rtl {
namespace {

using State = CaseResult::State;
using testing::small_chip;

CaseResult counted(std::int64_t i, State state = State::agrees) {
  CaseResult result;
  result.state = state;
  result.tally.cycles = i;
  return result;
}

TEST(Jobs, ResultsComeInOrderWhateverTheProcesses) {
  for (const std::int64_t jobs : {1, 3, 8}) {
    const auto results = run_cases(
        40, jobs, [](std::int64_t i) { return counted(i); }, [](std::int64_t) {});
    ASSERT_EQ(results.size(), 40u);
    for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].tally.cycles, static_cast<std::int64_t>(i));
  }
}

TEST(Jobs, TheFirstDifferenceEndsTheRun) {
  for (const std::int64_t jobs : {1, 4}) {
    const auto work = [](std::int64_t i) { return counted(i, i == 17 || i > 30 ? State::differs : State::agrees); };
    const auto results = run_cases(1000, jobs, work, [](std::int64_t) {});
    ASSERT_EQ(results.size(), 18u);
    EXPECT_EQ(results.back().state, State::differs);
    for (std::size_t i = 0; i + 1 < results.size(); ++i) EXPECT_EQ(results[i].state, State::agrees);
  }
}

TEST(Jobs, AProcessThatDiesOrThrowsIsNamed) {
  const auto dies = [](std::int64_t i) { return i == 5 ? std::raise(SIGKILL), counted(i) : counted(i); };
  const auto died = run_cases(20, 2, dies, [](std::int64_t) {});
  ASSERT_EQ(died.size(), 6u);
  EXPECT_EQ(died.back().state, State::broken);
  EXPECT_NE(std::string(died.back().note.data()).find("signal 9"), std::string::npos);
  const auto throws = [](std::int64_t i) { return i == 3 ? throw std::runtime_error("no reason") : counted(i); };
  const auto thrown = run_cases(20, 2, throws, [](std::int64_t) {});
  ASSERT_EQ(thrown.size(), 4u);
  EXPECT_EQ(std::string(thrown.back().note.data()), "no reason");
}

Machine roomy_machine() {
  Machine m = small_chip().machine;
  m.semaphores = kMaxSemaphores, m.arrays = 2, m.stream_rows = 8;
  return m;
}

TEST(RandomPrograms, AreFairAndVarious) {
  std::set<Opcode> opcodes;
  std::set<MicroOpcode> micro_ops;
  int fair = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    testing::Dice dice(seed);
    const Program program = seed % 3 == 0   ? random_race_free_program(roomy_machine(), dice)
                            : seed % 3 == 1 ? random_gang_program(roomy_machine(), dice)
                                            : random_stream_program(roomy_machine(), dice);
    if (!why_unfit(program).empty()) continue;
    ++fair;
    for (const Instruction& in : program.code) opcodes.insert(in.opcode);
    for (const Kernel& kernel : program.kernels) {
      for (const MicroOp& op : kernel.ops) micro_ops.insert(op.opcode);
    }
  }
  EXPECT_GT(fair, 170);
  EXPECT_EQ(opcodes.size(), opcode_table().size());
  EXPECT_EQ(micro_ops.size(), micro_op_table().size());
}

TEST(Coverage, NamesWhatIsTooRare) {
  Tally tally;
  tally.cases = 1000;
  tally.with.fill(1000), tally.opcodes.fill(1000), tally.micro_ops.fill(1000), tally.waited.fill(1000);
  EXPECT_TRUE(too_rare(tally).empty());
  tally.with[static_cast<std::size_t>(Feature::all_loops)] = 1;
  tally.micro_ops[static_cast<std::size_t>(MicroOpcode::ln)] = 0;
  const std::vector<std::string> found = too_rare(tally);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0].find("eight loops: 1; at least"), std::string::npos) << found[0];
  EXPECT_NE(found[1].find("ln: 0; at least"), std::string::npos) << found[1];
}

TEST(WhyUnfit, FindsElementsThatMeetAndWaitsThatNobodySatisfies) {
  const ChipParams chip = small_chip();
  const auto two_stores = [&](std::int64_t distance) {
    testing::Builder b(chip);
    const int kernel = b.kernel({{MicroOpcode::li, 0, 0, 0, 0, 7, 0},
                                 {MicroOpcode::st8, 0, 0, 0, 1, 0, 1},
                                 {MicroOpcode::st8, 0, 0, 0, 1, distance, 1}});
    b.gate(kernel, 8, 2, {{}, {Space::activation, 24, {}}});  // both rows store to the same place
    return why_unfit(b.done());
  };
  EXPECT_EQ(two_stores(8), "");
  EXPECT_EQ(two_stores(0), "instruction 0: one of its elements stores where another loads or stores");
  EXPECT_NE(two_stores(1), "");

  testing::Builder waits(chip);
  const int s = waits.semaphore(Unit::load, Unit::gate, 1);
  waits.loop(2);
  waits.sync(Unit::gate, {{s}, {}, {}});
  waits.end();
  EXPECT_NE(why_unfit(waits.done()).find("once too often"), std::string::npos);
}

// The sides "differ" as long as the program stores more than 20 bytes in one go: little of the rest may be left.
TEST(Shrink, LeavesOnlyWhatMatters) {
  ChipParams chip = small_chip();
  chip.machine = roomy_machine();
  const auto differs = [](const Witness& w) {
    return std::any_of(w.program.code.begin(), w.program.code.end(), [](const Instruction& in) {
      return in.opcode == Opcode::store && in.fields[field::store::rows] * in.fields[field::store::bytes] > 20;
    });
  };
  int shrunk_programs = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    testing::Dice dice(seed);
    const Witness before{chip, random_race_free_program(chip.machine, dice)};
    if (!why_unfit(before.program).empty() || !differs(before)) continue;
    ++shrunk_programs;
    const Witness after = shrunk(before, differs, 4000);
    EXPECT_EQ(why_unfit(after.program), "");
    EXPECT_TRUE(differs(after));
    EXPECT_EQ(after.program.code.size(), 2u) << "seed " << seed;  // the store and halt
    EXPECT_TRUE(after.program.semaphores.empty() && after.program.data.empty());
    EXPECT_EQ(after.chip.dram.latency, 1);
    EXPECT_LE(after.program.code[0].fields[field::store::rows] * after.program.code[0].fields[field::store::bytes], 41);
  }
  EXPECT_GT(shrunk_programs, 5);
}

}  // namespace
}  // namespace rondo::rtl

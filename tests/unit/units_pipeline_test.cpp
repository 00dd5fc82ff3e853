#include <gtest/gtest.h>

#include "models/base/error.hpp"
#include "tests/support/chip_programs.hpp"

// Hand-made programs against cycles worked out on paper from models/README.md, in both schedules.
namespace rondo::testing {
namespace {

using Interval = std::pair<Cycle, Cycle>;

class BothSchedules : public ::testing::TestWithParam<Schedule> {
 protected:
  ChipRun run(const ChipParams& chip, const Program& program) {
    seen = Recorder();
    return run_chip(chip, program, GetParam(), &seen, 100000);
  }
  Recorder seen;
};
INSTANTIATE_TEST_SUITE_P(, BothSchedules, ::testing::Values(Schedule::clocked, Schedule::event),
                         [](const auto& info) { return info.param == Schedule::clocked ? "clocked" : "event"; });

TEST_P(BothSchedules, EmptyProgramEndsAfterItsHalt) {
  const ChipParams chip = small_chip();
  EXPECT_EQ(run(chip, Builder(chip).done()).total_cycles, 1);
}

TEST_P(BothSchedules, OneTileOneProduct) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int tile = b.mload(0, 8, 4);
  const int product = b.mmul(0, 0, 3, 8, 4);
  const ChipRun r = run(chip, b.done());
  EXPECT_EQ(seen.when(tile), Interval(1, 1 + 4 + 3));
  EXPECT_EQ(seen.when(product), Interval(8, 8 + 3 + 2 + 8 + 4 - 1 + 2));
  EXPECT_EQ(r.total_cycles, 26);
}

}  // namespace
}  // namespace rondo::testing

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/chip_programs.hpp"
#include "tests/support/contract_model.hpp"
#include "tests/support/random_chips.hpp"

// The clocked units against the contract as recurrences: start and end of every instruction, and the total.
// RONDO_SEED and RONDO_CASES choose other cases.
namespace rondo::testing {
namespace {

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

void one_case(std::uint64_t seed) {
  SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
  Dice dice(seed);
  ChipParams chip = random_chip(dice);
  for (SramParams* sram : {&chip.weight_sram, &chip.activation_sram, &chip.parameter_sram, &chip.accumulators}) {
    sram->read_ports = sram->write_ports = 16;  // more than there are clients
  }
  const bool loads = dice.chance(50);
  const Freedom freedom{loads, !loads, false};
  const Program program = RandomProgram(chip.machine, dice, freedom).make(static_cast<int>(dice.number(5, 60)));
  ASSERT_EQ(check_program(program), std::vector<std::string>{});
  const ContractModel expected(chip, program);
  Recorder seen;
  const ChipRun run = run_chip(chip, program, Schedule::event, &seen, 10'000'000);
  EXPECT_EQ(run.total_cycles, expected.total);
  for (int unit = 0; unit < kUnits; ++unit) {
    const auto& want = expected.ran[static_cast<std::size_t>(unit)];
    const auto& got = seen.ran[unit];
    ASSERT_EQ(got.size(), want.size()) << kUnitNames[static_cast<std::size_t>(unit)];
    for (std::size_t i = 0; i < want.size(); ++i) {
      ASSERT_TRUE(got[i].code == want[i].code && got[i].start == want[i].start && got[i].end == want[i].end)
          << kUnitNames[static_cast<std::size_t>(unit)] << ", its instruction " << i << ": code " << got[i].code
          << " in " << got[i].start << ".." << got[i].end << ", the contract says " << want[i].code << " in "
          << want[i].start << ".." << want[i].end;
    }
  }
}

TEST(Contract, UnitsFollowTheRecurrencesOnRandomPrograms) {
  const std::uint64_t first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", 31415));
  const std::int64_t cases = from_environment("RONDO_CASES", 1000);
  std::cout << "seeds " << first << " to " << first + static_cast<std::uint64_t>(cases) - 1 << "\n";
  for (std::int64_t i = 0; i < cases && !HasFailure(); ++i) one_case(first + static_cast<std::uint64_t>(i));
}

}  // namespace
}  // namespace rondo::testing

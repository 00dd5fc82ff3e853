#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/support/contract_case.hpp"
#include "tests/support/contract_examples.hpp"

// The clocked units against the contract as recurrences: start and end of every instruction, and the total. On a DRAM
// device, which the recurrences have from its reference, everything that it counts too. RONDO_SEED and RONDO_CASES
// choose other cases.
namespace rondo::testing {
namespace {

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

struct Tally {
  std::int64_t on_devices = 0, loads = 0, stores = 0, gathers = 0;

  void add(const ContractCase& made) {
    if (made.chip.dram.device == nullptr) return;
    const auto has = [&](Opcode opcode) {
      return std::any_of(made.program.code.begin(), made.program.code.end(),
                         [&](const Instruction& in) { return in.opcode == opcode; });
    };
    ++on_devices;
    loads += has(Opcode::load), stores += has(Opcode::store), gathers += has(Opcode::gather);
  }
};

void one_case(std::uint64_t seed, Tally& tally) {
  SCOPED_TRACE("RONDO_SEED=" + std::to_string(seed) + " RONDO_CASES=1 reproduces this");
  const ContractCase made = random_contract_case(seed, 40);
  ASSERT_EQ(check_program(made.program), std::vector<std::string>{});
  Recorder seen;
  const ChipRun run = run_chip(made.chip, made.program, Schedule::event, &seen, 10'000'000);
  EXPECT_EQ(ContractCheck(made).first_difference(seen, run), "");
  tally.add(made);
}

// The example of models/README.md, read there.
TEST(Contract, OnADeviceByHand) {
  const auto examples = examples_of_the_contract("device_example");
  ASSERT_EQ(examples.size(), 1u);
  const Example& example = examples.at("row");
  ContractCase made{chip_on_a_device(example), {}};
  made.chip.dram.device = std::make_shared<const dram::Device>(read_dram_device(made.chip.dram.model));
  made.program = on_a_device(made.chip);
  EXPECT_EQ(example.lines.size() + 1, made.program.code.size());
  for (const Schedule schedule : {Schedule::clocked, Schedule::event}) {
    Recorder seen;
    const ChipRun run = run_chip(made.chip, made.program, schedule, &seen, 10000);
    for (std::size_t i = 0; i < example.lines.size(); ++i)
      EXPECT_EQ(seen.when(static_cast<int>(i)), example.lines[i]) << "instruction " << i;
    EXPECT_EQ(ContractCheck(made).first_difference(seen, run), "");
  }
}

TEST(Contract, UnitsFollowTheRecurrencesOnRandomPrograms) {
  const std::uint64_t first = static_cast<std::uint64_t>(from_environment("RONDO_SEED", 31415));
  const std::int64_t cases = from_environment("RONDO_CASES", 2000);
  std::cout << "seeds " << first << " to " << first + static_cast<std::uint64_t>(cases) - 1 << "\n";
  Tally tally;
  for (std::int64_t i = 0; i < cases && !HasFailure(); ++i) one_case(first + static_cast<std::uint64_t>(i), tally);
  std::cout << tally.on_devices << " programs on DRAM devices; with loads " << tally.loads << ", stores "
            << tally.stores << ", gathers " << tally.gathers << "\n";
  if (cases < 100) return;
  for (const std::int64_t count : {tally.loads, tally.stores, tally.gathers}) EXPECT_GT(count, cases / 20);
}

}  // namespace
}  // namespace rondo::testing

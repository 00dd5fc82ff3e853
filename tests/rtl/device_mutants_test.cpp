// Proof that the contract as recurrences sees what lies between the chip and a DRAM device, which the RTL does not
// have: the rows of mutants.txt called `device: ...`, one at a time.
#include "tests/rtl/mutants.hpp"
#include "tests/support/contract_case.hpp"

int rondo_mutant = 0;

namespace rondo::rtl {
namespace {

constexpr std::int64_t kMostCases = 300;
constexpr std::uint64_t kFirstSeed = 6'000'000;

std::string difference(const testing::ContractCase& made, testing::ContractCheck& contract) {
  testing::Recorder seen;
  const ChipRun run = run_chip(made.chip, made.program, Schedule::event, &seen, 1'000'000);
  return contract.first_difference(seen, run);
}

TEST(DeviceMutants, TheContractNoticesEveryOne) {
  Hunt hunt(is_of_device, 3);
  while (hunt.alive() > 0 && hunt.cases() < kMostCases) {
    const std::uint64_t seed = kFirstSeed + static_cast<std::uint64_t>(hunt.cases());
    const testing::ContractCase made = testing::random_contract_case(seed, 100);
    testing::ContractCheck contract(made);
    ASSERT_EQ(difference(made, contract), "") << "the product differs from the contract, seed " << seed;
    hunt.meet([&](const Mutant&) { return !difference(made, contract).empty(); });
  }
  hunt.expect_all_noticed();
}

}  // namespace
}  // namespace rondo::rtl

// Proof that the comparison can fail: one small change in the C++ at a time, and the comparison with the RTL must
// notice each. The changes are the rows of mutants.txt, all of them built into one library and chosen by
// `rondo_mutant`.
#include "tests/rtl/mutants.hpp"

#include "tests/rtl/verify_cases.hpp"
#include "tests/rtl/verify_compare.hpp"

int rondo_mutant = 0;

namespace rondo::rtl {
namespace {

constexpr std::int64_t kMostCases = 600;  // as many as rtl.verify runs
constexpr std::uint64_t kFirstSeed = 5'000'000;

/// What the RTL did with a case.
struct Truth {
  Case made;
  Outcome rtl;
  LeftBytes left;
};

// Whether the C++, as it is now, differs: the executor in its bytes, the units in their times. A mutant that takes far
// longer than the RTL is stopped, which is a difference too.
bool differs(const Truth& truth, bool values) {
  if (values) {
    LeftBytes bytes;
    execute(truth.made.program, &bytes);
    return first_difference(bytes, truth.left).has_value();
  }
  const Outcome outcome = timed_by_systemc(truth.made.chip, truth.made.program, 2 * truth.rtl.total + 1000);
  return !outcome.stopped.empty() || first_difference(outcome, truth.rtl).has_value();
}

Truth truth_of(std::int64_t index) {
  const Shape& shape = shapes()[static_cast<std::size_t>(index) % shapes().size()];
  Truth truth;
  truth.made = make_case(shape, kFirstSeed + static_cast<std::uint64_t>(index));
  truth.rtl = timed_by_rtl(shape, truth.made.chip, truth.made.program, 10 * kLongestCase, truth.left);
  return truth;
}

TEST(Mutants, TheComparisonNoticesEveryOne) {
  ASSERT_FALSE(shapes().empty()) << "this build holds no RTL";
  Hunt hunt([](const Mutant& mutant) { return !is_of_device(mutant); }, 20);
  while (hunt.alive() > 0 && hunt.cases() < kMostCases) {
    const Truth truth = truth_of(hunt.cases());
    ASSERT_EQ(truth.rtl.stopped, "") << "seed " << truth.made.seed << " on " << truth.made.shape->name;
    ASSERT_FALSE(differs(truth, false) || differs(truth, true))
        << "seed " << truth.made.seed << " on " << truth.made.shape->name << ": the product differs from the RTL";
    hunt.meet([&](const Mutant& mutant) { return differs(truth, is_of_values(mutant)); });
  }
  hunt.expect_all_noticed();
}

}  // namespace
}  // namespace rondo::rtl

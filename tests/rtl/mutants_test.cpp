// Proof that the comparison can fail: one small change in the C++ at a time, and the comparison with the RTL must
// notice each. The changes are the rows of mutants.txt, all of them built into one library and chosen by
// `rondo_mutant`.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iomanip>
#include <iostream>

#include "tests/rtl/verify_cases.hpp"
#include "tests/rtl/verify_compare.hpp"

int rondo_mutant = 0;  // 0: the product

namespace rondo::rtl {
namespace {

struct Mutant {
  const char* name;
  const char* file;
  const char* original;
  const char* mutated;
};

constexpr Mutant kMutants[] = {
#include "mutants.inc"
};
constexpr std::size_t kCount = std::size(kMutants);
static_assert(kCount >= 142, "rows of mutants.txt have been lost");

constexpr std::int64_t kMostCases = 600;  // as many as rtl.verify runs
constexpr std::uint64_t kFirstSeed = 5'000'000;
constexpr unsigned kMostSeconds = 20;  // of a mutant on one case

enum class Fate { alive, differs, died };

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

bool is_of_values(const Mutant& mutant) { return std::string_view(mutant.file).find("models/values") == 0; }

// Mutants may do anything, so each runs in a process of its own.
Fate fate_of(std::size_t mutant, const Truth& truth) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kMostSeconds);
    std::freopen("/dev/null", "w", stderr);  // last words of the C library
    rondo_mutant = static_cast<int>(mutant) + 1;
    bool different = true;
    try {
      different = differs(truth, is_of_values(kMutants[mutant]));
    } catch (const std::exception&) {  // a broken invariant
    }
    ::_exit(different ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status == 0 ? Fate::alive : WIFEXITED(status) ? Fate::differs : Fate::died;
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
  std::vector<Fate> fates(kCount, Fate::alive);
  std::vector<std::int64_t> noticed(kCount, -1);
  std::size_t alive = kCount;
  std::int64_t cases = 0;
  for (; alive > 0 && cases < kMostCases; ++cases) {
    const Truth truth = truth_of(cases);
    ASSERT_EQ(truth.rtl.stopped, "") << "seed " << truth.made.seed << " on " << truth.made.shape->name;
    ASSERT_FALSE(differs(truth, false) || differs(truth, true))
        << "seed " << truth.made.seed << " on " << truth.made.shape->name << ": the product differs from the RTL";
    for (std::size_t m = 0; m < kCount; ++m) {
      if (fates[m] != Fate::alive) continue;
      fates[m] = fate_of(m, truth);
      if (fates[m] != Fate::alive) noticed[m] = cases + 1, --alive;
    }
  }
  std::cout << kCount << " mutants, " << kCount - alive << " noticed within " << cases
            << " cases; by the case that noticed:\n";
  for (std::size_t m = 0; m < kCount; ++m) {
    std::cout << std::setw(5) << noticed[m] << "  " << kMutants[m].name << (fates[m] == Fate::died ? " (it died)" : "")
              << "\n";
    EXPECT_GT(noticed[m], 0) << "nobody noticed " << kMutants[m].file << ": " << kMutants[m].original << " became "
                             << kMutants[m].mutated;
  }
}

}  // namespace
}  // namespace rondo::rtl

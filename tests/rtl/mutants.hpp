#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <string_view>
#include <vector>

/// The mutants of rondo_mutants: the rows of mutants.txt, and what becomes of them.
extern int rondo_mutant;  ///< the row that is at work, from 1 on; 0: the product. Every test defines it.

namespace rondo::rtl {

struct Mutant {
  const char* name;
  const char* file;
  const char* original;
  const char* mutated;
};

constexpr Mutant kMutants[] = {
#include "mutants.inc"
};
static_assert(std::size(kMutants) >= 174, "rows of mutants.txt have been lost");

/// Of what only a run on a DRAM device can show, which the RTL does not have.
inline bool is_of_device(const Mutant& mutant) { return std::string_view(mutant.name).find("device: ") == 0; }
inline bool is_of_values(const Mutant& mutant) { return std::string_view(mutant.file).find("models/values") == 0; }

/// Mutants that nobody has noticed yet meet one case after the other.
class Hunt {
 public:
  /// A mutant that needs more seconds for a case is stopped, which is a difference too.
  Hunt(bool (*is_hunted)(const Mutant&), unsigned most_seconds) : most_seconds_(most_seconds) {
    for (const Mutant& mutant : kMutants) {
      if (is_hunted(mutant)) hunted_.push_back({&mutant});
    }
    alive_ = hunted_.size();
  }

  std::size_t size() const { return hunted_.size(); }
  std::size_t alive() const { return alive_; }
  std::int64_t cases() const { return cases_; }

  /// `differs(mutant)` says whether the next case goes otherwise than it should, now that the mutant is at work.
  template <class Differs>
  void meet(const Differs& differs) {
    ++cases_;
    for (Hunted& one : hunted_) {
      if (one.noticed > 0) continue;
      const Fate fate = fate_of(*one.mutant, differs);
      if (fate != Fate::alive) one.noticed = cases_, one.died = fate == Fate::died, --alive_;
    }
  }

  void expect_all_noticed() const {
    std::cout << size() << " mutants, " << size() - alive_ << " noticed within " << cases_
              << " cases; by the case that noticed:\n";
    for (const Hunted& one : hunted_) {
      const Mutant& mutant = *one.mutant;
      std::cout << std::setw(5) << one.noticed << "  " << mutant.name << (one.died ? " (it died)" : "") << "\n";
      EXPECT_GT(one.noticed, 0) << "nobody noticed " << mutant.file << ": " << mutant.original << " became "
                                << mutant.mutated;
    }
  }

 private:
  enum class Fate { alive, differs, died };
  struct Hunted {
    const Mutant* mutant;
    std::int64_t noticed = -1;  ///< the case, from 1 on
    bool died = false;
  };
  // Mutants may do anything, so each runs in a process of its own.
  template <class Differs>
  Fate fate_of(const Mutant& mutant, const Differs& differs) const {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(most_seconds_);
      std::freopen("/dev/null", "w", stderr);  // last words of the C library
      rondo_mutant = static_cast<int>(&mutant - kMutants) + 1;
      bool different = true;
      try {
        different = differs(mutant);
      } catch (const std::exception&) {  // a broken invariant
      }
      ::_exit(different ? 1 : 0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status == 0 ? Fate::alive : WIFEXITED(status) ? Fate::differs : Fate::died;
  }

  const unsigned most_seconds_;
  std::vector<Hunted> hunted_;
  std::size_t alive_ = 0;
  std::int64_t cases_ = 0;
};

}  // namespace rondo::rtl

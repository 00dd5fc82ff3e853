#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/rtl/verify_coverage.hpp"

namespace rondo::rtl {

struct CaseResult {
  enum class State : std::int32_t { not_run, agrees, differs, broken };
  State state = State::not_run;
  Tally tally;
  std::array<char, 200> note{};  ///< when broken: what happened
};

/// Calls work(0), work(1) ... work(count - 1), shared out to `jobs` processes (SystemC and the verilated models want
/// one thread each), and hands back the results in order, up to the first that is no agreement and no further: the same
/// whatever `jobs`. A process that dies makes its case `broken`. `progress` is called now and then with the number of
/// finished cases.
std::vector<CaseResult> run_cases(std::int64_t count, std::int64_t jobs,
                                  const std::function<CaseResult(std::int64_t)>& work,
                                  const std::function<void(std::int64_t)>& progress);

}  // namespace rondo::rtl

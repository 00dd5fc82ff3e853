#include "tests/rtl/verify_compare.hpp"

#include <algorithm>

#include "models/base/error.hpp"

namespace rondo::rtl {
namespace {

/// Cycles after which a run is given up: far more than any case takes.
constexpr Cycle kLimit = 2'000'000;

class Watch : public TimelineObserver {
 public:
  explicit Watch(Outcome& outcome) : outcome_(outcome) {}
  void instruction(Unit unit, int code, Cycle start, Cycle end) override {
    outcome_.events[static_cast<std::size_t>(unit)].push_back({unit, code, start, end});
  }
  void waited(int, Cause cause, Cycle from, Cycle to) override {
    outcome_.waited[static_cast<std::size_t>(cause)] += to - from;
  }

 private:
  Outcome& outcome_;
};

bool same(const InstructionEvent& a, const InstructionEvent& b) {
  return a.code == b.code && a.start == b.start && a.end == b.end;
}

Cycle parting(const InstructionEvent& a, const InstructionEvent& b) {
  return a.code != b.code || a.start != b.start ? std::min(a.start, b.start) : std::min(a.end, b.end);
}

}  // namespace

Outcome timed_by_systemc(const ChipParams& chip, const Program& program, Cycle limit) {
  Outcome outcome;
  Watch watch(outcome);
  try {
    outcome.total = run_chip(chip, program, Schedule::event, &watch, limit).total_cycles;
  } catch (const std::exception& error) {
    outcome.stopped = error.what();
  }
  return outcome;
}

Outcome timed_by_rtl(const Shape& shape, const ChipParams& chip, const Program& program, Cycle limit, LeftBytes& left) {
  Outcome outcome;
  try {
    RtlRun run = run_rtl(shape, chip, program, {}, limit);
    outcome.total = run.total_cycles;
    for (const InstructionEvent& event : run.events)
      outcome.events[static_cast<std::size_t>(event.unit)].push_back(event);
    left = std::move(run.memories);
  } catch (const std::exception& error) {
    outcome.stopped = error.what();
  }
  return outcome;
}

std::optional<TimeDifference> first_difference(const Outcome& systemc, const Outcome& rtl) {
  std::optional<TimeDifference> first;
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    const auto &a = systemc.events[unit], &b = rtl.events[unit];
    const std::size_t both = std::min(a.size(), b.size());
    std::size_t n = 0;
    while (n < both && same(a[n], b[n])) ++n;
    if (n == both && a.size() == b.size()) continue;
    const Cycle cycle = n < both ? parting(a[n], b[n]) : a.size() > both ? a[n].start : b[n].start;
    if (!first || cycle < first->cycle) first = TimeDifference{static_cast<Unit>(unit), n, cycle, false};
  }
  if (!first && systemc.total != rtl.total)
    first = TimeDifference{Unit::weights, 0, std::min(systemc.total, rtl.total), true};
  return first;
}

std::optional<ByteDifference> first_difference(const LeftBytes& executor, const LeftBytes& rtl) {
  for (std::size_t space = 0; space < kSpaces; ++space) {
    const auto &expected = executor[space], &found = rtl[space];
    for (std::size_t at = 0; at < std::max(expected.size(), found.size()); ++at) {
      const int a = at < expected.size() ? expected[at] : 0, b = at < found.size() ? found[at] : 0;
      if (a != b) return ByteDifference{static_cast<Space>(space), static_cast<std::int64_t>(at), a, b};
    }
  }
  return std::nullopt;
}

Verdict compare(const Shape& shape, const ChipParams& chip, const Program& program) {
  Verdict verdict;
  LeftBytes expected, found;
  verdict.systemc = timed_by_systemc(chip, program, kLimit);
  verdict.rtl = timed_by_rtl(shape, chip, program, kLimit, found);
  execute(program, &expected);
  const auto stopped = [](const char* who, const Outcome& outcome) {
    return outcome.stopped.empty() ? std::string()
                                   : std::string(who) + " did not come to the end: " + outcome.stopped + "\n";
  };
  verdict.difference = stopped("SystemC", verdict.systemc) + stopped("the RTL", verdict.rtl);
  if (const auto time = first_difference(verdict.systemc, verdict.rtl)) {
    verdict.difference += table_of(program, verdict.systemc, verdict.rtl, *time);
  }
  if (!verdict.rtl.stopped.empty()) return verdict;
  if (const auto byte = first_difference(expected, found)) verdict.difference += text_of(program, *byte);
  return verdict;
}

}  // namespace rondo::rtl

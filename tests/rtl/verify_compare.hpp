#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/units/chip.hpp"
#include "models/values/executor.hpp"
#include "tests/rtl/rtl_chip.hpp"

namespace rondo::rtl {

/// What one implementation of the contract did with a program.
struct Outcome {
  std::string stopped;  ///< why it did not come to its end; empty when it did
  Cycle total = 0;
  std::array<std::vector<InstructionEvent>, kUnits> events;  ///< by unit, in order of start
  std::array<std::int64_t, kCauses> waited{};                ///< unit cycles by cause (SystemC only)
};

/// Start and end of every instruction by the SystemC units.
Outcome timed_by_systemc(const ChipParams& chip, const Program& program, Cycle limit);
/// The same by the RTL, whose memories go to `left`.
Outcome timed_by_rtl(const Shape& shape, const ChipParams& chip, const Program& program, Cycle limit, LeftBytes& left);

/// Where two outcomes part first.
struct TimeDifference {
  Unit unit = Unit::weights;  ///< of the first instruction that differs
  std::size_t number = 0;     ///< among those of its unit
  Cycle cycle = 0;            ///< the earlier of its two starts, or of its two ends
  bool total_only = false;    ///< every instruction agrees, the total does not
};
std::optional<TimeDifference> first_difference(const Outcome& systemc, const Outcome& rtl);

struct ByteDifference {
  Space space = Space::dram;
  std::int64_t address = 0;
  int expected = 0, found = 0;
};
/// The first byte that differs; what the executor does not hold of the DRAM must be zero.
std::optional<ByteDifference> first_difference(const LeftBytes& executor, const LeftBytes& rtl);

/// Everything that differs between the two sides, in the text that a person reads; empty when nothing does.
struct Verdict {
  Outcome systemc, rtl;
  std::string difference;
};
Verdict compare(const Shape& shape, const ChipParams& chip, const Program& program);

/// A table of at most 80 columns: what both sides did around a difference.
std::string table_of(const Program& program, const Outcome& systemc, const Outcome& rtl, const TimeDifference& at);
std::string text_of(const Program& program, const ByteDifference& at);

}  // namespace rondo::rtl

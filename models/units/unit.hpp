#pragma once

#include <array>
#include <string>
#include <systemc>
#include <vector>

#include "models/base/counted.hpp"
#include "models/base/stats.hpp"
#include "models/units/chip.hpp"

namespace rondo {

/// A clocked unit of the chip, written once and advanced by either schedule. In each cycle it is asked what
/// it does; it answers with a cause and the cycle at which that can next change by itself. The base class
/// charges cycles to causes, so that they sum to the run's total by construction. A unit asked in a cycle
/// where nothing changed must answer the same. It is the only class that knows SystemC's module ceremony;
/// units have no ports and no processes of their own.
class ChipUnit : public sc_core::sc_module {
 public:
  Statistics stats;

  ChipUnit(const sc_core::sc_module_name& name, int index, TimelineObserver* observer)
      : sc_module(name),
        stats(std::string(kChipUnitNames[static_cast<std::size_t>(index)]), kind_name(index)),
        observer_(observer),
        index_(index) {}

  /// Looks at the unit in cycle `now`; returns when it wants to be looked at again.
  Cycle step(Cycle now) {
    const Span span = tick(now);
    if (span.cause != cause_) change(now, span.cause);
    return span.until;
  }

  Cause cause() const { return cause_; }
  Cycle since() const { return since_; }

  /// Ends the books: `total` is the first cycle that is no longer part of the run. Broken when the unit's
  /// causes do not sum to it.
  void close(Cycle total);

  UnitReport report() const;

  /// What the unit waits for, in words, when nothing moves any more.
  virtual std::string plight(Cycle now) = 0;

 protected:
  virtual Span tick(Cycle now) = 0;
  /// Works out actions and counters from how often each instruction ran.
  virtual void settle() {}

  /// The unit does something else from `cycle` on, which may lie in the past but not before the last change.
  void change(Cycle cycle, Cause cause);

  TimelineObserver* const observer_;

 private:
  static std::string kind_name(int index) {
    return std::string(index < kUnits ? kUnitNames[static_cast<std::size_t>(kind_of(static_cast<Unit>(index)))]
                                      : kChipUnitNames[static_cast<std::size_t>(index)]);
  }
  const int index_;
  Cause cause_ = Cause::no_instruction;
  Cycle since_ = 0;
  std::array<std::int64_t, kCauses> cycles_{};
};

/// Copies of what `stats` declared and counted.
Counted counted_of(const Statistics& stats);

}  // namespace rondo

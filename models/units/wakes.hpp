#pragma once

#include <algorithm>
#include <array>

#include "models/units/cause.hpp"

namespace rondo {

/// When each unit must next be looked at. Whatever a unit looks at in vain (an empty queue, a semaphore at
/// zero) calls it for the cycle in which that changes; a unit is never called for the present cycle.
class Wakes {
 public:
  Wakes() { at_.fill(kNever); }

  void call(int unit, Cycle cycle) {
    ++calls_;
    at_[unit] = std::min(at_[unit], cycle);
  }
  std::int64_t calls() const { return calls_; }
  /// One bit for each unit that is due, whose call is answered hereby: a call made from here on is for a later cycle and
  /// must not be lost, so everybody who is due is settled before anyone runs.
  std::uint32_t take_due(Cycle now) {
    std::uint32_t due = 0;
    for (int unit = 0; unit < kChipUnits; ++unit) {
      const bool is_due = at_[unit] <= now;
      due |= static_cast<std::uint32_t>(is_due) << unit;
      at_[unit] = is_due ? kNever : at_[unit];
    }
    return due;
  }
  Cycle of(int unit) const { return at_[unit]; }
  Cycle earliest() const {
    Cycle first = kNever;
    for (const Cycle at : at_) first = std::min(first, at);
    return first;
  }

 private:
  std::array<Cycle, kChipUnits> at_;
  std::int64_t calls_ = 0;
};

}  // namespace rondo

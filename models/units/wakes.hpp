#pragma once

#include <algorithm>
#include <array>

#include "models/units/cause.hpp"

namespace rondo {

/// The order in which units are looked at within a cycle: the fixed priority of bank ports.
inline constexpr std::array<int, kChipUnits> kOrder = {static_cast<int>(Unit::store),
                                                       static_cast<int>(Unit::load),
                                                       static_cast<int>(Unit::gate),
                                                       static_cast<int>(Unit::matrix),
                                                       static_cast<int>(Unit::weights),
                                                       kSequencer,
                                                       kDram};

/// When each unit must next be looked at. Whatever a unit looks at in vain (an empty queue, a semaphore at
/// zero) calls it for the cycle in which that changes; a unit is never called for the present cycle.
class Wakes {
 public:
  Wakes() {
    at_.fill(kNever);
    later_.fill(kNever);
  }

  void call(int unit, Cycle cycle) {
    ++calls_;
    // A call for later must not be lost when the unit is still to be looked at in this cycle.
    Cycle& at = at_[unit] <= present_ ? later_[unit] : at_[unit];
    at = std::min(at, cycle);
  }

  /// The first cycle in which a unit is due; kNever: none.
  Cycle earliest() const {
    Cycle first = kNever;
    for (const Cycle at : at_) first = std::min(first, at);
    return first;
  }
  void begin(Cycle now) { present_ = now; }
  bool due(int unit) const { return at_[unit] <= present_; }
  /// The unit is looked at now.
  void answer(int unit) {
    at_[unit] = later_[unit];
    later_[unit] = kNever;
  }

  /// The cycle for which a unit is called; kNever: none.
  Cycle of(int unit) const { return at_[unit]; }
  std::int64_t calls() const { return calls_; }

 private:
  std::array<Cycle, kChipUnits> at_;
  std::array<Cycle, kChipUnits> later_;  ///< calls made in a cycle in which the unit was still due
  Cycle present_ = -1;
  std::int64_t calls_ = 0;
};

}  // namespace rondo

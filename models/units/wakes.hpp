#pragma once

#include <algorithm>
#include <array>

#include "models/units/cause.hpp"

namespace rondo {

/// The order in which the units of a chip with so many arrays are looked at within a cycle: the fixed priority of bank
/// ports.
template <int kArrays>
constexpr std::array<int, kChipUnits - 2 * (kMaxArrays - kArrays)> order_of_units() {
  std::array<int, kChipUnits - 2 * (kMaxArrays - kArrays)> order{};
  std::size_t next = 0;
  for (const Unit unit : {Unit::store, Unit::load, Unit::gate}) order[next++] = static_cast<int>(unit);
  for (int a = 0; a < kArrays; ++a) order[next++] = static_cast<int>(matrix_unit(a));
  for (int a = 0; a < kArrays; ++a) order[next++] = static_cast<int>(weights_unit(a));
  order[next++] = kSequencer;
  order[next++] = kDram;
  return order;
}

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

  /// The first cycle in which one of these units is due; kNever: none.
  template <std::size_t kCount>
  Cycle earliest(const std::array<int, kCount>& units) const {
    Cycle first = kNever;
#pragma GCC unroll 13
    for (const int unit : units) first = std::min(first, at_[unit]);
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

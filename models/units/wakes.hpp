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

/// The place of each unit in kOrder.
inline constexpr std::array<std::size_t, kChipUnits> kPlaceInOrder = [] {
  std::array<std::size_t, kChipUnits> place{};
  for (std::size_t p = 0; p < kOrder.size(); ++p) place[static_cast<std::size_t>(kOrder[p])] = p;
  return place;
}();

/// When each unit must next be looked at. Whatever a unit looks at in vain (an empty queue, a semaphore at
/// zero) calls it for the cycle in which that changes; a unit is never called for the present cycle.
class Wakes {
 public:
  /// Who is next, and when: one number, so that the least of them is the earliest cycle and, in it, the first
  /// in order.
  class Next {
   public:
    explicit Next(std::int64_t key) : key_(key) {}
    bool nobody() const { return key_ == kNever; }
    Cycle cycle() const { return key_ >> 3; }
    int unit() const { return kOrder[place()]; }

   private:
    friend class Wakes;
    std::size_t place() const { return static_cast<std::size_t>(key_ & 7); }
    std::int64_t key_;
  };

  Wakes() {
    keys_.fill(kNever);
    later_.fill(kNever);
  }

  void call(int unit, Cycle cycle) {
    ++calls_;
    if (cycle == kNever) return;
    const std::size_t place = kPlaceInOrder[static_cast<std::size_t>(unit)];
    // A call for later must not be lost when the unit is still to be looked at in this cycle.
    std::int64_t& key = keys_[place] <= present_ ? later_[place] : keys_[place];
    key = std::min(key, cycle << 3 | static_cast<std::int64_t>(place));
  }

  Next next() const {
    std::int64_t first = kNever;
    for (const std::int64_t key : keys_) first = std::min(first, key);
    return Next(first);
  }

  /// The unit is looked at now: its call is answered.
  void answer(Next next) {
    keys_[next.place()] = later_[next.place()];
    later_[next.place()] = kNever;
    present_ = next.key_ | 7;
  }

  /// The cycle for which a unit is called; kNever: none.
  Cycle of(int unit) const {
    const std::int64_t key = keys_[kPlaceInOrder[static_cast<std::size_t>(unit)]];
    return key == kNever ? kNever : key >> 3;
  }
  std::int64_t calls() const { return calls_; }

 private:
  std::array<std::int64_t, kChipUnits> keys_;   ///< cycle x 8 + place in kOrder
  std::array<std::int64_t, kChipUnits> later_;  ///< calls made in a cycle in which the unit was still due
  std::int64_t present_ = -1;                   ///< the greatest key of the present cycle
  std::int64_t calls_ = 0;
};

}  // namespace rondo

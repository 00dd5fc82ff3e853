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
  void clear(int unit) { at_[unit] = kNever; }
  Cycle of(int unit) const { return at_[unit]; }
  Cycle earliest() const { return *std::min_element(at_.begin(), at_.end()); }

 private:
  std::array<Cycle, kChipUnits> at_;
  std::int64_t calls_ = 0;
};

}  // namespace rondo

#pragma once

#include <numeric>

#include "models/dram/device.hpp"
#include "models/units/cause.hpp"

namespace rondo {

/// The chip's cycles and the DRAM's clocks beside each other, exactly: cycle c begins at c / chip_mhz, clock
/// d at d / dram_mhz microseconds.
class ClockRatio {
 public:
  ClockRatio(std::int64_t chip_mhz, std::int64_t dram_mhz)
      : chip_(chip_mhz / std::gcd(chip_mhz, dram_mhz)), dram_(dram_mhz / std::gcd(chip_mhz, dram_mhz)) {}

  /// The first clock that begins no earlier than a cycle.
  dram::Clock clock_at(Cycle cycle) const { return (cycle * dram_ + chip_ - 1) / chip_; }
  /// The first cycle that begins no earlier than a clock.
  Cycle cycle_at(dram::Clock clock) const { return (clock * chip_ + dram_ - 1) / dram_; }

 private:
  const std::int64_t chip_, dram_;
};

}  // namespace rondo

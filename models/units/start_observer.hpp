#pragma once

#include "models/units/cause.hpp"
#include "models/units/work.hpp"

namespace rondo {

/// How the DRAM served a request. Its data could have begun in `soonest` had the DRAM had nothing else to do
/// (at the latest when they did begin); but the DRAM works for one request after the other, in the order of
/// `end`, so that it does not begin before the end of the one before. From `begin`, the later of the two, to
/// `end` it works for this one: `data` cycles move its data, the rest is overhead.
struct DramService {
  Unit unit = Unit::load;
  int slot = 0;  ///< place of the descriptor in its unit: descriptors take the places in turn
  Cycle soonest = 0;
  Cycle begin = 0;
  Cycle end = 0;
  Cycle data = 0;
};

/// Hears everything that starts, in the cycle in which it does: in order of `now`, and within a cycle in the
/// order in which units are looked at. Both schedules make the same calls.
class StartObserver {
 public:
  virtual ~StartObserver() = default;
  /// The sequencer used a slot for instruction `code`, be it a loop, an end or the halt.
  virtual void slot(Cycle now, std::int32_t code) = 0;
  /// An instruction of a unit with a window and a drain started.
  virtual void started(Cycle now, Unit unit, const Work& work, Cycle window, Cycle drain) = 0;
  /// A descriptor of a DMA unit entered its front stage, and holds the ports that it reads with there.
  virtual void front(Cycle now, Unit unit, const Work& work, Cycle cycles) = 0;
  /// The oldest descriptor of a DMA unit entered its back stage.
  virtual void back(Cycle now, Unit unit, Cycle cycles) = 0;
  /// The DRAM saw a request.
  virtual void requested(Cycle now, Unit unit, int slot) = 0;
  /// The DRAM knows how it serves a request, at the latest in the cycle of its end. In the order of `end`.
  virtual void served(Cycle now, const DramService& service) = 0;
  /// The run has ended; `total` is the first cycle that is no longer part of it.
  virtual void ended(Cycle total) = 0;
};

}  // namespace rondo

#pragma once

#include <vector>

#include "models/dram/controller.hpp"
#include "models/units/clock_ratio.hpp"
#include "models/units/dram.hpp"

namespace rondo {

/// A DRAM of banks and rows behind a controller (models/dram), in its own clock. It learns only afterwards
/// what the controller has done: it is looked at when a request may have ended, and then knows for sure
/// whether it has.
class PresetDram final : public Dram {
 public:
  PresetDram(const sc_core::sc_module_name& name, const Wires& wires, DramLink& loads, DramLink& stores);

  std::string plight(Cycle now) override;

 private:
  struct Flight {
    int place = 0;  ///< in the controller
    Unit unit = Unit::load;
    DramLink* link = nullptr;
    int slot = 0;
    Cycle seen = 0;
    dram::Clock soonest = 0;  ///< it cannot end before this
    Cycle end = kNever;       ///< once known
    Cycle data = 0;           ///< cycles that its data take when all channels share them evenly
  };

  Span tick(Cycle now) override;
  void settle() override;
  void learn(Cycle now);
  void notice_data(Cycle now);
  void reply(Cycle now);
  void accept(Cycle now, Unit unit, DramLink& link, dram::Direction direction, Action& bytes);
  Cycle first_data(const Flight& flight) const;
  bool any_data(Cycle now) const;

  const dram::Device& device_;
  const ClockRatio ratio_;
  dram::Controller controller_;
  std::vector<Flight> flights_;  ///< in the order in which they were seen
  Cycle bus_free_ = 0;           ///< end of the request that ended last

  Action activate_{stats, "activate", "one row opened"};
  Action refresh_{stats, "refresh", "one refresh of a rank, or of a bank where banks are refreshed one by one"};
  Action active_standby_{stats, "active_standby", "one DRAM clock of a rank with an open row"};
  Action precharged_standby_{stats, "precharged_standby", "one DRAM clock of a rank with all rows closed"};
  Counter row_hits_{stats, "row_hits", "bursts that found their row open"};
  Counter row_misses_{stats, "row_misses", "bursts that found no row open in their bank"};
  Counter row_conflicts_{stats, "row_conflicts", "bursts that found another row open in their bank"};
  Counter turnarounds_{stats, "turnarounds", "changes between reading and writing"};
  Counter bus_clocks_{stats, "bus_clocks", "DRAM clocks in which a channel's data bus moved data"};
  Counter clocks_{stats, "clocks", "DRAM clocks of the run, times the channels"};
};

}  // namespace rondo

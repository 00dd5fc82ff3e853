#pragma once

#include <array>
#include <memory>
#include <vector>

#include "models/units/dma_unit.hpp"
#include "models/units/gate_unit.hpp"
#include "models/units/matrix_unit.hpp"
#include "models/units/preset_dram.hpp"
#include "models/units/sequencer.hpp"
#include "models/units/weights_unit.hpp"

namespace rondo {

/// The chip: its units as members, everything between them in one initialiser list.
class Chip : public sc_core::sc_module {
 public:
  Chip(const sc_core::sc_module_name& name, const ChipParams& params, const Program& program,
       TimelineObserver* observer, StartObserver* starts)
      : sc_module(name),
        semaphores_(wakes, program.semaphores),
        ports_(wakes, params),
        halt_(wakes),
        memories_(params.machine),
        loads_(wakes, Unit::load, params.load),
        stores_(wakes, Unit::store, params.store),
        wires_{params, program, wakes, semaphores_, ports_, halt_, memories_, observer, starts},
        arrays_(make_arrays()),
        gate_("gate", wires_, streams()),
        load_("load", Unit::load, wires_, params.load, loads_),
        store_("store", Unit::store, wires_, params.store, stores_),
        sequencer_("sequencer", wires_, queues()),
        dram_(make_dram()) {}

  /// Looks at one unit (index as in kChipUnitNames) in cycle `now`.
  Cycle step(int unit, Cycle now) { return units_[unit]->step(now); }
  bool has(int unit) const { return units_[unit] != nullptr; }
  int arrays() const { return static_cast<int>(arrays_.size()); }
  /// Every unit has nothing left to do: the run ends before this cycle.
  bool done() const;
  /// When a unit last began to do something else.
  Cycle last_change() const;
  bool halted() const { return halt_.set(); }
  /// What each unit waits for, in words.
  std::vector<std::string> plights(Cycle now);
  /// Ends the books at `total` and copies them.
  ChipRun close(Cycle total);

  Wakes wakes;

 private:
  /// One systolic array: what it holds, and the units that fill and use it.
  struct Array {
    Array(const Wires& wires, int number)
        : tiles(wires.wakes, number, wires.params.machine.tile_fifo),
          stream(wires.wakes, number, wires.params.machine.stream_rows),
          weights(kUnitNames[static_cast<std::size_t>(weights_unit(number))].data(), number, wires, tiles),
          matrix(kUnitNames[static_cast<std::size_t>(matrix_unit(number))].data(), number, wires, tiles, stream) {}

    TileFifo tiles;
    Stream stream;
    WeightsUnit weights;
    MatrixUnit matrix;
  };

  std::vector<std::unique_ptr<Array>> make_arrays() const;
  GateUnit::Streams streams() const;
  Sequencer::Queues queues();
  std::unique_ptr<Dram> make_dram();
  std::array<ChipUnit*, kChipUnits> units();

  Semaphores semaphores_;
  Ports ports_;
  Halt halt_;
  Memories memories_;
  DramLink loads_, stores_;
  const Wires wires_;

  const std::vector<std::unique_ptr<Array>> arrays_;
  GateUnit gate_;
  DmaUnit load_, store_;
  Sequencer sequencer_;
  const std::unique_ptr<Dram> dram_;
  const std::array<ChipUnit*, kChipUnits> units_ = units();  ///< null: not on this chip
};

}  // namespace rondo

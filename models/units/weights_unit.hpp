#pragma once

#include "models/units/instruction_unit.hpp"

namespace rondo {

/// Moves weight tiles from the weight SRAM into the array's tile FIFO, one after the other without a gap. A
/// tile can be used weight_sram.latency cycles after its window.
class WeightsUnit final : public PipelinedUnit {
 public:
  WeightsUnit(const sc_core::sc_module_name& name, int array, const Wires& wires, TileFifo& tiles);

 private:
  bool able(Cycle now, const Work& work, Cause& cause) override;
  Times start(Cycle now, const Work& work) override;
  Cycle sync_drain() const override { return wires_.params.weight_sram.latency; }
  void settle() override;

  const Client client_;
  TileFifo& tiles_;
  std::vector<Cycle> window_;  ///< by code index

  Action tile_row_load_{stats, "tile_row_load", "one weight byte written into the array"};
  Traffic read_{stats, wires_.memories.weight, false, "weight_sram_read_bytes"};
};

}  // namespace rondo

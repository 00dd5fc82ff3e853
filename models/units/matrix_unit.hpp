#pragma once

#include <array>

#include "models/units/instruction_unit.hpp"

namespace rondo {

/// Systolic array: multiplies vectors by the oldest loaded tile. Weight-stationary, vectors pass through the tile and
/// every vector gives its row of sums on the way; output-stationary, the tile's rows pass through the array, which then
/// gives row after row of sums. Windows follow each other without a gap while earlier sums still drain.
class MatrixUnit final : public PipelinedUnit {
 public:
  MatrixUnit(const sc_core::sc_module_name& name, int array, const Wires& wires, TileFifo& tiles, Stream& stream);

 private:
  struct Row {
    std::array<MmulPace, 2> pace;    ///< by width of the weights: 0 for up to 8 bits, 1 for more
    std::int64_t streamed_rows = 0;  ///< 0: the sums do not go into the stream
    bool keep = false;
  };

  bool able(Cycle now, const Work& work, Cause& cause) override;
  Times start(Cycle now, const Work& work) override;
  void window_ended(Cycle now, std::int32_t code) override;
  Cycle sync_drain() const override { return drain_; }
  void settle() override;

  const Client client_;
  TileFifo& tiles_;
  Stream& stream_;
  const Cycle drain_;
  int wide_ = 0;                                    ///< width class of the tile that able() found
  std::vector<Row> mmul_;                           ///< by code index
  std::vector<std::array<std::int64_t, 2>> times_;  ///< by code index and width class: how often it ran

  Part pe8_;
  Part pe16_;
  Part stream_word_;
  Action mac8_{stats, "mac8", "one 8 x 8 bit multiply-accumulate in one PE"};
  Action mac8x16_{stats, "mac8x16", "one 8 x 16 bit multiply-accumulate in one PE"};
  Action mac16_{stats, "mac16", "one 16 x 16 bit multiply-accumulate in one PE"};
  Action streamed_{stats, "stream", "one 32-bit sum through the stream to the gate unit"};
  Traffic read_{stats, wires_.memories.activation, false, "activation_sram_read_bytes"};
  Traffic sums_read_{stats, wires_.memories.accumulator, false, "accumulators_read_bytes"};
  Traffic sums_written_{stats, wires_.memories.accumulator, true, "accumulators_written_bytes"};
};

}  // namespace rondo

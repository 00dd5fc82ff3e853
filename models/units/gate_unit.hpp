#pragma once

#include "models/units/instruction_unit.hpp"

namespace rondo {

/// Lanes of adders, multipliers and activation tables that run a kernel of micro-operations over rows of
/// elements, one instruction at a time.
class GateUnit final : public PipelinedUnit {
 public:
  /// By array; the chip has as many as its machine has arrays.
  using Streams = std::array<Stream*, kMaxArrays>;

  GateUnit(const sc_core::sc_module_name& name, const Wires& wires, const Streams& streams);

 private:
  bool able(Cycle now, const Work& work, Cause& cause) override;
  Times start(Cycle now, const Work& work) override;
  void window_ended(Cycle now, std::int32_t code) override;
  /// Whether no word that the instruction pops will come later than it asks for it.
  bool streams_ready(Cycle now, std::int32_t code);
  void settle() override;
  void settle_kernel(const Instruction& in, std::int64_t times);
  Action& action_of(MicroOpcode opcode);

  const Streams streams_;
  std::vector<Times> times_;    ///< by code index
  std::vector<GatePops> pops_;  ///< by code index

  Part lane_;
  Action multiply_{stats, "multiply", "one 16 x 16 bit multiply in one lane"};
  Action add_{stats, "add", "one 32-bit add, shift, limit, selection or step of a reduction in one lane"};
  Action table_{stats, "table", "one look-up in an activation table with interpolation"};
  Action requantise_{stats, "requantise", "one 32-bit multiply and rounding shift in one lane"};
  Action divide_{stats, "divide", "one quotient in one lane"};
  Action move_{stats, "move", "one word between a memory's port and a lane's register"};
  Traffic weight_read_{stats, wires_.memories.weight, false, "weight_sram_read_bytes"};
  Traffic weight_written_{stats, wires_.memories.weight, true, "weight_sram_written_bytes"};
  Traffic activation_read_{stats, wires_.memories.activation, false, "activation_sram_read_bytes"};
  Traffic activation_written_{stats, wires_.memories.activation, true, "activation_sram_written_bytes"};
  Traffic parameter_read_{stats, wires_.memories.parameter, false, "parameter_sram_read_bytes"};
  Traffic parameter_written_{stats, wires_.memories.parameter, true, "parameter_sram_written_bytes"};
  Traffic sums_read_{stats, wires_.memories.accumulator, false, "accumulators_read_bytes"};
  Traffic sums_written_{stats, wires_.memories.accumulator, true, "accumulators_written_bytes"};
  /// By port kind.
  const std::array<Traffic*, kPortKinds> traffic_ = {&weight_read_,        &weight_written_, &activation_read_,
                                                     &activation_written_, &parameter_read_, &parameter_written_,
                                                     &sums_read_,          &sums_written_};
};

}  // namespace rondo

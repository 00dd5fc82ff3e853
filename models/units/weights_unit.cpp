#include "models/units/weights_unit.hpp"

namespace rondo {
WeightsUnit::WeightsUnit(const sc_core::sc_module_name& name, int array, const Wires& wires, TileFifo& tiles)
    : PipelinedUnit(name, weights_unit(array), wires, wires.params.weights.queue_depth, true,
                    wires.params.weight_sram.latency),
      client_(weights_client(array)),
      tiles_(tiles),
      window_(wires.program.code.size()) {
  for_each_own([this](std::size_t code, const Instruction& in) { window_[code] = mload_window(wires_.params, in); });
}

bool WeightsUnit::able(Cycle now, const Work& work, Cause& cause) {
  if (!tiles_.room(now)) {
    cause = Cause::wait_matrix;
    return false;
  }
  if (wires_.ports.free(now, client_, work.ports)) return true;
  cause = Cause::bank;
  return false;
}

PipelinedUnit::Times WeightsUnit::start(Cycle now, const Work& work) {
  constexpr auto kRead = static_cast<int>(2 * (static_cast<int>(Space::weight) - 1));
  const Cycle window = window_[static_cast<std::size_t>(work.code)];
  const Cycle drain = wires_.params.weight_sram.latency;
  wires_.ports.hold(client_, kRead, work.ports.banks[kRead], now + window);
  tiles_.push(now + window + drain, instruction(work.code).fields[field::mload::bits]);
  return {window, drain};
}

void WeightsUnit::settle() {
  for_each_executed([this](std::size_t, const Instruction& in, std::int64_t times) {
    if (in.opcode != Opcode::mload) return;
    tile_row_load_ += times * tile_bytes(in);
    read_ += times * tile_bytes(in);
  });
}

}  // namespace rondo

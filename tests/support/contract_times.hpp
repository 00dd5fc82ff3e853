#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/units/chip.hpp"

namespace rondo::testing {

/// Window and drain of a gate instruction (section 4).
inline std::pair<Cycle, Cycle> gate_times(const ChipParams& chip, const Program& program, const Instruction& in) {
  const auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  const auto latency = [&](Space space) { return chip.sram(space).latency; };
  const GateParams& g = chip.gate;
  std::int64_t adds = 0, multiplies = 0, tables = 0, divides = 0, reductions = 0, depth = 0;
  std::map<std::pair<Space, bool>, std::int64_t> bytes;
  std::array<std::int64_t, kRegisters> ready{};
  for (const MicroOp& op : program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])].ops) {
    const Space space = in.places[op.p].space;
    const auto memory = [&](bool write, std::int64_t width) {
      bytes[{space, write}] += op.j == 0 ? width : width * std::min(g.lanes, in.fields[field::gate::elements]);
    };
    std::int64_t at = 0;
    switch (op.opcode) {
      case MicroOpcode::ld8: memory(false, 1), at = latency(space); break;
      case MicroOpcode::ld16: memory(false, 2), at = latency(space); break;
      case MicroOpcode::ld32: memory(false, 4), at = latency(space); break;
      case MicroOpcode::st8: memory(true, 1), at = ready[op.a] + 1; break;
      case MicroOpcode::st16: memory(true, 2), at = ready[op.a] + 1; break;
      case MicroOpcode::st32: memory(true, 4), at = ready[op.a] + 1; break;
      case MicroOpcode::pop: at = 1; break;
      case MicroOpcode::add: ++adds, at = std::max(ready[op.a], ready[op.b]) + g.add_latency; break;
      case MicroOpcode::clip: ++adds, at = ready[op.a] + g.add_latency; break;
      case MicroOpcode::li: ++adds, at = g.add_latency; break;
      case MicroOpcode::mul: ++multiplies, at = std::max(ready[op.a], ready[op.b]) + g.multiply_latency; break;
      case MicroOpcode::scalei: ++multiplies, at = ready[op.a] + g.multiply_latency; break;
      case MicroOpcode::sigmoid:
      case MicroOpcode::tanh: ++tables, at = ready[op.a] + g.table_latency; break;
      case MicroOpcode::div: ++divides, at = std::max(ready[op.a], ready[op.b]) + g.divide_cycles; break;
      case MicroOpcode::rsum: ++reductions, at = ready[op.a] + g.reduce_latency; break;
      default: throw std::logic_error("the model does not know this micro-operation");
    }
    if (op.opcode != MicroOpcode::st8 && op.opcode != MicroOpcode::st16 && op.opcode != MicroOpcode::st32)
      ready[op.d] = at;
    depth = std::max(depth, at);
  }
  std::int64_t interval = std::max({std::int64_t{1}, up(adds, g.adders), up(multiplies, g.multipliers),
                                    up(tables, g.tables), divides * g.divide_cycles, reductions});
  for (const auto& [port, moved] : bytes)
    interval = std::max(interval, up(moved, chip.sram(port.first).bytes_per_cycle));
  return {in.fields[field::gate::rows] * up(in.fields[field::gate::elements], g.lanes) * interval, depth};
}

/// Lengths of the front and the back stage of a descriptor (section 6).
inline std::pair<Cycle, Cycle> dma_stages(const ChipParams& chip, const Instruction& in) {
  const auto cycles = [&](std::int64_t bytes, Space space) {
    const std::int64_t width = chip.sram(space).bytes_per_cycle;
    return (bytes + width - 1) / width;
  };
  const std::int64_t rows = in.fields[0], bytes = in.fields[0] * in.fields[1];
  switch (in.opcode) {
    case Opcode::load: return {chip.load.setup_cycles, cycles(bytes, in.places[1].space)};
    case Opcode::gather:
      return {chip.load.setup_cycles + cycles(4 * rows, Space::activation), cycles(bytes, in.places[1].space)};
    case Opcode::store: return {chip.store.setup_cycles + cycles(bytes, Space::activation), 1};
    default: return {1, 1};
  }
}

/// From the end of an mmul's window to its last sum (section 4).
inline Cycle mmul_drain_of(const ChipParams& chip) {
  return chip.activation_sram.latency + chip.machine.rows + chip.machine.cols - 1 + chip.matrix.accumulate_latency;
}

/// Of an mmul with weights of so many bits (section 4): its window, and when each row of sums leaves the array.
struct MmulTimes {
  Cycle window;
  std::vector<Cycle> leaves;  ///< after the start
};
inline MmulTimes mmul_times(const ChipParams& chip, const Instruction& in, std::int64_t weight_bits) {
  const auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  const auto& f = in.fields;
  const std::int64_t vectors = f[field::mmul::vectors], rows = f[field::mmul::rows], bits = f[field::mmul::bits];
  const std::int64_t passes = up(weight_bits, chip.matrix.operand_bits) * up(bits, chip.matrix.operand_bits);
  const std::int64_t to_memory = up(4 * f[field::mmul::cols], chip.accumulators.bytes_per_cycle);
  const bool writes = f[field::mmul::stream] == 0 && f[field::mmul::hold] == 0, reads = f[field::mmul::accumulate] == 1;
  MmulTimes times{0, {}};
  if (chip.machine.dataflow == Dataflow::output_stationary) {
    for (std::int64_t k = 0; k < rows; ++k)
      times.window += std::max(passes, up(vectors * bits / 8, chip.activation_sram.bytes_per_cycle));
    for (std::int64_t v = 0; v < vectors && f[field::mmul::hold] == 0; ++v)
      times.leaves.push_back(times.window += writes || reads ? to_memory : 1);
    return times;
  }
  for (std::int64_t v = 0; v < vectors; ++v) {
    times.leaves.push_back(times.window += std::max({passes, up(rows * bits / 8, chip.activation_sram.bytes_per_cycle),
                                                     writes || reads ? to_memory : std::int64_t{1}}));
  }
  return times;
}

}  // namespace rondo::testing

#include "models/units/pace.hpp"

#include <algorithm>

#include "models/units/work.hpp"

namespace rondo {
namespace {

/// Bytes that one chunk of so many elements moves through each kind of port.
std::array<std::int64_t, kPortKinds> chunk_bytes(const Instruction& gate, const KernelSummary& summary,
                                                 std::int64_t elements) {
  std::array<std::int64_t, kPortKinds> bytes{};
  for (int p = 0; p < kMaxPlaces; ++p) {
    const KernelOperand& operand = summary.operands[p];
    if (!operand.read && !operand.written) continue;
    const Space space = gate.places[p].space;
    bytes[port_kind(space, false)] += elements * operand.read_bytes + operand.row_read_bytes;
    bytes[port_kind(space, true)] += elements * operand.written_bytes + operand.row_written_bytes;
  }
  return bytes;
}

Cycle interval_of(const ChipParams& params, const Instruction& gate, const Kernel& kernel) {
  const KernelSummary summary = summarise(kernel);
  const GateParams& g = params.gate;
  const auto uses = [&](FunctionalUnit unit) { return summary.uses[static_cast<std::size_t>(unit)]; };
  Cycle interval = std::max({Cycle{1}, ceil_div(uses(FunctionalUnit::adder), g.adders),
                             ceil_div(uses(FunctionalUnit::multiplier), g.multipliers),
                             ceil_div(uses(FunctionalUnit::table), g.tables),
                             uses(FunctionalUnit::divider) * g.divide_cycles, uses(FunctionalUnit::reducer)});
  const auto bytes = chunk_bytes(gate, summary, std::min(g.lanes, gate.fields[field::gate::elements]));
  for (int kind = 0; kind < kPortKinds; ++kind) {
    interval = std::max(interval, ceil_div(bytes[kind], params.sram(space_of_kind(kind)).bytes_per_cycle));
  }
  return interval;
}

Cycle latency_of(const ChipParams& params, const Instruction& gate, const MicroOp& op, const MicroOpInfo& row) {
  const GateParams& g = params.gate;
  switch (row.functional_unit) {
    case FunctionalUnit::adder: return g.add_latency;
    case FunctionalUnit::multiplier: return g.multiply_latency;
    case FunctionalUnit::table: return g.table_latency;
    case FunctionalUnit::divider: return g.divide_cycles;
    case FunctionalUnit::reducer: return g.reduce_latency;
    case FunctionalUnit::stream: return 1;
    case FunctionalUnit::memory: break;
  }
  const bool load = row.operands.front() == 'd';
  return load ? params.sram(gate.places[op.p].space).latency : 1;
}

Cycle depth_of(const ChipParams& params, const Instruction& gate, const Kernel& kernel) {
  std::array<Cycle, kRegisters> ready{};
  Cycle depth = 0;
  for (const MicroOp& op : kernel.ops) {
    const MicroOpInfo& row = info(op.opcode);
    const auto names = [&](char operand) { return row.operands.find(operand) != std::string_view::npos; };
    Cycle at = 0;
    if (names('a')) at = std::max(at, ready[op.a]);
    if (names('b')) at = std::max(at, ready[op.b]);
    at += latency_of(params, gate, op, row);
    if (names('d')) ready[op.d] = at;
    depth = std::max(depth, at);
  }
  return depth;
}

}  // namespace

std::int64_t tile_bytes(const Instruction& mload) {
  return mload.fields[field::mload::rows] * (mload.fields[field::mload::cols] * mload.fields[field::mload::bits] / 8);
}

Cycle mload_window(const ChipParams& params, const Instruction& mload) {
  return std::max(ceil_div(mload.fields[field::mload::rows], params.weights.rows_per_cycle),
                  ceil_div(tile_bytes(mload), params.weight_sram.bytes_per_cycle));
}

MmulPace mmul_pace(const ChipParams& params, const Instruction& mmul, std::int64_t weight_bits) {
  const auto& f = mmul.fields;
  const std::int64_t width = params.matrix.operand_bits;
  const std::int64_t passes = ceil_div(weight_bits, width) * ceil_div(f[field::mmul::bits], width);
  const std::int64_t vectors = f[field::mmul::vectors], rows = f[field::mmul::rows];
  const auto feed = [&](std::int64_t elements) {
    return std::max(passes, ceil_div(elements * f[field::mmul::bits] / 8, params.activation_sram.bytes_per_cycle));
  };
  const bool memory = reads_sums(mmul) || writes_sums(mmul);
  const Cycle sums = memory ? ceil_div(4 * f[field::mmul::cols], params.accumulators.bytes_per_cycle) : 1;
  if (params.machine.dataflow == Dataflow::weight_stationary) {
    const Cycle rate = std::max(feed(rows), sums);
    return {vectors * rate, rate, rate};
  }
  const Cycle fed = rows * feed(vectors);
  return {fed + (f[field::mmul::hold] ? 0 : vectors * sums), fed + sums, sums};
}

Cycle mmul_drain(const ChipParams& params) {
  return params.activation_sram.latency + params.machine.rows + params.machine.cols - 1 +
         params.matrix.accumulate_latency;
}

KernelPace kernel_pace(const ChipParams& params, const Instruction& gate, const Kernel& kernel) {
  return {interval_of(params, gate, kernel), depth_of(params, gate, kernel)};
}

std::int64_t gate_chunks(const ChipParams& params, const Instruction& gate) {
  return gate.fields[field::gate::rows] * ceil_div(gate.fields[field::gate::elements], params.gate.lanes);
}

DmaPace dma_pace(const ChipParams& params, const Instruction& in) {
  const auto& f = in.fields;
  const auto cycles = [&](std::int64_t bytes, Space space) {
    return ceil_div(bytes, params.sram(space).bytes_per_cycle);
  };
  switch (in.opcode) {
    case Opcode::load:
      return {params.load.setup_cycles, cycles(f[field::load::rows] * f[field::load::bytes], in.places[1].space)};
    case Opcode::gather:
      return {params.load.setup_cycles + cycles(4 * f[field::gather::rows], Space::activation),
              cycles(f[field::gather::rows] * f[field::gather::bytes], in.places[1].space)};
    case Opcode::store:
      return {params.store.setup_cycles + cycles(f[field::store::rows] * f[field::store::bytes], in.places[0].space),
              1};
    default: return {1, 1};
  }
}

// Over the chunks k of a row, the largest of (last column that the chunk reads) - k x interval: it grows or falls
// evenly up to the last but one chunk, so that the extremes are there.
GatePops gate_pops(const ChipParams& params, const Instruction& gate, const Kernel& kernel) {
  const Cycle interval = kernel_pace(params, gate, kernel).interval;
  const std::int64_t lanes = params.gate.lanes, elements = gate.fields[field::gate::elements];
  const std::int64_t chunks = ceil_div(elements, lanes);
  GatePops pops;
  pops.rows = gate.fields[field::gate::rows];
  pops.row_cycles = chunks * interval;
  for (const MicroOp& op : kernel.ops) {
    if (op.opcode != MicroOpcode::pop) continue;
    const bool first = !(pops.arrays >> op.p & 1);
    pops.arrays |= static_cast<std::uint8_t>(1 << op.p);
    for (const std::int64_t k : {std::int64_t{0}, std::max<std::int64_t>(0, chunks - 2), chunks - 1}) {
      const Cycle lag = op.i + op.j * (std::min((k + 1) * lanes, elements) - 1) - k * interval;
      pops.lag[op.p] = first && k == 0 ? lag : std::max(pops.lag[op.p], lag);
    }
  }
  return pops;
}

}  // namespace rondo

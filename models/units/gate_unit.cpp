#include "models/units/gate_unit.hpp"

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

Cycle latency_of(const ChipParams& params, const Instruction& gate, const MicroOp& op,
                 const MicroOpInfo& row) {
  const GateParams& g = params.gate;
  switch (row.functional_unit) {
    case FunctionalUnit::adder:
      return g.add_latency;
    case FunctionalUnit::multiplier:
      return g.multiply_latency;
    case FunctionalUnit::table:
      return g.table_latency;
    case FunctionalUnit::divider:
      return g.divide_cycles;
    case FunctionalUnit::reducer:
      return g.reduce_latency;
    case FunctionalUnit::stream:
      return 1;
    case FunctionalUnit::memory:
      break;
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

KernelPace kernel_pace(const ChipParams& params, const Instruction& gate, const Kernel& kernel) {
  return {interval_of(params, gate, kernel), depth_of(params, gate, kernel)};
}

std::int64_t gate_chunks(const ChipParams& params, const Instruction& gate) {
  return gate.fields[field::gate::rows] * ceil_div(gate.fields[field::gate::elements], params.gate.lanes);
}

GateUnit::GateUnit(const sc_core::sc_module_name& name, const Wires& wires, const Streams& streams)
    : PipelinedUnit(name, Unit::gate, wires, wires.params.gate.queue_depth, false, 0),
      streams_(streams),
      times_(wires.program.code.size()),
      pops_(wires.program.code.size()),
      lane_(stats, "lane", wires.params.gate.lanes, "one lane") {
  for_each_own([this](std::size_t code, const Instruction& in) {
    const Kernel& kernel = wires_.program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])];
    const KernelPace pace = kernel_pace(wires_.params, in, kernel);
    times_[code] = {gate_chunks(wires_.params, in) * pace.interval, pace.depth};
    pops_[code] = pops_of(in, kernel, pace.interval);
  });
}

// Over the chunks k of a row, the largest of (last column that the chunk reads) - k x interval: it grows or falls evenly up to
// the last but one chunk, so that the extremes are there.
GateUnit::Pops GateUnit::pops_of(const Instruction& gate, const Kernel& kernel, Cycle interval) const {
  const std::int64_t lanes = wires_.params.gate.lanes, elements = gate.fields[field::gate::elements];
  const std::int64_t chunks = ceil_div(elements, lanes);
  Pops pops;
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

bool GateUnit::streams_ready(Cycle now, std::int32_t code) {
  const Pops& pops = pops_[static_cast<std::size_t>(code)];
  for (int a = 0; pops.arrays >> a != 0; ++a) {
    if (!(pops.arrays >> a & 1)) continue;
    const Stream::Sums* sums = streams_[static_cast<std::size_t>(a)]->head(now);
    if (sums == nullptr) return false;
    // The same for the rows: the first or the last is the most urgent.
    const Cycle slower = std::max<Cycle>(0, (pops.rows - 1) * (sums->step - pops.row_cycles));
    const Cycle ready = sums->first + slower + pops.lag[static_cast<std::size_t>(a)];
    if (ready <= now) continue;
    wires_.wakes.call(static_cast<int>(Unit::gate), ready);
    return false;
  }
  return true;
}

bool GateUnit::able(Cycle now, const Work& work, Cause& cause) {
  cause = Cause::stream;
  if (!streams_ready(now, work.code)) return false;
  cause = Cause::bank;
  return wires_.ports.free(now, Client::gate, work.ports);
}

PipelinedUnit::Times GateUnit::start(Cycle now, const Work& work) {
  const Times& times = times_[static_cast<std::size_t>(work.code)];
  for (std::uint32_t kinds = work.ports.kinds; kinds != 0; kinds &= kinds - 1) {
    const int kind = __builtin_ctz(kinds);
    const Cycle drain = is_write_kind(kind) ? times.drain : 0;
    wires_.ports.hold(Client::gate, kind, work.ports.banks[kind], now + times.window + drain);
  }
  for_each_bit(pops_[static_cast<std::size_t>(work.code)].arrays, [&](int a) { streams_[static_cast<std::size_t>(a)]->pop(); });
  return times;
}

void GateUnit::window_ended(Cycle now, std::int32_t code) {
  const Pops& pops = pops_[static_cast<std::size_t>(code)];
  for_each_bit(pops.arrays, [&](int a) { streams_[static_cast<std::size_t>(a)]->free(now, pops.rows); });
}

Action& GateUnit::action_of(MicroOpcode opcode) {
  if (opcode == MicroOpcode::scale || opcode == MicroOpcode::scalei) return requantise_;
  switch (info(opcode).functional_unit) {
    case FunctionalUnit::multiplier:
      return multiply_;
    case FunctionalUnit::table:
      return table_;
    case FunctionalUnit::divider:
      return divide_;
    case FunctionalUnit::memory:
    case FunctionalUnit::stream:
      return move_;
    case FunctionalUnit::adder:
    case FunctionalUnit::reducer:
      break;
  }
  return add_;
}

void GateUnit::settle() {
  for_each_executed([this](std::size_t, const Instruction& in, std::int64_t times) {
    if (in.opcode == Opcode::gate) settle_kernel(in, times);
  });
}

void GateUnit::settle_kernel(const Instruction& in, std::int64_t times) {
  const Kernel& kernel = wires_.program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])];
  const std::int64_t rows = in.fields[field::gate::rows];
  const std::int64_t elements = rows * in.fields[field::gate::elements];
  for (const MicroOp& op : kernel.ops) {
    const FunctionalUnit used = info(op.opcode).functional_unit;
    const bool once_per_row = (used == FunctionalUnit::memory || used == FunctionalUnit::stream) && op.j == 0;
    action_of(op.opcode) += times * (once_per_row ? rows : elements);
  }
  const KernelSummary summary = summarise(kernel);
  for (int p = 0; p < kMaxPlaces; ++p) {
    const KernelOperand& operand = summary.operands[p];
    const Space space = in.places[p].space;
    if (operand.read) {
      *traffic_[port_kind(space, false)] +=
          times * (elements * operand.read_bytes + rows * operand.row_read_bytes);
    }
    if (operand.written) {
      *traffic_[port_kind(space, true)] +=
          times * (elements * operand.written_bytes + rows * operand.row_written_bytes);
    }
  }
}

}  // namespace rondo

#include "models/units/gate_unit.hpp"

namespace rondo {
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
    pops_[code] = gate_pops(wires_.params, in, kernel);
  });
}

bool GateUnit::streams_ready(Cycle now, std::int32_t code) {
  const GatePops& pops = pops_[static_cast<std::size_t>(code)];
  for (int a = 0; pops.arrays >> a != 0; ++a) {
    if (!(pops.arrays >> a & 1)) continue;
    const Stream::Sums* sums = streams_[static_cast<std::size_t>(a)]->head(now);
    if (sums == nullptr) return false;
    const Cycle ready = pops.ready(a, sums->first, sums->step);
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
  for_each_bit(pops_[static_cast<std::size_t>(work.code)].arrays,
               [&](int a) { streams_[static_cast<std::size_t>(a)]->pop(); });
  return times;
}

void GateUnit::window_ended(Cycle now, std::int32_t code) {
  const GatePops& pops = pops_[static_cast<std::size_t>(code)];
  for_each_bit(pops.arrays, [&](int a) { streams_[static_cast<std::size_t>(a)]->free(now, pops.rows); });
}

Action& GateUnit::action_of(MicroOpcode opcode) {
  if (opcode == MicroOpcode::scale || opcode == MicroOpcode::scalei) return requantise_;
  switch (info(opcode).functional_unit) {
    case FunctionalUnit::multiplier: return multiply_;
    case FunctionalUnit::table: return table_;
    case FunctionalUnit::divider: return divide_;
    case FunctionalUnit::memory:
    case FunctionalUnit::stream: return move_;
    case FunctionalUnit::adder:
    case FunctionalUnit::reducer: break;
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
      *traffic_[port_kind(space, false)] += times * (elements * operand.read_bytes + rows * operand.row_read_bytes);
    }
    if (operand.written) {
      *traffic_[port_kind(space, true)] +=
          times * (elements * operand.written_bytes + rows * operand.row_written_bytes);
    }
  }
}

}  // namespace rondo

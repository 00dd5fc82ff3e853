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

/// The timing contract once more, as recurrences instead of clocked units: in program order, every start is
/// the latest of what it waits for. Written from models/README.md alone. It holds for programs in which no
/// port is ever scarce, each semaphore is posted by `signal` only or by `release` only, and only one of the
/// DMA units moves data.
class ContractModel {
 public:
  struct Ran {
    int code;
    Cycle start, end;
  };

  ContractModel(const ChipParams& chip, const Program& program) : chip_(chip), program_(program) {
    for (const Semaphore& s : program.semaphores) {
      posts_.emplace_back(static_cast<std::size_t>(s.initial), -1);
      waits_.push_back(0);
    }
    dispatch_all();
  }

  std::array<std::vector<Ran>, kUnits> ran;
  Cycle total = 0;

 private:
  static std::int64_t up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

  // Section 2: slots in order, loop and end among them.
  void dispatch_all() {
    struct Loop {
      std::size_t at;
      std::int64_t left;
    };
    std::vector<Loop> loops;
    for (std::size_t at = 0;; ++at) {
      const Instruction& in = program_.code[at];
      if (in.opcode == Opcode::loop) {
        take_slot(0);
        loops.push_back({at, in.fields[0] - 1});
      } else if (in.opcode == Opcode::end) {
        take_slot(0);
        if (loops.back().left-- > 0)
          at = loops.back().at;
        else
          loops.pop_back();
      } else if (in.opcode == Opcode::halt) {
        total = std::max(total, take_slot(0) + 1);
        return;
      } else {
        const auto& earlier = ran[static_cast<std::size_t>(in.unit)];
        const auto depth = static_cast<std::size_t>(queue_depth(in.unit));
        const Cycle room = earlier.size() >= depth ? earlier[earlier.size() - depth].start + 1 : 0;
        execute(static_cast<int>(at), in, take_slot(room) + 1);
      }
    }
  }

  Cycle take_slot(Cycle not_before) {
    if (not_before > slot_cycle_) slot_cycle_ = not_before, slots_ = 0;
    if (slots_ == chip_.sequencer.dispatch_width) ++slot_cycle_, slots_ = 0;
    ++slots_;
    return slot_cycle_;
  }

  std::int64_t queue_depth(Unit unit) const {
    switch (kind_of(unit)) {
      case Unit::weights: return chip_.weights.queue_depth;
      case Unit::matrix: return chip_.matrix.queue_depth;
      case Unit::gate: return chip_.gate.queue_depth;
      case Unit::load: return chip_.load.queue_depth;
      default: return chip_.store.queue_depth;
    }
  }

  // Section 1: the n-th taker needs the n-th post, one cycle later.
  Cycle semaphores(const Instruction& in, Cycle start) {
    for (std::size_t s = 0; s < waits_.size(); ++s) {
      if (in.wait >> s & 1) start = std::max(start, posts_[s].at(static_cast<std::size_t>(waits_[s]++)) + 1);
    }
    return start;
  }
  void post(std::uint64_t mask, Cycle at) {
    for (std::size_t s = 0; s < posts_.size(); ++s) {
      if (mask >> s & 1) posts_[s].push_back(at);
    }
  }

  void execute(int code, const Instruction& in, Cycle seen) {
    const Cycle start = semaphores(in, seen);
    if (in.unit == Unit::load || in.unit == Unit::store)
      dma(code, in, start);
    else
      pipelined(code, in, start);
  }

  // Section 4.
  void pipelined(int code, const Instruction& in, Cycle start) {
    const auto u = static_cast<std::size_t>(in.unit);
    Array& array = arrays_[static_cast<std::size_t>(array_of(in.unit))];
    start = std::max(start, next_start_[u]);
    if (in.opcode == Opcode::mload) start = std::max(start, tile_place(array));
    if (in.opcode == Opcode::mmul)
      start = std::max({start, array.tiles.at(array.freed.size()).usable, stream_room(array, in)});
    const auto [window, drain] = window_and_drain(in);
    if (in.opcode == Opcode::gate) start = popping(in, start, window);
    if (in.opcode == Opcode::mload) array.tiles.push_back({start + window + drain, in.fields[field::mload::bits]});
    if (in.opcode == Opcode::mmul && in.fields[field::mmul::stream]) {
      array.sums.push_back({start, in.fields[field::mmul::vectors], mmul_times(chip_, in, oldest_bits(array)).leaves});
    }
    if (in.opcode == Opcode::mmul && !in.fields[field::mmul::keep]) array.freed.push_back(start + window);
    post(in.release, start + window);
    finish(code, in, start, start + window + drain);
    next_start_[u] = start + window + (in.unit == Unit::gate ? drain : 0);
  }

  struct Tile {
    Cycle usable;
    std::int64_t bits;
  };
  /// What one array holds, from the beginning of the program on.
  struct Array {
    struct Sums {
      Cycle start;
      std::int64_t vectors;
      std::vector<Cycle> leaves;
    };
    std::vector<Tile> tiles;   ///< in order of their loads
    std::vector<Cycle> freed;  ///< tiles
    std::vector<Sums> sums;    ///< streamed
    std::vector<Cycle> given;  ///< when the room of each sums was given back
  };

  std::int64_t oldest_bits(const Array& array) const { return array.tiles.at(array.freed.size()).bits; }

  // Section 1: a place given back can be taken one cycle later.
  Cycle tile_place(const Array& array) const {
    const auto places = static_cast<std::size_t>(chip_.machine.tile_fifo);
    return array.tiles.size() < places ? 0 : array.freed.at(array.tiles.size() - places) + 1;
  }
  Cycle stream_room(const Array& array, const Instruction& mmul) const {
    if (!mmul.fields[field::mmul::stream]) return 0;
    std::int64_t rows = mmul.fields[field::mmul::vectors];
    for (const auto& sums : array.sums) rows += sums.vectors;
    std::size_t given = 0;
    for (; rows > chip_.machine.stream_rows; ++given) rows -= array.sums[given].vectors;
    return given == 0 ? 0 : array.given.at(given - 1) + 1;
  }

  // The first cycle from which no word that the gate instruction pops comes too late, word by word.
  Cycle popping(const Instruction& in, Cycle start, Cycle window) {
    std::array<bool, kMaxArrays> popped{};
    const std::int64_t elements = in.fields[field::gate::elements], rows = in.fields[field::gate::rows];
    const std::int64_t interval = window / (rows * up(elements, chip_.gate.lanes));
    for (const MicroOp& op : program_.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])].ops) {
      if (op.opcode != MicroOpcode::pop) continue;
      popped[op.p] = true;
      const Array& array = arrays_[op.p];
      const auto& sums = array.sums.at(array.given.size());
      start = std::max(start, sums.start + 1);
      for (std::int64_t word = 0; word < rows * elements; ++word) {
        const std::int64_t row = word / elements, element = word % elements, column = op.i + op.j * element;
        const Cycle seen = sums.start + sums.leaves.at(static_cast<std::size_t>(row)) + chip_.activation_sram.latency +
                           chip_.machine.rows + column + chip_.matrix.accumulate_latency;
        const std::int64_t chunk = row * up(elements, chip_.gate.lanes) + element / chip_.gate.lanes;
        start = std::max(start, seen - chunk * interval);
      }
    }
    for (std::size_t a = 0; a < popped.size(); ++a) {
      if (popped[a]) arrays_[a].given.push_back(start + window);
    }
    return start;
  }

  std::pair<Cycle, Cycle> window_and_drain(const Instruction& in) const {
    const auto& f = in.fields;
    const Cycle mmul_drain = mmul_drain_of(chip_);
    switch (in.opcode) {
      case Opcode::mload:
        return {std::max(up(f[field::mload::rows], chip_.weights.rows_per_cycle),
                         up(f[field::mload::rows] * f[field::mload::cols] * f[field::mload::bits] / 8,
                            chip_.weight_sram.bytes_per_cycle)),
                chip_.weight_sram.latency};
      case Opcode::mmul:
        return {mmul_times(chip_, in, oldest_bits(arrays_[static_cast<std::size_t>(array_of(in.unit))])).window,
                mmul_drain};
      case Opcode::gate: return gate_times(chip_, program_, in);
      default:
        return {1, kind_of(in.unit) == Unit::weights  ? chip_.weight_sram.latency
                   : kind_of(in.unit) == Unit::matrix ? mmul_drain
                                                      : 0};
    }
  }

  // Section 6 and 7.
  void dma(int code, const Instruction& in, Cycle start) {
    const auto u = static_cast<std::size_t>(in.unit);
    const DmaParams& p = in.unit == Unit::load ? chip_.load : chip_.store;
    const auto& earlier = ran[u];
    const auto places = static_cast<std::size_t>(p.outstanding);
    start = std::max(start, front_free_[u]);
    if (earlier.size() >= places) start = std::max(start, earlier[earlier.size() - places].end);
    if (in.opcode == Opcode::gather && !earlier.empty()) start = std::max(start, earlier.back().end);
    const auto& f = in.fields;
    const bool sync = in.opcode == Opcode::sync;
    const std::int64_t rows = f[0], bytes = f[1];
    const auto [front, back] = dma_stages(chip_, in);
    front_free_[u] = start + front;
    Cycle ready = start + front;
    if (!sync) {
      const Cycle begin = std::max(start + front + 1 + chip_.dram.latency, bus_free_);
      bus_free_ =
          begin + up(rows * up(bytes, chip_.dram.burst_bytes) * chip_.dram.burst_bytes, chip_.dram.bytes_per_cycle);
      ready = bus_free_ + 1;
    }
    const Cycle end = std::max(ready, back_free_[u]) + back;
    back_free_[u] = end;
    post(in.release, in.unit == Unit::store ? start + front : end);
    finish(code, in, start, end);
  }

  void finish(int code, const Instruction& in, Cycle start, Cycle end) {
    post(in.signal, end);
    ran[static_cast<std::size_t>(in.unit)].push_back({code, start, end});
    total = std::max(total, end);
  }

  const ChipParams& chip_;
  const Program& program_;
  Cycle slot_cycle_ = 0;
  std::int64_t slots_ = 0;
  std::vector<std::vector<Cycle>> posts_;  ///< of each semaphore, in order; -1 for the initial ones
  std::vector<std::int64_t> waits_;
  std::array<Cycle, kUnits> next_start_{}, front_free_{}, back_free_{};
  std::array<Array, kMaxArrays> arrays_;
  Cycle bus_free_ = 0;
};

}  // namespace rondo::testing

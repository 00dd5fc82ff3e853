#pragma once

#include <memory>

#include "tests/support/contract_memory.hpp"
#include "tests/support/contract_times.hpp"

namespace rondo::testing {

/// The timing contract once more, as recurrences instead of clocked units: in program order, every start is
/// the latest of what it waits for. Written from models/README.md alone. It holds for programs in which no
/// port is ever scarce and each semaphore is posted by `signal` only or by `release` only.
class ContractRecurrences {
 public:
  struct Ran {
    int code;
    Cycle start, end;
  };

  /// A time that is not known yet, and what comes after it, lies beyond this.
  static constexpr Cycle kLater = Cycle{1} << 59;

  /// `replies`: when the memory gives its reply to each request, in program order, as far as that is known.
  ContractRecurrences(const ChipParams& chip, const Program& program, const std::vector<Cycle>& replies)
      : chip_(chip), program_(program), replies_(replies) {
    for (const Semaphore& s : program.semaphores) {
      posts_.emplace_back(static_cast<std::size_t>(s.initial), -1);
      waits_.push_back(0);
    }
    dispatch_all();
  }

  std::array<std::vector<Ran>, kUnits> ran;
  std::vector<MemoryRequest> requests;  ///< in program order
  Cycle total = 0;

 private:
  static std::int64_t up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

  // Section 2: slots in order, loop and end among them.
  void dispatch_all() {
    for (std::size_t at = 0;; ++at) {
      const Instruction& in = program_.code[at];
      if (in.opcode == Opcode::loop) {
        take_slot(0);
        loops_.push_back({at, 0});
      } else if (in.opcode == Opcode::end) {
        take_slot(0);
        Loop& loop = loops_.back();
        if (++loop.iteration < program_.code[loop.at].fields[0])
          at = loop.at;
        else
          loops_.pop_back();
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
    const bool sync = in.opcode == Opcode::sync;
    const auto [front, back] = dma_stages(chip_, in);
    front_free_[u] = start + front;
    Cycle ready = start + front;
    if (!sync) {
      const std::size_t number = requests.size();
      requests.push_back({number, in.unit, start + front + 1, transfer_of(in)});
      ready = number < replies_.size() && replies_[number] >= 0 ? replies_[number] + 1 : 2 * kLater;
    }
    const Cycle end = std::max(ready, back_free_[u]) + back;
    back_free_[u] = end;
    post(in.release, in.unit == Unit::store ? start + front : end);
    finish(code, in, start, end);
  }

  // The rows in DRAM: a base, and a stride for every loop around.
  dram::Transfer transfer_of(const Instruction& in) const {
    const auto& f = in.fields;
    dram::Transfer t;
    const Place& place = in.places[in.opcode == Opcode::store ? 1 : 0];
    t.direction = in.opcode == Opcode::store ? dram::Direction::write : dram::Direction::read;
    t.rows = f[0], t.bytes = f[1];
    t.address = place.base;
    for (std::size_t d = 0; d < loops_.size(); ++d) t.address += place.stride[d] * loops_[d].iteration;
    if (in.opcode == Opcode::load) t.stride = f[field::load::src_stride];
    if (in.opcode == Opcode::store) t.stride = f[field::store::dst_stride];
    if (in.opcode == Opcode::gather) t.table_rows = f[field::gather::table_rows];
    return t;
  }

  void finish(int code, const Instruction& in, Cycle start, Cycle end) {
    post(in.signal, end);
    ran[static_cast<std::size_t>(in.unit)].push_back({code, start, end});
    total = std::max(total, end);
  }

  const ChipParams& chip_;
  const Program& program_;
  const std::vector<Cycle>& replies_;
  struct Loop {
    std::size_t at;
    std::int64_t iteration;
  };
  std::vector<Loop> loops_;
  Cycle slot_cycle_ = 0;
  std::int64_t slots_ = 0;
  std::vector<std::vector<Cycle>> posts_;  ///< of each semaphore, in order; -1 for the initial ones
  std::vector<std::int64_t> waits_;
  std::array<Cycle, kUnits> next_start_{}, front_free_{}, back_free_{};
  std::array<Array, kMaxArrays> arrays_;
};

/// The recurrences with a memory. Each round the next reply becomes known; what depends on it comes later than it, so
/// that the memory has heard by then of every request that it must know of.
class ContractModel {
 public:
  ContractModel(const ChipParams& chip, const Program& program) {
    if (chip.dram.device) {
      auto own = std::make_unique<ContractDevice>(chip);
      device = own.get(), memory_ = std::move(own);
    } else {
      memory_ = std::make_unique<ContractIdealMemory>(chip.dram);
    }
    for (std::size_t answered = 0;; ++answered) {
      const ContractRecurrences round(chip, program, replies_);
      ask(round.requests);
      if (answered == round.requests.size()) {
        ran = round.ran, total = round.total;
        return;
      }
      const MemoryReply reply = memory_->answer();
      replies_[reply.number] = reply.given;
    }
  }

  std::array<std::vector<ContractRecurrences::Ran>, kUnits> ran;
  Cycle total = 0;
  ContractDevice* device = nullptr;  ///< null: the ideal memory

 private:
  void ask(const std::vector<MemoryRequest>& requests) {
    replies_.resize(requests.size(), -1);
    asked_.resize(requests.size());
    for (const MemoryRequest& request : requests) {
      if (asked_[request.number] || request.seen > ContractRecurrences::kLater) continue;
      asked_[request.number] = true;
      memory_->ask(request);
    }
  }

  std::unique_ptr<ContractMemory> memory_;
  std::vector<Cycle> replies_;
  std::vector<char> asked_;
};

}  // namespace rondo::testing

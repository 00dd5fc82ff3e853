#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include "models/isa/check_parts.hpp"
#include "models/units/chip.hpp"

/// Random chips and random programs that end: whatever an instruction waits for, earlier instructions have
/// posted, and every loop leaves semaphores no lower and the tile FIFO as it found them. They may well have
/// data races: timing does not care.
namespace rondo::testing {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t number(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(int percent) { return number(1, 100) <= percent; }
  template <class T>
  T one_of(std::initializer_list<T> list) {
    return *(list.begin() + number(0, static_cast<std::int64_t>(list.size()) - 1));
  }

 private:
  std::mt19937_64 engine_;
};

inline ChipParams random_chip(Dice& dice) {
  ChipParams c;
  c.clock_mhz = dice.one_of<std::int64_t>({100, 333, 1000, 1700});
  Machine& m = c.machine;
  m.rows = dice.number(1, 12), m.cols = dice.number(1, 12), m.arrays = 1, m.tile_fifo = dice.number(1, 4),
  m.table_entries = 64;
  const auto memory = [&](std::int64_t& bytes, std::int64_t& banks) {
    banks = dice.one_of<std::int64_t>({1, 1, 2, 3, 4, 8});
    bytes = banks * 16 * dice.number(24, 64);
  };
  memory(m.weight_bytes, m.weight_banks);
  memory(m.activation_bytes, m.activation_banks);
  memory(m.parameter_bytes, m.parameter_banks);
  memory(m.accumulator_bytes, m.accumulator_banks);
  m.dram_bytes = 1 << 16, m.semaphores = 12, m.loop_depth = 4;
  c.sequencer = {dice.one_of<std::int64_t>({1, 1, 2, 4})};
  c.weights = {dice.number(1, 5), dice.number(1, 4)};
  c.matrix = {dice.number(1, 5), dice.one_of<std::int64_t>({8, 16}), dice.number(1, 4)};
  c.gate.queue_depth = dice.number(1, 5), c.gate.lanes = dice.number(1, 9);
  c.gate.adders = dice.number(1, 3), c.gate.multipliers = dice.number(1, 3),
  c.gate.tables = dice.number(1, 2);
  c.gate.add_latency = dice.number(1, 3), c.gate.multiply_latency = dice.number(1, 6);
  c.gate.table_latency = dice.number(1, 8), c.gate.divide_cycles = dice.number(1, 12);
  c.gate.reduce_latency = dice.number(1, 6);
  c.load = {dice.number(1, 4), dice.number(1, 5), dice.number(1, 9)};
  c.store = {dice.number(1, 4), dice.number(1, 5), dice.number(1, 9)};
  for (SramParams* s : {&c.weight_sram, &c.activation_sram, &c.parameter_sram, &c.accumulators}) {
    *s = {dice.one_of<std::int64_t>({1, 3, 4, 8, 16}), dice.number(1, 4), dice.number(1, 2),
          dice.number(1, 2)};
  }
  c.dram = {"lpddr4", dice.number(1, 60), dice.one_of<std::int64_t>({1, 2, 5, 8, 32}),
            dice.one_of<std::int64_t>({1, 8, 32, 64})};
  return c;
}

/// What a random program may do.
struct Freedom {
  bool loads = true;
  bool stores = true;
  bool mixed_posts = true;  ///< a semaphore may be posted by signal and by release; else by one of them only
};

class RandomProgram {
 public:
  RandomProgram(const Machine& machine, Dice& dice, Freedom freedom = {}) : dice_(dice), freedom_(freedom) {
    program_.name = "random";
    program_.machine = machine;
    const int semaphores = static_cast<int>(dice_.number(2, machine.semaphores));
    for (int s = 0; s < semaphores; ++s) {
      const int from = static_cast<int>(dice_.number(0, 4));
      const int to = static_cast<int>((from + dice_.number(1, 4)) % 5);
      program_.semaphores.push_back({static_cast<Unit>(from), static_cast<Unit>(to), dice_.number(0, 2)});
      count_.push_back(program_.semaphores.back().initial);
    }
    const std::int64_t kernels = dice_.number(1, 4);
    for (std::int64_t k = 0; k < kernels; ++k) program_.kernels.push_back(random_kernel());
  }

  Program make(int length) {
    block(length, 3);
    drain_tiles(0);
    Instruction halt;
    program_.code.push_back(halt);
    return program_;
  }

 private:
  struct Tile {
    std::int64_t rows, cols;
  };

  // `length` instructions, some of them loops while there is depth left.
  void block(int length, int depth) {
    for (int i = 0; i < length; ++i) {
      if (depth > 0 && dice_.chance(12))
        loop(depth);
      else
        instruction();
    }
  }

  // What is spent inside is posted again at the end of the body, and its tiles are used up: so every
  // iteration finds at least what the first one found.
  void loop(int depth) {
    Instruction in;
    in.opcode = Opcode::loop;
    in.fields[field::loop::count] = dice_.number(1, 4);
    counts_.push_back(in.fields[field::loop::count]);
    program_.code.push_back(in);
    const std::vector<std::int64_t> before = count_;
    std::deque<Tile> outer;
    outer.swap(tiles_);
    const bool usable_outside = outer.empty();
    tiles_allowed_.push_back(usable_outside);
    block(static_cast<int>(dice_.number(1, 6)), depth - 1);
    if (usable_outside) drain_tiles(0);
    tiles_allowed_.pop_back();
    outer.swap(tiles_);
    for (std::size_t s = 0; s < count_.size(); ++s) {
      while (count_[s] < before[s]) sync(program_.semaphores[s].from, std::uint64_t{1} << s);
    }
    if (program_.code.back().opcode == Opcode::loop) instruction_sync();
    for (std::size_t s = 0; s < count_.size(); ++s) count_[s] = before[s];
    Instruction end;
    end.opcode = Opcode::end;
    program_.code.push_back(end);
    counts_.pop_back();
  }

  void instruction() {
    switch (dice_.number(0, 9)) {
      case 0:
      case 1:
        return mload();
      case 2:
      case 3:
      case 4:
        return mmul();
      case 5:
      case 6:
        return gate();
      case 7:
        return !freedom_.loads ? instruction_sync() : dice_.chance(25) ? gather() : load();
      case 8:
        return !freedom_.stores ? instruction_sync() : store();
      default:
        return instruction_sync();
    }
  }

  void instruction_sync() {
    Instruction in = start(Opcode::sync, static_cast<Unit>(dice_.number(0, 4)));
    finish(in);
  }

  void sync(Unit unit, std::uint64_t signal) {
    Instruction in = start(Opcode::sync, unit);
    for (std::size_t s = 0; s < count_.size(); ++s) {
      if (signal >> s & 1)
        (freedom_.mixed_posts || s % 2 == 0 ? in.signal : in.release) |= std::uint64_t{1} << s;
    }
    post(signal);
    program_.code.push_back(in);
  }

  // Tiles of an enclosing block are out of reach inside a loop: using one per iteration would run out of
  // them.
  bool tiles_allowed() const {
    return std::all_of(tiles_allowed_.begin(), tiles_allowed_.end(), [](bool b) { return b; });
  }

  void mload() {
    if (!tiles_allowed() || static_cast<std::int64_t>(tiles_.size()) >= program_.machine.tile_fifo)
      return mmul();
    const Machine& m = program_.machine;
    Instruction in = start(Opcode::mload, Unit::weights);
    const std::int64_t bits = dice_.one_of<std::int64_t>({8, 16});
    const Tile tile{dice_.number(1, m.rows), dice_.number(1, m.cols)};
    in.fields[field::mload::rows] = tile.rows, in.fields[field::mload::cols] = tile.cols;
    in.fields[field::mload::bits] = bits;
    const std::int64_t row_bytes = tile.cols * bits / 8;
    in.fields[field::mload::stride] = row_bytes + dice_.number(0, 4);
    place(in, 0, Space::weight, tile.rows, row_bytes, in.fields[field::mload::stride]);
    tiles_.push_back(tile);
    finish(in);
  }

  void mmul() {
    if (tiles_.empty()) return gate();
    const Tile tile = tiles_.front();
    const bool keep = dice_.chance(30);
    if (!keep) tiles_.pop_front();
    mmul(tile, keep);
  }
  void mmul(const Tile& tile, bool keep) {
    Instruction in = start(Opcode::mmul, Unit::matrix);
    const std::int64_t bits = dice_.one_of<std::int64_t>({8, 16});
    const std::int64_t vectors = dice_.number(1, 5);
    auto& f = in.fields;
    f[field::mmul::vectors] = vectors, f[field::mmul::rows] = tile.rows, f[field::mmul::cols] = tile.cols;
    f[field::mmul::src_stride] = tile.rows * bits / 8, f[field::mmul::dst_stride] = 4 * tile.cols;
    f[field::mmul::bits] = bits, f[field::mmul::accumulate] = dice_.number(0, 1), f[field::mmul::keep] = keep;
    place(in, 0, Space::activation, vectors, tile.rows * bits / 8, f[field::mmul::src_stride]);
    place(in, 1, Space::accumulator, vectors, 4 * tile.cols, f[field::mmul::dst_stride]);
    finish(in);
  }
  void drain_tiles(std::size_t leave) {
    while (tiles_.size() > leave) {
      const Tile tile = tiles_.front();
      tiles_.pop_front();
      mmul(tile, false);
    }
  }

  void gate() {
    for (int attempt = 0; attempt < 10; ++attempt) {
      Instruction in = random_gate();
      if (is_sound(in)) return finish(in);
    }
    instruction_sync();
  }

  // Whether no element stores what another one loads.
  bool is_sound(const Instruction& in) const {
    Program alone;
    alone.machine = program_.machine, alone.kernels = program_.kernels, alone.code = {in};
    check_parts::List found;
    check_parts::check_overlaps(alone, found);
    return found.count() == 0;
  }

  Instruction random_gate() {
    Instruction in = start(Opcode::gate, Unit::gate);
    const std::int64_t kernel = dice_.number(0, static_cast<std::int64_t>(program_.kernels.size()) - 1);
    const std::int64_t elements = dice_.number(1, 24), rows = dice_.number(1, 3);
    in.fields[field::gate::kernel] = kernel, in.fields[field::gate::elements] = elements;
    in.fields[field::gate::rows] = rows;
    const KernelSummary summary = summarise(program_.kernels[static_cast<std::size_t>(kernel)]);
    for (int p = 0; p < kMaxPlaces; ++p) {
      const Space space = dice_.one_of(
          {Space::activation, Space::activation, Space::accumulator, Space::parameter, Space::weight});
      const std::int64_t stride = 4 * elements * dice_.number(0, 1);
      in.fields[field::gate::s0 + p] = stride;
      if (summary.operands[p].read || summary.operands[p].written)
        place(in, p, space, rows, 4 * elements + 8, stride);
    }
    return in;
  }

  void load() {
    Instruction in = start(Opcode::load, Unit::load);
    const std::int64_t rows = dice_.number(1, 4), bytes = dice_.number(1, 40);
    in.fields[field::load::rows] = rows, in.fields[field::load::bytes] = bytes;
    in.fields[field::load::src_stride] = bytes + dice_.number(0, 9);
    in.fields[field::load::dst_stride] = bytes;
    place(in, 0, Space::dram, rows, bytes, in.fields[field::load::src_stride]);
    place(in, 1, dice_.one_of({Space::weight, Space::activation, Space::parameter}), rows, bytes, bytes);
    finish(in);
  }
  void gather() {
    Instruction in = start(Opcode::gather, Unit::load);
    const std::int64_t rows = dice_.number(1, 6), bytes = dice_.number(1, 30);
    in.fields[field::gather::rows] = rows, in.fields[field::gather::bytes] = bytes;
    in.fields[field::gather::dst_stride] = bytes, in.fields[field::gather::table_rows] = 16;
    place(in, 0, Space::dram, 16, bytes, bytes);
    place(in, 1, dice_.one_of({Space::weight, Space::activation, Space::parameter}), rows, bytes, bytes);
    place(in, 2, Space::activation, 1, 4 * rows, 0);
    finish(in);
  }
  void store() {
    Instruction in = start(Opcode::store, Unit::store);
    const std::int64_t rows = dice_.number(1, 4), bytes = dice_.number(1, 40);
    in.fields[field::store::rows] = rows, in.fields[field::store::bytes] = bytes;
    in.fields[field::store::src_stride] = bytes;
    in.fields[field::store::dst_stride] = bytes + dice_.number(0, 9);
    place(in, 0, Space::activation, rows, bytes, bytes);
    place(in, 1, Space::dram, rows, bytes, in.fields[field::store::dst_stride]);
    finish(in);
  }

  static Instruction start(Opcode opcode, Unit unit) {
    Instruction in;
    in.opcode = opcode;
    in.unit = unit;
    return in;
  }

  // Random waits on what has been posted already, random posts.
  void finish(Instruction& in) {
    for (std::size_t s = 0; s < program_.semaphores.size(); ++s) {
      const std::uint64_t bit = std::uint64_t{1} << s;
      if (program_.semaphores[s].to == in.unit && count_[s] > 0 && dice_.chance(60)) {
        in.wait |= bit;
        --count_[s];
      }
    }
    for (std::size_t s = 0; s < program_.semaphores.size(); ++s) {
      const std::uint64_t bit = std::uint64_t{1} << s;
      if (program_.semaphores[s].from != in.unit) continue;
      if (dice_.chance(40) && (freedom_.mixed_posts || s % 2 == 0)) in.signal |= bit;
      if (dice_.chance(20) && (freedom_.mixed_posts || s % 2 == 1)) in.release |= bit;
    }
    post(in.signal);
    post(in.release);
    program_.code.push_back(in);
  }
  void post(std::uint64_t mask) {
    for (std::size_t s = 0; s < count_.size(); ++s) count_[s] += mask >> s & 1;
  }

  // A base and small strides such that every iteration of the loops around stays inside the memory.
  void place(Instruction& in, int p, Space space, std::int64_t rows, std::int64_t bytes,
             std::int64_t stride) {
    Place& place = in.places[static_cast<std::size_t>(p)];
    place.space = space;
    std::int64_t slack = program_.machine.capacity(space) - ((rows - 1) * stride + bytes);
    for (std::size_t d = 0; d < counts_.size(); ++d) {
      const std::int64_t most = counts_[d] > 1 ? std::max<std::int64_t>(slack, 0) / (counts_[d] - 1) : 0;
      place.stride[d] = dice_.chance(50) ? dice_.number(0, std::min<std::int64_t>(most, 200)) : 0;
      slack -= place.stride[d] * (counts_[d] - 1);
    }
    place.base = slack > 0 ? dice_.number(0, slack) : 0;
    if (counts_.empty() || !dice_.chance(30)) return;
    // The same way, backwards.
    for (std::size_t d = 0; d < counts_.size(); ++d) {
      place.base += place.stride[d] * (counts_[d] - 1);
      place.stride[d] = -place.stride[d];
    }
  }

  Kernel random_kernel() {
    Kernel kernel;
    std::vector<std::uint8_t> full;
    const auto op = [&](MicroOpcode opcode, int d, int a, int b, int p, std::int64_t i, std::int64_t j) {
      kernel.ops.push_back({opcode, static_cast<std::uint8_t>(d), static_cast<std::uint8_t>(a),
                            static_cast<std::uint8_t>(b), static_cast<std::uint8_t>(p), i, j});
    };
    const int loads = static_cast<int>(dice_.number(1, 4));
    for (int l = 0; l < loads; ++l) {
      op(dice_.one_of({MicroOpcode::ld8, MicroOpcode::ld16, MicroOpcode::ld32}), l, 0, 0,
         static_cast<int>(dice_.number(0, 4)), dice_.number(0, 1) * 4, dice_.number(0, 1));
      full.push_back(static_cast<std::uint8_t>(l));
    }
    const auto any = [&] {
      return full[static_cast<std::size_t>(dice_.number(0, static_cast<std::int64_t>(full.size()) - 1))];
    };
    const int steps = static_cast<int>(dice_.number(0, 10));
    for (int s = 0; s < steps; ++s) {
      const int d = loads + s;
      switch (dice_.number(0, 6)) {
        case 0:
          op(MicroOpcode::add, d, any(), any(), 0, 0, 0);
          break;
        case 1:
          op(MicroOpcode::mul, d, any(), any(), 0, 3, 0);
          break;
        case 2:
          op(MicroOpcode::scalei, d, any(), 0, 0, 7, 2);
          break;
        case 3:
          op(MicroOpcode::sigmoid, d, any(), 0, 0, 12, 0);
          break;
        case 4:
          op(MicroOpcode::tanh, d, any(), 0, 0, 12, 0);
          break;
        case 5:
          dice_.chance(30) ? op(MicroOpcode::div, d, any(), any(), 0, 3, 0)
                           : op(MicroOpcode::clip, d, any(), 0, 0, -9, 9);
          break;
        default:
          op(MicroOpcode::li, d, 0, 0, 0, 5, 0);
      }
      full.push_back(static_cast<std::uint8_t>(d));
    }
    op(dice_.one_of({MicroOpcode::st8, MicroOpcode::st16, MicroOpcode::st32}), 0, any(), 0,
       static_cast<int>(dice_.number(4, 6)), 0, 1);
    if (dice_.chance(25)) {
      op(MicroOpcode::rsum, 30, any(), 0, 0, 0, 0);
      op(MicroOpcode::st32, 0, 30, 0, 7, 0, 0);
    }
    return kernel;
  }

  Dice& dice_;
  const Freedom freedom_;
  Program program_;
  std::vector<std::int64_t> count_;   ///< of each semaphore, in program order
  std::vector<std::int64_t> counts_;  ///< iterations of the open loops
  std::deque<Tile> tiles_;            ///< in the array, in program order, pushed in this block
  std::vector<bool> tiles_allowed_;
};

}  // namespace rondo::testing

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "models/isa/check_parts.hpp"
#include "models/units/chip.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/random_kernels.hpp"

/// Random chips and random programs that end: whatever an instruction waits for, earlier instructions have
/// posted, and every loop leaves semaphores no lower and the arrays as it found them. They may well have
/// data races: timing does not care.
namespace rondo::testing {

inline ChipParams random_chip(Dice& dice) {
  ChipParams c;
  c.clock_mhz = dice.one_of<std::int64_t>({100, 333, 1000, 1700});
  Machine& m = c.machine;
  m.rows = dice.number(1, 12), m.cols = dice.number(1, 12), m.tile_fifo = dice.number(1, 4), m.table_entries = 64;
  m.arrays = dice.one_of<std::int64_t>({1, 1, 2, 3, 4});
  m.dataflow = dice.one_of({Dataflow::weight_stationary, Dataflow::output_stationary});
  m.stream_rows = dice.chance(50) ? dice.number(1, 12) : 0;
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
  c.gate.adders = dice.number(1, 3), c.gate.multipliers = dice.number(1, 3), c.gate.tables = dice.number(1, 2);
  c.gate.add_latency = dice.number(1, 3), c.gate.multiply_latency = dice.number(1, 6);
  c.gate.table_latency = dice.number(1, 8), c.gate.divide_cycles = dice.number(1, 12);
  c.gate.reduce_latency = dice.number(1, 6);
  c.load = {dice.number(1, 4), dice.number(1, 5), dice.number(1, 9)};
  c.store = {dice.number(1, 4), dice.number(1, 5), dice.number(1, 9)};
  for (SramParams* s : {&c.weight_sram, &c.activation_sram, &c.parameter_sram, &c.accumulators}) {
    *s = {dice.one_of<std::int64_t>({1, 3, 4, 8, 16}), dice.number(1, 4), dice.number(1, 2), dice.number(1, 2)};
  }
  c.dram.technology = "lpddr4", c.dram.latency = dice.number(1, 60);
  c.dram.bytes_per_cycle = dice.one_of<std::int64_t>({1, 2, 5, 8, 32});
  c.dram.burst_bytes = dice.one_of<std::int64_t>({1, 8, 32, 64});
  return c;
}

/// What a random program may do.
struct Freedom {
  bool loads = true;
  bool stores = true;
  bool mixed_posts = true;  ///< a semaphore may be posted by signal and by release; else by one of them only
  int nested = 0;           ///< loops inside each other that the program begins with, at most machine.loop_depth
};

class RandomProgram {
 public:
  RandomProgram(const Machine& machine, Dice& dice, Freedom freedom = {})
      : dice_(dice), freedom_(freedom), to_nest_(freedom.nested), arrays_(static_cast<std::size_t>(machine.arrays)) {
    program_.name = "random";
    program_.machine = machine;
    const int semaphores = static_cast<int>(dice_.number(2, machine.semaphores));
    for (int s = 0; s < semaphores; ++s) {
      const Unit from = random_unit();
      Unit to = random_unit();
      while (to == from) to = random_unit();
      program_.semaphores.push_back({from, to, dice_.number(0, 2)});
      count_.push_back(program_.semaphores.back().initial);
    }
    for (std::int64_t k = dice_.number(1, 4); k > 0; --k) add_kernel({}, true);
    for (int a = 0; machine.stream_rows > 0 && a < machine.arrays; ++a) {
      add_kernel({a}, true);
      add_kernel({a}, false);
      if (a > 0) add_kernel({static_cast<int>(dice_.number(0, a - 1)), a}, dice_.chance(50));
    }
  }

  Program make(int length) {
    block(length, std::max(3, freedom_.nested));
    empty_arrays();
    Instruction halt;
    program_.code.push_back(halt);
    return program_;
  }

 private:
  struct Tile {
    std::int64_t rows, cols;
  };
  struct Sums {
    std::int64_t vectors, cols;
  };
  /// What an array holds in program order, pushed in this block.
  struct Array {
    std::deque<Tile> tiles;
    std::deque<Sums> stream;
    std::int64_t stream_rows = 0;
    Sums held{0, 0};      ///< 0 x 0: none
    bool allowed = true;  ///< in a loop: nothing was in it before, so that every iteration finds it so

    bool is_empty() const { return tiles.empty() && stream.empty() && held.vectors == 0; }
  };

  // `length` instructions, some of them loops while there is depth left.
  void block(int length, int depth) {
    for (int i = 0; i < length; ++i) {
      if (depth > 0 && (dice_.chance(12) || to_nest_ > 0))
        loop(depth);
      else
        instruction();
    }
  }

  // What is spent inside is posted again at the end of the body, and what arrays hold is used up: so every
  // iteration finds at least what the first one found.
  void loop(int depth) {
    Instruction in;
    in.opcode = Opcode::loop;
    in.fields[field::loop::count] = dice_.number(1, freedom_.nested > 0 ? 2 : 4);
    --to_nest_;
    counts_.push_back(in.fields[field::loop::count]);
    program_.code.push_back(in);
    const std::vector<std::int64_t> before = count_;
    std::vector<Array> outer(arrays_.size());
    outer.swap(arrays_);
    for (std::size_t a = 0; a < outer.size(); ++a) arrays_[a].allowed = outer[a].allowed && outer[a].is_empty();
    block(static_cast<int>(dice_.number(1, 6)), depth - 1);
    empty_arrays();
    outer.swap(arrays_);
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
    const int array = static_cast<int>(dice_.number(0, static_cast<std::int64_t>(arrays_.size()) - 1));
    switch (dice_.number(0, 9)) {
      case 0:
      case 1: return mload(array);
      case 2:
      case 3:
      case 4: return mmul(array);
      case 5:
      case 6: return gate();
      case 7: return !freedom_.loads ? instruction_sync() : dice_.chance(25) ? gather() : load();
      case 8: return !freedom_.stores ? instruction_sync() : store();
      default: return instruction_sync();
    }
  }

  Unit random_unit() {
    Unit unit = Unit::weights;
    do unit = static_cast<Unit>(dice_.number(0, kUnits - 1));
    while (!program_.machine.has(unit));
    return unit;
  }

  void instruction_sync() {
    Instruction in = start(Opcode::sync, random_unit());
    finish(in);
  }

  void sync(Unit unit, std::uint64_t signal) {
    Instruction in = start(Opcode::sync, unit);
    for (std::size_t s = 0; s < count_.size(); ++s) {
      if (signal >> s & 1) (freedom_.mixed_posts || s % 2 == 0 ? in.signal : in.release) |= std::uint64_t{1} << s;
    }
    post(signal);
    program_.code.push_back(in);
  }

  void mload(int number) {
    Array& array = arrays_[static_cast<std::size_t>(number)];
    if (!array.allowed || static_cast<std::int64_t>(array.tiles.size()) >= program_.machine.tile_fifo)
      return mmul(number);
    const Machine& m = program_.machine;
    Instruction in = start(Opcode::mload, weights_unit(number));
    const std::int64_t bits = dice_.one_of<std::int64_t>({8, 16});
    Tile tile{dice_.number(1, m.rows), dice_.number(1, m.cols)};
    if (!array.tiles.empty() && dice_.chance(50)) tile.cols = array.tiles.back().cols;
    if (array.tiles.empty() && array.held.cols > 0) tile.cols = array.held.cols;
    in.fields[field::mload::rows] = tile.rows, in.fields[field::mload::cols] = tile.cols;
    in.fields[field::mload::bits] = bits, in.fields[field::mload::array] = number;
    const std::int64_t row_bytes = tile.cols * bits / 8;
    in.fields[field::mload::stride] = row_bytes + dice_.number(0, 4);
    place(in, 0, Space::weight, tile.rows, row_bytes, in.fields[field::mload::stride]);
    array.tiles.push_back(tile);
    finish(in);
  }

  void mmul(int number) {
    if (arrays_[static_cast<std::size_t>(number)].tiles.empty()) return gate();
    mmul(number, dice_.chance(30), dice_.chance(40));
  }
  void mmul(int number, bool keep, bool may_hold) {
    Array& array = arrays_[static_cast<std::size_t>(number)];
    const Machine& m = program_.machine;
    const Tile tile = array.tiles.front();
    if (!keep) array.tiles.pop_front();
    const bool stationary = m.dataflow == Dataflow::output_stationary;
    Instruction in = start(Opcode::mmul, matrix_unit(number));
    const std::int64_t bits = dice_.one_of<std::int64_t>({8, 16});
    std::int64_t vectors = dice_.number(1, dice_.chance(50) ? 2 : 5);
    if (stationary) vectors = std::min(vectors, m.rows);
    if (dice_.chance(50)) vectors = 1;
    if (array.held.vectors > 0) vectors = array.held.vectors;
    const bool next_fits = array.tiles.empty() || array.tiles.front().cols == tile.cols;
    const bool hold = stationary && may_hold && next_fits;
    const bool stream = !hold && array.stream_rows + vectors <= m.stream_rows && dice_.chance(60);
    auto& f = in.fields;
    f[field::mmul::vectors] = vectors, f[field::mmul::rows] = tile.rows, f[field::mmul::cols] = tile.cols;
    f[field::mmul::src_stride] = tile.rows * bits / 8, f[field::mmul::dst_stride] = 4 * tile.cols;
    f[field::mmul::bits] = bits, f[field::mmul::keep] = keep, f[field::mmul::array] = number;
    f[field::mmul::accumulate] = array.held.vectors > 0 ? kAddToHeld : hold ? kNewSums : dice_.number(0, 1);
    f[field::mmul::stream] = stream, f[field::mmul::hold] = hold;
    place(in, 0, Space::activation, vectors, tile.rows * bits / 8, f[field::mmul::src_stride]);
    if (reads_sums(in) || writes_sums(in))
      place(in, 1, Space::accumulator, vectors, 4 * tile.cols, f[field::mmul::dst_stride]);
    array.held = hold ? Sums{vectors, tile.cols} : Sums{0, 0};
    if (stream) array.stream.push_back({vectors, tile.cols}), array.stream_rows += vectors;
    finish(in);
  }

  // Uses up what the arrays hold.
  void empty_arrays() {
    for (int number = 0; number < static_cast<int>(arrays_.size()); ++number) {
      Array& array = arrays_[static_cast<std::size_t>(number)];
      while (!array.tiles.empty()) mmul(number, false, false);
      if (array.held.vectors > 0) mload(number), mmul(number, false, false);
    }
    for (int number = 0; number < static_cast<int>(arrays_.size()); ++number) empty_stream(number);
  }
  void empty_stream(int number) {
    const Array& array = arrays_[static_cast<std::size_t>(number)];
    std::size_t modest = 0;
    while (summarise(program_.kernels[modest]).pops != 1 << number && !array.stream.empty()) ++modest;
    while (!array.stream.empty()) gate(rather_two_streams(modest));
  }

  void gate() {
    const auto kernels = static_cast<std::int64_t>(program_.kernels.size());
    gate(rather_two_streams(static_cast<std::size_t>(dice_.number(0, kernels - 1))));
  }
  // Another kernel when streams hold sums that fit together.
  std::size_t rather_two_streams(std::size_t kernel) {
    for (std::size_t k = 0; k < program_.kernels.size() && dice_.chance(90); ++k) {
      const std::uint8_t pops = summarise(program_.kernels[k]).pops;
      if ((pops & (pops - 1)) != 0 && can_pop(k)) return k;
    }
    return kernel;
  }
  // A gate instruction with this kernel, if the sums that it pops are there.
  void gate(std::size_t kernel) {
    for (int attempt = 0; attempt < 10 && can_pop(kernel); ++attempt) {
      Instruction in = random_gate(kernel);
      if (!is_sound(in)) continue;
      for_each_popped(kernel, [&](Array& array) {
        array.stream_rows -= array.stream.front().vectors;
        array.stream.pop_front();
      });
      return finish(in);
    }
    instruction_sync();
  }

  template <class F>
  void for_each_popped(std::size_t kernel, F&& f) {
    const std::uint8_t pops = summarise(program_.kernels[kernel]).pops;
    for (std::size_t a = 0; a < arrays_.size(); ++a) {
      if (pops >> a & 1) f(arrays_[a]);
    }
  }

  // Every stream holds sums, of as many vectors, and has the columns that the first element needs.
  bool can_pop(std::size_t kernel) {
    std::int64_t vectors = 0;
    bool fits = true;
    for_each_popped(kernel, [&](Array& array) {
      fits = fits && !array.stream.empty() && (vectors == 0 || array.stream.front().vectors == vectors);
      if (fits) vectors = array.stream.front().vectors;
    });
    return fits && most_elements(kernel) > 0;
  }

  std::int64_t most_elements(std::size_t kernel) const {
    std::int64_t most = 24;
    for (const MicroOp& op : program_.kernels[kernel].ops) {
      if (op.opcode != MicroOpcode::pop) continue;
      const std::int64_t last = arrays_[op.p].stream.front().cols - 1;
      most = std::min(most, last < op.i ? 0 : op.j == 0 ? most : (last - op.i) / op.j + 1);
    }
    return most;
  }

  // Whether no element stores what another one loads.
  bool is_sound(const Instruction& in) const {
    Program alone;
    alone.machine = program_.machine, alone.kernels = program_.kernels, alone.code = {in};
    check_parts::List found;
    check_parts::check_overlaps(alone, found);
    return found.count() == 0;
  }

  Instruction random_gate(std::size_t kernel) {
    Instruction in = start(Opcode::gate, Unit::gate);
    const std::int64_t elements = dice_.number(1, most_elements(kernel));
    std::int64_t rows = dice_.number(1, 3);
    for_each_popped(kernel, [&](const Array& array) { rows = array.stream.front().vectors; });
    in.fields[field::gate::kernel] = static_cast<std::int64_t>(kernel), in.fields[field::gate::elements] = elements;
    in.fields[field::gate::rows] = rows;
    const KernelSummary summary = summarise(program_.kernels[kernel]);
    for (int p = 0; p < kMaxPlaces; ++p) {
      const Space space =
          dice_.one_of({Space::activation, Space::activation, Space::accumulator, Space::parameter, Space::weight});
      const bool fits = 4 * elements * rows + 8 <= program_.machine.capacity(space);
      const std::int64_t stride = fits ? 4 * elements * dice_.number(0, 1) : 0;
      in.fields[field::gate::s0 + p] = stride;
      if (summary.operands[p].read || summary.operands[p].written) place(in, p, space, rows, 4 * elements + 8, stride);
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
  void place(Instruction& in, int p, Space space, std::int64_t rows, std::int64_t bytes, std::int64_t stride) {
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

  void add_kernel(const std::vector<int>& popped, bool modest) {
    program_.kernels.push_back(RandomKernel(dice_, popped, modest).take());
  }

  Dice& dice_;
  const Freedom freedom_;
  int to_nest_;  ///< loops that are still to be opened before anything else
  Program program_;
  std::vector<std::int64_t> count_;   ///< of each semaphore, in program order
  std::vector<std::int64_t> counts_;  ///< iterations of the open loops
  std::vector<Array> arrays_;
};

}  // namespace rondo::testing

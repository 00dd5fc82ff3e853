#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/units/chip.hpp"

/// Small chips and programs for tests of the units, written by hand in a few words.
namespace rondo::testing {

inline constexpr Space kWeight = Space::weight, kActivation = Space::activation, kParameter = Space::parameter,
                       kAccumulator = Space::accumulator, kDramSpace = Space::dram;

/// A chip in which every pace is a different small number, so that no formula is right by accident.
inline ChipParams small_chip() {
  ChipParams c;
  c.clock_mhz = 1000;
  Machine& m = c.machine;
  m.rows = 8, m.cols = 4, m.arrays = 1, m.tile_fifo = 2, m.table_entries = 64;
  m.weight_bytes = 4096, m.weight_banks = 4;
  m.activation_bytes = 4096, m.activation_banks = 4;
  m.parameter_bytes = 1024, m.parameter_banks = 1;
  m.accumulator_bytes = 2048, m.accumulator_banks = 2;
  m.dram_bytes = 1 << 20, m.semaphores = 16, m.loop_depth = 4;
  c.sequencer = {1};
  c.weights = {3, 2};
  c.matrix = {3, 8, 2};
  c.gate.queue_depth = 3, c.gate.lanes = 4, c.gate.adders = 1, c.gate.multipliers = 1, c.gate.tables = 1;
  c.gate.add_latency = 2, c.gate.multiply_latency = 5, c.gate.table_latency = 7, c.gate.divide_cycles = 11;
  c.gate.reduce_latency = 6;
  c.load = {3, 2, 5};
  c.store = {3, 2, 4};
  c.weight_sram = {16, 3, 1, 1};
  c.activation_sram = {8, 2, 1, 1};
  c.parameter_sram = {8, 1, 1, 1};
  c.accumulators = {16, 1, 1, 1};
  c.dram.technology = "lpddr4", c.dram.latency = 20, c.dram.bytes_per_cycle = 4, c.dram.burst_bytes = 32;
  return c;
}

/// Semaphores by number, as the masks of an instruction.
struct Sync {
  std::vector<int> wait, signal, release;
};

/// Writes instructions one after the other; each call returns its code index.
class Builder {
 public:
  explicit Builder(const ChipParams& chip) { program_.machine = chip.machine; }

  int semaphore(Unit from, Unit to, std::int64_t initial = 0) {
    program_.semaphores.push_back({from, to, initial});
    return static_cast<int>(program_.semaphores.size()) - 1;
  }
  int kernel(std::vector<MicroOp> ops) {
    program_.kernels.push_back({"k" + std::to_string(program_.kernels.size()), std::move(ops)});
    return static_cast<int>(program_.kernels.size()) - 1;
  }

  int loop(std::int64_t count) { return add(Opcode::loop, Unit::weights, {}, {count}, {}); }
  int end() { return add(Opcode::end, Unit::weights, {}, {}, {}); }
  int sync(Unit unit, Sync s = {}) { return add(Opcode::sync, unit, {}, {}, s); }
  int mload(std::int64_t src, std::int64_t rows, std::int64_t cols, std::int64_t bits = 8, Sync s = {}) {
    return add(Opcode::mload, Unit::weights, {{kWeight, src, {}}}, {rows, cols, cols * bits / 8, bits}, s);
  }
  int mmul(std::int64_t src, std::int64_t dst, std::int64_t vectors, std::int64_t rows, std::int64_t cols,
           std::int64_t bits = 8, bool accumulate = false, bool keep = false, Sync s = {}) {
    return add(Opcode::mmul, Unit::matrix, {{kActivation, src, {}}, {kAccumulator, dst, {}}},
               {vectors, rows, cols, rows * bits / 8, 4 * cols, bits, accumulate, keep}, s);
  }
  int gate(int kernel, std::int64_t elements, std::int64_t rows, std::vector<Place> places, Sync s = {}) {
    return add(Opcode::gate, Unit::gate, std::move(places), {kernel, elements, rows}, s);
  }
  int load(Space to, std::int64_t dst, std::int64_t rows, std::int64_t bytes, Sync s = {}) {
    return add(Opcode::load, Unit::load, {{kDramSpace, 0, {}}, {to, dst, {}}}, {rows, bytes, bytes, bytes}, s);
  }
  int gather(Space to, std::int64_t dst, std::int64_t index, std::int64_t rows, std::int64_t bytes, Sync s = {}) {
    return add(Opcode::gather, Unit::load, {{kDramSpace, 0, {}}, {to, dst, {}}, {kActivation, index, {}}},
               {rows, bytes, bytes, 16}, s);
  }
  int store(std::int64_t src, std::int64_t rows, std::int64_t bytes, Sync s = {}) {
    return add(Opcode::store, Unit::store, {{kActivation, src, {}}, {kDramSpace, 0, {}}}, {rows, bytes, bytes, bytes},
               s);
  }

  // What an mload or mmul just written does otherwise; each returns its code index.
  int on_array(int array, int code) {
    Instruction& in = at(code);
    in.fields[in.opcode == Opcode::mload ? int(field::mload::array) : int(field::mmul::array)] = array;
    in.unit = usual_unit(in);
    return code;
  }
  int streaming(int mmul) { return without_sums(mmul, field::mmul::stream, 1); }
  int holding(int mmul) { return without_sums(mmul, field::mmul::hold, 1); }
  int adding_to_held(int mmul) { return without_sums(mmul, field::mmul::accumulate, kAddToHeld); }

  Instruction& at(int code) { return program_.code[static_cast<std::size_t>(code)]; }
  /// The program with its halt.
  Program done() {
    add(Opcode::halt, Unit::weights, {}, {}, {});
    return program_;
  }

 private:
  int without_sums(int mmul, std::size_t field, std::int64_t value) {
    Instruction& in = at(mmul);
    in.fields[field] = value;
    if (!reads_sums(in) && !writes_sums(in)) in.places[1] = {};
    return mmul;
  }
  static std::uint64_t mask(const std::vector<int>& semaphores) {
    std::uint64_t bits = 0;
    for (int s : semaphores) bits |= std::uint64_t{1} << s;
    return bits;
  }
  int add(Opcode opcode, Unit unit, std::vector<Place> places, std::vector<std::int64_t> fields, const Sync& s) {
    Instruction in;
    in.opcode = opcode;
    in.unit = unit;
    in.wait = mask(s.wait), in.signal = mask(s.signal), in.release = mask(s.release);
    for (std::size_t i = 0; i < places.size(); ++i) in.places[i] = places[i];
    for (std::size_t i = 0; i < fields.size(); ++i) in.fields[i] = fields[i];
    program_.code.push_back(in);
    return static_cast<int>(program_.code.size()) - 1;
  }

  Program program_;
};

/// Everything an observer hears, to be compared.
class Recorder : public TimelineObserver {
 public:
  struct Ran {
    Unit unit;
    int code;
    Cycle start, end;
    bool operator==(const Ran& o) const { return unit == o.unit && code == o.code && start == o.start && end == o.end; }
  };
  struct Waited {
    int unit;
    Cause cause;
    Cycle from, to;
    bool operator==(const Waited& o) const {
      return unit == o.unit && cause == o.cause && from == o.from && to == o.to;
    }
  };

  void instruction(Unit unit, int code, Cycle start, Cycle end) override {
    ran[static_cast<int>(unit)].push_back({unit, code, start, end});
  }
  void waited(int unit, Cause cause, Cycle from, Cycle to) override { waits[unit].push_back({unit, cause, from, to}); }

  /// Start and end of the n-th execution of instruction `code`.
  std::pair<Cycle, Cycle> when(int code, int n = 0) const {
    for (const auto& [unit, list] : ran) {
      for (const Ran& r : list) {
        if (r.code == code && n-- == 0) return {r.start, r.end};
      }
    }
    return {-1, -1};
  }

  std::map<int, std::vector<Ran>> ran;
  std::map<int, std::vector<Waited>> waits;
};

/// Cycles of one cause of one unit.
inline std::int64_t cycles(const ChipRun& run, std::string_view unit, Cause cause) {
  for (const UnitReport& u : run.units) {
    if (u.name == unit) return u.cycles[static_cast<std::size_t>(cause)];
  }
  return -1;
}

inline std::int64_t count_of(const Counted& counted, std::string_view name) {
  for (const auto* list : {&counted.actions, &counted.parts, &counted.counters}) {
    for (const Quantity& q : *list) {
      if (q.name == name) return q.count;
    }
  }
  return -1;
}

}  // namespace rondo::testing

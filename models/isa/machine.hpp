#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

/// Units that take instructions, each in order from its own queue. Array a > 0 has units weights<a> and matrix<a>;
/// those of arrays that a machine lacks do not exist there.
enum class Unit : std::uint8_t {
  weights,
  matrix,
  gate,
  load,
  store,
  weights1,
  matrix1,
  weights2,
  matrix2,
  weights3,
  matrix3
};
inline constexpr int kUnits = 11;
inline constexpr std::array<std::string_view, kUnits> kUnitNames = {
    "weights", "matrix", "gate", "load", "store", "weights1", "matrix1", "weights2", "matrix2", "weights3", "matrix3"};

inline constexpr int kMaxArrays = 4;  ///< systolic arrays that a chip can have

constexpr Unit weights_unit(int array) {
  return array == 0 ? Unit::weights : static_cast<Unit>(static_cast<int>(Unit::weights1) + 2 * (array - 1));
}
constexpr Unit matrix_unit(int array) {
  return array == 0 ? Unit::matrix : static_cast<Unit>(static_cast<int>(Unit::matrix1) + 2 * (array - 1));
}
/// The array that a unit belongs to; 0 for gate, load and store.
constexpr int array_of(Unit unit) {
  return unit < Unit::weights1 ? 0 : 1 + (static_cast<int>(unit) - static_cast<int>(Unit::weights1)) / 2;
}
/// What a unit does, whichever array it belongs to: weights2 is one of kind weights.
constexpr Unit kind_of(Unit unit) {
  if (unit < Unit::weights1) return unit;
  return unit == weights_unit(array_of(unit)) ? Unit::weights : Unit::matrix;
}

/// What stays in the processing elements: the weights of a tile, or the sums of a product.
enum class Dataflow : std::uint8_t { weight_stationary, output_stationary };
inline constexpr std::array<std::string_view, 2> kDataflowNames = {"weight_stationary", "output_stationary"};

/// Memories that an operand can lie in. Addresses are bytes from the start of the memory.
enum class Space : std::uint8_t { dram, weight, activation, parameter, accumulator };
inline constexpr int kSpaces = 5;
inline constexpr std::array<std::string_view, kSpaces> kSpaceNames = {"dram", "weight", "activation", "parameter",
                                                                      "accumulator"};

inline constexpr int kMaxLoops = 8;        ///< nested hardware loops that an instruction can address
inline constexpr int kMaxSemaphores = 64;  ///< one bit each in an instruction's wait, signal and release masks

/// The chip's shape: everything a program depends on, and all that the compiler may know. A program carries
/// the Machine it was compiled for, and a chip of another shape refuses it. Pace (latencies, widths, queue depths)
/// belongs to the units and never changes what a program computes.
struct Machine {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t arrays = 0;
  Dataflow dataflow = Dataflow::weight_stationary;
  std::int64_t tile_fifo = 0;
  std::int64_t stream_rows = 0;
  std::int64_t table_entries = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t weight_banks = 0;
  std::int64_t activation_bytes = 0;
  std::int64_t activation_banks = 0;
  std::int64_t parameter_bytes = 0;
  std::int64_t parameter_banks = 0;
  std::int64_t accumulator_bytes = 0;
  std::int64_t accumulator_banks = 0;
  std::int64_t dram_bytes = 0;
  std::int64_t semaphores = 0;
  std::int64_t loop_depth = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    constexpr std::int64_t kGiB = std::int64_t{1} << 30;
    v.integer("rows", rows, "PE", "rows of the systolic array: length of the dot product of one tile", 1, 4096);
    v.integer("cols", cols, "PE", "columns of the systolic array: outputs of one tile", 1, 4096);
    v.integer("arrays", arrays, "arrays", "systolic arrays, each with a weights and a matrix unit of its own", 1,
              kMaxArrays);
    std::string word(kDataflowNames[static_cast<std::size_t>(dataflow)]);
    v.choice("dataflow", word, {kDataflowNames.begin(), kDataflowNames.end()}, "what stays in the processing elements");
    dataflow = word == kDataflowNames[0] ? Dataflow::weight_stationary : Dataflow::output_stationary;
    v.integer("tile_fifo", tile_fifo, "tiles", "weight tiles an array holds: 2 loads one while another is used", 1, 64);
    v.integer("stream_rows", stream_rows, "rows",
              "rows of sums that each array's stream to the gate unit holds; 0: no streams", 0, 4096);
    v.integer("table_entries", table_entries, "intervals", "intervals of each activation table (a power of two)", 16,
              1024);
    v.integer("weight_bytes", weight_bytes, "bytes", "capacity of the weight SRAM", 64, 4 * kGiB);
    v.integer("weight_banks", weight_banks, "banks", "banks of the weight SRAM, each a contiguous part", 1, 64);
    v.integer("activation_bytes", activation_bytes, "bytes", "capacity of the activation SRAM", 64, 4 * kGiB);
    v.integer("activation_banks", activation_banks, "banks", "banks of the activation SRAM", 1, 64);
    v.integer("parameter_bytes", parameter_bytes, "bytes", "capacity of the SRAM for biases, scales and peepholes", 64,
              kGiB);
    v.integer("parameter_banks", parameter_banks, "banks", "banks of the parameter SRAM", 1, 64);
    v.integer("accumulator_bytes", accumulator_bytes, "bytes", "capacity of the 32-bit accumulators", 64, kGiB);
    v.integer("accumulator_banks", accumulator_banks, "banks", "banks of the accumulators", 1, 64);
    v.integer("dram_bytes", dram_bytes, "bytes", "capacity of the DRAM", 1024, 1024 * kGiB);
    v.integer("semaphores", semaphores, "semaphores", "counting semaphores between the units", 1, kMaxSemaphores);
    v.integer("loop_depth", loop_depth, "loops", "hardware loops that can be nested", 1, kMaxLoops);
  }

  /// Rules between fields, as sentences; empty when the shape is sound.
  std::vector<std::string> cross_checks() const;

  bool has(Unit unit) const { return array_of(unit) < arrays; }
  /// The names of its units, with commas between, for messages.
  std::string unit_names() const;
  std::int64_t capacity(Space space) const;
  /// Banks of an SRAM; 1 for DRAM.
  std::int64_t banks(Space space) const;
  std::int64_t bank_bytes(Space space) const { return capacity(space) / banks(space); }

  bool operator==(const Machine& other) const;
  bool operator!=(const Machine& other) const { return !(*this == other); }
};

}  // namespace rondo

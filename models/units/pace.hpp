#pragma once

#include <array>

#include "models/isa/instruction.hpp"
#include "models/units/cause.hpp"
#include "models/units/params.hpp"

/// How long instructions take: section 4 of the timing contract as formulas. Known before a run, so that no unit works
/// them out while it runs.
namespace rondo {

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Bytes of an mload's tile.
std::int64_t tile_bytes(const Instruction& mload);
/// Cycles in which a tile's bytes leave the weight SRAM and its rows enter the array.
Cycle mload_window(const ChipParams& params, const Instruction& mload);

/// How an mmul runs with weights of so many bits.
struct MmulPace {
  Cycle window = 1;
  Cycle first_row = 1;  ///< from its start until the first row of sums leaves the array
  Cycle per_row = 1;    ///< from one row of sums to the next
};
/// The slowest of the multipliers' passes, the activation SRAM and the accumulators decides.
MmulPace mmul_pace(const ChipParams& params, const Instruction& mmul, std::int64_t weight_bits);

/// Cycles from the end of the window to the last sum: SRAM, the skewed way through the array, the
/// accumulator's adder.
Cycle mmul_drain(const ChipParams& params);

/// How a kernel runs on this chip with its operands in given memories: `interval` cycles from one chunk of
/// lanes to the next (the busiest functional unit or memory decides), `depth` cycles along the longest chain
/// of micro-operations.
struct KernelPace {
  Cycle interval = 1;
  Cycle depth = 0;
};
KernelPace kernel_pace(const ChipParams& params, const Instruction& gate, const Kernel& kernel);

/// Chunks of lanes that a gate instruction works through.
std::int64_t gate_chunks(const ChipParams& params, const Instruction& gate);

/// How long the stages of a descriptor of a DMA unit take.
struct DmaPace {
  Cycle front = 1;
  Cycle back = 1;
};
DmaPace dma_pace(const ChipParams& params, const Instruction& in);

/// What a gate instruction pops from the streams of the arrays, and when it may start so that it never waits for a
/// word.
struct GatePops {
  std::uint8_t arrays = 0;  ///< one bit each
  std::int64_t rows = 0;
  Cycle row_cycles = 0;  ///< from row to row
  /// Of the words that it takes from a row of array a, the one that is lacking longest when the instruction starts in
  /// the cycle in which column 0 can be read, and for how long.
  std::array<Cycle, kMaxArrays> lag{};

  /// The first cycle in which it may start as far as array a is concerned, whose sum in column c of row v can be read
  /// from cycle first + v * step + c on. In rows too, the first or the last is the most urgent.
  Cycle ready(int a, Cycle first, Cycle step) const {
    const Cycle slower = (rows - 1) * (step - row_cycles);
    return first + (slower > 0 ? slower : 0) + lag[static_cast<std::size_t>(a)];
  }
};
GatePops gate_pops(const ChipParams& params, const Instruction& gate, const Kernel& kernel);

}  // namespace rondo

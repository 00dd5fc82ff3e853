#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// One weight tile as it lies in the array: row-major [rows][cols], widened to 16 bits.
struct Tile {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  int bits = 8;
  std::vector<std::int16_t> weights;
};

/// sums[c] = sum over k of vector[k] * tile[k][c], exact in 64 bits; `vector` has tile.rows elements, `sums` tile.cols.
void tile_product(const Tile& tile, const std::int16_t* vector, std::int64_t* sums);

/// Where the row of sums begins that a gate instruction's row pops from each array's stream; null for others.
using StreamRows = std::array<const std::int32_t*, kMaxArrays>;

/// One row of a kernel: `elements` values at a time, micro-operation by micro-operation.
class KernelRow {
 public:
  KernelRow(const Kernel& kernel, std::int64_t table_entries)
      : kernel_(kernel), table_entries_(table_entries), pops_(summarise(kernel).pops) {}

  /// Runs the kernel over one row whose operands start at `operands[p]`. Returns how often a number saturated.
  std::int64_t run(const std::array<std::uint8_t*, kMaxPlaces>& operands, const StreamRows& streams,
                   std::int64_t elements);
  /// Arrays whose streams the kernel pops, one bit each.
  std::uint8_t pops() const { return pops_; }

 private:
  std::int32_t* row(int reg) { return registers_.data() + reg * elements_; }
  void step(const MicroOp& op, const std::array<std::uint8_t*, kMaxPlaces>& operands, const StreamRows& streams);
  void load(const MicroOp& op, const std::uint8_t* from);
  void store(const MicroOp& op, std::uint8_t* to);
  void table(const MicroOp& op);
  void reduce(const MicroOp& op);

  const Kernel& kernel_;
  std::int64_t table_entries_;
  const std::uint8_t pops_;
  std::int64_t elements_ = 0;
  std::int64_t saturated_ = 0;
  std::vector<std::int32_t> registers_;
};

}  // namespace rondo

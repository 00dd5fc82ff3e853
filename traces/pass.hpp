#pragma once

#include <functional>
#include <string>
#include <vector>

#include "traces/kernel_builder.hpp"
#include "traces/lowering.hpp"
#include "traces/quantise.hpp"

namespace rondo {

/// Matrix products and the gate kernel that takes their sums: for each slice of `slice` outputs, all products tile by tile,
/// then one kernel instruction. A dense layer is one pass; a recurrent step is one pass or, where a product needs a value of the
/// same step (GRU before reset, LSTM projection), several.
///
/// Use: add products and vectors, `layout`, write the kernel with the offsets given here, `place_weights`, then `emit` per step.
class Pass {
 public:
  Pass(Lowering& low, std::string name, std::int64_t width) : low_(low), name_(std::move(name)), width_(width) {}

  /// y = M v (+ bias): `source` numbers the vector operand of `emit`; products of one source must follow each other.
  int add_product(const CellMatrix& matrix, int source, const std::vector<const CellVector*>& biases, double input_scale,
                  double target, double most);
  /// A parameter vector in 16 bits.
  int add_vector(const CellVector& vector, double scale);

  /// Chooses the slice for `rows` vectors at a time: the whole width if the accumulators hold it and gates are not interleaved.
  /// Throws Shortage when one tile's width does not fit. `activation_bits`: of every vector operand.
  void layout(std::int64_t rows, bool interleaved, int activation_bits);
  /// Most vectors at a time whose sums fit, one slice of one tile's width each.
  std::int64_t rows_that_fit() const;

  std::int64_t sums_offset(int product) const { return product * padded() * 4; }
  std::int64_t factor_offset(int product) const { return products_[product].factor_offset; }
  std::int64_t bias_offset(int product) const { return products_[product].bias_offset; }
  int shift(int product) const { return products_[product].numbers.shift; }
  std::int64_t vector_offset(int vector) const { return vectors_[vector].offset; }
  double vector_scale(int vector) const { return vectors_[vector].scale; }
  std::int64_t width() const { return width_; }
  bool empty() const { return products_.empty() && vectors_.empty(); }

  /// Most bytes that the parameters can take, whatever the slice.
  std::int64_t most_parameter_bytes() const;
  /// Bytes of the packed weights in the order of use.
  std::int64_t weight_bytes() const;
  /// Where weights that do not stay on chip pass through: two slots of weight SRAM, and how much of the next panel's first group
  /// is loaded while the last group of a panel is in use.
  struct Ring {
    std::int64_t address = 0;
    std::int64_t slot_bytes = 0;
    std::int64_t ahead_bytes = 0;
  };
  /// Packed weights at DRAM address `tape`; the first `resident` bytes of them (whole products) stay at `address`.
  void place_weights(std::int64_t tape, std::int64_t address, std::int64_t resident, const Ring& ring);
  void place_parameters();
  std::vector<std::uint8_t> packed_weights() const;
  /// Offset in the tape of the first weights that stream; the tape's length when none does.
  std::int64_t first_streamed() const;
  /// Bytes of a panel's first group when slots have `slot_bytes`.
  std::int64_t first_group_bytes(std::int64_t slot_bytes) const;
  /// Smallest slot that can stream this pass's weights: one tile.
  std::int64_t tile_bytes() const;
  /// Slot beyond which a larger one is of no use: half of the longest panel.
  std::int64_t useful_slot_bytes() const;

  /// Vectors of one source: row 0, bytes from vector to vector.
  using Source = RowOperand;
  /// A kernel operand that moves by `per_output` bytes for each output of the slice.
  struct Operand {
    RowOperand rows;
    std::int64_t per_output = 0;
  };
  /// One execution for `rows` vectors. Operands 0 and 1 of the kernel are the sums and the parameters; `operands` are 2, 3, ...
  void emit(const Kernel& kernel, std::int64_t rows, const std::vector<Source>& sources, const std::vector<Operand>& operands);

 private:
  struct Product {
    const CellMatrix* matrix;
    int source;
    QuantisedProduct numbers;
    bool biased;
    std::int64_t factor_offset = 0, bias_offset = -1;
  };
  struct Vector {
    const CellVector* vector;
    double scale;
    std::int64_t offset = 0;
  };

  std::int64_t padded() const { return (slice_ + low_.machine.cols - 1) / low_.machine.cols * low_.machine.cols; }
  std::int64_t weight_word() const { return low_.numbers.weight_bits / 8; }
  std::int64_t depth_before(int product) const;      ///< sum of K over products before it
  std::int64_t slices() const { return (width_ + slice_ - 1) / slice_; }
  std::int64_t slice_weight_bytes(std::int64_t width) const { return depth_before(static_cast<int>(products_.size())) * width * weight_word(); }
  void pack(const Product& product, std::int64_t first_output, std::int64_t width, std::vector<std::uint8_t>& out) const;
  std::vector<std::uint8_t> packed_parameters() const;
  std::int64_t resident_products(std::int64_t slice) const;

  void emit_slice(const Kernel& kernel, std::int64_t rows, const std::vector<Source>& sources,
                  const std::vector<Operand>& operands, Index slice, std::int64_t width, std::int64_t buffer, std::int64_t resident);
  void emit_products(std::int64_t first, std::int64_t last, bool resident, std::int64_t rows, const Source& source,
                     Index slice, std::int64_t width, Place sums);
  void emit_panel(Place tape, std::int64_t depth, std::int64_t cols, std::int64_t rows, const Source& source, Place sums);
  void emit_tiles(Place tape, std::int64_t first_tile, std::int64_t tiles, std::int64_t depth, std::int64_t cols,
                  std::int64_t rows, const Source& source, Place sums);
  void emit_streamed_panel(Place tape, std::int64_t depth, std::int64_t cols, std::int64_t rows, const Source& source,
                           Place sums);
  std::int64_t groups(std::int64_t depth, std::int64_t slot_bytes) const;

  Lowering& low_;
  std::string name_;
  std::int64_t width_;
  std::vector<Product> products_;
  std::vector<Vector> vectors_;
  std::int64_t slice_ = 0;
  std::int64_t rows_ = 0;
  int activation_bits_ = 8;
  std::int64_t parameter_stride_ = 0;   ///< bytes of one slice's parameters
  std::int64_t buffers_ = 1;
  std::vector<std::int64_t> sums_;      ///< accumulator address of each buffer
  Place parameters_;
  std::int64_t tape_ = 0;               ///< DRAM address of the packed weights
  std::int64_t resident_ = 0, resident_bytes_ = 0;
  Ring ring_;
};

/// Weights of passes that run one after the other, again and again (a step's phases): those that fit stay on chip, the rest of the
/// tape streams, each group loaded while the one before it is in use. The loads run ahead of the program: the last group of a
/// round loads the first of the next round (a copy of it lies behind the tape), so the array never waits for a round to begin.
class WeightRounds {
 public:
  /// `rounds[r]` is a sequence of passes; different rounds never run mixed. Earlier rounds keep more on chip.
  WeightRounds(Lowering& low, const std::vector<std::vector<Pass*>>& rounds, const std::string& name);
  /// Loads the first streamed group of round r: before its first execution, and after another round has used the ring.
  void begin(std::size_t r);

 private:
  struct Round {
    std::int64_t first_streamed = -1;   ///< DRAM address; -1: all resident
    std::int64_t bytes = 0;
  };
  Lowering& low_;
  Pass::Ring ring_;
  std::vector<Round> rounds_;
};

}  // namespace rondo

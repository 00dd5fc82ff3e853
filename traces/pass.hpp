#pragma once

#include <string>
#include <vector>

#include "traces/kernel_builder.hpp"
#include "traces/lowering.hpp"
#include "traces/panels.hpp"
#include "traces/quantise.hpp"

namespace rondo {

/// Matrix products and the gate kernel that takes their sums: for each slice of outputs, all products tile by
/// tile, then one kernel instruction. A dense layer is one pass; a recurrent step is one pass or, where a
/// product needs a value of the same step (GRU before reset, LSTM projection), several.
///
/// A chip with several arrays computes slices of an array's width side by side (`mapping.arrays: tiles`), or
/// the products of one slice (`gates`); what streams from DRAM goes through array 0. A chip with streams
/// hands the sums of the last product of each array and slice to the gate unit word by word, where slices are
/// no wider than an array (`mapping.chaining`); because which array that is stands in the kernel, there is a
/// variant of the kernel for each case.
///
/// Use: add products and vectors, `layout`, `place_weights`, write the kernels with the offsets and sums
/// given here, then `emit` per step.
class Pass {
 public:
  Pass(Lowering& low, std::string name, std::int64_t width)
      : low_(low), number_(low.builder.new_pass()), name_(std::move(name)), width_(width) {}

  /// y = M v (+ bias): `source` numbers the vector operand of `emit`; products of one source must follow each
  /// other, and those whose vectors are ready last come last.
  int add_product(const CellMatrix& matrix, int source, const std::vector<const CellVector*>& biases,
                  double input_scale, double target, double most);
  /// A parameter vector in 16 bits.
  int add_vector(const CellVector& vector, double scale);

  /// Chooses the slice for `rows` vectors at a time: the whole width if the accumulators hold it and gates
  /// are not interleaved; an array's width if there are several arrays. Throws Shortage when one tile's width
  /// does not fit. `activation_bits`: of every vector operand.
  void layout(std::int64_t rows, bool interleaved, int activation_bits);
  /// Most vectors at a time whose sums fit, one slice of one tile's width for each array.
  std::int64_t rows_that_fit() const;

  /// Kernels that `emit` needs; which sums come through which stream is different in each.
  int variants() const;
  /// Of a variant's kernel: `of`, and through which stream its sums come.
  std::string kernel_name(const std::string& of, int variant) const;
  /// In a kernel whose operand 0 are the sums and 1 the parameters: product `product` with bias, in real
  /// scale `target`.
  Lane value(KernelBuilder& kernel, int variant, int product, double target, double most) const;
  std::int64_t vector_offset(int vector) const { return vectors_[vector].offset; }
  double vector_scale(int vector) const { return vectors_[vector].scale; }
  std::int64_t width() const { return width_; }

  /// Most bytes that the parameters can take, whatever the slice.
  std::int64_t most_parameter_bytes() const;
  /// Bytes of the packed weights in the order of use.
  std::int64_t weight_bytes() const;
  /// Bytes of weight SRAM for one array when all weights stay on chip.
  std::int64_t resident_bytes(int array) const;
  /// Where weights that do not stay on chip pass through: two slots of weight SRAM, and how much of the next
  /// panel's first group is loaded while the last group of a panel is in use.
  struct Ring {
    std::int64_t address = 0;
    std::int64_t slot_bytes = 0;
    std::int64_t ahead_bytes = 0;
  };
  /// Packed weights at DRAM address `tape`. If they may stay, as many as the weight SRAM has room for do,
  /// from the start of the tape; the rest streams.
  void place_weights(std::int64_t tape, bool may_stay, const Ring& ring);
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
  /// One execution for `rows` vectors, no more than were laid out. Operands 0 and 1 of the kernels are the
  /// sums and the parameters; `operands` are 2, 3, ...
  void emit(const std::vector<Kernel>& kernels, std::int64_t rows, const std::vector<Source>& sources,
            const std::vector<Operand>& operands);

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
  /// What one array computes of a slice.
  struct Share {
    int array;
    int variant;  ///< of the kernel
    std::vector<int> products;
    Index slice;
    std::int64_t width;  ///< outputs of the slice
    Index resident;      ///< number of the slice among those in the array's part of the weight SRAM
  };
  /// What `emit` is called with.
  struct Job {
    const std::vector<Kernel>& kernels;
    std::int64_t rows;
    std::vector<Source> sources;
    std::vector<Operand> operands;
  };

  int count() const { return static_cast<int>(products_.size()); }
  int arrays() const { return low_.arrays; }
  bool spread() const { return arrays() > 1 && low_.mapping.arrays == "gates"; }
  std::int64_t padded() const { return (slice_ + low_.machine.cols - 1) / low_.machine.cols * low_.machine.cols; }
  std::int64_t weight_word() const { return low_.numbers.weight_bits / 8; }
  std::int64_t slices() const { return (width_ + slice_ - 1) / slice_; }
  std::int64_t width_of(std::int64_t slice) const { return std::min(slice_, width_ - slice * slice_); }
  std::vector<int> all_products() const;
  /// Sum of the inputs of a list's first `end` products.
  std::int64_t depth_of(const std::vector<int>& products, std::size_t end) const;
  std::int64_t bytes_of(const std::vector<int>& products, std::int64_t width) const;
  std::int64_t depth_before(int product) const { return depth_of(all_products(), static_cast<std::size_t>(product)); }
  std::int64_t slice_weight_bytes(std::int64_t width) const { return bytes_of(all_products(), width); }
  void pack(const Product& product, std::int64_t first_output, std::int64_t width,
            std::vector<std::uint8_t>& out) const;
  std::vector<std::uint8_t> packed_parameters() const;

  std::vector<std::vector<int>> shares_of_arrays() const;
  std::int64_t stack() const;
  void take_sums(std::int64_t rows, bool interleaved);
  std::int64_t slices_at_once() const { return spread() ? 1 : arrays(); }
  /// Of slices that are computed at once.
  std::int64_t groups() const { return (slices() + slices_at_once() - 1) / slices_at_once(); }
  std::vector<std::int64_t> buffers(const Arena& part, std::int64_t bytes) const;
  std::int64_t sum_offset(int product) const;
  int stream_of(int variant, int product) const;
  std::int64_t resident_products(std::int64_t slice) const;
  std::int64_t resident_bytes(int array, std::int64_t slices) const;
  bool fits(std::int64_t slices) const;
  void load_resident(std::int64_t slice);
  Chaining chaining() const;
  std::int64_t whole_slices() const;
  std::int64_t vectors_at_once() const;
  void note_mapping(Chaining chaining) const;

  void emit_rows(const Job& job);
  void emit_slices(const Job& job, Index first, std::int64_t count, std::int64_t buffer);
  std::vector<Share> shares(Index first, std::int64_t count, std::int64_t resident) const;
  bool continues(const std::vector<Share>& shares, std::size_t first, std::size_t next, std::int64_t resident) const;
  void emit_products(const Job& job, const std::vector<Share>& shares, std::int64_t resident, std::int64_t buffer);
  Panel panel(const Job& job, const Share& share, std::size_t number, std::int64_t buffer, bool stays) const;
  void emit_wide(const Panel& product, std::int64_t count, bool stays);
  void emit_streamed_panel(const Panel& panel);
  std::vector<PartialSums> partial_sums(const Share& share, std::int64_t sums, std::int64_t rows) const;
  void emit_gate(const Job& job, const Share& share, std::int64_t buffer);
  std::int64_t load_groups(std::int64_t depth, std::int64_t slot_bytes) const;

  Lowering& low_;
  const int number_;
  std::string name_;
  std::int64_t width_;
  std::vector<Product> products_;
  std::vector<Vector> vectors_;
  std::int64_t slice_ = 0;
  std::int64_t rows_ = 0;
  int activation_bits_ = 8;
  bool chained_ = false;               ///< the last sums of each slice come through streams
  std::int64_t parameter_stride_ = 0;  ///< bytes of one slice's parameters
  std::int64_t buffers_ = 1;
  std::vector<std::vector<std::int64_t>> sums_;  ///< accumulator address of each array's buffers
  Place parameters_;
  std::int64_t tape_ = 0;               ///< DRAM address of the packed weights
  std::vector<std::int64_t> resident_;  ///< address of each array's weights
  std::int64_t resident_bytes_ = 0;     ///< with one array: that stay, from the start of the tape
  std::int64_t resident_slices_ = 0;    ///< with several: whole slices
  Ring ring_;
};

}  // namespace rondo

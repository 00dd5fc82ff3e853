#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// Old sums in the accumulators to which a product added the new ones that it streams: when a gate instruction has
/// popped these, nobody reads the old ones any more.
struct PartialSums {
  int array;
  Place place;
  std::int64_t rows, bytes, stride;
};

/// A program while it is being written: a tree of loops and instructions, without semaphores.
struct Item {
  Instruction instruction;  ///< when `body` is empty
  std::int64_t count = 0;   ///< iterations of the loop; 0: an instruction
  std::vector<Item> body;
  int pass = -1;                    ///< an mmul's, a gate instruction's; see Builder::pass
  std::vector<PartialSums> popped;  ///< of a gate instruction

  bool is_loop() const { return count > 0; }
};
using Block = std::vector<Item>;

/// A number that follows a loop: offset + step * iteration of the loop at `depth`; depth -1: the offset alone.
struct Index {
  int depth = -1;
  std::int64_t offset = 0;
  std::int64_t step = 1;

  Index operator+(std::int64_t more) const { return {depth, offset + more, step}; }
  Index operator*(std::int64_t factor) const { return {depth, offset * factor, step * factor}; }
};

Place place(Space space, std::int64_t address);
/// `from` moved by stride bytes per step of `index`.
Place moved(Place from, Index index, std::int64_t stride);
inline Place moved(Place from, std::int64_t bytes) { return from.base += bytes, from; }

/// An operand of a gate instruction: where row 0 starts, and the bytes from row to row.
struct RowOperand {
  Place place;
  std::int64_t stride = 0;
};

/// Writes instructions in program order. Loops of one iteration vanish; equal kernels are kept once.
class Builder {
 public:
  explicit Builder(const Machine& machine) : machine_(machine) { open_.push_back(&root_); }
  Builder(const Builder&) = delete;

  const Machine& machine() const { return machine_; }

  /// body(Index) is written once and runs `count` times.
  template <class Body>
  void repeat(std::int64_t count, Body body) {
    if (count <= 0) return;
    if (count == 1) return body(Index{});
    open_.back()->push_back({});
    Item* const loop = &open_.back()->back();
    loop->count = count;
    open_.push_back(&loop->body);
    body(Index{static_cast<int>(open_.size()) - 2, 0});
    open_.pop_back();
  }

  /// Instructions written from now on belong to this part of the network.
  void layer(const std::string& name);

  /// Instructions written from now on belong to this pass; -1: to none. Products of one pass meet in the accumulators
  /// only in the same columns, so that they need not wait for each other.
  void pass(int number) { pass_ = number; }
  int new_pass() { return passes_++; }

  void mload(Place src, std::int64_t rows, std::int64_t cols, std::int64_t stride, int bits, int array = 0);
  struct Product {
    Place src, dst;
    std::int64_t vectors, rows, cols, src_stride, dst_stride;
    int bits;
    std::int64_t accumulate;  ///< kNewSums ...
    bool keep;
    int array = 0;
    bool stream = false, hold = false;
  };
  /// `dst` counts only where the fields make the product read or write sums.
  void mmul(const Product& product);
  void gate(const Kernel& kernel, const std::vector<RowOperand>& operands, std::int64_t elements, std::int64_t rows,
            std::vector<PartialSums> popped = {});
  /// `rows` runs of `bytes`; runs that touch on both sides become one.
  void load(Place src, Place dst, std::int64_t rows, std::int64_t bytes, std::int64_t src_stride,
            std::int64_t dst_stride);
  void store(Place src, Place dst, std::int64_t rows, std::int64_t bytes, std::int64_t src_stride,
             std::int64_t dst_stride);
  void gather(Place table, Place dst, Place index, std::int64_t rows, std::int64_t bytes, std::int64_t table_rows);

  void symbol(const std::string& name, Space space, std::int64_t address, std::int64_t bytes);
  void port(Port port) { program_.ports.push_back(std::move(port)); }
  void data(std::int64_t address, std::vector<std::uint8_t> bytes);

  /// Adds semaphores (sync.hpp), flattens the loops and ends with halt.
  Program finish(const std::string& name);

 private:
  /// A kernel's name, and where another has it already, that of the layer too.
  std::string free_name(const std::string& kernel) const;
  Instruction& push(Opcode opcode, Unit unit);
  void copy(Opcode opcode, Unit unit, Place src, Place dst, std::int64_t rows, std::int64_t bytes,
            std::int64_t src_stride, std::int64_t dst_stride);

  Machine machine_;
  Program program_;
  Block root_;
  std::vector<Block*> open_;
  int layer_ = -1;
  int pass_ = -1, passes_ = 0;
};

}  // namespace rondo

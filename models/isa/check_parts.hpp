#pragma once

#include <string>
#include <vector>

#include "models/isa/instruction.hpp"

/// The parts of `check_program`, one file each.
namespace rondo::check_parts {

/// What was found, cut off where a reader would stop reading.
class List {
 public:
  void add(std::string finding) {
    if (++count_ <= kShown) list_.push_back(std::move(finding));
  }
  std::size_t count() const { return count_; }

  std::vector<std::string> take() {
    if (count_ > kShown) list_.push_back("and " + std::to_string(count_ - kShown) + " more findings");
    return std::move(list_);
  }

 private:
  static constexpr std::size_t kShown = 100;
  std::size_t count_ = 0;
  std::vector<std::string> list_;
};

/// `instruction 12 (mmul)`: how every finding and message names an instruction.
std::string label(const Program& program, std::size_t index);

/// Registers, operands, streams and integers of one kernel, against its rows of micro_ops.def and the machine.
void check_kernel(const Program& program, std::size_t index, List& found);

/// Semaphores, ports, segments and symbols: everything that is declared beside the code.
void check_declarations(const Program& program, List& found);

/// Gate instructions whose result would depend on how many elements are worked on at a time: the executor runs a row
/// micro-operation by micro-operation, lanes run it element by element. Found where places, offsets and strides alone
/// show that an element stores bytes that another element loads after it in one of these orders and before it in the
/// other. The code must be sound.
void check_overlaps(const Program& program, List& found);

/// What every array holds in program order. Tiles: never more than the FIFO's, no mmul finds it empty, every mmul has
/// the size of the tile that it uses. Streamed sums: never more rows than the stream's, every gate instruction that
/// pops finds as many rows as it has and every column that it pops, and takes them all. Held sums: an mmul adds to them
/// exactly when the one before it on the array held them, of the same size, over no more weight rows than the array's
/// 48-bit sums hold. At the end nothing is streamed or held. The code must be sound and its loops balanced.
void check_arrays(const Program& program, List& found);

}  // namespace rondo::check_parts

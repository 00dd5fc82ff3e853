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

/// Registers, operands and integers of one kernel, against its rows of micro_ops.def.
void check_kernel(const Kernel& kernel, std::size_t index, List& found);

/// Semaphores, ports, segments and symbols: everything that is declared beside the code.
void check_declarations(const Program& program, List& found);

/// The tile FIFO in program order: it never holds more tiles than the machine's, no mmul finds it empty, and
/// every mmul has the size of the tile that it uses. Loops must be balanced.
void check_tiles(const Program& program, List& found);

}  // namespace rondo::check_parts

#pragma once

#include <vector>

#include "models/isa/instruction.hpp"
#include "tests/support/dice.hpp"

namespace rondo::testing {

/// A random kernel: loads, and pops of the given arrays' streams, one of them or more; arithmetic on them; a store and
/// now and then a reduction. Operands 0 to 4 are loaded, 4 to 7 stored. A kernel that is `modest` pops from column 0
/// on: some gate instruction with it can take any sums.
class RandomKernel {
 public:
  RandomKernel(Dice& dice, const std::vector<int>& popped, bool modest) : dice_(dice) {
    for (const int array : popped) {
      for (std::int64_t pops = dice_.number(1, 2); pops > 0; --pops) pop(array, modest ? 0 : 3);
    }
    for (std::int64_t loads = dice_.number(popped.empty() ? 1 : 0, 4); loads > 0; --loads) load();
    for (std::int64_t steps = dice_.number(0, 10); steps > 0; --steps) calculate();
    op(dice_.one_of({MicroOpcode::st8, MicroOpcode::st16, MicroOpcode::st32}), 0, any(), 0,
       static_cast<int>(dice_.number(4, 6)), 0, 1);
    if (dice_.chance(25)) {
      op(MicroOpcode::rsum, 30, any(), 0, 0, 0, 0);
      op(MicroOpcode::st32, 0, 30, 0, 7, 0, 0);
    }
  }

  Kernel take() { return std::move(kernel_); }

 private:
  void op(MicroOpcode opcode, int d, int a, int b, int p, std::int64_t i, std::int64_t j) {
    kernel_.ops.push_back({opcode, static_cast<std::uint8_t>(d), static_cast<std::uint8_t>(a),
                           static_cast<std::uint8_t>(b), static_cast<std::uint8_t>(p), i, j});
  }
  int any() { return static_cast<int>(dice_.number(0, full_ - 1)); }

  void pop(int array, std::int64_t last_column) {
    op(MicroOpcode::pop, full_++, 0, 0, array, dice_.number(0, last_column), dice_.number(0, 2));
  }

  void load() {
    op(dice_.one_of({MicroOpcode::ld8, MicroOpcode::ld16, MicroOpcode::ld32}), full_, 0, 0,
       static_cast<int>(dice_.number(0, 4)), dice_.number(0, 1) * 4, dice_.number(0, 1));
    ++full_;
  }

  void calculate() {
    switch (dice_.number(0, 6)) {
      case 0: op(MicroOpcode::add, full_, any(), any(), 0, 0, 0); break;
      case 1: op(MicroOpcode::mul, full_, any(), any(), 0, 3, 0); break;
      case 2: op(MicroOpcode::scalei, full_, any(), 0, 0, 7, 2); break;
      case 3: op(MicroOpcode::sigmoid, full_, any(), 0, 0, 12, 0); break;
      case 4: op(MicroOpcode::tanh, full_, any(), 0, 0, 12, 0); break;
      case 5:
        dice_.chance(30) ? op(MicroOpcode::div, full_, any(), any(), 0, 3, 0)
                         : op(MicroOpcode::clip, full_, any(), 0, 0, -9, 9);
        break;
      default: op(MicroOpcode::li, full_, 0, 0, 0, 5, 0);
    }
    ++full_;
  }

  Dice& dice_;
  Kernel kernel_;
  int full_ = 0;  ///< registers that hold something: the first ones
};

}  // namespace rondo::testing

#include "models/units/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/support/chip_programs.hpp"
#include "tests/support/dice.hpp"

// The closed forms of section 4, against sums and maxima over single words.
namespace rondo::testing {
namespace {

Cycle word_by_word(const ChipParams& chip, const Instruction& gate, const Kernel& kernel, int array, Cycle first,
                   Cycle step) {
  const std::int64_t lanes = chip.gate.lanes, elements = gate.fields[field::gate::elements];
  const Cycle interval = kernel_pace(chip, gate, kernel).interval;
  Cycle ready = std::numeric_limits<Cycle>::min();
  for (const MicroOp& op : kernel.ops) {
    if (op.opcode != MicroOpcode::pop || op.p != array) continue;
    for (std::int64_t v = 0; v < gate.fields[field::gate::rows]; ++v) {
      for (std::int64_t e = 0; e < elements; ++e) {
        const std::int64_t chunk = v * ceil_div(elements, lanes) + e / lanes;
        ready = std::max(ready, first + v * step + op.i + e * op.j - chunk * interval);
      }
    }
  }
  return ready;
}

TEST(GatePops, NoWordIsLateAndOneWouldBeACycleEarlier) {
  Dice dice(7);
  for (int round = 0; round < 5000; ++round) {
    ChipParams chip = small_chip();
    chip.gate.lanes = dice.number(1, 5);
    Kernel kernel;
    for (std::int64_t n = dice.number(1, 3); n > 0; --n)
      kernel.ops.push_back({MicroOpcode::pop, 0, 0, 0, static_cast<std::uint8_t>(dice.number(0, 1)), dice.number(0, 9),
                            dice.number(0, 4)});
    for (std::int64_t n = dice.number(0, 8); n > 0; --n) kernel.ops.push_back({MicroOpcode::addi, 1, 0, 0, 0, 1, 0});
    Instruction gate;
    gate.fields[field::gate::elements] = dice.number(1, 24), gate.fields[field::gate::rows] = dice.number(1, 5);
    const GatePops pops = gate_pops(chip, gate, kernel);
    const Cycle first = dice.number(0, 1000), step = dice.number(1, 30);
    for (int array = 0; array < 2; ++array) {
      const Cycle expected = word_by_word(chip, gate, kernel, array, first, step);
      ASSERT_EQ((pops.arrays >> array & 1) != 0, expected != std::numeric_limits<Cycle>::min());
      if (!(pops.arrays >> array & 1)) continue;
      ASSERT_EQ(pops.ready(array, first, step), expected) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace rondo::testing

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/isa/instruction.hpp"
#include "tests/support/random_chips.hpp"

/// Random programs whose values and times both mean something.
namespace rondo::rtl {

/// A program for `machine` without data races: random instructions, loops, kernels and semaphores, on top of which the
/// compiler's own synchroniser keeps conflicting instructions apart. It begins by loading random bytes from DRAM.
/// Machines need at least 256 bytes in every SRAM. May be unfit (see below), seldom.
Program random_race_free_program(const Machine& machine, testing::Dice& dice);

/// Appends bytes up to a size: any, small ones whose sums never saturate, or extreme ones whose sums soon do.
void add_random_bytes(std::vector<std::uint8_t>& bytes, std::int64_t until, testing::Dice& dice);

/// Gives the semaphores of a program other numbers, any that its machine has.
void scatter_semaphores(Program& program, testing::Dice& dice);

/// Why a program is no fair comparison: check_program's or the hazard checker's first finding, a wait that nothing
/// before it satisfies, an element of a gate instruction that stores where another one loads or stores, an index
/// outside of its table. Empty: two implementations of the contract must agree on its every cycle and byte.
std::string why_unfit(const Program& program);

}  // namespace rondo::rtl

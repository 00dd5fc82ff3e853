#pragma once

#include "models/isa/instruction.hpp"
#include "tests/support/random_chips.hpp"

namespace rondo::rtl {

/// A program in which units ask for ports in the same cycle, again and again: in each round one unit posts semaphores
/// to a gang of others, whose next instructions want the same bank, and waits for all of them. Every unit writes only
/// into slots of its own, and reads only what nobody writes, so that it has no races. `machine` needs banks of at least
/// 64 bytes.
Program random_gang_program(const Machine& machine, testing::Dice& dice);

}  // namespace rondo::rtl

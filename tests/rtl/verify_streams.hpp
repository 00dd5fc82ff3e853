#pragma once

#include "models/isa/instruction.hpp"
#include "tests/support/random_chips.hpp"

namespace rondo::rtl {

/// A program about streams: products that are handed to the gate unit word by word, at rates that differ on both sides,
/// with little room between them, from one array or several. `machine` must have streams. It has no races: nobody reads
/// what the gate unit stores, and what everybody reads is there before the first product.
Program random_stream_program(const Machine& machine, testing::Dice& dice);

}  // namespace rondo::rtl

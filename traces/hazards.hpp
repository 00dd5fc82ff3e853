#pragma once

#include <string>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// Proves that whenever two instructions of different units touch the same bytes and one of them writes, the semaphores
/// put them in program order, or a stream does, whose sums lead from an mmul to the gate instruction that pops them;
/// returns a finding for each pair that may race, naming both instructions (number, unit, mnemonic, layer, memory and
/// bytes), and one for each wait that can never be met. Empty: every legal order gives the same values.
std::vector<std::string> find_hazards(const Program& program);

}  // namespace rondo

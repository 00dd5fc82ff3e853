#pragma once

#include <string>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// How far loops are followed: as long as 300,000 executed instructions allow (to the end in most programs, and five
/// times at least), or the first 16 times: enough for a worker to hold the compiler to its word at a fifth of the cost.
enum class LoopsFollowed { far, a_few_times };

/// Proves that whenever two instructions of different units touch the same bytes and one of them writes, the semaphores
/// put them in program order, or a stream does, whose sums lead from an mmul to the gate instruction that pops them;
/// returns a finding for each pair that may race, naming both instructions (number, unit, mnemonic, layer, memory and
/// bytes), and one for each wait that can never be met. Empty: every legal order gives the same values.
std::vector<std::string> find_hazards(const Program& program, LoopsFollowed loops = LoopsFollowed::far);

}  // namespace rondo

#pragma once

#include <string>
#include <vector>

#include "models/isa/instruction.hpp"
#include "models/units/params.hpp"
#include "models/units/path_tally.hpp"

namespace rondo {

/// A change of a chip's pace, and by how many cycles it makes the critical path shorter. The run cannot
/// become shorter by more than that, because the path remains a chain of waits; by how much it does, another
/// run says. It holds as long as the order in which ports are granted, semaphores posted and DRAM requests
/// served stays the same.
struct PathGain {
  struct Change {
    std::string parameter;  ///< "weights.rows_per_cycle"
    std::int64_t from = 0, to = 0;
  };
  std::vector<Change> changes;  ///< all of them together
  std::int64_t cycles = 0;
};

/// What making one parameter twice as good can gain, and what making several so can where each alone is held
/// up by the others: most first, none without a gain. A rate or a count is twice as good doubled, a latency
/// halved; within what `rondo describe` allows.
std::vector<PathGain> path_gains(const ChipParams& params, const Program& program, const std::vector<PathLink>& links);

/// The same chip with these changes.
ChipParams changed(const ChipParams& params, const std::vector<PathGain::Change>& changes);

}  // namespace rondo

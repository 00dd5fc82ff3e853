#pragma once

#include <optional>
#include <vector>

#include "models/units/path_tally.hpp"
#include "models/values/executor.hpp"
#include "sim/accuracy.hpp"
#include "sim/prepare.hpp"

namespace rondo {

/// What a run found out.
struct RunResult {
  double seconds = 0;  ///< on the chip
  ChipRun chip;
  Bill bill;
  std::optional<std::vector<PathLink>> why;  ///< the critical path, if asked for
  std::optional<Cycle> unchained_cycles;     ///< of the same network without chaining
  std::optional<Values> values;
  NamedTensors outputs;  ///< real values of the program's output ports
  std::optional<Accuracy> accuracy;
  std::optional<BitsPerCharacter> bits_per_character;
};

/// Instructions that the units will execute: those of the code, as often as their loops say.
double executed_instructions(const Program& program);

/// Times the program on the chip, computes its values, compares them with the reference and prices the run.
/// `why`: finds its critical path too, and the time without chaining.
RunResult simulate(const Prepared& prepared, Schedule schedule, bool why, TimelineObserver* observer,
                   Progress& progress);

}  // namespace rondo

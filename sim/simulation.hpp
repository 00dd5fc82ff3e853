#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/cost/cost.hpp"
#include "models/units/chip.hpp"
#include "models/units/path_tally.hpp"
#include "models/values/executor.hpp"
#include "sim/accuracy.hpp"
#include "sim/config.hpp"
#include "sim/program_store.hpp"

namespace rondo {

class Progress;

/// What the command line, or one line of the worker, asks for.
struct RunRequest {
  std::string chip = "edge";
  std::string network = "char_lstm";  ///< or a trace
  std::vector<std::string> set;
  std::map<std::string, std::int64_t> dimensions;
  std::string input;
  std::string calibration;
  Schedule schedule = Schedule::event;
  bool timing_only = false;
  bool why = false;  ///< the critical path too
};

/// Why a run has no values.
enum class WithoutValues { no, asked, no_weights };

/// A program and what it was made from, ready to run.
struct Prepared {
  RunConfig config;
  Prices prices;
  std::shared_ptr<const Executable> executable;
  std::string network;  ///< its name
  bool from_trace = false;
  WithoutValues without_values = WithoutValues::no;

  const Program& program() const { return executable->program; }
  const std::optional<NetworkShape>& shape() const { return executable->shape; }
};

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

/// Reads chip, prices and network or trace; evaluates the network in floating point; compiles; refuses a
/// program that is unfit for the machine or racy. Everything that can be wrong with the input shows here,
/// before anything is simulated.
Prepared prepare(const RunRequest& request, ProgramStore& programs, Progress& progress);

/// Times the program on the chip, computes its values, compares them with the reference and prices the run.
/// `why`: finds its critical path too, and the time without chaining.
RunResult simulate(const Prepared& prepared, Schedule schedule, bool why, TimelineObserver* observer,
                   Progress& progress);

}  // namespace rondo

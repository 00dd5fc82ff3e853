#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/cost/cost.hpp"
#include "models/units/chip.hpp"
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

/// Reads chip, prices and network or trace; evaluates the network in floating point; compiles; refuses a
/// program that is unfit for the machine or racy. Everything that can be wrong with the input shows here,
/// before anything is simulated.
Prepared prepare(const RunRequest& request, ProgramStore& programs, Progress& progress);

/// The chip and its prices alone; what is wrong with them is an Error.
void check_chip(const RunRequest& request);

/// The files that a request's chip is read from: the chip and what it extends, DRAM preset and standard, prices; as
/// absolute paths. Mistakes in them are not looked for: up to the first one, all that would be read.
std::vector<std::string> chip_files(const RunRequest& request);

/// What can be known of a network, or of a trace, without running it.
struct NetworkFacts {
  std::vector<std::string> files;  ///< that it is read from; model, inputs and calibration, too
  bool without_weights = false;    ///< it has no values
};

/// Error as of load_network().
NetworkFacts network_facts(const RunRequest& request);

}  // namespace rondo

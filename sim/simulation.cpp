#include "sim/simulation.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "models/base/error.hpp"
#include "models/units/critical_path.hpp"
#include "sim/dram_file.hpp"
#include "sim/progress.hpp"
#include "sim/repository.hpp"
#include "traces/assembler.hpp"
#include "traces/hazards.hpp"

namespace rondo {
namespace {

// A trace says what it is at its start: compressed, binary, or text whose first statement is `.rondo`.
bool is_trace(const std::string& path) {
  std::error_code wrong;
  if (!std::filesystem::is_regular_file(path, wrong)) return false;  // the network reader says what it is
  std::ifstream file(path, std::ios::binary);
  std::string start(65536, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  if (start.compare(0, 2, "\x1f\x8b") == 0) return true;
  if (start.size() > 6 && start.compare(1, 5, "RONDO") == 0) return true;
  for (std::size_t at = 0; at < start.size();) {
    if (std::strchr(" \t\r\n", start[at]) != nullptr) {
      ++at;
    } else if (start[at] == '#') {
      at = std::min(start.find('\n', at), start.size());
    } else {
      return start.compare(at, 6, ".rondo") == 0;
    }
  }
  return false;
}

void refuse_network_options(const RunRequest& request, const RunConfig& config, const std::string& path) {
  Findings findings;
  for (const auto& [size, value] : config.network) {
    findings.add("--set network." + size + "=" + value + ": " + path + " is a trace; its sizes are fixed");
  }
  for (const auto& [name, size] : request.dimensions) {
    findings.add("--dim " + name + "=" + std::to_string(size) + ": " + path + " is a trace; its sizes are fixed");
  }
  if (!request.input.empty()) findings.add("--input: " + path + " is a trace, which carries its inputs");
  if (!request.calibration.empty()) findings.add("--calibration: " + path + " is a trace, whose numbers are fixed");
  findings.raise();
}

void load_trace(const RunRequest& request, const std::string& path, Prepared& prepared, Progress& progress) {
  refuse_network_options(request, prepared.config, path);
  progress.show("reading the trace");
  prepared.from_trace = true;
  auto executable = std::make_shared<Executable>();
  executable->program = read_trace(path);
  const Program& program = executable->program;
  prepared.network = program.name;
  const bool has_data = !program.data.empty();
  prepared.without_values = request.timing_only ? WithoutValues::asked
                            : has_data          ? WithoutValues::no
                                                : WithoutValues::no_weights;
  std::vector<std::string> findings = check_program(program);
  if (findings.empty()) findings = find_hazards(program);
  for (std::string& finding : findings) finding = path + ": " + finding;
  if (!findings.empty()) throw Error(findings);
  executable->sha256 = program_sha256(program);
  prepared.executable = executable;
}

NetworkOptions network_options(const RunRequest& request, const RunConfig& config) {
  NetworkOptions options;
  options.set = config.network;
  options.dimensions = request.dimensions;
  options.input_path = request.input;
  options.calibration_path = request.calibration;
  options.timing_only = request.timing_only;
  return options;
}

void load_and_compile(const RunRequest& request, const std::string& path, Prepared& prepared, ProgramStore& programs,
                      Progress& progress) {
  const RunConfig& config = prepared.config;
  prepared.executable = programs.get(path, network_options(request, config), config, request.why, progress);
  const EvaluatedNetwork& evaluated = *prepared.executable->network;
  prepared.network = evaluated.network.name;
  if (!evaluated.ranges)
    prepared.without_values = request.timing_only ? WithoutValues::asked : WithoutValues::no_weights;
}

// Tells a progress bar how many instructions have run, and passes everything on.
class ProgressObserver : public TimelineObserver {
 public:
  ProgressObserver(TimelineObserver* next, double total, Progress& progress)
      : next_(next), total_(std::max(total, 1.0)), progress_(progress) {}

  void instruction(Unit unit, int code_index, Cycle start, Cycle end) override {
    if ((++seen_ & 0xffff) == 0) progress_.show("simulating the chip", static_cast<double>(seen_) / total_);
    if (next_ != nullptr) next_->instruction(unit, code_index, start, end);
  }
  void waited(int unit, Cause cause, Cycle from, Cycle to) override {
    if (next_ != nullptr) next_->waited(unit, cause, from, to);
  }

 private:
  TimelineObserver* next_;
  double total_;
  Progress& progress_;
  std::int64_t seen_ = 0;
};

ChipRun run_with_progress(const Prepared& prepared, Schedule schedule, TimelineObserver* observer,
                          StartObserver* starts, Progress& progress) {
  const ChipParams& chip = prepared.config.chip;
  progress.show("simulating the chip");
  if (!progress.visible()) return run_chip(chip, prepared.program(), schedule, observer, kNever, starts);
  ProgressObserver counting(observer, executed_instructions(prepared.program()), progress);
  return run_chip(chip, prepared.program(), schedule, &counting, kNever, starts);
}

}  // namespace

double executed_instructions(const Program& program) {
  std::vector<double> times = {1};
  double sum = 0;
  for (const Instruction& instruction : program.code) {
    if (instruction.opcode == Opcode::loop) {
      times.push_back(times.back() * static_cast<double>(instruction.fields[field::loop::count]));
    } else if (instruction.opcode == Opcode::end) {
      if (times.size() > 1) times.pop_back();
    } else if (info(instruction.opcode).unit != "sequencer") {
      sum += times.back();
    }
  }
  return sum;
}

Prepared prepare(const RunRequest& request, ProgramStore& programs, Progress& progress) {
  Prepared prepared;
  progress.show("reading the chip");
  prepared.config = read_config(find_config("chips", "chip", request.chip), request.set);
  prepared.prices = read_technology(prepared.config.technology, prepared.config.chip.dram.technology);
  if (prepared.config.chip.dram.device != nullptr) price_device(prepared.config.chip.dram, prepared.prices);
  check_prices(declare_chip(prepared.config.chip).counted(), prepared.prices);
  const std::string path = find_config("networks", "network or trace", request.network);
  if (is_trace(path)) {
    load_trace(request, path, prepared, progress);
  } else {
    load_and_compile(request, path, prepared, programs, progress);
  }
  return prepared;
}

RunResult simulate(const Prepared& prepared, Schedule schedule, bool why, TimelineObserver* observer,
                   Progress& progress) {
  RunResult result;
  std::optional<CriticalPath> path;
  if (why) path.emplace(prepared.config.chip, prepared.program());
  result.chip = run_with_progress(prepared, schedule, observer, why ? &*path : nullptr, progress);
  if (why) result.why = path->links();
  if (prepared.executable->unchained) {
    progress.show("simulating the chip without chaining");
    result.unchained_cycles = run_chip(prepared.config.chip, *prepared.executable->unchained, schedule).total_cycles;
  }
  result.seconds =
      static_cast<double>(result.chip.total_cycles) / (1e6 * static_cast<double>(prepared.config.chip.clock_mhz));
  result.bill = price(result.chip.counted(), prepared.prices, result.seconds);
  if (prepared.without_values != WithoutValues::no) return result;
  progress.show("computing the values");
  result.values = execute(prepared.program());
  result.outputs = output_tensors(prepared.program(), *result.values);
  if (prepared.from_trace) return result;
  result.accuracy = compare_outputs(result.outputs, prepared.executable->network->reference);
  if (const auto& task = prepared.executable->network->network.bits_per_character) {
    result.bits_per_character = bits_per_character(*task, result.outputs, prepared.executable->network->reference);
  }
  return result;
}

}  // namespace rondo

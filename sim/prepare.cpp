#include "sim/prepare.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "models/base/error.hpp"
#include "sim/dram_file.hpp"
#include "sim/progress.hpp"
#include "sim/repository.hpp"
#include "sim/yaml_file.hpp"
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

// `--set network.` without the chip's.
std::vector<std::string> network_sets(const std::vector<std::string>& set) {
  std::vector<std::string> found;
  std::copy_if(set.begin(), set.end(), std::back_inserter(found),
               [](const std::string& assignment) { return assignment.rfind("network.", 0) == 0; });
  return found;
}

std::vector<std::string> absolute(std::vector<std::string> files) {
  for (std::string& file : files) file = std::filesystem::weakly_canonical(file).string();
  return files;
}

void read_chip(const RunRequest& request, Prepared& prepared) {
  prepared.config = read_config(find_config("chips", "chip", request.chip), request.set);
  prepared.prices = read_technology(prepared.config.technology, prepared.config.chip.dram.technology);
  if (prepared.config.chip.dram.device != nullptr) price_device(prepared.config.chip.dram, prepared.prices);
  check_prices(declare_chip(prepared.config.chip).counted(), prepared.prices);
}

}  // namespace

Prepared prepare(const RunRequest& request, ProgramStore& programs, Progress& progress) {
  Prepared prepared;
  progress.show("reading the chip");
  read_chip(request, prepared);
  const std::string path = find_config("networks", "network or trace", request.network);
  if (is_trace(path)) {
    load_trace(request, path, prepared, progress);
  } else {
    load_and_compile(request, path, prepared, programs, progress);
  }
  return prepared;
}

void check_chip(const RunRequest& request) {
  Prepared prepared;
  read_chip(request, prepared);
}

std::vector<std::string> chip_files(const RunRequest& request) {
  FilesRead read;
  try {
    const RunConfig config = read_config(find_config("chips", "chip", request.chip), request.set);
    read_technology(config.technology, config.chip.dram.technology);
  } catch (const Error&) {
    // Who runs it will hear of it.
  }
  return absolute(read.list());
}

NetworkFacts network_facts(const RunRequest& request) {
  const std::string path = find_config("networks", "network or trace", request.network);
  // A chip that is always sound: what is wrong here is the network's.
  const RunConfig config = read_config(find_config("chips", "chip", "base"), network_sets(request.set));
  if (is_trace(path)) {
    refuse_network_options(request, config, path);
    return {absolute({path}), false};
  }
  NetworkOptions options = network_options(request, config);
  options.timing_only = true;
  const Network network = load_network(path, options);
  return {absolute(network.files), network.without_weights};
}

}  // namespace rondo

// How fast whole networks go through Rondo. RSS_MB is the most memory that the process ever had: the large GRU comes
// first so that it is that one's.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "models/values/executor.hpp"
#include "sim/progress.hpp"
#include "sim/simulation.hpp"
#include "traces/hazards.hpp"

namespace rondo {
namespace {

const std::string kConfigs = std::string(RONDO_SOURCE_DIR) + "/configs/";
const std::string kGru = kConfigs + "networks/deepbench/gru_h2816_b1_t750.yaml";
constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;

RunConfig chip_named(const std::string& name) { return read_config(kConfigs + "chips/" + name + ".yaml", {}); }

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

RunRequest timing_of(const std::string& chip, const std::string& network, Schedule schedule) {
  RunRequest request;
  request.chip = chip, request.network = network, request.schedule = schedule, request.timing_only = true;
  return request;
}

/// Network file in, report figures out, as `rondo run` does it.
void everything(benchmark::State& state, const RunRequest& request) {
  Progress silent("", false);
  std::int64_t cycles = 0;
  for (auto _ : state) {
    ProgramStore programs;
    const Prepared prepared = prepare(request, programs, silent);
    cycles = simulate(prepared, request.schedule, false, nullptr, silent).chip.total_cycles;
  }
  state.counters["cycles"] = benchmark::Counter(static_cast<double>(cycles), kRate);
  state.counters["RSS_MB"] = peak_megabytes();
}
BENCHMARK_CAPTURE(everything, gru_2816_x_750_on_server, timing_of("server", kGru, Schedule::event))
    ->Unit(benchmark::kMillisecond);

// --- the parts of it

Network gru() {
  NetworkOptions options;
  options.timing_only = true;
  return load_network(kGru, options);
}

Program compiled_gru() {
  const RunConfig config = chip_named("server");
  return compile(gru().graph, config.chip.machine, config.mapping, config.numbers, nullptr, nullptr).program;
}

void gru_2816_load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(gru());
}
void gru_2816_compile(benchmark::State& state) {
  const RunConfig config = chip_named("server");
  const Network network = gru();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        compile(network.graph, config.chip.machine, config.mapping, config.numbers, nullptr, nullptr));
  }
}
void gru_2816_check(benchmark::State& state) {
  const Program program = compiled_gru();
  for (auto _ : state) {
    benchmark::DoNotOptimize(check_program(program));
    benchmark::DoNotOptimize(find_hazards(program));
  }
}
BENCHMARK(gru_2816_load)->Unit(benchmark::kMillisecond);
BENCHMARK(gru_2816_compile)->Unit(benchmark::kMillisecond);
BENCHMARK(gru_2816_check)->Unit(benchmark::kMillisecond);

/// The chip alone.
void simulate_chip(benchmark::State& state, const std::string& chip, const std::string& network, Schedule schedule) {
  ProgramStore programs;
  Progress silent("", false);
  const Prepared prepared = prepare(timing_of(chip, network, schedule), programs, silent);
  ChipRun run;
  for (auto _ : state) run = run_chip(prepared.config.chip, prepared.program(), schedule);
  state.counters["cycles"] = benchmark::Counter(static_cast<double>(run.total_cycles), kRate);
  state.counters["instructions"] = benchmark::Counter(static_cast<double>(run.instructions), kRate);
}
BENCHMARK_CAPTURE(simulate_chip, gru_2816_on_server_event, "server", kGru, Schedule::event)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_chip, speech_emotion_on_edge_event, "edge", "speech_emotion", Schedule::event)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_chip, speech_emotion_on_edge_clocked, "edge", "speech_emotion", Schedule::clocked)
    ->Unit(benchmark::kMillisecond);

// --- exact values

void values_of(benchmark::State& state, const std::string& path, const NetworkOptions& options,
               std::int64_t activation_bits) {
  const RunConfig config = chip_named("server");
  const Network network = load_network(path, options);
  const Ranges ranges = evaluate(network.graph, network.inputs).ranges;
  const NumbersParams numbers{8, activation_bits};
  const Program program =
      compile(network.graph, config.chip.machine, config.mapping, numbers, &ranges, &network.inputs).program;
  for (auto _ : state) benchmark::DoNotOptimize(execute(program));
  state.counters["MACs"] = benchmark::Counter(static_cast<double>(shape_of(network.graph).multiply_accumulates), kRate);
}

/// Four steps of an LSTM of 1,024 units and inputs.
void values_lstm_1024(benchmark::State& state) {
  const auto path = std::filesystem::temp_directory_path() / "rondo_whole_bench.yaml";
  std::ofstream(path) << "name: large\ninput: {name: x, steps: 4, batch: " << state.range(0)
                      << ", features: 1024}\nweights: {seed: 1}\nlayers:\n  - lstm: {hidden: 1024}\n";
  values_of(state, path.string(), {}, state.range(1));
  std::filesystem::remove(path);
}
void values_char_lstm(benchmark::State& state) {
  values_of(state, kConfigs + "networks/char_lstm.yaml", {}, state.range(0));
}
BENCHMARK(values_lstm_1024)
    ->ArgNames({"batch", "activation_bits"})
    ->ArgsProduct({{1, 32}, {8, 16}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(values_char_lstm)->ArgName("activation_bits")->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rondo

BENCHMARK_MAIN();

// The same compiled network on the RTL and on the SystemC units, shape by shape: simulated cycles a second.
#include <benchmark/benchmark.h>

#include "models/values/executor.hpp"
#include "tests/rtl/verify_cases.hpp"

namespace rondo::rtl {
namespace {

// The first of the random networks of a shape that runs for a while.
Case case_for(const Shape& shape) {
  constexpr std::uint64_t kSeeds = 500;
  Case longest;
  Cycle most = -1;
  for (std::uint64_t seed = 1; seed <= kSeeds && most < kLongestCase / 4; ++seed) {
    Case made = make_case(shape, seed);
    if (made.network.empty()) continue;
    const Cycle cycles = run_chip(made.chip, made.program, Schedule::event).total_cycles;
    if (cycles > most) most = cycles, longest = std::move(made);
  }
  return longest;
}

void count(benchmark::State& state, Cycle cycles) {
  state.counters["cycles"] = static_cast<double>(cycles);
  state.counters["cycles/s"] =
      benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsIterationInvariantRate);
}

void rtl(benchmark::State& state, const Case& made) {
  Cycle cycles = 0;
  for (auto _ : state) cycles = run_rtl(*made.shape, made.chip, made.program, {}, 10 * kLongestCase).total_cycles;
  count(state, cycles);
}

void systemc(benchmark::State& state, const Case& made, Schedule schedule) {
  Cycle cycles = 0;
  for (auto _ : state) cycles = run_chip(made.chip, made.program, schedule).total_cycles;
  count(state, cycles);
}

// What the RTL computes besides: every byte.
void systemc_and_values(benchmark::State& state, const Case& made) {
  Cycle cycles = 0;
  for (auto _ : state) {
    cycles = run_chip(made.chip, made.program, Schedule::event).total_cycles;
    benchmark::DoNotOptimize(execute(made.program));
  }
  count(state, cycles);
}

}  // namespace
}  // namespace rondo::rtl

int main(int count, char** words) {
  using namespace rondo;
  using namespace rondo::rtl;
  for (const Shape& shape : shapes()) {
    const Case made = case_for(shape);
    if (made.network.empty()) continue;
    const auto add = [&](const std::string& name, auto run) {
      benchmark::RegisterBenchmark((shape.name + "/" + name).c_str(), run)->Unit(benchmark::kMillisecond);
    };
    add("rtl", [made](benchmark::State& state) { rondo::rtl::rtl(state, made); });
    add("event", [made](benchmark::State& state) { systemc(state, made, Schedule::event); });
    add("event_and_values", [made](benchmark::State& state) { systemc_and_values(state, made); });
    add("clocked", [made](benchmark::State& state) { systemc(state, made, Schedule::clocked); });
  }
  benchmark::Initialize(&count, words);
  benchmark::RunSpecifiedBenchmarks();
}

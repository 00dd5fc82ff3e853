#include <benchmark/benchmark.h>

#include "models/units/critical_path.hpp"
#include "tests/support/chip_programs.hpp"

// How fast the chip is simulated: a recurrent layer as tiles and products in nested loops, as the compiler
// writes it. The counters say instructions per second and simulated cycles per second; ns per instruction =
// 1e9 / instructions.
namespace rondo::testing {
namespace {

ChipParams wide_chip() {
  ChipParams c = small_chip();
  Machine& m = c.machine;
  m.rows = 128, m.cols = 128, m.arrays = 1, m.tile_fifo = 2;
  m.weight_bytes = 64 << 20, m.weight_banks = 16;
  m.activation_bytes = 1 << 20, m.activation_banks = 8;
  m.accumulator_bytes = 1 << 18, m.accumulator_banks = 8;
  m.parameter_bytes = 1 << 16, m.parameter_banks = 1;
  c.sequencer = {1};
  c.weights = {8, 4};
  c.matrix = {8, 8, 2};
  c.gate.queue_depth = 8, c.gate.lanes = 64;
  c.weight_sram.bytes_per_cycle = 512, c.activation_sram.bytes_per_cycle = 128, c.accumulators.bytes_per_cycle = 512;
  c.weight_sram.latency = 2;
  return c;
}

/// `steps` time steps of a layer with 3 gates of `tiles` x `columns` tiles each and an element-wise end: what
/// a GRU of 2816 needs with tiles = 44 rows of tiles (input and state) and 22 columns of tiles per gate.
Program recurrent_layer(const ChipParams& chip, std::int64_t steps, std::int64_t tiles, std::int64_t columns) {
  Builder b(chip);
  const int sums_ready = b.semaphore(Unit::matrix, Unit::gate);
  const int sums_free = b.semaphore(Unit::gate, Unit::matrix, 1);
  const int state_ready = b.semaphore(Unit::gate, Unit::matrix, 1);
  const int kernel = b.kernel({{MicroOpcode::ld32, 0, 0, 0, 0, 0, 1},
                               {MicroOpcode::scalei, 1, 0, 0, 0, 77, 9},
                               {MicroOpcode::sigmoid, 2, 1, 0, 0, 12, 0},
                               {MicroOpcode::st8, 0, 2, 0, 1, 0, 1}});
  b.loop(steps);
  b.sync(Unit::matrix, {{state_ready, sums_free}, {}, {}});
  b.loop(3 * columns);
  for (int accumulate = 0; accumulate < 2; ++accumulate) {
    if (accumulate) b.loop(tiles - 1);
    const int tile = b.mload(0, 128, 128);
    const std::int64_t next = accumulate ? 128 * 128 : 0;
    b.at(tile).places[0].stride = {0, tiles * 128 * 128, next};
    const int product = b.mmul(0, 0, 1, 128, 128, 8, accumulate);
    b.at(product).places[0].stride = {0, 0, accumulate ? 128 : 0};
    b.at(product).places[1].stride = {0, 512, 0};
    if (accumulate) b.end();
  }
  b.end();
  b.sync(Unit::matrix, {{}, {sums_ready}, {}});
  b.gate(kernel, 3 * columns * 128, 1, {{kAccumulator, 0, {}}, {kActivation, 65536, {}}},
         {{sums_ready}, {sums_free, state_ready}, {}});
  b.end();
  return b.done();
}

void run(benchmark::State& state, Schedule schedule, std::int64_t steps, bool why = false) {
  const ChipParams chip = wide_chip();
  const Program program = recurrent_layer(chip, steps, 44, 22);
  std::int64_t instructions = 0, cycles = 0;
  for (auto _ : state) {
    CriticalPath path(chip, program);
    const ChipRun r = run_chip(chip, program, schedule, nullptr, kNever, why ? &path : nullptr);
    instructions += r.instructions;
    cycles += r.total_cycles;
  }
  state.counters["instructions"] = benchmark::Counter(static_cast<double>(instructions), benchmark::Counter::kIsRate);
  state.counters["cycles"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
  state.counters["ns_per_instruction"] = benchmark::Counter(static_cast<double>(instructions) * 1e-9,
                                                            benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void gru_2816_event(benchmark::State& state) { run(state, Schedule::event, state.range(0)); }
void gru_2816_event_why(benchmark::State& state) { run(state, Schedule::event, state.range(0), true); }
void gru_2816_clocked(benchmark::State& state) { run(state, Schedule::clocked, state.range(0)); }
BENCHMARK(gru_2816_event)->Arg(10)->Arg(750)->Unit(benchmark::kMillisecond);
BENCHMARK(gru_2816_event_why)->Arg(750)->Unit(benchmark::kMillisecond);
BENCHMARK(gru_2816_clocked)->Arg(10)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rondo::testing

BENCHMARK_MAIN();

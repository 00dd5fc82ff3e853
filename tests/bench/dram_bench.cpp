#include <benchmark/benchmark.h>

#include "models/dram/controller.hpp"
#include "sim/dram_file.hpp"

// How fast a DRAM is simulated. Each case moves a million times 64 bytes; ns_per_64_bytes says what one of
// them costs.
namespace rondo::dram {
namespace {

constexpr std::int64_t kBytes = 64'000'000;

Policy policy_of(std::int64_t channels) {
  Policy policy;
  policy.channels = channels;
  policy.mapping = "row-rank-bank-column-bank_group-channel";
  policy.queue_depth = 32;
  policy.overtakes = 32;
  return policy;
}

/// Moves kBytes in transfers of `bytes` each, `flying` of them under way.
Clock stream(const Device& device, const Policy& policy, std::int64_t bytes, std::size_t flying, std::int64_t jump) {
  Controller controller(device, policy, flying);
  std::vector<int> places;
  Clock now = 0, end = 0;
  std::int64_t begun = 0;
  const std::int64_t mask = device.rank_bytes() * policy.channels - 1;
  for (std::size_t oldest = 0; oldest < places.size() || begun < kBytes / bytes;) {
    while (places.size() - oldest < flying && begun < kBytes / bytes) {
      const std::int64_t address = (begun++ * jump & mask) / bytes * bytes;
      places.push_back(controller.add({Direction::read, address, 1, bytes, 0, 0}, now));
    }
    while (controller.progress(places[oldest]).left > 0) {
      now = std::max(now + 1, controller.soonest_end(places[oldest]));
      controller.advance(now);
    }
    end = std::max(end, controller.progress(places[oldest]).end);
    controller.free(places[oldest++]);
  }
  return end;
}

void run(benchmark::State& state, const char* preset, std::int64_t channels, std::int64_t bytes, std::size_t flying,
         std::int64_t jump) {
  const Device device = read_dram_device(preset);
  const Policy policy = policy_of(channels);
  Clock clocks = 0;
  for (auto _ : state) clocks = stream(device, policy, bytes, flying, jump);
  state.counters["per_64_bytes"] = benchmark::Counter(
      static_cast<double>(kBytes / 64), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["GB_per_s_simulated"] =
      static_cast<double>(kBytes) * static_cast<double>(device.clock_mhz) / static_cast<double>(clocks) * 1e-3;
}

#define RONDO_DRAM_BENCH(name, preset, channels)                                                             \
  BENCHMARK_CAPTURE(run, name##_large, preset, channels, 64'000, 8, 64'000)->Unit(benchmark::kMillisecond);  \
  BENCHMARK_CAPTURE(run, name##_64_byte_reads, preset, channels, 64, 64, 64)->Unit(benchmark::kMillisecond); \
  BENCHMARK_CAPTURE(run, name##_random_reads, preset, channels, 64, 64, 0x9E3779B97F4B)->Unit(benchmark::kMillisecond)

RONDO_DRAM_BENCH(ddr4_2400, "ddr4_2400", 1);
RONDO_DRAM_BENCH(ddr4_3200, "ddr4_3200", 1);
RONDO_DRAM_BENCH(lpddr4_3200, "lpddr4_3200", 2);
RONDO_DRAM_BENCH(hbm2, "hbm2", 8);

}  // namespace
}  // namespace rondo::dram

BENCHMARK_MAIN();

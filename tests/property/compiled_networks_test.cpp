// Random networks, compiled for random chips with random mappings. Whatever the chip:
//  - the program is sound and free of hazards;
//  - its outputs are those of the same network on one large reference machine with the plain mapping, bit for bit
//    (a second schedule of the same numbers: tiling, streaming, hoisting and interleaving must not show);
//  - both ways to advance the units agree in every cycle, cause and count, and each unit's causes add up to the total;
//  - without weights (timing only) the program takes the same cycles.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "models/base/error.hpp"
#include "models/values/executor.hpp"
#include "tests/support/random_networks.hpp"
#include "traces/hazards.hpp"

namespace rondo::testing {
namespace {

constexpr int kCasesEach = 60;

Machine reference_machine() {
  Machine m;
  m.rows = 32, m.cols = 32, m.arrays = 1, m.tile_fifo = 2, m.table_entries = 64;
  m.weight_bytes = m.activation_bytes = m.parameter_bytes = m.accumulator_bytes = 1 << 20;
  m.weight_banks = m.activation_banks = m.parameter_banks = m.accumulator_banks = 1;
  m.dram_bytes = 1 << 24, m.semaphores = kMaxSemaphores, m.loop_depth = kMaxLoops;
  return m;
}

std::vector<std::vector<std::int32_t>> outputs_of(const Program& program) {
  const Values values = execute(program);
  std::vector<std::vector<std::int32_t>> outputs;
  for (std::size_t p = 0; p < program.ports.size(); ++p) {
    if (program.ports[p].output) outputs.push_back(values.ports[p]);
  }
  return outputs;
}

std::vector<std::int64_t> counts_of(const ChipRun& run) {
  std::vector<std::int64_t> counts;
  for (const Counted& owner : run.counted()) {
    for (const Quantity& action : owner.actions) counts.push_back(action.count);
    for (const Quantity& counter : owner.counters) counts.push_back(counter.count);
  }
  return counts;
}

void expect_equal_runs(const ChipRun& clocked, const ChipRun& event) {
  EXPECT_EQ(clocked.total_cycles, event.total_cycles);
  ASSERT_EQ(clocked.units.size(), event.units.size());
  for (std::size_t u = 0; u < event.units.size(); ++u) {
    EXPECT_EQ(clocked.units[u].cycles, event.units[u].cycles) << event.units[u].name;
    std::int64_t sum = 0;
    for (std::int64_t c : event.units[u].cycles) sum += c;
    EXPECT_EQ(sum, event.total_cycles) << event.units[u].name;
  }
  EXPECT_EQ(counts_of(clocked), counts_of(event));
}

/// How many programs use what a machine offers.
struct Tally {
  int checked = 0, streams = 0, several_streams = 0, arrays = 0, held = 0, kept = 0;

  void note(const Program& program, const Mapped& mapped) {
    ++checked;
    std::set<int> streaming, working;
    bool holds = false, keeps = false;
    for (const Instruction& in : program.code) {
      if (in.opcode != Opcode::mmul) continue;
      working.insert(array_of(in.unit));
      if (in.fields[field::mmul::stream] == 1) streaming.insert(array_of(in.unit));
      holds |= in.fields[field::mmul::hold] == 1;
      keeps |= in.fields[field::mmul::keep] == 1;
    }
    streams += !streaming.empty(), several_streams += streaming.size() > 1, arrays += working.size() > 1;
    held += holds, kept += keeps;
    // What the report says of the mapping is what the program does.
    EXPECT_EQ(mapped.arrays, static_cast<std::int64_t>(working.size()));
    EXPECT_EQ(mapped.streamed_passes() > 0, !streaming.empty());
    EXPECT_EQ(mapped.streamed_slices > 0, !streaming.empty());
    EXPECT_LE(mapped.streamed_slices, mapped.slices);
    EXPECT_LE(mapped.streamed_passes(), mapped.streamed_slices);
  }
};

/// True when the network fitted the chip and was checked.
bool check_case(std::uint64_t seed, Tally& tally) {
  Dice dice(seed);
  const std::string path =
      (std::filesystem::temp_directory_path() / ("rondo_random_" + std::to_string(seed) + ".yaml")).string();
  const std::string text = random_network(dice);
  SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
  const Network network = load_text(text, path);
  std::remove(path.c_str());
  const ChipParams chip = random_chip_for_networks(dice);
  const MappingParams mapping = random_mapping(dice);
  const NumbersParams numbers{dice.one_of<std::int64_t>({8, 16}), dice.one_of<std::int64_t>({8, 16})};
  const Evaluation evaluation = evaluate(network.graph, network.inputs);
  Compiled compiled;
  try {
    compiled = compile(network.graph, chip.machine, mapping, numbers, &evaluation.ranges, &network.inputs);
  } catch (const Error& error) {
    const std::string said = error.what();
    EXPECT_TRUE(said.find("does not fit") != std::string::npos || said.find("machine.semaphores") == 0) << said;
    return false;
  }
  const Program& program = compiled.program;
  EXPECT_EQ(check_program(program), std::vector<std::string>{});
  EXPECT_EQ(find_hazards(program), std::vector<std::string>{});
  const MappingParams simple{"step", "sequential", 0, "off", "tiles"};
  const Program plain =
      compile(network.graph, reference_machine(), simple, numbers, &evaluation.ranges, &network.inputs).program;
  EXPECT_EQ(outputs_of(program), outputs_of(plain));
  const ChipRun event = run_chip(chip, program, Schedule::event);
  expect_equal_runs(run_chip(chip, program, Schedule::clocked), event);
  tally.note(program, compiled.mapped);
  const Program shapes_only = compile(network.graph, chip.machine, mapping, numbers, nullptr, nullptr).program;
  EXPECT_EQ(run_chip(chip, shapes_only, Schedule::event).total_cycles, event.total_cycles);
  return true;
}

class CompiledNetworks : public ::testing::TestWithParam<int> {};

TEST_P(CompiledNetworks, SameValuesSameCyclesNoHazards) {
  Tally tally;
  for (int k = 0; k < 2 * kCasesEach && tally.checked < kCasesEach && !HasFailure(); ++k)
    check_case(1000 * GetParam() + k, tally);
  EXPECT_EQ(tally.checked, kCasesEach) << "too few of the random networks fit their chips";
  EXPECT_GT(tally.streams, 0);
  EXPECT_GT(tally.several_streams, 0);
  EXPECT_GT(tally.arrays, 0);
  EXPECT_GT(tally.held, 0);
  EXPECT_GT(tally.kept, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CompiledNetworks, ::testing::Range(1, 12));

}  // namespace
}  // namespace rondo::testing

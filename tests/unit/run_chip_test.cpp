#include <gtest/gtest.h>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "tests/support/chip_programs.hpp"

// What run_chip promises besides cycles: counts, errors, many runs in one process.
namespace rondo::testing {
namespace {

const Counted& counted(const ChipRun& run, std::string_view owner) {
  for (const UnitReport& unit : run.units) {
    if (unit.name == owner) return unit.counted;
  }
  for (const MemoryReport& memory : run.memories) {
    if (memory.name == owner) return memory.counted;
  }
  throw std::out_of_range(std::string(owner));
}

const MemoryReport& memory(const ChipRun& run, std::string_view name) {
  for (const MemoryReport& m : run.memories) {
    if (m.name == name) return m;
  }
  throw std::out_of_range(std::string(name));
}

Program a_bit_of_everything(const ChipParams& chip) {
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld32, 0, 0, 0, 0, 0, 1},
                               {MicroOpcode::ld16, 1, 0, 0, 1, 0, 0},
                               {MicroOpcode::mul, 2, 0, 1, 0, 3, 0},
                               {MicroOpcode::scalei, 3, 2, 0, 0, 3, 2},
                               {MicroOpcode::tanh, 4, 3, 0, 0, 12, 0},
                               {MicroOpcode::div, 5, 4, 1, 0, 2, 0},
                               {MicroOpcode::clip, 6, 5, 0, 0, -5, 5},
                               {MicroOpcode::st16, 0, 6, 0, 2, 0, 1},
                               {MicroOpcode::rsum, 7, 6, 0, 0, 0, 0},
                               {MicroOpcode::st32, 0, 7, 0, 3, 0, 0}});
  b.loop(3);
  b.load(kWeight, 0, 2, 20);  // 2 rows of 32 bytes in bursts
  b.load(kParameter, 0, 1, 8);
  b.gather(kActivation, 0, 512, 4, 10);
  b.mload(0, 8, 4, 8);
  b.mmul(0, 0, 5, 8, 4, 8, false, true);  // 5 * 32 products of 8 x 8 bits
  b.mmul(0, 0, 2, 8, 4, 16, true);        // 2 * 32 of 8 x 16 bits
  b.mload(0, 6, 3, 16);
  b.mmul(0, 0, 7, 6, 3, 16);  // 7 * 18 of 16 x 16 bits
  b.gate(kernel, 9, 2, {{kAccumulator, 0, {}}, {kParameter, 0, {}}, {kActivation, 1024, {}}, {kActivation, 2048, {}}});
  b.store(1024, 3, 18);
  b.end();
  if (chip.machine.stream_rows == 0) return b.done();
  b.mload(0, 8, 4, 8);
  b.streaming(b.mmul(0, 0, 1, 8, 4, 8));
  b.gate(b.kernel({{MicroOpcode::pop, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st8, 0, 0, 0, 0, 0, 1}}), 4, 1,
         {{kActivation, 0, {}}});
  return b.done();
}

TEST(RunChip, CountsSumsWhereTheyGo) {
  ChipParams chip = small_chip();
  chip.machine.arrays = 3, chip.machine.stream_rows = 8, chip.machine.dataflow = Dataflow::output_stationary;
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::pop, 0, 0, 0, 2, 0, 0}, {MicroOpcode::st8, 0, 0, 0, 0, 0, 1}});
  b.on_array(2, b.mload(0, 8, 4));
  b.on_array(2, b.holding(b.mmul(0, 0, 5, 8, 4, 8, false, true)));
  b.on_array(2, b.streaming(b.adding_to_held(b.mmul(0, 0, 5, 8, 4, 8, false, true))));
  b.on_array(2, b.streaming(b.mmul(0, 0, 3, 8, 4, 8, true)));
  b.gate(kernel, 4, 5, {{kActivation, 0, {}}});
  b.gate(kernel, 4, 3, {{kActivation, 0, {}}});
  const ChipRun run = run_chip(chip, b.done(), Schedule::event);
  EXPECT_EQ(run.units.size(), 11u) << "no units of an array that is not there";
  const Counted& matrix = counted(run, "matrix2");
  EXPECT_EQ(count_of(matrix, "mac8"), (5 + 5 + 3) * 32);
  EXPECT_EQ(count_of(matrix, "stream"), (5 + 3) * 4);
  EXPECT_EQ(count_of(matrix, "stream_word"), 8 * 4);
  EXPECT_EQ(count_of(matrix, "accumulators_read_bytes"), 3 * 16);
  EXPECT_EQ(count_of(matrix, "accumulators_written_bytes"), 0);
  EXPECT_EQ(count_of(counted(run, "matrix"), "mac8"), 0);
  EXPECT_EQ(count_of(counted(run, "gate"), "move"), (5 + 3) * (1 + 4));
}

TEST(RunChip, CountsWhatTheProgramDoes) {
  const ChipParams chip = small_chip();
  const ChipRun run = run_chip(chip, a_bit_of_everything(chip), Schedule::event);
  EXPECT_EQ(run.instructions, 3 * 10);
  EXPECT_EQ(count_of(counted(run, "matrix"), "mac8"), 3 * 5 * 32);
  EXPECT_EQ(count_of(counted(run, "matrix"), "mac8x16"), 3 * 2 * 32);
  EXPECT_EQ(count_of(counted(run, "matrix"), "mac16"), 3 * 7 * 18);
  EXPECT_EQ(count_of(counted(run, "matrix"), "pe8"), 32);
  EXPECT_EQ(count_of(counted(run, "matrix"), "pe16"), 0);
  EXPECT_EQ(count_of(counted(run, "weights"), "tile_row_load"), 3 * (32 + 36));
  EXPECT_EQ(count_of(counted(run, "sequencer"), "dispatch"), 1 + 3 * 11 + 1);
  const Counted& gate = counted(run, "gate");
  EXPECT_EQ(count_of(gate, "multiply"), 3 * 18);
  EXPECT_EQ(count_of(gate, "requantise"), 3 * 18);
  EXPECT_EQ(count_of(gate, "table"), 3 * 18);
  EXPECT_EQ(count_of(gate, "divide"), 3 * 18);
  EXPECT_EQ(count_of(gate, "add"), 3 * 2 * 18) << "clip and the steps of rsum";
  EXPECT_EQ(count_of(gate, "move"), 3 * (18 + 18 + 2 + 2)) << "ld32 and st16 per element, ld16 and st32 per row";
  EXPECT_EQ(count_of(gate, "activation_sram_written_bytes"), 3 * (18 * 2 + 2 * 4));
  EXPECT_EQ(count_of(counted(run, "load"), "descriptor"), 3 * 3);
  EXPECT_EQ(count_of(counted(run, "load"), "byte"), 3 * (40 + 8 + 40));
  EXPECT_EQ(count_of(counted(run, "store"), "byte"), 3 * 54);
  EXPECT_EQ(memory(run, "dram").read_bytes, 3 * (64 + 32 + 4 * 32));
  EXPECT_EQ(memory(run, "dram").written_bytes, 3 * 3 * 32);
  EXPECT_EQ(memory(run, "weight_sram").read_bytes, 3 * (32 + 36));
  EXPECT_EQ(memory(run, "weight_sram").written_bytes, 3 * 40);
  EXPECT_EQ(memory(run, "activation_sram").read_bytes, 3 * (5 * 8 + 2 * 16 + 7 * 12 + 4 * 4 + 54));
  EXPECT_EQ(memory(run, "activation_sram").written_bytes, 3 * (40 + 36 + 8));
  EXPECT_EQ(memory(run, "parameter_sram").read_bytes, 3 * 2 * 2);
  EXPECT_EQ(memory(run, "accumulators").written_bytes, 3 * (5 * 16 + 2 * 16 + 7 * 12));
  EXPECT_EQ(memory(run, "accumulators").read_bytes, 3 * (2 * 16 + 18 * 4));
  EXPECT_EQ(memory(run, "accumulators").capacity_bytes, 2048);
  EXPECT_EQ(memory(run, "accumulators").counted.bank_bytes, 1024);
}

TEST(RunChip, ManyRunsInOneProcessAreTheSame) {
  const ChipParams chip = small_chip();
  const Program program = a_bit_of_everything(chip);
  const std::int64_t total = run_chip(chip, program, Schedule::event).total_cycles;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(run_chip(chip, program, i % 2 ? Schedule::event : Schedule::clocked).total_cycles, total);
  }
}

TEST(RunChip, ClockDoesNotChangeCycles) {
  ChipParams chip = small_chip();
  const std::int64_t total = run_chip(chip, a_bit_of_everything(chip), Schedule::clocked).total_cycles;
  for (const std::int64_t mhz : {1, 3, 700, 3000, 100000}) {
    chip.clock_mhz = mhz;
    for (const Schedule schedule : {Schedule::clocked, Schedule::event}) {
      EXPECT_EQ(run_chip(chip, a_bit_of_everything(chip), schedule).total_cycles, total) << mhz;
    }
  }
}

TEST(RunChip, LimitStopsARun) {
  const ChipParams chip = small_chip();
  const Program program = a_bit_of_everything(chip);
  const std::int64_t total = run_chip(chip, program, Schedule::event).total_cycles;
  for (const Schedule schedule : {Schedule::clocked, Schedule::event}) {
    EXPECT_THROW(run_chip(chip, program, schedule, nullptr, total - 1), Error);
    EXPECT_EQ(run_chip(chip, program, schedule, nullptr, total + 1).total_cycles, total);
    EXPECT_EQ(run_chip(chip, program, schedule).total_cycles, total) << "a stopped run leaves nothing behind";
  }
}

TEST(RunChip, RefusesAProgramForAnotherMachine) {
  ChipParams chip = small_chip();
  const Program program = a_bit_of_everything(chip);
  chip.machine.rows = 16;
  try {
    run_chip(chip, program, Schedule::event);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("machine.rows is 16 here and 8 there"), std::string::npos) << error.what();
  }
}

TEST(RunChip, RefusesAnUnsoundProgram) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  b.mload(4090, 8, 4);
  EXPECT_THROW(run_chip(chip, b.done(), Schedule::event), Error);
}

TEST(RunChip, DeclaresEverythingWithoutRunning) {
  ChipParams chip = small_chip();
  chip.machine.stream_rows = 1;
  const ChipRun declared = declare_chip(chip), ran = run_chip(chip, a_bit_of_everything(chip), Schedule::event);
  const auto a = declared.counted(), b = ran.counted();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].owner, b[i].owner);
    ASSERT_EQ(a[i].actions.size(), b[i].actions.size());
    for (std::size_t k = 0; k < a[i].actions.size(); ++k) {
      EXPECT_EQ(a[i].actions[k].name, b[i].actions[k].name);
      EXPECT_EQ(a[i].actions[k].count, 0);
      EXPECT_GT(b[i].actions[k].count, 0) << b[i].owner << "." << b[i].actions[k].name << ": no instruction does it";
    }
    for (std::size_t k = 0; k < a[i].parts.size(); ++k) EXPECT_EQ(a[i].parts[k].count, b[i].parts[k].count);
  }
}

}  // namespace
}  // namespace rondo::testing

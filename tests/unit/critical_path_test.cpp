#include "models/units/critical_path.hpp"

#include <gtest/gtest.h>

#include "tests/support/chip_programs.hpp"

// The critical path where it can be worked out by hand: the examples of models/README.md, and others like
// them.
namespace rondo::testing {
namespace {

const char* const kStages[] = {"slot", "window", "front", "request", "transfer", "back", "end"};

/// The path from its end to cycle 0, one line a step: `mmul 5 window, tile: 12..17 of mload 4 window = 2 + 3
/// + 0`, where the numbers are cycles of the earlier step's window, of its drain, and of the handing over.
/// For programs in which every instruction runs once.
std::string path_of(const ChipParams& chip, const Program& program) {
  CriticalPath path(chip, program);
  const Cycle total = run_chip(chip, program, Schedule::event, nullptr, 10000, &path).total_cycles;
  const auto name = [&](int code, Stage stage) {
    if (code < 0) return std::string(stage == Stage::end ? "end" : "start");
    return std::string(info(program.code[static_cast<std::size_t>(code)].opcode).name) + " " + std::to_string(code) +
           " " + kStages[static_cast<int>(stage)];
  };
  std::string text;
  int code = -1;
  Stage stage = Stage::end;
  for (Cycle at = total; at > 0;) {
    const PathLink* into = nullptr;
    for (const PathLink& link : path.links()) {
      if (link.code == code && link.stage == stage) into = &link;
    }
    if (into == nullptr) return text + "broken off\n";
    text += name(code, stage) + ", " + std::string(info(into->reason).name) +
            (into->port < 0 ? "" : " " + std::string(ports_parameter(into->port))) + ": " +
            std::to_string(at - into->cycles()) + ".." + std::to_string(at) + " of " +
            name(into->before, into->stage_before) + " = " + std::to_string(into->window) + " + " +
            std::to_string(into->drain) + " + " + std::to_string(into->hand_over) + "\n";
    at -= into->cycles();
    code = into->before;
    stage = into->stage_before;
  }
  return text;
}

TEST(CriticalPath, OfTiles) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  b.mload(0, 8, 4, 8);
  b.mmul(0, 0, 3, 8, 4, 8);
  b.mload(32, 8, 4, 16);
  b.mmul(0, 0, 2, 8, 4, 8);
  b.mload(96, 3, 4, 8);
  b.mmul(0, 0, 1, 3, 4, 16, true);
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 17..34 of mmul 5 window = 2 + 15 + 0\n"
            "mmul 5 window, tile: 12..17 of mload 4 window = 2 + 3 + 0\n"
            "mload 4 window, tile_room: 8..12 of mmul 1 window = 3 + 0 + 1\n"
            "mmul 1 window, tile: 1..8 of mload 0 window = 4 + 3 + 0\n"
            "mload 0 window, dispatch: 0..1 of mload 0 slot = 1 + 0 + 0\n");
}

TEST(CriticalPath, OfGateInstructionsInARow) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld8, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st8, 0, 0, 0, 1, 0, 1}});
  for (int i = 0; i < 2; ++i) b.gate(kernel, 8, 1, {{kActivation, 0, {}}, {kParameter, 0, {}}});
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 6..11 of gate 1 window = 2 + 3 + 0\n"
            "gate 1 window, taken: 1..6 of gate 0 window = 2 + 3 + 0\n"
            "gate 0 window, dispatch: 0..1 of gate 0 slot = 1 + 0 + 0\n");
}

TEST(CriticalPath, OfTransfersOneAfterTheOther) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  b.load(kActivation, 0, 2, 40);
  b.load(kWeight, 0, 1, 8);
  b.store(2048, 1, 20);
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 76..77 of load 1 back = 1 + 0 + 0\n"
            "load 1 back, reply: 67..76 of load 1 transfer = 8 + 0 + 1\n"
            "load 1 transfer, taken: 59..67 of store 2 transfer = 8 + 0 + 0\n"
            "store 2 transfer, taken: 27..59 of load 0 transfer = 32 + 0 + 0\n"
            "load 0 transfer, latency: 7..27 of load 0 request = 20 + 0 + 0\n"
            "load 0 request, request: 1..7 of load 0 front = 5 + 0 + 1\n"
            "load 0 front, dispatch: 0..1 of load 0 slot = 1 + 0 + 0\n");
}

// The second load may begin when the first store has read what the first load brought, not when that store is
// done.
TEST(CriticalPath, OfAHandshake) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int arrived = b.semaphore(Unit::load, Unit::store);
  const int room = b.semaphore(Unit::store, Unit::load, 1);
  for (int i = 0; i < 2; ++i) {
    b.load(kActivation, 0, 1, 32, {{room}, {arrived}, {}});
    b.store(0, 1, 32, {{arrived}, {}, {room}});
  }
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 130..131 of store 3 back = 1 + 0 + 0\n"
            "store 3 back, reply: 121..130 of store 3 transfer = 8 + 0 + 1\n"
            "store 3 transfer, latency: 101..121 of store 3 request = 20 + 0 + 0\n"
            "store 3 request, request: 92..101 of store 3 front = 8 + 0 + 1\n"
            "store 3 front, semaphore: 87..92 of load 2 back = 4 + 0 + 1\n"
            "load 2 back, reply: 78..87 of load 2 transfer = 8 + 0 + 1\n"
            "load 2 transfer, taken: 70..78 of store 1 transfer = 8 + 0 + 0\n"
            "store 1 transfer, latency: 50..70 of store 1 request = 20 + 0 + 0\n"
            "store 1 request, request: 41..50 of store 1 front = 8 + 0 + 1\n"
            "store 1 front, semaphore: 36..41 of load 0 back = 4 + 0 + 1\n"
            "load 0 back, reply: 27..36 of load 0 transfer = 8 + 0 + 1\n"
            "load 0 transfer, latency: 7..27 of load 0 request = 20 + 0 + 0\n"
            "load 0 request, request: 1..7 of load 0 front = 5 + 0 + 1\n"
            "load 0 front, dispatch: 0..1 of load 0 slot = 1 + 0 + 0\n");
}

TEST(CriticalPath, OfPortsThatAreHeld) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld8, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st8, 0, 0, 0, 1, 0, 1}});
  b.store(0, 1, 32);
  b.gate(kernel, 8, 1, {{kActivation, 64, {}}, {kParameter, 0, {}}});
  b.store(0, 1, 32);
  b.gate(kernel, 8, 1, {{kActivation, 1024, {}}, {kParameter, 0, {}}});
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 49..50 of store 2 back = 1 + 0 + 0\n"
            "store 2 back, reply: 40..49 of store 2 transfer = 8 + 0 + 1\n"
            "store 2 transfer, latency: 20..40 of store 2 request = 20 + 0 + 0\n"
            "store 2 request, request: 11..20 of store 2 front = 8 + 0 + 1\n"
            "store 2 front, bank activation_sram.read_ports: 9..11 of gate 1 window = 2 + 0 + 0\n"
            "gate 1 window, bank activation_sram.read_ports: 1..9 of store 0 front = 8 + 0 + 0\n"
            "store 0 front, dispatch: 0..1 of store 0 slot = 1 + 0 + 0\n");
}

// Store and gather hold both read ports of bank 1. The gate instruction wants banks 0 and 1 and waits; the
// product wants only bank 0, which is free, but the gate instruction is older. Both get on when the store
// lets go.
TEST(CriticalPath, OfAnOlderRequest) {
  ChipParams chip = small_chip();
  chip.activation_sram.read_ports = 2;
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld8, 0, 0, 0, 0, 0, 1},
                               {MicroOpcode::ld8, 1, 0, 0, 1, 0, 1},
                               {MicroOpcode::st8, 0, 0, 0, 2, 0, 1}});
  const int go = b.semaphore(Unit::store, Unit::gate), after = b.semaphore(Unit::store, Unit::matrix);
  b.mload(0, 1, 1);
  b.gather(kWeight, 2048, 1024, 60, 4);
  b.sync(Unit::store, {{}, {go}, {}});
  b.sync(Unit::store, {{}, {after}, {}});
  b.store(1024, 4, 32);
  b.gate(kernel, 4, 1, {{kActivation, 0, {}}, {kActivation, 1024, {}}, {kParameter, 0, {}}}, {{go}, {}, {}});
  const int last = b.mmul(0, 0, 4000, 1, 1, 8, false, false, {{after}, {}, {}});
  b.at(last).fields[field::mmul::src_stride] = 0, b.at(last).fields[field::mmul::dst_stride] = 0;
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 26..4041 of mmul 6 window = 4000 + 15 + 0\n"
            "mmul 6 window, turn activation_sram.read_ports: 25..26 of gate 5 window = 0 + 0 + 1\n"
            "gate 5 window, bank activation_sram.read_ports: 5..25 of store 4 front = 20 + 0 + 0\n"
            "store 4 front, taken: 4..5 of sync 3 front = 1 + 0 + 0\n"
            "sync 3 front, taken: 3..4 of sync 2 front = 1 + 0 + 0\n"
            "sync 2 front, dispatch: 2..3 of sync 2 slot = 1 + 0 + 0\n"
            "sync 2 slot, taken: 1..2 of gather 1 slot = 1 + 0 + 0\n"
            "gather 1 slot, taken: 0..1 of mload 0 slot = 1 + 0 + 0\n");
}

// The first gate instruction starts when no sum will be late; the second mmul when the first gate instruction
// has given room back; and the second gate instruction again when no sum will be late.
TEST(CriticalPath, OfStreams) {
  ChipParams chip = small_chip();
  chip.machine.stream_rows = 4;
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::pop, 0, 0, 0, 0, 0, 1},
                               {MicroOpcode::scalei, 1, 0, 0, 0, 100, 7},
                               {MicroOpcode::st8, 0, 1, 0, 0, 0, 1}});
  b.mload(0, 8, 4, 16);
  b.streaming(b.mmul(0, 0, 3, 8, 4, 8, false, true));
  b.gate(kernel, 4, 3, {{kActivation, 2048, {}}});
  b.streaming(b.mmul(0, 0, 2, 8, 4, 8));
  b.gate(kernel, 2, 2, {{kActivation, 2048, {}}});
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 47..56 of gate 4 window = 2 + 7 + 0\n"
            "gate 4 window, stream: 31..47 of mmul 3 window = 4 + 12 + 0\n"
            "mmul 3 window, stream_room: 27..31 of gate 2 window = 3 + 0 + 1\n"
            "gate 2 window, stream: 8..27 of mmul 1 window = 6 + 13 + 0\n"
            "mmul 1 window, tile: 1..8 of mload 0 window = 4 + 3 + 0\n"
            "mload 0 window, dispatch: 0..1 of mload 0 slot = 1 + 0 + 0\n");
}

// A queue with one place: the second instruction is dispatched a cycle after the first has started.
TEST(CriticalPath, OfAQueueWithoutRoom) {
  ChipParams chip = small_chip();
  chip.weights.queue_depth = 1;
  Builder b(chip);
  for (int i = 0; i < 2; ++i) b.sync(Unit::weights);
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 3..7 of sync 1 window = 1 + 3 + 0\n"
            "sync 1 window, dispatch: 2..3 of sync 1 slot = 1 + 0 + 0\n"
            "sync 1 slot, queue_room: 1..2 of sync 0 window = 0 + 0 + 1\n"
            "sync 0 window, dispatch: 0..1 of sync 0 slot = 1 + 0 + 0\n");
}

TEST(CriticalPath, OfAnEmptyProgramIsItsHalt) {
  const ChipParams chip = small_chip();
  EXPECT_EQ(path_of(chip, Builder(chip).done()), "end, end: 0..1 of halt 0 slot = 1 + 0 + 0\n");
}

// A gather waits for every descriptor before it; one more load than may be in flight waits for the first of
// them.
TEST(CriticalPath, OfDescriptorsInFlight) {
  ChipParams chip = small_chip();
  chip.load.outstanding = 1;
  Builder b(chip);
  b.load(kWeight, 0, 1, 8);
  b.load(kWeight, 0, 1, 8);
  EXPECT_EQ(path_of(chip, b.done()),
            "end, end: 72..73 of load 1 back = 1 + 0 + 0\n"
            "load 1 back, reply: 63..72 of load 1 transfer = 8 + 0 + 1\n"
            "load 1 transfer, latency: 43..63 of load 1 request = 20 + 0 + 0\n"
            "load 1 request, request: 37..43 of load 1 front = 5 + 0 + 1\n"
            "load 1 front, in_flight: 36..37 of load 0 back = 1 + 0 + 0\n"
            "load 0 back, reply: 27..36 of load 0 transfer = 8 + 0 + 1\n"
            "load 0 transfer, latency: 7..27 of load 0 request = 20 + 0 + 0\n"
            "load 0 request, request: 1..7 of load 0 front = 5 + 0 + 1\n"
            "load 0 front, dispatch: 0..1 of load 0 slot = 1 + 0 + 0\n");
}

// A load that takes as long as all else keeps two ways apart from the first cycle on: memory does not grow
// with them.
TEST(CriticalPath, OfManyInstructionsTakesLittleMemory) {
  for (const std::int64_t latency : {20, 50000, 90000}) {
    ChipParams chip = small_chip();
    chip.dram.latency = latency;
    Builder b(chip);
    const int s = b.semaphore(Unit::gate, Unit::weights);
    for (int i = 0; i < 2; ++i) b.load(kWeight, 0, 1, 8);
    b.loop(20000);
    b.sync(Unit::gate, {{}, {s}, {}});
    b.sync(Unit::weights, {{s}, {}, {}});
    b.end();
    const Program program = b.done();
    constexpr std::size_t kCapacity = 256;
    CriticalPath path(chip, program, kCapacity);
    const Cycle total = run_chip(chip, program, Schedule::event, nullptr, kNever, &path).total_cycles;
    std::int64_t cycles = 0, times = 0;
    for (const PathLink& link : path.links()) cycles += link.cycles(), times += link.times;
    EXPECT_EQ(cycles, total);
    EXPECT_EQ(times > 20000, latency < 90000) << "the loop takes 3 cycles an iteration";
    EXPECT_EQ(path.capacity(), kCapacity);
  }
}

}  // namespace
}  // namespace rondo::testing

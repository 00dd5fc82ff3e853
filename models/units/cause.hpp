#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "models/isa/machine.hpp"

namespace rondo {

using Cycle = std::int64_t;
inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

/// What a unit does in a cycle: working, or waiting for exactly one thing. Every cycle of a run has one cause
/// per unit.
enum class Cause : std::uint8_t {
  busy,
  drain,
  wait_weights,  // in the order of the first units of enum Unit, see wait_for()
  wait_matrix,
  wait_gate,
  wait_load,
  wait_store,
  bank,
  stream,
  dram,
  queue_full,
  no_instruction,
  done
};
inline constexpr int kCauses = 13;

struct CauseInfo {
  std::string_view name;
  std::string_view sentence;
};
inline constexpr std::array<CauseInfo, kCauses> kCauseTable = {{
    {"busy", "working: taking in, reading or moving data, or dispatching"},
    {"drain", "results are still on their way and there is nothing else to do"},
    {"wait_weights", "waits for a weights unit: a semaphore, or a tile that is not loaded yet"},
    {"wait_matrix", "waits for a matrix unit: a semaphore, or room for a tile"},
    {"wait_gate", "waits for a semaphore of the gate unit"},
    {"wait_load", "waits for a semaphore of the load unit"},
    {"wait_store", "waits for a semaphore of the store unit"},
    {"bank", "the port of an SRAM bank is held, or claimed earlier, by another unit"},
    {"stream", "matrix: no room in the stream to the gate unit; gate: its sums are still to come through a stream"},
    {"dram", "nothing but DRAM latency or replies to wait for"},
    {"queue_full", "the queue of the unit that must take the next instruction is full"},
    {"no_instruction", "the queue is empty and the program has not ended"},
    {"done", "the program has ended and nothing is left to do"},
}};

inline std::string_view name_of(Cause cause) { return kCauseTable[static_cast<std::size_t>(cause)].name; }
inline Cause wait_for(Unit producer) {
  return static_cast<Cause>(static_cast<int>(Cause::wait_weights) + static_cast<int>(kind_of(producer)));
}

/// What a unit does from now on, and the cycle at which that can next change by itself (kNever: only when
/// another unit does something).
struct Span {
  Cause cause;
  Cycle until;
};

/// The clocked units of a chip; the first are those of enum Unit. A chip lacks the units of the arrays that it lacks.
inline constexpr int kSequencer = kUnits;
inline constexpr int kDram = kUnits + 1;
inline constexpr int kChipUnits = kUnits + 2;
inline constexpr std::array<std::string_view, kChipUnits> kChipUnitNames = {
    "weights",  "matrix",  "gate",     "load",    "store",     "weights1", "matrix1",
    "weights2", "matrix2", "weights3", "matrix3", "sequencer", "dram"};

}  // namespace rondo

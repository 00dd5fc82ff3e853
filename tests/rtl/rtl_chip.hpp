#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/isa/instruction.hpp"
#include "models/units/cause.hpp"
#include "models/units/params.hpp"
#include "sv_constants.hpp"

/// The chip in SystemVerilog (the .sv files of this folder), built by Verilator, seen from C++. One Verilated
/// model per shape; a chip's pace goes into its registers, so that one build serves every chip of that shape.
namespace rondo::rtl {

/// What is fixed when the RTL is built: one row of the table in shapes.cmake.
struct Shape {
  std::string name;
  Machine machine;
  std::int64_t lanes = 0;
};

/// The shapes that this build holds, smallest first.
const std::vector<Shape>& shapes();

/// The most that the RTL's registers, counters and buffers hold, whatever its shape.
struct Limits {
  std::int64_t dispatch_width = sv::kSlots;
  std::int64_t queue_depth = 15;
  std::int64_t rows_per_cycle = 255;
  std::int64_t latency = 15;          ///< of an SRAM, and matrix.accumulate_latency
  std::int64_t gate_latency = 31;     ///< add, multiply, table, divide, reduce
  std::int64_t functional_units = 4;  ///< gate.adders, multipliers, tables
  std::int64_t outstanding = 15;
  std::int64_t setup_cycles = 255;
  std::int64_t bytes_per_cycle = sv::kMoved;  ///< of an SRAM and of the DRAM
  std::int64_t ports = 3;                     ///< per bank and direction
  std::int64_t dram_latency = 4095;
  std::int64_t burst_bytes = 4096;
  std::int64_t instructions = 1 << sv::kPcBits;  ///< of a program, loops not unrolled
  std::int64_t kernels = sv::kKernels;
  std::int64_t micro_ops = sv::kOps;           ///< of a kernel
  std::int64_t kernel_reads = sv::kReads;      ///< loads and pops of a kernel
  std::int64_t kernel_results = sv::kResults;  ///< stores and reductions of a kernel
  std::int64_t gathered_rows = sv::kIndices;   ///< of one gather
  std::int64_t moved_bytes =
      1 << sv::kBuffer;  ///< outstanding x the largest transfer, of the load and of the store unit
};
inline constexpr Limits kLimits{};

/// Why the RTL cannot run this program at this pace, as sentences; empty when it can.
std::vector<std::string> outside_limits(const Shape& shape, const ChipParams& params, const Program& program);

/// One executed instruction: it started in `start`, and its results can be seen from `end` on.
struct InstructionEvent {
  Unit unit;
  std::int32_t code;  ///< index into Program::code
  Cycle start;
  Cycle end;

  bool operator==(const InstructionEvent& o) const {
    return unit == o.unit && code == o.code && start == o.start && end == o.end;
  }
};

struct RtlRun {
  Cycle total_cycles = 0;
  std::vector<InstructionEvent> events;                     ///< unit by unit, each in order of `start`
  std::array<std::vector<std::uint8_t>, kSpaces> memories;  ///< what was left in them, by Space
};

/// Runs `program` on the RTL of `shape` with the pace of `params` (params.machine == shape.machine,
/// params.gate.lanes == shape.lanes). DRAM starts as `dram`, then the program's segments, then zeros; SRAMs
/// start as zeros. Throws Error when `outside_limits` finds something, or when the run has not ended before
/// cycle `limit`.
RtlRun run_rtl(const Shape& shape, const ChipParams& params, const Program& program,
               const std::vector<std::uint8_t>& dram, Cycle limit);

}  // namespace rondo::rtl

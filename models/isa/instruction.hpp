#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/isa/machine.hpp"

namespace rondo {

enum class Opcode : std::uint8_t {
#define RONDO_OP(name, ...) name,
#include "models/isa/opcodes.def"
#undef RONDO_OP
};

enum class MicroOpcode : std::uint8_t {
#define RONDO_MICRO(name, ...) name,
#include "models/isa/micro_ops.def"
#undef RONDO_MICRO
};

/// Functional units of a gate-unit lane.
enum class FunctionalUnit : std::uint8_t { memory, adder, multiplier, table, divider, reducer, stream };
inline constexpr int kFunctionalUnits = 7;
inline constexpr std::array<std::string_view, kFunctionalUnits> kFunctionalUnitNames = {
    "memory", "adder", "multiplier", "table", "divider", "reducer", "stream"};

inline constexpr int kMaxPlaces = 8;
inline constexpr int kMaxFields = 11;
inline constexpr int kRegisters = 32;

struct PlaceInfo {
  std::string_view name;
  std::string_view spaces;  ///< a space's name, "sram" (weight, activation, parameter) or "any" (all but dram)
  std::string_view sentence;
};

struct FieldRow {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  std::string_view sentence;
};

/// One row of opcodes.def.
struct OpcodeInfo {
  Opcode opcode;
  std::string_view name;
  std::string_view unit;  ///< a unit's name, "sequencer" or "any"
  std::string_view sentence;
  std::vector<PlaceInfo> places;
  std::vector<FieldRow> fields;
};

struct MicroOpInfo {
  MicroOpcode opcode;
  std::string_view name;
  FunctionalUnit functional_unit;
  std::string_view operands;  ///< letters, see micro_ops.def
  std::string_view sentence;
};

const std::vector<OpcodeInfo>& opcode_table();
const OpcodeInfo& info(Opcode opcode);
std::optional<Opcode> find_opcode(std::string_view name);
const std::vector<MicroOpInfo>& micro_op_table();
const MicroOpInfo& info(MicroOpcode opcode);
std::optional<MicroOpcode> find_micro_op(std::string_view name);

/// A byte address that moves with the enclosing loops: base + sum over loops of stride[depth] * iteration.
/// Depth 0 is the outermost loop around the instruction.
struct Place {
  Space space = Space::activation;
  std::int64_t base = 0;
  std::array<std::int64_t, kMaxLoops> stride{};

  bool operator==(const Place& o) const { return space == o.space && base == o.base && stride == o.stride; }
};

/// One instruction of a program. `places` and `fields` are in the order of the opcode's row; the rest is unused.
struct Instruction {
  Opcode opcode = Opcode::halt;
  Unit unit = Unit::weights;  ///< who executes it (usual_unit, except for sync)
  std::uint64_t wait = 0;     ///< semaphores that must be above zero to start, and are decremented then
  std::uint64_t signal = 0;   ///< semaphores incremented when every result is visible
  std::uint64_t release = 0;  ///< semaphores incremented when every operand has been read
  std::int32_t layer = -1;    ///< index into Program::layers: which part of the network this works for
  std::array<Place, kMaxPlaces> places{};
  std::array<std::int64_t, kMaxFields> fields{};

  bool operator==(const Instruction& o) const;
};

/// Names for the fields of each opcode, so that code reads `i.fields[mmul::vectors]`.
// clang-format off
namespace field {
namespace loop { enum { count }; }
namespace mload { enum { rows, cols, stride, bits, array }; }
namespace mmul { enum { vectors, rows, cols, src_stride, dst_stride, bits, accumulate, keep, array, stream, hold }; }
namespace gate { enum { kernel, elements, rows, s0 }; }
namespace load { enum { rows, bytes, src_stride, dst_stride }; }
namespace gather { enum { rows, bytes, dst_stride, table_rows }; }
namespace store { enum { rows, bytes, src_stride, dst_stride }; }
}  // namespace field
// clang-format on

/// Values of mmul's field `accumulate`.
inline constexpr std::int64_t kNewSums = 0, kAddToMemory = 1, kAddToHeld = 2;

/// Who executes the instruction by its row and, for mload and mmul, its field `array`. Weights for those that nobody
/// executes and for sync, which names its unit itself.
Unit usual_unit(const Instruction& instruction);

/// Whether an mmul reads or writes sums at `dst`; if neither, it has no `dst`.
inline bool reads_sums(const Instruction& mmul) { return mmul.fields[field::mmul::accumulate] == kAddToMemory; }
inline bool writes_sums(const Instruction& mmul) {
  return mmul.fields[field::mmul::stream] == 0 && mmul.fields[field::mmul::hold] == 0;
}

struct MicroOp {
  MicroOpcode opcode = MicroOpcode::li;
  std::uint8_t d = 0, a = 0, b = 0;
  std::uint8_t p = 0;  ///< memory operand; of a pop: the array whose stream it reads
  std::int64_t i = 0, j = 0;

  bool operator==(const MicroOp& o) const {
    return opcode == o.opcode && d == o.d && a == o.a && b == o.b && p == o.p && i == o.i && j == o.j;
  }
};

/// A chain of micro-operations that the gate unit runs for every element of a row.
struct Kernel {
  std::string name;
  std::vector<MicroOp> ops;

  bool operator==(const Kernel& o) const { return name == o.name && ops == o.ops; }
};

/// A named range of memory, for reading a program and for messages.
struct Symbol {
  std::string name;
  Space space = Space::dram;
  std::int64_t address = 0;
  std::int64_t bytes = 0;

  bool operator==(const Symbol& o) const {
    return name == o.name && space == o.space && address == o.address && bytes == o.bytes;
  }
};

/// A tensor that a run reads from or leaves in DRAM: row-major, `bits` wide, real value = integer * scale.
struct Port {
  std::string name;
  bool output = false;
  std::int64_t address = 0;
  int bits = 16;  ///< 8, 16 or 32
  double scale = 1;
  std::vector<std::int64_t> shape;

  bool operator==(const Port& o) const {
    return name == o.name && output == o.output && address == o.address && bits == o.bits && scale == o.scale &&
           shape == o.shape;
  }
};

/// Bytes that lie in DRAM before the program starts (weights, tables, inputs).
struct Segment {
  std::int64_t address = 0;
  std::vector<std::uint8_t> bytes;

  bool operator==(const Segment& o) const { return address == o.address && bytes == o.bytes; }
};

/// Who signals and who waits: every semaphore joins one unit to one other (the hazard checker holds this).
struct Semaphore {
  Unit from = Unit::load;
  Unit to = Unit::matrix;
  std::int64_t initial = 0;

  bool operator==(const Semaphore& o) const { return from == o.from && to == o.to && initial == o.initial; }
};

struct Program {
  std::string name;
  Machine machine;
  std::vector<Instruction> code;
  std::vector<Kernel> kernels;
  std::vector<Semaphore> semaphores;
  std::vector<std::string> layers;
  std::vector<Symbol> symbols;
  std::vector<Port> ports;
  std::vector<Segment> data;

  bool operator==(const Program& o) const;
};

/// Bytes that one executed instruction touches: `rows` runs of `bytes`, `stride` apart, from `address`.
struct Access {
  Space space = Space::dram;
  bool write = false;
  std::int64_t address = 0;
  std::int64_t rows = 1;
  std::int64_t bytes = 0;
  std::int64_t stride = 0;
  int place = -1;  ///< the operand it comes from
};

/// What a memory operand of a kernel is used for; bytes per element row follow from it.
struct KernelOperand {
  bool read = false;
  bool written = false;
  std::int64_t read_bytes = 0;  ///< per element, over all loads (what the port moves)
  std::int64_t written_bytes = 0;
  std::int64_t row_read_bytes = 0;  ///< per row, for loads and stores with j = 0
  std::int64_t row_written_bytes = 0;
};

/// Facts about a kernel that hazards, timing and energy share.
struct KernelSummary {
  std::array<KernelOperand, kMaxPlaces> operands{};
  std::array<std::int64_t, kFunctionalUnits> uses{};  ///< micro-operations per element on each functional unit
  std::uint8_t pops = 0;                              ///< arrays whose streams it reads, one bit each
};
KernelSummary summarise(const Kernel& kernel);
/// The last column that a kernel over `elements` elements pops from an array's stream; -1: it pops nothing from it.
std::int64_t last_column(const Kernel& kernel, int array, std::int64_t elements);

/// Reads and writes of `instruction` with its places at the given byte addresses (strides already added).
/// Every memory micro-operation of a kernel gives one Access, so that an operand used at several
/// offsets is seen exactly.
std::vector<Access> accesses(const Instruction& instruction, const std::array<std::int64_t, kMaxPlaces>& addresses,
                             const std::vector<Kernel>& kernels);

/// Everything that makes a program unfit to run, whatever the chip's pace: unknown kernels, fields out of range,
/// places in the wrong memory or outside of it (over all iterations), unbalanced loops, too many loops or semaphores,
/// operands of a kernel that do not exist, tiles, streamed or held sums that an instruction lacks or that nobody takes.
/// Each finding names the instruction by its number.
std::vector<std::string> check_program(const Program& program);

}  // namespace rondo

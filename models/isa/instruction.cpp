#include "models/isa/instruction.hpp"

#include <algorithm>

namespace rondo {
namespace {

// The rows of the two .def files as data.
std::vector<OpcodeInfo> make_opcode_table() {
#define PLACE(name, spaces, sentence) \
  PlaceInfo { #name, #spaces, sentence }
#define PLACES(...) \
  std::vector<PlaceInfo> { __VA_ARGS__ }
#define FIELD(name, least, most, sentence) \
  FieldRow { #name, least, most, sentence }
#define FIELDS(...) \
  std::vector<FieldRow> { __VA_ARGS__ }
#define RONDO_OP(name, unit, sentence, places, fields) {Opcode::name, #name, #unit, sentence, places, fields},
  return {
#include "models/isa/opcodes.def"
  };
#undef RONDO_OP
#undef FIELDS
#undef FIELD
#undef PLACES
#undef PLACE
}

std::vector<MicroOpInfo> make_micro_op_table() {
  return {
#define RONDO_MICRO(name, functional_unit, operands, sentence) \
  {MicroOpcode::name, #name, FunctionalUnit::functional_unit, operands, sentence},
#include "models/isa/micro_ops.def"
#undef RONDO_MICRO
  };
}

template <class Table>
auto find_by_name(const Table& table, std::string_view name) -> std::optional<decltype(table.front().opcode)> {
  for (const auto& row : table) {
    if (row.name == name) return row.opcode;
  }
  return std::nullopt;
}

bool is_store(MicroOpcode opcode) {
  return opcode == MicroOpcode::st8 || opcode == MicroOpcode::st16 || opcode == MicroOpcode::st32;
}

std::int64_t width_of(MicroOpcode opcode) {
  switch (opcode) {
    case MicroOpcode::ld8:
    case MicroOpcode::st8: return 1;
    case MicroOpcode::ld16:
    case MicroOpcode::st16: return 2;
    default: return 4;
  }
}

// Runs of `elements` words, j apart; j is 0 (one word) or a whole number of words.
void add_kernel_accesses(const Instruction& in, const std::array<std::int64_t, kMaxPlaces>& at, const Kernel& kernel,
                         std::vector<Access>& out) {
  for (const MicroOp& op : kernel.ops) {
    if (info(op.opcode).functional_unit != FunctionalUnit::memory) continue;
    Access access;
    access.space = in.places[op.p].space;
    access.write = is_store(op.opcode);
    access.address = at[op.p] + op.i;
    access.rows = in.fields[field::gate::rows];
    access.stride = in.fields[field::gate::s0 + op.p];
    access.bytes = width_of(op.opcode) * (op.j == 0 ? 1 : (in.fields[field::gate::elements] - 1) * op.j + 1);
    access.place = op.p;
    out.push_back(access);
  }
}

}  // namespace

const std::vector<OpcodeInfo>& opcode_table() {
  static const std::vector<OpcodeInfo> table = make_opcode_table();
  return table;
}
const OpcodeInfo& info(Opcode opcode) { return opcode_table()[static_cast<std::size_t>(opcode)]; }
std::optional<Opcode> find_opcode(std::string_view name) { return find_by_name(opcode_table(), name); }

const std::vector<MicroOpInfo>& micro_op_table() {
  static const std::vector<MicroOpInfo> table = make_micro_op_table();
  return table;
}
const MicroOpInfo& info(MicroOpcode opcode) { return micro_op_table()[static_cast<std::size_t>(opcode)]; }
std::optional<MicroOpcode> find_micro_op(std::string_view name) { return find_by_name(micro_op_table(), name); }

Unit usual_unit(const Instruction& in) {
  const auto array = [&](std::size_t f) {
    return static_cast<int>(std::clamp<std::int64_t>(in.fields[f], 0, kMaxArrays - 1));
  };
  if (in.opcode == Opcode::mload) return weights_unit(array(field::mload::array));
  if (in.opcode == Opcode::mmul) return matrix_unit(array(field::mmul::array));
  const auto unit = std::find(kUnitNames.begin(), kUnitNames.end(), info(in.opcode).unit);
  return unit == kUnitNames.end() ? Unit::weights : static_cast<Unit>(unit - kUnitNames.begin());
}

bool Instruction::operator==(const Instruction& o) const {
  return opcode == o.opcode && unit == o.unit && wait == o.wait && signal == o.signal && release == o.release &&
         layer == o.layer && places == o.places && fields == o.fields;
}

bool Program::operator==(const Program& o) const {
  return name == o.name && machine == o.machine && code == o.code && kernels == o.kernels &&
         semaphores == o.semaphores && layers == o.layers && symbols == o.symbols && ports == o.ports && data == o.data;
}

KernelSummary summarise(const Kernel& kernel) {
  KernelSummary summary;
  for (const MicroOp& op : kernel.ops) {
    const FunctionalUnit used = info(op.opcode).functional_unit;
    ++summary.uses[static_cast<std::size_t>(used)];
    if (used == FunctionalUnit::stream) summary.pops |= static_cast<std::uint8_t>(1 << op.p);
    if (used != FunctionalUnit::memory) continue;
    KernelOperand& operand = summary.operands[op.p];
    const std::int64_t bytes = width_of(op.opcode);
    if (is_store(op.opcode)) {
      operand.written = true;
      (op.j == 0 ? operand.row_written_bytes : operand.written_bytes) += bytes;
    } else {
      operand.read = true;
      (op.j == 0 ? operand.row_read_bytes : operand.read_bytes) += bytes;
    }
  }
  return summary;
}

std::int64_t last_column(const Kernel& kernel, int array, std::int64_t elements) {
  std::int64_t last = -1;
  for (const MicroOp& op : kernel.ops) {
    if (op.opcode == MicroOpcode::pop && op.p == array) last = std::max(last, op.i + op.j * (elements - 1));
  }
  return last;
}

std::vector<Access> accesses(const Instruction& in, const std::array<std::int64_t, kMaxPlaces>& at,
                             const std::vector<Kernel>& kernels) {
  const auto& f = in.fields;
  const auto row_access = [&](int place, bool write, std::int64_t rows, std::int64_t bytes, std::int64_t stride) {
    return Access{in.places[place].space, write, at[place], rows, bytes, stride, place};
  };
  switch (in.opcode) {
    case Opcode::mload:
      return {row_access(0, false, f[field::mload::rows], f[field::mload::cols] * f[field::mload::bits] / 8,
                         f[field::mload::stride])};
    case Opcode::mmul: {
      const std::int64_t n = f[field::mmul::vectors];
      const std::int64_t sums = 4 * f[field::mmul::cols];
      std::vector<Access> out = {
          row_access(0, false, n, f[field::mmul::rows] * f[field::mmul::bits] / 8, f[field::mmul::src_stride])};
      if (writes_sums(in)) out.push_back(row_access(1, true, n, sums, f[field::mmul::dst_stride]));
      if (reads_sums(in)) out.push_back(row_access(1, false, n, sums, f[field::mmul::dst_stride]));
      return out;
    }
    case Opcode::gate: {
      std::vector<Access> out;
      add_kernel_accesses(in, at, kernels[f[field::gate::kernel]], out);
      return out;
    }
    case Opcode::load:
      return {row_access(0, false, f[field::load::rows], f[field::load::bytes], f[field::load::src_stride]),
              row_access(1, true, f[field::load::rows], f[field::load::bytes], f[field::load::dst_stride])};
    case Opcode::gather:
      return {row_access(0, false, 1, f[field::gather::table_rows] * f[field::gather::bytes], 0),
              row_access(1, true, f[field::gather::rows], f[field::gather::bytes], f[field::gather::dst_stride]),
              row_access(2, false, 1, 4 * f[field::gather::rows], 0)};
    case Opcode::store:
      return {row_access(0, false, f[field::store::rows], f[field::store::bytes], f[field::store::src_stride]),
              row_access(1, true, f[field::store::rows], f[field::store::bytes], f[field::store::dst_stride])};
    default: return {};
  }
}

}  // namespace rondo

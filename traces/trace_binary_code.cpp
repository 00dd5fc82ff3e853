#include <optional>

#include "traces/trace_limits.hpp"
#include "traces/trace_packing.hpp"

namespace rondo {
namespace {

void pack(const Place& place, Packer& to) {
  std::uint8_t mask = 0;
  for (int d = 0; d < kMaxLoops; ++d) mask |= static_cast<std::uint8_t>((place.stride[d] != 0) << d);
  to.byte(static_cast<std::uint8_t>(place.space));
  to.integer(place.base);
  to.byte(mask);
  for (std::int64_t stride : place.stride) {
    if (stride != 0) to.integer(stride);
  }
}

Place unpack_place(Unpacker& from) {
  Place place;
  place.space = static_cast<Space>(from.below(kSpaces, "memory"));
  place.base = from.integer();
  const std::uint8_t mask = from.byte();
  for (int d = 0; d < kMaxLoops; ++d) {
    if (mask >> d & 1) place.stride[d] = from.integer();
  }
  return place;
}

// An instruction is its opcode, a mask of what is not as usual, and that: bits 0 to 4 wait, signal, release,
// layer (another than the instruction before), unit (another than the usual one), then one bit for each place
// and each field.
constexpr std::uint64_t kWait = 1, kSignal = 2, kRelease = 4, kLayer = 8, kUnit = 16;
constexpr unsigned kPlacesAt = 5, kFieldsAt = kPlacesAt + kMaxPlaces, kMaskBits = kFieldsAt + kMaxFields;

std::uint64_t mask_of(const Instruction& in, std::int32_t last_layer) {
  std::uint64_t mask = (in.wait ? kWait : 0) | (in.signal ? kSignal : 0) | (in.release ? kRelease : 0) |
                       (in.layer != last_layer ? kLayer : 0) | (in.unit != usual_unit(in) ? kUnit : 0);
  for (unsigned p = 0; p < kMaxPlaces; ++p) mask |= std::uint64_t{!(in.places[p] == Place{})} << (kPlacesAt + p);
  for (unsigned f = 0; f < kMaxFields; ++f) mask |= std::uint64_t{in.fields[f] != 0} << (kFieldsAt + f);
  return mask;
}

void pack(const Instruction& in, std::int32_t last_layer, Packer& to) {
  const std::uint64_t mask = mask_of(in, last_layer);
  to.byte(static_cast<std::uint8_t>(in.opcode));
  to.number(mask);
  if (mask & kWait) to.number(in.wait);
  if (mask & kSignal) to.number(in.signal);
  if (mask & kRelease) to.number(in.release);
  if (mask & kLayer) to.integer(in.layer);
  if (mask & kUnit) to.byte(static_cast<std::uint8_t>(in.unit));
  for (unsigned p = 0; p < kMaxPlaces; ++p) {
    if (mask >> (kPlacesAt + p) & 1) pack(in.places[p], to);
  }
  for (unsigned f = 0; f < kMaxFields; ++f) {
    if (mask >> (kFieldsAt + f) & 1) to.integer(in.fields[f]);
  }
}

Instruction unpack_instruction(std::int32_t last_layer, Unpacker& from) {
  Instruction in;
  in.opcode = static_cast<Opcode>(from.below(opcode_table().size(), "instruction"));
  in.layer = last_layer;
  const std::uint64_t mask = from.below(std::uint64_t{1} << kMaskBits, "such mask of an instruction:");
  if (mask & kWait) in.wait = from.number();
  if (mask & kSignal) in.signal = from.number();
  if (mask & kRelease) in.release = from.number();
  if (mask & kLayer) {
    const std::int64_t layer = from.integer();
    if (layer < INT32_MIN || layer > INT32_MAX) from.fail("there is no layer " + std::to_string(layer));
    in.layer = static_cast<std::int32_t>(layer);
  }
  std::optional<Unit> unit;
  if (mask & kUnit) unit = static_cast<Unit>(from.below(kUnits, "unit"));
  for (unsigned p = 0; p < kMaxPlaces; ++p) {
    if (mask >> (kPlacesAt + p) & 1) in.places[p] = unpack_place(from);
  }
  for (unsigned f = 0; f < kMaxFields; ++f) {
    if (mask >> (kFieldsAt + f) & 1) in.fields[f] = from.integer();
  }
  in.unit = unit.value_or(usual_unit(in));
  return in;
}

}  // namespace

void pack(const std::vector<Instruction>& code, Packer& to) {
  to.number(code.size());
  std::int32_t layer = -1;
  for (const Instruction& in : code) {
    pack(in, layer, to);
    layer = in.layer;
  }
}

void unpack(Unpacker& from, std::vector<Instruction>& code) {
  const std::size_t count = from.count();
  if (count > kMostInstructions)
    from.fail("there are more than " + std::to_string(kMostInstructions) + " instructions");
  std::int32_t layer = -1;
  for (std::size_t i = 0; i < count; ++i) {
    code.push_back(unpack_instruction(layer, from));
    layer = code.back().layer;
  }
}

// A micro-operation is its opcode, a mask of the operands that are not 0, and those.
void pack(const MicroOp& op, Packer& to) {
  to.byte(static_cast<std::uint8_t>(op.opcode));
  to.byte(static_cast<std::uint8_t>((op.d != 0) | (op.a != 0) << 1 | (op.b != 0) << 2 | (op.p != 0) << 3 |
                                    (op.i != 0) << 4 | (op.j != 0) << 5));
  for (std::uint8_t operand : {op.d, op.a, op.b, op.p}) {
    if (operand != 0) to.byte(operand);
  }
  if (op.i != 0) to.integer(op.i);
  if (op.j != 0) to.integer(op.j);
}

MicroOp unpack_micro_op(Unpacker& from) {
  MicroOp op;
  op.opcode = static_cast<MicroOpcode>(from.below(micro_op_table().size(), "micro-operation"));
  const std::uint64_t mask = from.below(64, "such mask of a micro-operation:");
  if (mask & 1) op.d = from.byte();
  if (mask & 2) op.a = from.byte();
  if (mask & 4) op.b = from.byte();
  if (mask & 8) op.p = from.byte();
  if (mask & 16) op.i = from.integer();
  if (mask & 32) op.j = from.integer();
  return op;
}

}  // namespace rondo

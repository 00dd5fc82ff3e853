#include "tests/rtl/program_image.hpp"

#include <iterator>
#include <string_view>

#include "models/base/error.hpp"
#include "tests/rtl/pace_table.hpp"

namespace rondo::rtl {
namespace {

using Word = std::array<std::uint32_t, kWordParts>;

constexpr int kMasks = sv::kWordMasks, kFields = sv::kWordFields, kPlaces = kFields + sv::kFields,
              kPlaceParts = 2 + kMaxLoops;
static_assert(kMaxFields == sv::kFields && kMaxPlaces == sv::kPlaces && kMaxLoops == sv::kLoopsMost &&
                  kMaxSemaphores == sv::kSemaphoresMost && kMaxArrays == sv::kArraysMost && kUnits == sv::kUnitsMost,
              "chip_types.sv has room for what an instruction can hold, and no more");

// The opcodes of both sides, in their order.
constexpr std::string_view kOpcodes[] = {
#define RONDO_OP(name, ...) #name,
#include "models/isa/opcodes.def"
#undef RONDO_OP
};
constexpr std::string_view kMicroOps[] = {
#define RONDO_MICRO(name, ...) #name,
#include "models/isa/micro_ops.def"
#undef RONDO_MICRO
};

template <std::size_t kCount, std::size_t kThere>
constexpr bool same(const std::string_view (&here)[kCount], const std::string_view (&there)[kThere]) {
  if (kCount != kThere) return false;
  for (std::size_t k = 0; k < kCount; ++k) {
    if (here[k].size() != there[k].size()) return false;
    for (std::size_t c = 0; c < here[k].size(); ++c) {
      const char letter = here[k][c];
      if ((letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter) != there[k][c]) return false;
    }
  }
  return true;
}
static_assert(same(kOpcodes, sv::kOpcodes), "chip_types.sv numbers the opcodes as opcodes.def does");
static_assert(same(kMicroOps, sv::kMicroOps), "chip_types.sv numbers the micro-operations as micro_ops.def does");

std::uint32_t low(std::int64_t value) { return static_cast<std::uint32_t>(value); }

// The fields in the RTL's order; a gather has no src_stride of its own.
void put_fields(const Instruction& in, Word& word) {
  if (in.opcode == Opcode::gather) {
    word[kFields + 0] = low(in.fields[field::gather::rows]);
    word[kFields + 1] = low(in.fields[field::gather::bytes]);
    word[kFields + 3] = low(in.fields[field::gather::dst_stride]);
    return;
  }
  for (std::size_t f = 0; f < in.fields.size(); ++f) word[kFields + f] = low(in.fields[f]);
}

Word word_of(const Instruction& in) {
  Word word{};
  word[0] = static_cast<std::uint32_t>(in.opcode) | static_cast<std::uint32_t>(in.unit) << 8;
  const std::array<std::uint64_t, 3> masks = {in.wait, in.signal, in.release};
  for (int m = 0; m < 3; ++m) {
    word[kMasks + 2 * m] = low(static_cast<std::int64_t>(masks[m]));
    word[kMasks + 2 * m + 1] = static_cast<std::uint32_t>(masks[m] >> 32);
  }
  put_fields(in, word);
  for (int p = 0; p < kMaxPlaces; ++p) {
    std::uint32_t* part = word.data() + kPlaces + p * kPlaceParts;
    part[0] = low(in.places[p].base);
    part[1] = static_cast<std::uint32_t>(in.places[p].space);
    for (int d = 0; d < kMaxLoops; ++d) part[2 + d] = low(in.places[p].stride[d]);
  }
  return word;
}

// Reads (loads) and results (stores, reductions) are numbered: each has a port of its own.
std::vector<std::uint32_t> words_of(const Kernel& kernel) {
  std::vector<std::uint32_t> words;
  std::uint32_t reads = 0, results = 0;
  for (const MicroOp& op : kernel.ops) {
    const auto number = static_cast<std::uint32_t>(op.opcode);
    const bool is_read = op.opcode <= MicroOpcode::ld32 || op.opcode == MicroOpcode::pop;
    const bool is_result = (op.opcode >= MicroOpcode::st8 && op.opcode <= MicroOpcode::st32) ||
                           op.opcode == MicroOpcode::rmax || op.opcode == MicroOpcode::rsum;
    const std::uint32_t port = is_read ? reads++ : is_result ? results++ : 0;
    words.push_back(number | op.d << 8u | op.a << 13u | op.b << 18u | op.p << 23u | port << 26u);
    words.push_back(low(op.j));
    words.push_back(low(op.i));
  }
  return words;
}

std::array<std::uint32_t, kPaceParts> pace_of(const ChipParams& params) {
  std::array<std::uint32_t, kPaceParts> words{};
  int bit = 0;
  for (std::size_t k = std::size(kPaceTable); k-- > 0;) {
    const std::int64_t value = kPaceTable[k].value(params);
    const int bits = sv::kPace[k].bits;
    check(value >= 0 && value < std::int64_t{1} << bits, "rtl: a pace register is too narrow");
    for (int b = 0; b < bits; ++b, ++bit) words[bit / 32] |= static_cast<std::uint32_t>(value >> b & 1) << bit % 32;
  }
  check(bit <= 32 * kPaceParts, "rtl: the pace has more registers than words");
  return words;
}

}  // namespace

ProgramImage make_image(const ChipParams& params, const Program& program) {
  ProgramImage image;
  for (const Instruction& in : program.code) image.code.push_back(word_of(in));
  for (const Kernel& kernel : program.kernels) image.kernels.push_back(words_of(kernel));
  for (const Semaphore& s : program.semaphores) image.semaphores.push_back(low(s.initial));
  image.pace = pace_of(params);
  return image;
}

}  // namespace rondo::rtl

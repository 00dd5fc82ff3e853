#include "tests/rtl/program_image.hpp"

#include <utility>

#include "models/base/error.hpp"

namespace rondo::rtl {
namespace {

using Word = std::array<std::uint32_t, kWordParts>;

constexpr int kMasks = 1, kFields = 7, kPlaces = 18, kPlaceParts = 2 + kMaxLoops;

static_assert(int(Opcode::sync) == 3 && int(Opcode::store) == 9,
              "chip_types.sv numbers the opcodes as opcodes.def does");
static_assert(int(MicroOpcode::ld8) == 0 && int(MicroOpcode::st32) == 5 && int(MicroOpcode::scalei) == 19 &&
                  int(MicroOpcode::rsum) == 27 && int(MicroOpcode::pop) == 28,
              "chip_types.sv numbers the micro-operations as micro_ops.def does");

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

// The members of chip_types::pace_t from the first (most significant) to the last.
std::vector<std::pair<std::int64_t, int>> pace_registers(const ChipParams& c) {
  std::vector<std::pair<std::int64_t, int>> list = {{c.sequencer.dispatch_width, 3}, {c.weights.queue_depth, 4},
                                                    {c.weights.rows_per_cycle, 8},   {c.matrix.queue_depth, 4},
                                                    {c.matrix.operand_bits, 5},      {c.matrix.accumulate_latency, 8},
                                                    {c.gate.queue_depth, 4},         {c.gate.adders, 4},
                                                    {c.gate.multipliers, 4},         {c.gate.tables, 4},
                                                    {c.gate.add_latency, 8},         {c.gate.multiply_latency, 8},
                                                    {c.gate.table_latency, 8},       {c.gate.divide_cycles, 8},
                                                    {c.gate.reduce_latency, 8},      {c.load.queue_depth, 4},
                                                    {c.load.outstanding, 4},         {c.load.setup_cycles, 8},
                                                    {c.store.queue_depth, 4},        {c.store.outstanding, 4},
                                                    {c.store.setup_cycles, 8}};
  for (const SramParams* s : {&c.weight_sram, &c.activation_sram, &c.parameter_sram, &c.accumulators}) {
    for (const auto& value : {std::pair{s->bytes_per_cycle, 8}, std::pair{s->latency, 8}, std::pair{s->read_ports, 4},
                              std::pair{s->write_ports, 4}}) {
      list.push_back(value);
    }
  }
  list.insert(list.end(), {{c.dram.latency, 12}, {c.dram.bytes_per_cycle, 8}, {c.dram.burst_bytes, 13}});
  return list;
}

std::array<std::uint32_t, kPaceParts> pack(const std::vector<std::pair<std::int64_t, int>>& registers) {
  std::array<std::uint32_t, kPaceParts> words{};
  int bit = 0;
  for (auto r = registers.rbegin(); r != registers.rend(); ++r) {
    check(r->first >= 0 && r->first < std::int64_t{1} << r->second, "rtl: a pace register is too narrow");
    for (int b = 0; b < r->second; ++b, ++bit)
      words[bit / 32] |= static_cast<std::uint32_t>(r->first >> b & 1) << bit % 32;
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
  image.pace = pack(pace_registers(params));
  return image;
}

}  // namespace rondo::rtl

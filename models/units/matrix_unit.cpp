#include "models/units/matrix_unit.hpp"

namespace rondo {
namespace {

std::int64_t pe_of(const ChipParams& params, std::int64_t bits) {
  return params.matrix.operand_bits == bits ? params.machine.rows * params.machine.cols : 0;
}

}  // namespace

Cycle mmul_rate(const ChipParams& params, const Instruction& mmul, std::int64_t weight_bits) {
  const auto& f = mmul.fields;
  const std::int64_t width = params.matrix.operand_bits;
  const std::int64_t passes = ceil_div(weight_bits, width) * ceil_div(f[field::mmul::bits], width);
  const std::int64_t vector_bytes = f[field::mmul::rows] * f[field::mmul::bits] / 8;
  return std::max({passes, ceil_div(vector_bytes, params.activation_sram.bytes_per_cycle),
                   ceil_div(4 * f[field::mmul::cols], params.accumulators.bytes_per_cycle)});
}

Cycle mmul_drain(const ChipParams& params) {
  return params.activation_sram.latency + params.machine.rows + params.machine.cols - 1 +
         params.matrix.accumulate_latency;
}

MatrixUnit::MatrixUnit(const sc_core::sc_module_name& name, int array, const Wires& wires, TileFifo& tiles)
    : PipelinedUnit(name, matrix_unit(array), wires, wires.params.matrix.queue_depth, true,
                    mmul_drain(wires.params)),
      client_(matrix_client(array)),
      tiles_(tiles),
      drain_(mmul_drain(wires.params)),
      mmul_(wires.program.code.size()),
      streamed_(wires.program.code.size()),
      pe8_(stats, "pe8", pe_of(wires.params, 8), "one processing element with an 8-bit multiplier"),
      pe16_(stats, "pe16", pe_of(wires.params, 16), "one processing element with a 16-bit multiplier") {
  for_each_own([this](std::size_t code, const Instruction& in) {
    for (int wide = 0; wide < 2; ++wide) {
      mmul_[code].window[wide] =
          in.fields[field::mmul::vectors] * mmul_rate(wires_.params, in, wide ? 16 : 8);
    }
    mmul_[code].keep = in.fields[field::mmul::keep] != 0;
  });
}

bool MatrixUnit::able(Cycle now, const Work& work, Cause& cause) {
  const TileFifo::Tile* tile = tiles_.head(now);
  if (tile == nullptr) {
    cause = Cause::wait_weights;
    return false;
  }
  wide_ = tile->bits > 8;
  if (wires_.ports.free(now, client_, work.ports)) return true;
  cause = Cause::bank;
  return false;
}

PipelinedUnit::Times MatrixUnit::start(Cycle now, const Work& work) {
  const Cycle window = mmul_[work.code].window[wide_];
  for (std::uint32_t kinds = work.ports.kinds; kinds != 0; kinds &= kinds - 1) {
    const int kind = __builtin_ctz(kinds);
    const bool sums = space_of_kind(kind) == Space::accumulator;
    wires_.ports.hold(client_, kind, work.ports.banks[kind], now + window + (sums ? drain_ : 0));
  }
  ++streamed_[work.code][wide_];
  return {window, drain_};
}

void MatrixUnit::window_ended(Cycle now, std::int32_t code) {
  if (!rows_[code].is_sync && !mmul_[code].keep) tiles_.free(now);
}

void MatrixUnit::settle() {
  for_each_executed([this](std::size_t code, const Instruction& in, std::int64_t times) {
    if (in.opcode != Opcode::mmul) return;
    const auto& f = in.fields;
    const std::int64_t vectors = f[field::mmul::vectors];
    const std::int64_t macs = vectors * f[field::mmul::rows] * f[field::mmul::cols];
    const bool wide = f[field::mmul::bits] > 8;
    (wide ? mac8x16_ : mac8_) += macs * streamed_[code][0];
    (wide ? mac16_ : mac8x16_) += macs * streamed_[code][1];
    read_ += times * vectors * (f[field::mmul::rows] * f[field::mmul::bits] / 8);
    sums_written_ += times * vectors * 4 * f[field::mmul::cols];
    if (f[field::mmul::accumulate]) sums_read_ += times * vectors * 4 * f[field::mmul::cols];
  });
}

}  // namespace rondo

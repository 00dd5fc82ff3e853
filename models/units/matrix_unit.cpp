#include "models/units/matrix_unit.hpp"

namespace rondo {
namespace {

std::int64_t pe_of(const ChipParams& params, std::int64_t bits) {
  return params.matrix.operand_bits == bits ? params.machine.rows * params.machine.cols : 0;
}

}  // namespace

MatrixUnit::MatrixUnit(const sc_core::sc_module_name& name, int array, const Wires& wires, TileFifo& tiles,
                       Stream& stream)
    : PipelinedUnit(name, matrix_unit(array), wires, wires.params.matrix.queue_depth, true, mmul_drain(wires.params)),
      client_(matrix_client(array)),
      tiles_(tiles),
      stream_(stream),
      drain_(mmul_drain(wires.params)),
      mmul_(wires.program.code.size()),
      times_(wires.program.code.size()),
      pe8_(stats, "pe8", pe_of(wires.params, 8), "one processing element with an 8-bit multiplier"),
      pe16_(stats, "pe16", pe_of(wires.params, 16), "one processing element with a 16-bit multiplier"),
      stream_word_(stats, "stream_word", wires.params.machine.stream_rows * wires.params.machine.cols,
                   "one 32-bit word of the stream to the gate unit") {
  for_each_own([this](std::size_t code, const Instruction& in) {
    for (int wide = 0; wide < 2; ++wide) mmul_[code].pace[wide] = mmul_pace(wires_.params, in, wide ? 16 : 8);
    if (in.fields[field::mmul::stream]) mmul_[code].streamed_rows = in.fields[field::mmul::vectors];
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
  const std::int64_t rows = mmul_[work.code].streamed_rows;
  if (rows != 0 && !stream_.room(now, rows)) {
    cause = Cause::stream;
    return false;
  }
  if (wires_.ports.free(now, client_, work.ports)) return true;
  cause = Cause::bank;
  return false;
}

PipelinedUnit::Times MatrixUnit::start(Cycle now, const Work& work) {
  const Row& row = mmul_[work.code];
  const MmulPace& pace = row.pace[wide_];
  for (std::uint32_t kinds = work.ports.kinds; kinds != 0; kinds &= kinds - 1) {
    const int kind = __builtin_ctz(kinds);
    const bool sums = space_of_kind(kind) == Space::accumulator;
    wires_.ports.hold(client_, kind, work.ports.banks[kind], now + pace.window + (sums ? drain_ : 0));
  }
  if (row.streamed_rows != 0) {
    const Cycle to_column_0 = drain_ - (wires_.params.machine.cols - 1);
    stream_.push(row.streamed_rows, {now, now + pace.first_row + to_column_0, pace.per_row});
  }
  ++times_[work.code][wide_];
  return {pace.window, drain_};
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
    (wide ? mac8x16_ : mac8_) += macs * times_[code][0];
    (wide ? mac16_ : mac8x16_) += macs * times_[code][1];
    read_ += times * vectors * (f[field::mmul::rows] * f[field::mmul::bits] / 8);
    const std::int64_t sums = times * vectors * f[field::mmul::cols];
    if (writes_sums(in)) sums_written_ += 4 * sums;
    if (reads_sums(in)) sums_read_ += 4 * sums;
    if (f[field::mmul::stream]) streamed_ += sums;
  });
}

}  // namespace rondo

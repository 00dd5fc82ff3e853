#include "models/values/kernels.hpp"

#include <algorithm>

#include "models/isa/numerics.hpp"
#include "models/values/memory.hpp"

namespace rondo {
namespace {

namespace n = numerics;

// 8-bit weights: a column of up to 256 products of 8 x 16 bits fits 32 bits, so sums are widened once per 256 rows.
constexpr std::int64_t kRowsPerNarrowSum = 256;

// The loader picks the widest vectors that the running CPU has; integer results do not depend on it.
#if defined(__x86_64__)
#define RONDO_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define RONDO_VECTOR_CLONES
#endif

RONDO_VECTOR_CLONES
void add_rows(const std::int16_t* weights, const std::int16_t* vector, std::int64_t rows, std::int64_t cols,
              std::int32_t* sums) {
  for (std::int64_t k = 0; k < rows; ++k) {
    const std::int32_t x = vector[k];
    const std::int16_t* w = weights + k * cols;
    for (std::int64_t c = 0; c < cols; ++c) sums[c] += x * w[c];
  }
}

RONDO_VECTOR_CLONES
void add_rows_wide(const std::int16_t* weights, const std::int16_t* vector, std::int64_t rows, std::int64_t cols,
                   std::int64_t* sums) {
  for (std::int64_t k = 0; k < rows; ++k) {
    const std::int32_t x = vector[k];
    const std::int16_t* w = weights + k * cols;
    for (std::int64_t c = 0; c < cols; ++c) sums[c] += x * w[c];
  }
}

}  // namespace

void tile_product(const Tile& tile, const std::int16_t* vector, std::int64_t* sums) {
  std::fill(sums, sums + tile.cols, 0);
  if (tile.bits > 8) return add_rows_wide(tile.weights.data(), vector, tile.rows, tile.cols, sums);
  thread_local std::vector<std::int32_t> narrow;
  for (std::int64_t k = 0; k < tile.rows; k += kRowsPerNarrowSum) {
    narrow.assign(tile.cols, 0);
    add_rows(tile.weights.data() + k * tile.cols, vector + k, std::min(kRowsPerNarrowSum, tile.rows - k), tile.cols,
             narrow.data());
    for (std::int64_t c = 0; c < tile.cols; ++c) sums[c] += narrow[c];
  }
}

std::int64_t KernelRow::run(const std::array<std::uint8_t*, kMaxPlaces>& operands, const StreamRows& streams,
                            std::int64_t elements) {
  elements_ = elements;
  saturated_ = 0;
  registers_.resize(kRegisters * elements);
  for (const MicroOp& op : kernel_.ops) step(op, operands, streams);
  return saturated_;
}

void KernelRow::step(const MicroOp& op, const std::array<std::uint8_t*, kMaxPlaces>& operands,
                     const StreamRows& streams) {
  std::int32_t* d = row(op.d);
  const std::int32_t* a = row(op.a);
  const std::int32_t* b = row(op.b);
  const auto each = [&](auto value) {
    for (std::int64_t e = 0; e < elements_; ++e) {
      d[e] = static_cast<std::int32_t>(n::saturate(value(e), 32, saturated_));
    }
  };
  const auto wide = [](std::int32_t v) { return static_cast<std::int64_t>(v); };
  const auto narrow = [&](std::int32_t v) { return n::saturate(v, 16, saturated_); };
  const int shift = static_cast<int>(op.i);
  switch (op.opcode) {
    case MicroOpcode::ld8:
    case MicroOpcode::ld16:
    case MicroOpcode::ld32: return load(op, operands[op.p] + op.i);
    case MicroOpcode::st8:
    case MicroOpcode::st16:
    case MicroOpcode::st32: return store(op, operands[op.p] + op.i);
    case MicroOpcode::li: return each([&](std::int64_t) { return op.i; });
    case MicroOpcode::add: return each([&](std::int64_t e) { return wide(a[e]) + b[e]; });
    case MicroOpcode::sub: return each([&](std::int64_t e) { return wide(a[e]) - b[e]; });
    case MicroOpcode::addi: return each([&](std::int64_t e) { return a[e] + op.i; });
    case MicroOpcode::rsubi: return each([&](std::int64_t e) { return op.i - a[e]; });
    case MicroOpcode::max: return each([&](std::int64_t e) { return wide(std::max(a[e], b[e])); });
    case MicroOpcode::min: return each([&](std::int64_t e) { return wide(std::min(a[e], b[e])); });
    case MicroOpcode::clip: return each([&](std::int64_t e) { return std::clamp<std::int64_t>(a[e], op.i, op.j); });
    case MicroOpcode::sat: return each([&](std::int64_t e) { return n::saturate(a[e], shift, saturated_); });
    case MicroOpcode::shift: return each([&](std::int64_t e) { return n::round_shift(a[e], shift); });
    case MicroOpcode::select: return each([&](std::int64_t e) { return wide(a[e] >= op.i ? a[e] : b[e]); });
    case MicroOpcode::mul:
      return each([&](std::int64_t e) { return n::round_shift(narrow(a[e]) * narrow(b[e]), shift); });
    case MicroOpcode::scale: return each([&](std::int64_t e) { return n::round_shift(a[e] * narrow(b[e]), shift); });
    case MicroOpcode::scalei:
      return each([&](std::int64_t e) { return n::round_shift(a[e] * op.i, static_cast<int>(op.j)); });
    case MicroOpcode::div: return each([&](std::int64_t e) { return wide(n::divide(a[e], b[e], shift, saturated_)); });
    case MicroOpcode::sigmoid:
    case MicroOpcode::tanh:
    case MicroOpcode::exp:
    case MicroOpcode::softplus:
    case MicroOpcode::ln: return table(op);
    case MicroOpcode::rmax:
    case MicroOpcode::rsum: return reduce(op);
    case MicroOpcode::pop: return each([&](std::int64_t e) { return wide(streams[op.p][op.i + e * op.j]); });
  }
}

void KernelRow::load(const MicroOp& op, const std::uint8_t* from) {
  std::int32_t* d = row(op.d);
  for (std::int64_t e = 0; e < elements_; ++e) {
    const std::int64_t index = e * op.j;
    if (op.opcode == MicroOpcode::ld8) d[e] = load_word<std::int8_t>(from + index);
    if (op.opcode == MicroOpcode::ld16) d[e] = load_word<std::int16_t>(from + 2 * index);
    if (op.opcode == MicroOpcode::ld32) d[e] = load_word<std::int32_t>(from + 4 * index);
  }
}

void KernelRow::store(const MicroOp& op, std::uint8_t* to) {
  const std::int32_t* a = row(op.a);
  const std::int64_t count = op.j == 0 ? 1 : elements_;
  for (std::int64_t e = 0; e < count; ++e) {
    const std::int64_t index = e * op.j;
    if (op.opcode == MicroOpcode::st8)
      store_word(to + index, static_cast<std::int8_t>(n::saturate(a[e], 8, saturated_)));
    if (op.opcode == MicroOpcode::st16)
      store_word(to + 2 * index, static_cast<std::int16_t>(n::saturate(a[e], 16, saturated_)));
    if (op.opcode == MicroOpcode::st32) store_word(to + 4 * index, a[e]);
  }
}

void KernelRow::table(const MicroOp& op) {
  std::int32_t* d = row(op.d);
  const std::int32_t* a = row(op.a);
  const int fraction = static_cast<int>(op.i);
  for (std::int64_t e = 0; e < elements_; ++e) {
    switch (op.opcode) {
      case MicroOpcode::sigmoid: d[e] = n::sigmoid(a[e], fraction, table_entries_); break;
      case MicroOpcode::tanh: d[e] = n::tanh(a[e], fraction, table_entries_); break;
      case MicroOpcode::exp: d[e] = n::exp(a[e], fraction, table_entries_); break;
      case MicroOpcode::softplus: d[e] = n::softplus(a[e], fraction, table_entries_); break;
      default: d[e] = n::ln(a[e], fraction, table_entries_, saturated_); break;
    }
  }
}

void KernelRow::reduce(const MicroOp& op) {
  const std::int32_t* a = row(op.a);
  std::int64_t value = a[0];
  for (std::int64_t e = 1; e < elements_; ++e) {
    value = op.opcode == MicroOpcode::rmax ? std::max<std::int64_t>(value, a[e]) : value + a[e];
  }
  row(op.d)[0] = static_cast<std::int32_t>(n::saturate(value, 32, saturated_));
}

}  // namespace rondo

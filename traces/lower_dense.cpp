#include <algorithm>

#include "models/base/error.hpp"
#include "traces/weight_rounds.hpp"

/// Products with a constant matrix (dense layers) and of two computed values.
namespace rondo {
namespace {

std::int64_t product_of(const Shape& shape, std::size_t begin, std::size_t end) {
  std::int64_t n = 1;
  for (std::size_t k = begin; k < end; ++k) n *= shape[k];
  return n;
}

/// Whether all axes but the last move at one stride, and vectors are contiguous: the array can stream them in one go.
bool rows_at_one_stride(const OnChip& x) {
  const std::size_t last = x.shape.size() - 1;
  if (x.shape[last] > 1 && x.strides[last] != x.format.bytes()) return false;
  std::int64_t wanted = -1;
  for (std::size_t k = last; k-- > 0;) {
    if (x.shape[k] == 1) continue;
    if (wanted >= 0 && x.strides[k] != wanted) return false;
    wanted = x.strides[k] * x.shape[k];
  }
  return true;
}

std::int64_t row_stride(const OnChip& x) {
  for (std::size_t k = x.shape.size() - 1; k-- > 0;) {
    if (x.shape[k] > 1) return x.strides[k];
  }
  return x.shape.back() * x.format.bytes();
}

}  // namespace

void lower_dense(Lowering& low, const Node& node) {
  const int in = node.inputs[0], out = node.outputs[0];
  Shape shape = low.shape(in);
  if (shape.size() == 1) shape.insert(shape.begin(), 1);
  const Format& x_format = low.format(in);
  const Format& y_format = low.format(out);
  const std::int64_t depth = node.dense.matrix.cols, units = node.dense.matrix.rows;
  const std::int64_t rows_per_unit = product_of(shape, 1, shape.size() - 1), leading = shape[0];
  low.builder.layer(node.name);

  Pass pass(low, node.name, units);
  std::vector<const CellVector*> biases;
  if (node.dense.bias.width > 0) biases.push_back(&node.dense.bias);
  pass.add_product(node.dense.matrix, 0, biases, x_format.scale, y_format.scale, low.range(out));
  const std::int64_t block = std::clamp<std::int64_t>(pass.rows_that_fit(), 1, leading * rows_per_unit);
  pass.layout(block, low.mapping.gates == "interleaved", x_format.bits);
  WeightRounds weights(low, {{&pass}}, node.name);
  std::vector<Kernel> kernels;
  for (int v = 0; v < pass.variants(); ++v) {
    KernelBuilder k;
    k.store_raw(pass.value(k, v, 0, y_format.scale, low.range(out)), 2, y_format.bits, 0, 1);
    kernels.push_back(k.finish(pass.kernel_name("dense", v)));
  }

  // As many of the leading axis at a time as fit beside each other, copies included.
  const std::int64_t per_unit = rows_per_unit * (2 * depth * x_format.bytes() + units * y_format.bytes());
  const std::int64_t fit = low.activation.room() < per_unit + 128 ? 0 : (low.activation.room() - 128) / per_unit;
  if (fit == 0) throw Shortage(Space::activation, per_unit + 128 - low.activation.room(), node.name);
  weights.begin(0);
  for_parts(low, leading, std::min(fit, leading), [&](Index start, std::int64_t count) {
    OnChip x = low.shape(in).size() == 1 ? low.bring_dense(in) : low.bring(in, start, count);
    if (x.shape.size() > 1 && !rows_at_one_stride(x)) {
      const OnChip dense = low.scratch(x.shape, x.format, "input of " + node.name);
      low.copy(x, dense);
      x = dense;
    }
    const OnChip y = low.room_for_part(out, start,
                                       low.shape(out).empty()      ? 1
                                       : low.shape(in).size() == 1 ? low.shape(out)[0]
                                                                   : count);
    const std::int64_t rows = count * rows_per_unit, stride = x.shape.size() > 1 ? row_stride(x) : 0,
                       row = units * y_format.bytes();
    const auto part = [&](Place from, Place to, std::int64_t n) {
      pass.emit(kernels, n, {{from, stride}}, {{{to, row}, y_format.bytes()}});
    };
    low.builder.repeat(
        rows / block, [&](Index b) { part(moved(x.place, b, block * stride), moved(y.place, b, block * row), block); });
    const std::int64_t done = rows / block * block;
    if (done < rows) part(moved(x.place, done * stride), moved(y.place, done * row), rows - done);
    low.put_part(out, start, y);
  });
}

namespace {

// Number of the matrix of an operand of shape `s` that goes into matrix `flat` of a result of shape `to`: operands are
// repeated along leading axes of size 1 and those that they lack.
std::int64_t matrix_number(const Shape& s, const Shape& to, std::int64_t flat) {
  std::int64_t number = 0, unit = 1;
  for (std::size_t k = to.size() - 2, ks = s.size() - 2; k-- > 0;) {
    const std::int64_t digit = flat % to[k];
    flat /= to[k];
    if (ks == 0) continue;
    --ks;
    number += (s[ks] == 1 ? 0 : digit) * unit;
    unit *= s[ks];
  }
  return number;
}

/// Products of matrices on chip, a row of A after the other through the tiles of B, which lie in the weight SRAM
/// row-major as they are: the row stride cuts them.
class MatrixProduct {
 public:
  /// y = a b of [m][depth] and [depth][n] in these formats; `right` holds b.
  MatrixProduct(Lowering& low, std::int64_t depth, std::int64_t n, const Format& a, const Format& b, const Format& y,
                double most, Place right)
      : low_(low), depth_(depth), n_(n), a_bytes_(a.bytes()), b_bytes_(b.bytes()), y_bytes_(y.bytes()), right_(right) {
    KernelBuilder k;
    k.store(k.load(0, 32, 0, 1, a.scale * b.scale, most), 1, y.bits, 0, 1, y.scale);
    kernel_ = k.finish("matmul");
  }

  /// As many of the m rows of A at a time as the accumulators have room for.
  void emit(Place a, Place y, std::int64_t m) const {
    const std::int64_t fit = low_.machine.accumulator_bytes / (4 * low_.machine.cols);
    const std::int64_t rows = std::clamp<std::int64_t>(fit, 1, std::min(m, most_vectors(low_.machine)));
    for (std::int64_t r = 0; r < m; r += rows) {
      block(moved(a, r * depth_ * a_bytes_), moved(y, r * n_ * y_bytes_), std::min(rows, m - r));
    }
  }

 private:
  void block(Place a, Place y, std::int64_t rows) const {
    const std::int64_t cols = low_.machine.cols;
    for (std::int64_t c = 0; c < n_; c += cols) {
      const std::int64_t outputs = std::min(cols, n_ - c);
      for (std::int64_t d = 0; d < depth_; d += low_.machine.rows) tile(a, d, c, outputs, rows);
      low_.builder.gate(kernel_, {{sums_, 4 * cols}, {moved(y, c * y_bytes_), n_ * y_bytes_}}, outputs, rows);
    }
  }

  // Inputs from d on, outputs from c on.
  void tile(Place a, std::int64_t d, std::int64_t c, std::int64_t outputs, std::int64_t rows) const {
    const std::int64_t height = low_.machine.rows, inputs = std::min(height, depth_ - d);
    const int weight_bits = static_cast<int>(8 * b_bytes_), vector_bits = static_cast<int>(8 * a_bytes_);
    low_.builder.mload(moved(right_, (d * n_ + c) * b_bytes_), inputs, outputs, n_ * b_bytes_, weight_bits);
    const SumFlow flow = sum_flow(low_.machine, d == 0, d + height >= depth_, false);
    low_.builder.mmul({moved(a, d * a_bytes_), sums_, rows, inputs, outputs, rows > 1 ? depth_ * a_bytes_ : 0,
                       rows > 1 ? 4 * low_.machine.cols : 0, vector_bits, flow.accumulate, false, 0, flow.stream,
                       flow.hold});
  }

  Lowering& low_;
  const std::int64_t depth_, n_, a_bytes_, b_bytes_, y_bytes_;
  const Place right_;
  const Place sums_ = place(Space::accumulator, 0);
  Kernel kernel_;
};

}  // namespace

void lower_matmul(Lowering& low, const Node& node) {
  const int a = node.inputs[0], b = node.inputs[1], out = node.outputs[0];
  const Shape &sa = low.shape(a), &sb = low.shape(b), &sy = low.shape(out);
  check(sa.size() >= 2 && sb.size() >= 2, "compiler: matmul of vectors");
  const std::int64_t m = sa[sa.size() - 2], depth = sa.back(), n = sb.back();
  const Format &fa = low.format(a), &fy = low.format(out);
  // Coarse enough that four times the largest sum seen fits the 32-bit accumulators.
  Format fb = low.format(b);
  fb.scale = std::max(fb.scale * kHeadroom, low.range(out) / (fa.scale * double{1 << 29}));
  low.builder.layer(node.name);
  const OnChip left = low.bring_dense(a);
  // B on its way to the weight SRAM, by way of DRAM.
  const OnChip right_there = low.scratch(sb, fb, node.name + ".right");
  low.copy(low.bring(b), right_there);
  const std::int64_t bytes = element_count(sb) * fb.bytes(), matrix = depth * n * fb.bytes();
  const Place right = place(Space::dram, low.constant(bytes, node.name + ".right"));
  low.builder.store(right_there.place, right, 1, bytes, 0, 0);
  const OnChip y = low.room_for(out);
  const std::int64_t weights = low.weight[0].mark();
  const Place here = place(Space::weight, low.weight[0].take(matrix, node.name));
  const MatrixProduct product(low, depth, n, fa, fb, fy, low.range(out), here);
  for (std::int64_t i = 0; i < product_of(sy, 0, sy.size() - 2); ++i) {
    low.builder.load(moved(right, matrix_number(sb, sy, i) * matrix), here, 1, matrix, 0, 0);
    product.emit(moved(left.place, matrix_number(sa, sy, i) * m * depth * fa.bytes()),
                 moved(y.place, i * m * n * fy.bytes()), m);
  }
  low.put(out, y);
  low.weight[0].release(weights);
}

}  // namespace rondo

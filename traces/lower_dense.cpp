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

// Each matrix of B goes to the weight SRAM as it is, row-major: its tiles are cut by the row stride.
void lower_matmul(Lowering& low, const Node& node) {
  const int a = node.inputs[0], b = node.inputs[1], out = node.outputs[0];
  const Shape& sa = low.shape(a);
  const Shape& sb = low.shape(b);
  const Shape& sy = low.shape(out);
  check(sa.size() >= 2 && sb.size() >= 2, "compiler: matmul of vectors");
  const std::int64_t m = sa[sa.size() - 2], depth = sa.back(), n = sb.back();
  const std::int64_t height = low.machine.rows, cols = low.machine.cols;
  const Format &fa = low.format(a), &fy = low.format(out);
  // Coarse enough that four times the largest sum seen fits the 32-bit accumulators.
  Format fb = low.format(b);
  fb.scale = std::max(fb.scale * kHeadroom, low.range(out) / (fa.scale * double{1 << 29}));
  low.builder.layer(node.name);
  const OnChip left = low.bring_dense(a);
  const OnChip right_there = low.scratch(sb, fb, node.name + ".right");
  low.copy(low.bring(b), right_there);
  const std::int64_t bytes = element_count(sb) * fb.bytes(), matrix = depth * n * fb.bytes();
  const Place right = place(Space::dram, low.constant(bytes, node.name + ".right"));
  low.builder.store(right_there.place, right, 1, bytes, 0, 0);
  const OnChip y = low.room_for(out);
  const std::int64_t weights = low.weight[0].mark();
  const Place tile = place(Space::weight, low.weight[0].take(matrix, node.name));
  const std::int64_t rows =
      std::clamp<std::int64_t>(low.machine.accumulator_bytes / (4 * cols), 1, std::min(m, most_vectors(low.machine)));
  const Place sums = place(Space::accumulator, 0);
  KernelBuilder k;
  const Lane sum = k.load(0, 32, 0, 1, fa.scale * fb.scale, low.range(out));
  k.store(sum, 1, fy.bits, 0, 1, fy.scale);
  const Kernel kernel = k.finish("matmul");

  const auto product = [&](Place va, Place vy, std::int64_t count) {
    for (std::int64_t c = 0; c < n; c += cols) {
      const std::int64_t outputs = std::min(cols, n - c);
      for (std::int64_t d = 0; d < depth; d += height) {
        const std::int64_t inputs = std::min(height, depth - d);
        low.builder.mload(moved(tile, (d * n + c) * fb.bytes()), inputs, outputs, n * fb.bytes(), fb.bits);
        const SumFlow flow = sum_flow(low.machine, d == 0, d + height >= depth, false);
        low.builder.mmul({moved(va, d * fa.bytes()), sums, count, inputs, outputs, count > 1 ? depth * fa.bytes() : 0,
                          count > 1 ? 4 * cols : 0, fa.bits, flow.accumulate, false, 0, flow.stream, flow.hold});
      }
      low.builder.gate(kernel, {{sums, 4 * cols}, {moved(vy, c * fy.bytes()), n * fy.bytes()}}, outputs, count);
    }
  };
  const std::int64_t matrices = product_of(sy, 0, sy.size() - 2);
  const auto at_matrix = [&](const Shape& s, std::int64_t flat) {  // broadcasting over the leading axes
    std::int64_t number = 0, unit = 1;
    for (std::size_t ky = sy.size() - 2, ks = s.size() - 2; ky-- > 0;) {
      const std::int64_t digit = flat % sy[ky];
      flat /= sy[ky];
      if (ks == 0) continue;
      --ks;
      number += (s[ks] == 1 ? 0 : digit) * unit;
      unit *= s[ks];
    }
    return number;
  };
  for (std::int64_t i = 0; i < matrices; ++i) {
    low.builder.load(moved(right, at_matrix(sb, i) * matrix), tile, 1, matrix, 0, 0);
    const Place va = moved(left.place, at_matrix(sa, i) * m * depth * fa.bytes());
    for (std::int64_t r = 0; r < m; r += rows) {
      product(moved(va, r * depth * fa.bytes()), moved(y.place, (i * m + r) * n * fy.bytes()), std::min(rows, m - r));
    }
  }
  low.put(out, y);
  low.weight[0].release(weights);
}

}  // namespace rondo

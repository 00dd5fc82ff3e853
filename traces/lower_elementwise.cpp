#include <algorithm>
#include <cmath>

#include "models/base/error.hpp"
#include "traces/kernel_builder.hpp"
#include "traces/lowering.hpp"

/// Operators of the gate unit alone: sums and products of tensors, activations, softmax; and those that only move
/// numbers.
namespace rondo {
namespace {

/// Part [start, start + count) of an operand along the result's first axis, repeated where NumPy would broadcast it.
OnChip operand_part(Lowering& low, int value, const Shape& result, Index start, std::int64_t count) {
  const Shape& own = low.shape(value);
  const bool follows = own.size() == result.size() && !own.empty() && own[0] == result[0] && result[0] > 1;
  const OnChip there = follows ? low.bring(value, start, count) : low.bring(value);
  OnChip out{there.place, result, std::vector<std::int64_t>(result.size(), 0), there.format};
  if (!out.shape.empty()) out.shape[0] = count;
  for (std::size_t k = 0; k < own.size(); ++k) {
    const std::size_t at = result.size() - own.size() + k;
    if (own[k] > 1) out.strides[at] = there.strides[k];
  }
  return out;
}

std::int64_t bytes_of(Lowering& low, int value) { return element_count(low.shape(value)) * low.format(value).bytes(); }

/// Parts of the first axis so that operands and result fit the scratch memory together; `extra` bytes per part of one.
void by_parts(Lowering& low, const Node& node, std::int64_t extra,
              const std::function<void(Index, std::int64_t)>& body) {
  const int out = node.outputs[0];
  const Shape& shape = low.shape(out);
  const std::int64_t leading = shape.empty() ? 1 : shape[0];
  std::int64_t fixed = 256, per = extra + (low.lives_on_chip(out) ? 0 : (bytes_of(low, out) + leading - 1) / leading);
  for (int in : node.inputs) {
    if (in < 0 || low.lives_on_chip(in)) continue;
    const Shape& own = low.shape(in);
    const std::int64_t bytes =
        std::max(bytes_of(low, in),
                 low.strided(in).base == in ? 0 : element_count(low.shape(low.root(in))) * low.format(in).bytes());
    const bool follows = own.size() == shape.size() && !own.empty() && own[0] == leading && low.strided(in).base == in;
    (follows ? per : fixed) += follows ? (bytes + leading - 1) / leading : bytes;
  }
  const std::int64_t room = low.activation.room() - fixed;
  const std::int64_t fit = room < per ? 0 : room / std::max<std::int64_t>(1, per);
  if (fit == 0) throw Shortage(Space::activation, per - room, node.name);
  for_parts(low, leading, std::min(leading, fit), body);
}

}  // namespace

void for_parts(Lowering& low, std::int64_t total, std::int64_t part,
               const std::function<void(Index, std::int64_t)>& body) {
  const auto one = [&](Index start, std::int64_t count) {
    const std::int64_t mark = low.activation.mark();
    body(start, count);
    low.activation.release(mark);
  };
  low.builder.repeat(total / part, [&](Index i) { one(i * part, part); });
  if (total % part != 0) one(Index{-1, total / part * part}, total % part);
}

void lower_binary(Lowering& low, const Node& node) {
  low.builder.layer(node.name);
  const int out = node.outputs[0];
  const Shape shape = low.shape(out);
  const Format& y = low.format(out);
  by_parts(low, node, 0, [&](Index start, std::int64_t count) {
    const OnChip a = operand_part(low, node.inputs[0], shape, start, count);
    const OnChip b = operand_part(low, node.inputs[1], shape, start, count);
    const OnChip to = low.room_for_part(out, start, shape.empty() ? 1 : count);
    const auto kernel = [&](const std::vector<std::int64_t>& steps) {
      KernelBuilder k;
      const Lane x = k.load(0, a.format.bits, 0, steps[0], a.format.scale, a.format.most);
      const Lane z = k.load(1, b.format.bits, 0, steps[1], b.format.scale, b.format.most);
      const double common = wide_scale(2 * std::max({x.most, z.most, y.most}));
      Lane result;
      switch (node.binary) {
        case BinaryKind::add: result = k.add(k.convert(x, common), k.convert(z, common)); break;
        case BinaryKind::sub: result = k.sub(k.convert(x, common), k.convert(z, common)); break;
        case BinaryKind::mul: result = k.mul(x, z); break;
        case BinaryKind::div: result = k.div(x, z, y.most); break;
      }
      k.store(result, 2, y.bits, 0, steps[2], y.scale);
      return k.finish(node.binary == BinaryKind::add   ? "add"
                      : node.binary == BinaryKind::sub ? "sub"
                      : node.binary == BinaryKind::mul ? "mul"
                                                       : "div");
    };
    OnChip shaped = to;
    shaped.shape = a.shape;
    emit_elementwise(low, kernel, {a, b, shaped});
    low.put_part(out, start, to);
  });
}

void lower_activation(Lowering& low, const Node& node) {
  low.builder.layer(node.name);
  const int out = node.outputs[0];
  const Shape shape = low.shape(out);
  const Format& y = low.format(out);
  by_parts(low, node, 0, [&](Index start, std::int64_t count) {
    const OnChip x = operand_part(low, node.inputs[0], shape, start, count);
    const OnChip to = low.room_for_part(out, start, shape.empty() ? 1 : count);
    const auto kernel = [&](const std::vector<std::int64_t>& steps) {
      KernelBuilder k;
      const Lane value = k.load(0, x.format.bits, 0, steps[0], x.format.scale, x.format.most);
      k.store(k.activate(node.activation, value), 1, y.bits, 0, steps[1], y.scale);
      return k.finish("activation");
    };
    OnChip shaped = to;
    shaped.shape = x.shape;
    emit_elementwise(low, kernel, {x, shaped});
    low.put_part(out, start, to);
  });
}

namespace {

/// Three passes over each row: the largest element; exp(x - largest) and its sum; the quotient, or the difference of
/// logarithms.
void softmax_rows(Lowering& low, const OnChip& x, const OnChip& y, std::int64_t rows, std::int64_t width, bool log) {
  const std::int64_t x_row = width * x.format.bytes(), y_row = width * y.format.bytes();
  const Place largest = place(Space::activation, low.activation.take(4 * rows, "softmax"));
  const Place sums = place(Space::activation, low.activation.take(4 * rows, "softmax"));
  const Place powers = place(Space::activation, low.activation.take(2 * rows * width, "softmax"));
  const auto load = [&](KernelBuilder& k) { return k.load(0, x.format.bits, 0, 1, x.format.scale, x.format.most); };
  const double wide = wide_scale(4 * x.format.most);
  const auto below = [&](KernelBuilder& k) {  // x - largest, at most 0
    const Lane top = k.load(1, 32, 0, 0, x.format.scale, x.format.most);
    return k.convert(k.sub(load(k), top), wide);
  };
  KernelBuilder first;
  first.store_raw(first.reduce(load(first), true), 1, 32, 0, 0);
  low.builder.gate(first.finish("softmax_max"), {{x.place, x_row}, {largest, 4}}, width, rows);

  KernelBuilder second;
  const Lane power = second.exp(below(second));
  second.store_raw(power, 2, 16, 0, 1);
  second.store_raw(second.reduce(power, false), 3, 32, 0, 0);
  low.builder.gate(second.finish("softmax_exp"), {{x.place, x_row}, {largest, 4}, {powers, 2 * width}, {sums, 4}},
                   width, rows);

  KernelBuilder third;
  Lane sum = third.load(3, 32, 0, 0, 1.0 / 32768, static_cast<double>(width));
  sum.dyadic = true;
  if (log) {
    const Lane difference = third.sub(below(third), third.convert(third.ln(sum), wide));
    third.store(difference, 4, y.format.bits, 0, 1, y.format.scale);
  } else {
    Lane numerator = third.load(2, 16, 0, 1, 1.0 / 32768, 1);
    numerator.dyadic = true;
    third.store(third.div(numerator, sum, 1), 4, y.format.bits, 0, 1, y.format.scale);
  }
  low.builder.gate(third.finish(log ? "log_softmax" : "softmax"),
                   {{x.place, x_row}, {largest, 4}, {powers, 2 * width}, {sums, 4}, {y.place, y_row}}, width, rows);
}

}  // namespace

void lower_softmax(Lowering& low, const Node& node) {
  low.builder.layer(node.name);
  const int in = node.inputs[0], out = node.outputs[0];
  const Shape shape = low.shape(out);
  const std::int64_t width = shape.back(), leading = shape.size() > 1 ? shape[0] : 1;
  const std::int64_t rows = element_count(shape) / width / leading;
  by_parts(low, node, rows * (width * (2 + low.format(in).bytes()) + 8) + 64, [&](Index start, std::int64_t count) {
    const bool vector = shape.size() == 1;
    const OnChip x = vector ? low.bring_dense(in) : low.bring_dense(in, start, count);
    const OnChip y = low.room_for_part(out, start, vector ? width : count);
    softmax_rows(low, x, y, vector ? 1 : count * rows, width, node.op == Op::log_softmax);
    low.put_part(out, start, y);
  });
}

void lower_gather(Lowering& low, const Node& node) {
  low.builder.layer(node.name);
  const int table = node.inputs[0], index = node.inputs[1], out = node.outputs[0];
  const Shape& rows = low.shape(table);
  const std::int64_t bytes = element_count(rows) / rows[0] * low.format(out).bytes();
  const OnChip indices = low.bring_dense(index);
  const OnChip y = low.room_for(out);
  const Strided& view = low.strided(table);
  low.builder.gather(moved(low.home(table), view.offset * low.format(table).bytes()), y.place, indices.place,
                     element_count(low.shape(index)), bytes, rows[0]);
  low.put(out, y);
}

void lower_concat(Lowering& low, const Node& node) {
  low.builder.layer(node.name);
  const OnChip y = low.room_for(node.outputs[0]);
  std::int64_t at = 0;
  for (int in : node.inputs) {
    const std::int64_t mark = low.activation.mark();
    const OnChip x = low.bring(in);
    OnChip part = y;
    part.shape = x.shape;
    part.place = moved(y.place, at * y.strides[node.axis]);
    if (element_count(x.shape) > 0) low.copy(x, part);
    at += x.shape[node.axis];
    low.activation.release(mark);
  }
  low.put(node.outputs[0], y);
}

void lower_view(Lowering& low, const Node& node) {
  const int in = node.inputs[0], out = node.outputs[0];
  if (low.root(out) != out) return;  // strides say it all
  low.builder.layer(node.name);
  const Strided& from = low.strided(in);
  const Format& form = low.format(in);
  // The input's own order may itself be strided: make it dense, then walk it.
  bool dense = true;
  std::int64_t unit = 1;
  for (std::size_t k = from.shape.size(); k-- > 0; unit *= from.shape[k])
    dense = dense && (from.shape[k] == 1 || from.strides[k] == unit);
  OnChip x = dense ? low.bring(in) : low.bring_dense(in);
  x.shape = low.shape(out);
  x.place = moved(x.place, node.view.offset * form.bytes());
  x.strides.clear();
  for (std::int64_t s : node.view.strides) x.strides.push_back(s * form.bytes());
  const OnChip y = low.room_for(out);
  low.copy(x, y);
  low.put(out, y);
}

}  // namespace rondo

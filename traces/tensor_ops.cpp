#include "traces/tensor_ops.hpp"

#include <algorithm>
#include <string>

#include "models/base/error.hpp"
#include "traces/math.hpp"

namespace rondo {
namespace {

Tensor like(const Tensor& model, const Shape& shape) {
  Tensor result;
  result.type = model.type;
  result.shape = shape;
  return result;
}

// Calls f(position) for every output element in row-major order.
template <class F>
void walk(const Shape& shape, std::int64_t offset, const std::vector<std::int64_t>& strides, F f) {
  const std::int64_t count = element_count(shape);
  if (count == 0) return;
  const int rank = static_cast<int>(shape.size());
  if (rank == 0) return f(offset);
  Shape index(rank, 0);
  const std::int64_t inner = shape[rank - 1];
  const std::int64_t step = strides[rank - 1];
  std::int64_t row = offset;
  while (true) {
    for (std::int64_t i = 0, at = row; i < inner; ++i, at += step) f(at);
    int axis = rank - 2;
    for (; axis >= 0; --axis) {
      row += strides[axis];
      if (++index[axis] < shape[axis]) break;
      row -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

double calculate(BinaryKind kind, double a, double b) {
  switch (kind) {
    case BinaryKind::add: return a + b;
    case BinaryKind::sub: return a - b;
    case BinaryKind::mul: return a * b;
    case BinaryKind::div: return a / b;
  }
  return 0;
}

std::int64_t calculate(BinaryKind kind, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
  switch (kind) {
    case BinaryKind::add: return static_cast<std::int64_t>(ua + ub);
    case BinaryKind::sub: return static_cast<std::int64_t>(ua - ub);
    case BinaryKind::mul: return static_cast<std::int64_t>(ua * ub);
    case BinaryKind::div:
      if (b == 0) throw Error("an integer is divided by zero");
      return b == -1 ? static_cast<std::int64_t>(0 - ua) : a / b;
  }
  return 0;
}

template <class T>
std::vector<T> combine(BinaryKind kind, const std::vector<T>& a, const std::vector<T>& b,
                       const std::vector<std::int64_t>& from_a, const std::vector<std::int64_t>& from_b,
                       const Shape& shape) {
  std::vector<T> left, result;
  left.reserve(element_count(shape));
  result.reserve(element_count(shape));
  walk(shape, 0, from_a, [&](std::int64_t at) { left.push_back(a[at]); });
  walk(shape, 0, from_b, [&](std::int64_t at) { result.push_back(calculate(kind, left[result.size()], b[at])); });
  return result;
}

template <class T>
void append_parts(const std::vector<const Tensor*>& parts, const std::vector<T> Tensor::*member, std::int64_t outer,
                  int axis, std::vector<T>& result) {
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const Tensor* part : parts) {
      const std::vector<T>& values = part->*member;
      const std::int64_t block = element_count(Shape(part->shape.begin() + axis, part->shape.end()));
      result.insert(result.end(), values.begin() + o * block, values.begin() + (o + 1) * block);
    }
  }
}

}  // namespace

Tensor apply_view(const Tensor& input, const View& view, const Shape& shape) {
  Tensor result = like(input, shape);
  if (!input.reals.empty()) {
    result.reals.reserve(element_count(shape));
    walk(shape, view.offset, view.strides, [&](std::int64_t at) { result.reals.push_back(input.reals[at]); });
  } else if (!input.integers.empty()) {
    result.integers.reserve(element_count(shape));
    walk(shape, view.offset, view.strides, [&](std::int64_t at) { result.integers.push_back(input.integers[at]); });
  }
  return result;
}

std::optional<Shape> broadcast_shapes(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape result(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t left = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
    const std::int64_t right = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
    if (left != right && left != 1 && right != 1) return std::nullopt;
    result[i] = left == 1 ? right : left;
  }
  return result;
}

std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& target) {
  const std::vector<std::int64_t> own = row_major_strides(shape);
  std::vector<std::int64_t> strides(target.size(), 0);
  const std::size_t lead = target.size() - shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == target[lead + i]) strides[lead + i] = own[i];
  }
  return strides;
}

Tensor apply_binary(BinaryKind kind, const Tensor& a, const Tensor& b) {
  const std::optional<Shape> shape = broadcast_shapes(a.shape, b.shape);
  check(shape.has_value() && a.type == b.type, "a binary operation joins operands that do not fit");
  Tensor result = like(a, *shape);
  if (!a.has_values() || !b.has_values()) return result;
  const auto from_a = broadcast_strides(a.shape, *shape), from_b = broadcast_strides(b.shape, *shape);
  if (a.type == ElementType::real) {
    result.reals = combine(kind, a.reals, b.reals, from_a, from_b, *shape);
  } else {
    result.integers = combine(kind, a.integers, b.integers, from_a, from_b, *shape);
  }
  return result;
}

double activate(const ActivationCall& call, double x) {
  switch (call.function) {
    case Activation::sigmoid: return exact_sigmoid(x);
    case Activation::tanh: return exact_tanh(x);
    case Activation::relu: return x > 0 ? x : 0;
    case Activation::affine: return call.alpha * x + call.beta;
    case Activation::leaky_relu: return x >= 0 ? x : call.alpha * x;
    case Activation::thresholded_relu: return x > call.alpha ? x : 0;
    case Activation::scaled_tanh: return call.alpha * exact_tanh(call.beta * x);
    case Activation::hard_sigmoid: return std::min(1.0, std::max(0.0, call.alpha * x + call.beta));
    case Activation::elu: return x >= 0 ? x : call.alpha * exact_expm1(x);
    case Activation::softsign: return x / (1 + (x < 0 ? -x : x));
    case Activation::softplus: return exact_softplus(x);
  }
  return 0;
}

void activate(const ActivationCall& call, double* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) values[i] = activate(call, values[i]);
}

Tensor apply_activation(const ActivationCall& call, const Tensor& input) {
  Tensor result = input;
  activate(call, result.reals.data(), static_cast<std::int64_t>(result.reals.size()));
  return result;
}

Tensor apply_softmax(const Tensor& input, bool logarithm) {
  Tensor result = input;
  const std::int64_t width = input.shape.back();
  for (auto row = result.reals.begin(); row != result.reals.end(); row += width) {
    const double largest = *std::max_element(row, row + width);
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) sum += exact_exp(row[i] - largest);
    const double log_sum = logarithm ? exact_log(sum) : 0;
    for (std::int64_t i = 0; i < width; ++i) {
      const double shifted = row[i] - largest;
      row[i] = logarithm ? shifted - log_sum : exact_exp(shifted) / sum;
    }
  }
  return result;
}

Tensor apply_gather(const Tensor& table, const Tensor& indices) {
  const std::int64_t rows = table.shape[0], width = table.shape[1];
  Shape shape = indices.shape;
  shape.push_back(width);
  Tensor result = like(table, shape);
  if (!table.has_values()) return result;
  for (std::int64_t index : indices.integers) {
    if (index < -rows || index >= rows) {
      throw Error("index " + std::to_string(index) + " is outside a table of " + std::to_string(rows) + " rows");
    }
    const std::int64_t first = (index < 0 ? index + rows : index) * width;
    if (table.type == ElementType::real) {
      result.reals.insert(result.reals.end(), table.reals.begin() + first, table.reals.begin() + first + width);
    } else {
      result.integers.insert(result.integers.end(), table.integers.begin() + first,
                             table.integers.begin() + first + width);
    }
  }
  return result;
}

Tensor apply_concat(const std::vector<const Tensor*>& parts, int axis) {
  Tensor result = like(*parts[0], parts[0]->shape);
  result.shape[axis] = 0;
  bool values = true;
  for (const Tensor* part : parts) {
    result.shape[axis] += part->shape[axis];
    values = values && part->has_values();
  }
  if (!values) return result;
  const std::int64_t outer = element_count(Shape(result.shape.begin(), result.shape.begin() + axis));
  append_parts<double>(parts, &Tensor::reals, result.type == ElementType::real ? outer : 0, axis, result.reals);
  append_parts<std::int64_t>(parts, &Tensor::integers, result.type == ElementType::real ? 0 : outer, axis,
                             result.integers);
  return result;
}

Tensor apply_dense(const Tensor& input, const Dense& dense) {
  Tensor result = like(input, input.shape);
  result.shape.back() = dense.matrix.rows;
  if (!input.has_values() || !dense.matrix.values.has_values()) return result;
  const std::int64_t count = element_count(Shape(input.shape.begin(), input.shape.end() - 1));
  result.reals.resize(count * dense.matrix.rows);
  if (dense.bias.width > 0) {
    for (std::int64_t n = 0; n < count; ++n) {
      std::copy(dense.bias.values.reals.begin(), dense.bias.values.reals.end(),
                result.reals.begin() + n * dense.matrix.rows);
    }
  }
  multiply(dense.matrix.values.reals.data(), dense.matrix.rows, dense.matrix.cols, input.reals.data(), count,
           result.reals.data(), dense.bias.width > 0);
  return result;
}

Tensor apply_matmul(const Tensor& a, const Tensor& b) {
  const std::int64_t m = a.shape[a.shape.size() - 2], k = a.shape.back(), n = b.shape.back();
  const Shape lead_a(a.shape.begin(), a.shape.end() - 2), lead_b(b.shape.begin(), b.shape.end() - 2);
  const std::optional<Shape> lead = broadcast_shapes(lead_a, lead_b);
  check(lead.has_value() && b.shape[b.shape.size() - 2] == k, "a matrix product joins operands that do not fit");
  Tensor result = like(a, *lead);
  result.shape.push_back(m);
  result.shape.push_back(n);
  if (!a.has_values() || !b.has_values()) return result;
  std::vector<std::int64_t> at_a, at_b;
  walk(*lead, 0, broadcast_strides(lead_a, *lead), [&](std::int64_t at) { at_a.push_back(at * m * k); });
  walk(*lead, 0, broadcast_strides(lead_b, *lead), [&](std::int64_t at) { at_b.push_back(at * k * n); });
  result.reals.assign(element_count(result.shape), 0.0);
  for (std::size_t batch = 0; batch < at_a.size(); ++batch) {
    double* y = result.reals.data() + static_cast<std::int64_t>(batch) * m * n;
    for (std::int64_t row = 0; row < m; ++row) {
      for (std::int64_t i = 0; i < k; ++i) {
        const double factor = a.reals[at_a[batch] + row * k + i];
        const double* line = b.reals.data() + at_b[batch] + i * n;
        for (std::int64_t col = 0; col < n; ++col) y[row * n + col] += factor * line[col];
      }
    }
  }
  return result;
}

// Eight partial sums, each over every eighth column, are joined in pairs: the order is fixed by this text,
// not by what a compiler vectorises.
void multiply(const double* matrix, std::int64_t rows, std::int64_t cols, const double* v, std::int64_t count,
              double* y, bool add) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const double* line = matrix + row * cols;
    for (std::int64_t n = 0; n < count; ++n) {
      const double* vector = v + n * cols;
      double part[8] = {0, 0, 0, 0, 0, 0, 0, 0};
      std::int64_t k = 0;
      for (; k + 8 <= cols; k += 8) {
        for (int lane = 0; lane < 8; ++lane) part[lane] += line[k + lane] * vector[k + lane];
      }
      for (int lane = 0; k < cols; ++k, ++lane) part[lane] += line[k] * vector[k];
      const double sum = ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
      y[n * rows + row] = add ? y[n * rows + row] + sum : sum;
    }
  }
}

}  // namespace rondo

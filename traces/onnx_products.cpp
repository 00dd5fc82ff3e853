#include <cmath>

#include "traces/onnx_operators.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

void want_finite(const OnnxContext& c, const Tensor& tensor) {
  for (double value : tensor.reals) {
    if (!std::isfinite(value)) c.fail("a weight is NaN or infinity");
  }
}

// y = x M^T for a constant value M [units][K].
int dense(OnnxContext& c, int x, int matrix, Tensor bias = {}) {
  const Tensor& m = c.builder.value(matrix).data;
  want_finite(c, m);
  if (element_count(c.builder.shape(x)) == 0 || element_count(m.shape) == 0) c.fail("a size is zero");
  Dense d;
  d.matrix = {"W", m.shape[0], m.shape[1], m};
  if (!bias.shape.empty()) {
    want_finite(c, bias);
    d.bias = {"b", m.shape[0], std::move(bias)};
  }
  return c.builder.dense(x, std::move(d));
}

// Swaps the last two axes.
int turned(OnnxContext& c, int v) {
  std::vector<int> order;
  const int rank = static_cast<int>(c.builder.shape(v).size());
  for (int i = 0; i < rank; ++i) order.push_back(i);
  std::swap(order[rank - 2], order[rank - 1]);
  return c.builder.transpose(v, order);
}

// The product of two values of at least two axes: a dense layer when one side is a constant matrix.
int product(OnnxContext& c, int a, int b) {
  const Shape sa = c.builder.shape(a), sb = c.builder.shape(b);
  const bool both = c.builder.is_constant(a) && c.builder.is_constant(b);
  if (c.builder.is_constant(b) && sb.size() == 2 && !both) return dense(c, a, turned(c, b));
  if (c.builder.is_constant(a) && sa.size() == 2 && !both) return turned(c, dense(c, turned(c, b), a));
  if (element_count(sa) == 0 || element_count(sb) == 0) c.fail("a size is zero");
  return c.builder.matmul(a, b);
}

// A constant with leading axes of size 1 counts as a matrix.
int without_leading_ones(OnnxContext& c, int v) {
  Shape shape = c.builder.shape(v);
  while (c.builder.is_constant(v) && shape.size() > 2 && shape[0] == 1) shape.erase(shape.begin());
  return c.builder.reshape(v, shape);
}

void convert_matmul(OnnxContext& c) {
  int a = c.real_input(0), b = c.real_input(1);
  Shape sa = c.shape(0), sb = c.shape(1);
  if (sa.empty() || sb.empty()) c.fail("an operand is a single number; at least one axis is wanted");
  const bool row = sa.size() == 1, column = sb.size() == 1;
  if (row) sa.insert(sa.begin(), 1);
  if (column) sb.push_back(1);
  const Shape lead_a(sa.begin(), sa.end() - 2), lead_b(sb.begin(), sb.end() - 2);
  const auto lead = broadcast_shapes(lead_a, lead_b);
  if (sa.back() != sb[sb.size() - 2] || !lead) {
    c.fail("operands of shapes " + to_string(c.shape(0)) + " and " + to_string(c.shape(1)) + " do not fit");
  }
  a = c.builder.reshape(a, sa);
  b = c.builder.reshape(b, sb);
  Shape result = *lead;
  if (!row) result.push_back(sa[sa.size() - 2]);
  if (!column) result.push_back(sb.back());
  if (lead_a.size() >= lead_b.size()) b = without_leading_ones(c, b);
  if (lead_b.size() >= lead_a.size()) a = without_leading_ones(c, a);
  c.output(0, c.builder.reshape(product(c, a, b), result));
}

// beta * C as the bias of `units` outputs, if it is constant and the same for every row.
Tensor gemm_bias(OnnxContext& c, double beta, std::int64_t units) {
  const Shape shape = c.shape(2);
  const bool same_rows = shape.size() < 2 || shape[0] == 1;
  if (!c.is_constant(2) || !same_rows) return {};
  const int scaled = c.builder.binary(BinaryKind::mul, c.input(2), c.builder.scalar(beta));
  const int wide = c.builder.expand(scaled, {1, units});
  return c.builder.value(c.builder.reshape(wide, {units})).data;
}

void convert_gemm(OnnxContext& c) {
  const double alpha = c.real("alpha", 1.0), beta = c.real("beta", 1.0);
  int a = c.real_input(0), b = c.real_input(1);
  if (c.rank(0) != 2 || c.rank(1) != 2) c.fail("A and B must have two axes");
  if (c.integer("transA", 0) != 0) a = c.builder.transpose(a, {1, 0});
  if (c.integer("transB", 0) != 0) b = c.builder.transpose(b, {1, 0});
  const Shape sa = c.builder.shape(a), sb = c.builder.shape(b);
  if (sa[1] != sb[0]) c.fail("operands of shapes " + to_string(sa) + " and " + to_string(sb) + " do not fit");
  const Shape result = {sa[0], sb[1]};
  Tensor bias;
  if (c.has(2)) {
    c.real_input(2);
    const auto wide = broadcast_shapes(c.shape(2), result);
    if (!wide || *wide != result) c.fail("C of shape " + to_string(c.shape(2)) + " does not fit " + to_string(result));
    bias = gemm_bias(c, beta, result[1]);
  }
  const bool folded = !bias.shape.empty();
  int y;
  if (c.builder.is_constant(b) && !c.builder.is_constant(a)) {
    if (alpha != 1) b = c.builder.binary(BinaryKind::mul, b, c.builder.scalar(alpha));
    y = dense(c, a, c.builder.transpose(b, {1, 0}), std::move(bias));
  } else {
    y = product(c, a, b);
    if (alpha != 1) y = c.builder.binary(BinaryKind::mul, y, c.builder.scalar(alpha));
    if (folded) y = c.builder.binary(BinaryKind::add, y, c.builder.constant(std::move(bias)));
  }
  if (c.has(2) && !folded) {
    int addend = c.input(2);
    if (beta != 1) addend = c.builder.binary(BinaryKind::mul, addend, c.builder.scalar(beta));
    y = c.builder.binary(BinaryKind::add, y, addend);
  }
  c.output(0, y);
}

}  // namespace

std::vector<OnnxOperator> onnx_product_operators() {
  return {
      {"MatMul", 2, 2, 1, {}, {}, {1}, convert_matmul},
      {"Gemm", 2, 3, 1, {"alpha", "beta", "transA", "transB"}, {}, {1, 2}, convert_gemm},
  };
}

}  // namespace rondo

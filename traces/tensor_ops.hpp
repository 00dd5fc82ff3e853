#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "traces/graph.hpp"

namespace rondo {

/// What each graph operator computes; used by the interpreter and by constant folding alike. Callers have
/// checked types and shapes. A tensor without values (timing only) gives a result without values. Every sum
/// is formed in one fixed order.

/// Output elements of `view` over `input`; every element must lie inside it.
Tensor apply_view(const Tensor& input, const View& view, const Shape& shape);
/// NumPy's broadcasting; nothing if the shapes do not fit.
std::optional<Shape> broadcast_shapes(const Shape& a, const Shape& b);
/// Strides that read a row-major tensor of `shape` as if it had `target`, to which it broadcasts.
std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& target);
/// Element by element with broadcasting; integers wrap, an integer division by zero is an Error.
Tensor apply_binary(BinaryKind kind, const Tensor& a, const Tensor& b);
double activate(const ActivationCall& call, double x);
/// The same for `count` elements in place.
void activate(const ActivationCall& call, double* values, std::int64_t count);
Tensor apply_activation(const ActivationCall& call, const Tensor& input);
/// Along the last axis.
Tensor apply_softmax(const Tensor& input, bool logarithm);
/// Rows of table [V][W] named by indices; a negative index counts from the end, one outside is an Error.
Tensor apply_gather(const Tensor& table, const Tensor& indices);
Tensor apply_concat(const std::vector<const Tensor*>& parts, int axis);
Tensor apply_dense(const Tensor& input, const Dense& dense);
Tensor apply_matmul(const Tensor& a, const Tensor& b);

/// y[n][row] (+)= sum over k of matrix[row][k] * v[n][k] for `count` vectors; `add` keeps what y holds.
void multiply(const double* matrix, std::int64_t rows, std::int64_t cols, const double* v, std::int64_t count,
              double* y, bool add);

}  // namespace rondo

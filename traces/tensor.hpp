#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

using Shape = std::vector<std::int64_t>;

/// Number of elements; 1 for a scalar (empty shape).
std::int64_t element_count(const Shape& shape);

/// Whether no size is negative and the number of elements is at most `limit` (never overflows).
bool fits(const Shape& shape, std::int64_t limit);

/// "[100, 1, 64]"
std::string to_string(const Shape& shape);

/// Distance between neighbours along each axis of a row-major tensor.
std::vector<std::int64_t> row_major_strides(const Shape& shape);

enum class ElementType { real, integer, boolean };

/// A dense row-major tensor. Reals are held in double (the float reference is computed in double so that
/// its own rounding stays far below what quantisation does); integers and booleans in int64. `reals` or
/// `integers` is filled according to `type`; both are empty when only the shape is known (timing only).
struct Tensor {
  ElementType type = ElementType::real;
  Shape shape;
  std::vector<double> reals;
  std::vector<std::int64_t> integers;

  bool has_values() const { return !reals.empty() || !integers.empty() || element_count(shape) == 0; }
};

Tensor real_tensor(Shape shape, std::vector<double> values);
Tensor integer_tensor(Shape shape, std::vector<std::int64_t> values);

}  // namespace rondo

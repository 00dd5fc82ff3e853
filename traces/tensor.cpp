#include "traces/tensor.hpp"

namespace rondo {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (std::int64_t size : shape) count *= size;
  return count;
}

bool fits(const Shape& shape, std::int64_t limit) {
  for (std::int64_t size : shape) {
    if (size < 0) return false;
  }
  std::int64_t count = 1;
  for (std::int64_t size : shape) {
    if (size == 0) return true;
  }
  for (std::int64_t size : shape) {
    if (size > limit / count) return false;
    count *= size;
  }
  return true;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Tensor real_tensor(Shape shape, std::vector<double> values) {
  Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.reals = std::move(values);
  return tensor;
}

Tensor integer_tensor(Shape shape, std::vector<std::int64_t> values) {
  Tensor tensor;
  tensor.type = ElementType::integer;
  tensor.shape = std::move(shape);
  tensor.integers = std::move(values);
  return tensor;
}

}  // namespace rondo

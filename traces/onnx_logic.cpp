#include <algorithm>
#include <cmath>
#include <functional>

#include "traces/onnx_operators.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

Tensor boolean_tensor(Shape shape, std::vector<std::int64_t> values) {
  Tensor tensor = integer_tensor(std::move(shape), std::move(values));
  tensor.type = ElementType::boolean;
  return tensor;
}

void want_small(const OnnxContext& c, const Shape& shape) {
  if (!fits(shape, GraphBuilder::kMostConstant)) c.fail("a constant of shape " + to_string(shape) + " is too large");
}

// Both inputs, constant, spread to their common shape.
struct Pair {
  Tensor a, b;
};

Pair constant_pair(OnnxContext& c, int first = 0, int second = 1) {
  c.constant(first, "input");
  c.constant(second, "input");
  if (c.type(first) != c.type(second)) c.fail("its inputs have different element types");
  const auto shape = broadcast_shapes(c.shape(first), c.shape(second));
  if (!shape)
    c.fail("inputs of shapes " + to_string(c.shape(first)) + " and " + to_string(c.shape(second)) + " do not fit");
  want_small(c, *shape);
  const int a = c.builder.expand(c.input(first), *shape), b = c.builder.expand(c.input(second), *shape);
  return {c.builder.value(a).data, c.builder.value(b).data};
}

template <template <class> class Compare>
void convert_comparison(OnnxContext& c) {
  const Pair p = constant_pair(c);
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < p.a.reals.size(); ++i) result.push_back(Compare<double>()(p.a.reals[i], p.b.reals[i]));
  for (std::size_t i = 0; i < p.a.integers.size(); ++i) {
    result.push_back(Compare<std::int64_t>()(p.a.integers[i], p.b.integers[i]));
  }
  c.output(0, c.builder.constant(boolean_tensor(p.a.shape, std::move(result))));
}

template <template <class> class Logic>
void convert_logic(OnnxContext& c) {
  const Pair p = constant_pair(c);
  if (p.a.type != ElementType::boolean) c.fail("its inputs must be booleans");
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < p.a.integers.size(); ++i) {
    result.push_back(Logic<bool>()(p.a.integers[i] != 0, p.b.integers[i] != 0));
  }
  c.output(0, c.builder.constant(boolean_tensor(p.a.shape, std::move(result))));
}

void convert_not(OnnxContext& c) {
  Tensor data = c.constant(0, "X");
  if (data.type != ElementType::boolean) c.fail("its input must be booleans");
  for (std::int64_t& value : data.integers) value = value == 0;
  c.output(0, c.builder.constant(std::move(data)));
}

template <bool largest>
void convert_extreme(OnnxContext& c) {
  Tensor so_far = c.constant(0, "input");
  for (int i = 1; i < c.inputs(); ++i) {
    const int previous = c.builder.constant(std::move(so_far));
    OnnxContext two(c.builder, c.node, c.opset, {previous, c.input(i)});
    Pair p = constant_pair(two);
    for (std::size_t k = 0; k < p.a.reals.size(); ++k) {
      p.a.reals[k] = largest ? std::max(p.a.reals[k], p.b.reals[k]) : std::min(p.a.reals[k], p.b.reals[k]);
    }
    for (std::size_t k = 0; k < p.a.integers.size(); ++k) {
      p.a.integers[k] =
          largest ? std::max(p.a.integers[k], p.b.integers[k]) : std::min(p.a.integers[k], p.b.integers[k]);
    }
    so_far = std::move(p.a);
  }
  c.output(0, c.builder.constant(std::move(so_far)));
}

void convert_mod(OnnxContext& c) {
  Pair p = constant_pair(c);
  const bool like_c = c.integer("fmod", 0) != 0;
  if (p.a.type == ElementType::real && !like_c) c.fail("fmod must be 1 for reals");
  for (std::size_t i = 0; i < p.a.reals.size(); ++i) p.a.reals[i] = std::fmod(p.a.reals[i], p.b.reals[i]);
  for (std::size_t i = 0; i < p.a.integers.size(); ++i) {
    const std::int64_t by = p.b.integers[i];
    if (by == 0) c.fail("an integer is divided by zero");
    std::int64_t rest = by == -1 ? 0 : p.a.integers[i] % by;
    if (!like_c && rest != 0 && (rest < 0) != (by < 0)) rest += by;
    p.a.integers[i] = rest;
  }
  c.output(0, c.builder.constant(std::move(p.a)));
}

template <double (*function)(double)>
void convert_rounding(OnnxContext& c) {
  Tensor data = c.constant(0, "X");
  if (data.type != ElementType::real) c.fail("its input must be reals");
  for (double& value : data.reals) value = function(value);
  c.output(0, c.builder.constant(std::move(data)));
}

// A constant condition: one side as a whole, or both weighted by 1 and 0.
void convert_where(OnnxContext& c) {
  const Tensor condition = c.constant(0, "condition");
  if (condition.type != ElementType::boolean) c.fail("its condition must be booleans");
  if (c.type(1) != c.type(2)) c.fail("its inputs have different element types");
  const auto both = broadcast_shapes(c.shape(1), c.shape(2));
  const auto shape = both ? broadcast_shapes(*both, condition.shape) : both;
  if (!shape) c.fail("its inputs do not fit");
  want_small(c, *shape);
  const std::int64_t yes =
      std::count_if(condition.integers.begin(), condition.integers.end(), [](auto v) { return v != 0; });
  const std::int64_t all = static_cast<std::int64_t>(condition.integers.size());
  if (yes == all) return c.output(0, c.builder.expand(c.input(1), *shape));
  if (yes == 0) return c.output(0, c.builder.expand(c.input(2), *shape));
  if (c.is_constant(1) && c.is_constant(2)) {
    const auto spread = [&](int v) { return c.builder.value(c.builder.expand(v, *shape)).data; };
    const Tensor mask = spread(c.input(0)), a = spread(c.input(1));
    Tensor b = spread(c.input(2));
    for (std::size_t i = 0; i < mask.integers.size(); ++i) {
      if (mask.integers[i] == 0) continue;
      if (b.type == ElementType::real)
        b.reals[i] = a.reals[i];
      else
        b.integers[i] = a.integers[i];
    }
    return c.output(0, c.builder.constant(std::move(b)));
  }
  Tensor ones = real_tensor(condition.shape, {}), zeros = ones;
  for (std::int64_t value : condition.integers) {
    ones.reals.push_back(value != 0);
    zeros.reals.push_back(value == 0);
  }
  for (int i = 1; i <= 2; ++i) {
    c.real_input(i);
    if (!c.is_constant(i)) continue;
    for (double value : c.constant(i, "input").reals) {
      if (!std::isfinite(value)) c.fail("a constant is NaN or infinity");
    }
  }
  const int a = c.builder.binary(BinaryKind::mul, c.input(1), c.builder.constant(std::move(ones)));
  const int b = c.builder.binary(BinaryKind::mul, c.input(2), c.builder.constant(std::move(zeros)));
  c.output(0, c.builder.binary(BinaryKind::add, a, b));
}

}  // namespace

std::vector<OnnxOperator> onnx_logic_operators() {
  return {
      {"Equal", 2, 2, 1, {}, {}, {}, convert_comparison<std::equal_to>, true},
      {"Less", 2, 2, 1, {}, {}, {}, convert_comparison<std::less>, true},
      {"LessOrEqual", 2, 2, 1, {}, {}, {}, convert_comparison<std::less_equal>, true},
      {"Greater", 2, 2, 1, {}, {}, {}, convert_comparison<std::greater>, true},
      {"GreaterOrEqual", 2, 2, 1, {}, {}, {}, convert_comparison<std::greater_equal>, true},
      {"And", 2, 2, 1, {}, {}, {}, convert_logic<std::logical_and>, true},
      {"Or", 2, 2, 1, {}, {}, {}, convert_logic<std::logical_or>, true},
      {"Not", 1, 1, 1, {}, {}, {}, convert_not, true, 1},
      {"Min", 1, kMany, 1, {}, {}, {}, convert_extreme<false>, true},
      {"Max", 1, kMany, 1, {}, {}, {}, convert_extreme<true>, true},
      {"Mod", 2, 2, 1, {"fmod"}, {}, {}, convert_mod, true},
      {"Floor", 1, 1, 1, {}, {}, {}, convert_rounding<std::floor>, true},
      {"Ceil", 1, 1, 1, {}, {}, {}, convert_rounding<std::ceil>, true},
      {"Sqrt", 1, 1, 1, {}, {}, {}, convert_rounding<std::sqrt>, true},
      {"Where", 3, 3, 1, {}, {0}, {}, convert_where},
  };
}

}  // namespace rondo

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "traces/onnx_operators.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

// Number codes of ONNX's TensorProto.DataType that Cast may name.
enum DataType { kFloat = 1, kUint8, kInt8, kUint16, kInt16, kInt32, kInt64, kString, kBool, kHalf, kDouble, kUint32, kUint64, kBfloat16 = 16 };

Tensor boolean_tensor(Shape shape, std::vector<std::int64_t> values) {
  Tensor tensor = integer_tensor(std::move(shape), std::move(values));
  tensor.type = ElementType::boolean;
  return tensor;
}

void want_small(const OnnxContext& c, const Shape& shape) {
  if (!fits(shape, GraphBuilder::kMostConstant)) c.fail("a constant of shape " + to_string(shape) + " is too large");
}

void convert_constant(OnnxContext& c) {
  if (c.node.attributes.size() != 1) c.fail("exactly one value is wanted");
  const std::string& kind = c.node.attributes.begin()->first;
  Tensor data;
  if (kind == "value") {
    data = c.tensor("value");
  } else if (kind == "value_float") {
    data = real_tensor({}, {c.real(kind)});
  } else if (kind == "value_int") {
    data = integer_tensor({}, {c.integer(kind)});
  } else if (kind == "value_floats") {
    data.reals = c.real_list(kind);
    data.shape = {static_cast<std::int64_t>(data.reals.size())};
  } else {
    const std::vector<std::int64_t> list = c.integer_list("value_ints");
    data = integer_tensor({static_cast<std::int64_t>(list.size())}, list);
  }
  c.output(0, c.builder.constant(std::move(data)));
}

void convert_constant_of_shape(OnnxContext& c) {
  const Shape shape = c.integers(0, "shape");
  want_small(c, shape);
  Tensor value = real_tensor({1}, {0.0});
  if (c.has_attribute("value")) value = c.tensor("value");
  if (element_count(value.shape) != 1) c.fail("value must be one number");
  value.shape = {};
  c.output(0, c.builder.expand(c.builder.constant(std::move(value)), shape));
}

void convert_shape(OnnxContext& c) {
  const Shape shape = c.shape(0);
  const std::int64_t rank = c.rank(0);
  if (c.opset < 15) {
    if (c.has_attribute("start") || c.has_attribute("end")) c.fail("start and end do not exist before operator set 15");
  }
  const auto placed = [&](std::int64_t at) { return std::min(rank, std::max<std::int64_t>(0, at < 0 ? at + rank : at)); };
  const std::int64_t start = placed(c.integer("start", 0)), end = placed(c.integer("end", rank));
  Shape part;
  for (std::int64_t i = start; i < end; ++i) part.push_back(shape[i]);
  const std::int64_t count = static_cast<std::int64_t>(part.size());
  c.output(0, c.builder.constant(integer_tensor({count}, part)));
}

void convert_size(OnnxContext& c) {
  c.output(0, c.builder.constant(integer_tensor({}, {element_count(c.shape(0))})));
}

// Nearest value with `bits` significant binary digits and smallest exponent `least` of the last digit.
double rounded(double value, int bits, int least) {
  if (value == 0 || !std::isfinite(value)) return value;
  int exponent;
  std::frexp(value, &exponent);
  const int last = std::max(exponent - bits, least);
  return std::ldexp(std::nearbyint(std::ldexp(value, -last)), last);
}

double cast_real(std::int64_t to, double value) {
  switch (to) {
    case kFloat: return static_cast<float>(value);
    case kHalf: return std::fabs(value) >= 65520 ? std::copysign(HUGE_VAL, value) : rounded(value, 11, -24);
    case kBfloat16: return rounded(value, 8, -133);
    default: return value;
  }
}

std::int64_t cast_integer(std::int64_t to, std::int64_t value) {
  switch (to) {
    case kUint8: return static_cast<std::uint8_t>(value);
    case kInt8: return static_cast<std::int8_t>(value);
    case kUint16: return static_cast<std::uint16_t>(value);
    case kInt16: return static_cast<std::int16_t>(value);
    case kInt32: return static_cast<std::int32_t>(value);
    case kUint32: return static_cast<std::uint32_t>(value);
    default: return value;
  }
}

Tensor cast_constant(const OnnxContext& c, const Tensor& from, std::int64_t to, ElementType type) {
  Tensor result;
  result.type = type;
  result.shape = from.shape;
  const bool real = from.type == ElementType::real;
  const std::int64_t count = element_count(from.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    if (type == ElementType::real) {
      result.reals.push_back(cast_real(to, real ? from.reals[i] : static_cast<double>(from.integers[i])));
    } else if (type == ElementType::boolean) {
      result.integers.push_back(real ? from.reals[i] != 0 : from.integers[i] != 0);
    } else if (real) {
      if (!(std::fabs(from.reals[i]) < 9.2e18)) c.fail("a number is too large for an integer");
      result.integers.push_back(cast_integer(to, static_cast<std::int64_t>(from.reals[i])));
    } else {
      result.integers.push_back(cast_integer(to, from.integers[i]));
    }
  }
  return result;
}

// At run time only what changes no value may pass: reals to FLOAT or DOUBLE, integers to INT32 or INT64.
void convert_cast(OnnxContext& c) {
  const std::int64_t to = c.integer("to");
  const std::optional<ElementType> type = onnx_element_type(to);
  if (!type) c.fail("a cast to " + onnx_type_name(to) + " is not supported");
  if (c.is_constant(0)) return c.output(0, c.builder.constant(cast_constant(c, c.constant(0, "input"), to, *type)));
  const bool same = c.type(0) == *type;
  const bool harmless = (*type == ElementType::real && (to == kFloat || to == kDouble)) ||
                        (*type == ElementType::integer && (to == kInt32 || to == kInt64));
  if (!same || !harmless) {
    c.fail("a cast to " + onnx_type_name(to) + " of a value that is only known at run time is not supported; reals to "
           "FLOAT or DOUBLE and integers to INT32 or INT64 are");
  }
  c.output(0, c.input(0));
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
  if (!shape) c.fail("inputs of shapes " + to_string(c.shape(first)) + " and " + to_string(c.shape(second)) + " do not fit");
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
      p.a.integers[k] = largest ? std::max(p.a.integers[k], p.b.integers[k]) : std::min(p.a.integers[k], p.b.integers[k]);
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
  const std::int64_t yes = std::count_if(condition.integers.begin(), condition.integers.end(), [](auto v) { return v != 0; });
  const std::int64_t all = static_cast<std::int64_t>(condition.integers.size());
  if (yes == all) return c.output(0, c.builder.expand(c.input(1), *shape));
  if (yes == 0) return c.output(0, c.builder.expand(c.input(2), *shape));
  if (c.is_constant(1) && c.is_constant(2)) {
    const auto spread = [&](int v) { return c.builder.value(c.builder.expand(v, *shape)).data; };
    const Tensor mask = spread(c.input(0)), a = spread(c.input(1));
    Tensor b = spread(c.input(2));
    for (std::size_t i = 0; i < mask.integers.size(); ++i) {
      if (mask.integers[i] == 0) continue;
      if (b.type == ElementType::real) b.reals[i] = a.reals[i];
      else b.integers[i] = a.integers[i];
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

void convert_range(OnnxContext& c) {
  for (int i = 0; i < 3; ++i) {
    if (element_count(c.constant(i, "bound").shape) != 1 || c.type(i) != c.type(0) || c.type(i) == ElementType::boolean) {
      c.fail("start, limit and delta must be single numbers of one type");
    }
  }
  const Tensor start = c.constant(0, "start"), limit = c.constant(1, "limit"), delta = c.constant(2, "delta");
  const bool real = start.type == ElementType::real;
  const double from = real ? start.reals[0] : static_cast<double>(start.integers[0]);
  const double to = real ? limit.reals[0] : static_cast<double>(limit.integers[0]);
  const double step = real ? delta.reals[0] : static_cast<double>(delta.integers[0]);
  const double count = std::max(0.0, std::ceil((to - from) / step));
  if (!(count <= static_cast<double>(GraphBuilder::kMostConstant))) c.fail("a range of that many numbers is not possible");
  Tensor result;
  result.type = start.type;
  result.shape = {static_cast<std::int64_t>(count)};
  for (std::int64_t i = 0; i < result.shape[0]; ++i) {
    if (real) result.reals.push_back(from + static_cast<double>(i) * step);
    else result.integers.push_back(start.integers[0] + i * delta.integers[0]);
  }
  c.output(0, c.builder.constant(std::move(result)));
}

enum class Reduction { sum, product, least, most };

double reduce(Reduction kind, double a, double b) {
  switch (kind) {
    case Reduction::sum: return a + b;
    case Reduction::product: return a * b;
    case Reduction::least: return std::min(a, b);
    case Reduction::most: return std::max(a, b);
  }
  return a;
}

// Sums and products wrap, as fixed-width integers do.
std::int64_t reduce(Reduction kind, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
  switch (kind) {
    case Reduction::sum: return static_cast<std::int64_t>(ua + ub);
    case Reduction::product: return static_cast<std::int64_t>(ua * ub);
    case Reduction::least: return std::min(a, b);
    case Reduction::most: return std::max(a, b);
  }
  return a;
}

template <class T>
T reduce_row(Reduction kind, const T* row, std::int64_t count) {
  T value = row[0];
  for (std::int64_t i = 1; i < count; ++i) value = reduce(kind, value, row[i]);
  return value;
}

// The reduced axes are turned to the back and joined: [kept][reduced].
template <Reduction kind, int version>
void convert_reduction(OnnxContext& c) {
  c.constant(0, "data");
  const auto list = c.list("axes", 1, version);
  const Shape shape = c.shape(0);
  const std::vector<int> axes = list ? c.axes(*list, c.rank(0)) : std::vector<int>();
  if (axes.empty() && c.integer("noop_with_empty_axes", 0) != 0) return c.output(0, c.input(0));
  const bool keep = c.integer("keepdims", 1) != 0;
  std::vector<int> kept, gone;
  Shape result;
  std::int64_t rows = 1, count = 1;
  for (int i = 0; i < c.rank(0); ++i) {
    const bool reduced = axes.empty() || std::find(axes.begin(), axes.end(), i) != axes.end();
    (reduced ? gone : kept).push_back(i);
    (reduced ? count : rows) *= shape[i];
    if (!reduced || keep) result.push_back(reduced ? 1 : shape[i]);
  }
  if (count == 0) c.fail("an axis of size zero is reduced");
  kept.insert(kept.end(), gone.begin(), gone.end());
  const int flat = c.builder.reshape(c.builder.transpose(c.input(0), kept), {rows, count});
  const Tensor& data = c.builder.value(flat).data;
  Tensor reduced;
  reduced.type = data.type;
  reduced.shape = {rows};
  for (std::int64_t at = 0; at < rows * count; at += count) {
    if (data.type == ElementType::real) {
      reduced.reals.push_back(reduce_row(kind, data.reals.data() + at, count));
    } else {
      reduced.integers.push_back(reduce_row(kind, data.integers.data() + at, count));
    }
  }
  c.output(0, c.builder.reshape(c.builder.constant(std::move(reduced)), result));
}

}  // namespace

std::vector<OnnxOperator> onnx_constant_operators() {
  const std::vector<std::string> reduction = {"axes", "keepdims", "noop_with_empty_axes"};
  return {
      {"Constant", 0, 0, 1, {"value", "value_float", "value_floats", "value_int", "value_ints"}, {}, {}, convert_constant, false, 1},
      {"ConstantOfShape", 1, 1, 1, {"value"}, {0}, {}, convert_constant_of_shape},
      {"Shape", 1, 1, 1, {"start", "end"}, {}, {}, convert_shape, false, 1},
      {"Size", 1, 1, 1, {}, {}, {}, convert_size, false, 1},
      {"Cast", 1, 1, 1, {"to", "saturate"}, {}, {}, convert_cast},
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
      {"Range", 3, 3, 1, {}, {0, 1, 2}, {}, convert_range, true},
      {"ReduceSum", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::sum, 13>, true},
      {"ReduceProd", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::product, 18>, true},
      {"ReduceMin", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::least, 18>, true},
      {"ReduceMax", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::most, 18>, true},
  };
}

}  // namespace rondo

#include <algorithm>
#include <cmath>

#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

// Number codes of ONNX's TensorProto.DataType that Cast may name.
enum DataType {
  kFloat = 1,
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kInt32,
  kInt64,
  kString,
  kBool,
  kHalf,
  kDouble,
  kUint32,
  kUint64,
  kBfloat16 = 16
};

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
  const auto placed = [&](std::int64_t at) {
    return std::min(rank, std::max<std::int64_t>(0, at < 0 ? at + rank : at));
  };
  const std::int64_t start = placed(c.integer("start", 0)), end = placed(c.integer("end", rank));
  Shape part;
  for (std::int64_t i = start; i < end; ++i) part.push_back(shape[i]);
  const std::int64_t count = static_cast<std::int64_t>(part.size());
  c.output(0, c.builder.constant(integer_tensor({count}, part)));
}

void convert_size(OnnxContext& c) { c.output(0, c.builder.constant(integer_tensor({}, {element_count(c.shape(0))}))); }

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
    c.fail("a cast to " + onnx_type_name(to) +
           " of a value that is only known at run time is not supported; reals to "
           "FLOAT or DOUBLE and integers to INT32 or INT64 are");
  }
  c.output(0, c.input(0));
}

void convert_range(OnnxContext& c) {
  for (int i = 0; i < 3; ++i) {
    if (element_count(c.constant(i, "bound").shape) != 1 || c.type(i) != c.type(0) ||
        c.type(i) == ElementType::boolean) {
      c.fail("start, limit and delta must be single numbers of one type");
    }
  }
  const Tensor start = c.constant(0, "start"), limit = c.constant(1, "limit"), delta = c.constant(2, "delta");
  const bool real = start.type == ElementType::real;
  const double from = real ? start.reals[0] : static_cast<double>(start.integers[0]);
  const double to = real ? limit.reals[0] : static_cast<double>(limit.integers[0]);
  const double step = real ? delta.reals[0] : static_cast<double>(delta.integers[0]);
  const double count = std::max(0.0, std::ceil((to - from) / step));
  if (!(count <= static_cast<double>(GraphBuilder::kMostConstant)))
    c.fail("a range of that many numbers is not possible");
  Tensor result;
  result.type = start.type;
  result.shape = {static_cast<std::int64_t>(count)};
  for (std::int64_t i = 0; i < result.shape[0]; ++i) {
    if (real)
      result.reals.push_back(from + static_cast<double>(i) * step);
    else
      result.integers.push_back(start.integers[0] + i * delta.integers[0]);
  }
  c.output(0, c.builder.constant(std::move(result)));
}

}  // namespace

std::vector<OnnxOperator> onnx_constant_operators() {
  return {
      {"Constant",
       0,
       0,
       1,
       {"value", "value_float", "value_floats", "value_int", "value_ints"},
       {},
       {},
       convert_constant,
       false,
       1},
      {"ConstantOfShape", 1, 1, 1, {"value"}, {0}, {}, convert_constant_of_shape},
      {"Shape", 1, 1, 1, {"start", "end"}, {}, {}, convert_shape, false, 1},
      {"Size", 1, 1, 1, {}, {}, {}, convert_size, false, 1},
      {"Cast", 1, 1, 1, {"to", "saturate"}, {}, {}, convert_cast},
      {"Range", 3, 3, 1, {}, {0, 1, 2}, {}, convert_range, true},
  };
}

}  // namespace rondo

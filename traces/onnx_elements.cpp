#include <cmath>

#include "traces/onnx_operators.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

// A constant real value whose consumer runs on the chip must be finite.
void want_finite(const OnnxContext& c, int v) {
  if (!c.builder.is_constant(v)) return;
  for (double value : c.builder.value(v).data.reals) {
    if (!std::isfinite(value)) c.fail("a constant is NaN or infinity");
  }
}

int combine(OnnxContext& c, BinaryKind kind, int a, int b) {
  const GraphBuilder& g = c.builder;
  if (g.value(a).type != g.value(b).type) c.fail("its inputs have different element types");
  if (g.value(a).type == ElementType::boolean) c.fail("arithmetic on booleans is not defined");
  const bool constant = g.is_constant(a) && g.is_constant(b);
  if (!constant && g.value(a).type == ElementType::integer) {
    c.fail("arithmetic on integers that are only known at run time is not supported; reals are");
  }
  if (!broadcast_shapes(g.shape(a), g.shape(b))) {
    c.fail("inputs of shapes " + to_string(g.shape(a)) + " and " + to_string(g.shape(b)) + " do not fit");
  }
  if (!constant) {
    want_finite(c, a);
    want_finite(c, b);
  }
  return c.builder.binary(kind, a, b);
}

template <BinaryKind kind>
void convert_binary(OnnxContext& c) {
  c.output(0, combine(c, kind, c.input(0), c.input(1)));
}

// x + constant vector right after a product without bias is that product's bias.
void convert_add(OnnxContext& c) {
  for (int i = 0; i < 2; ++i) {
    const int x = c.input(i), b = c.input(1 - i);
    if (!c.only_reader[i] || !c.builder.is_constant(b) || c.type(1 - i) != ElementType::real) continue;
    const Shape wide = c.shape(1 - i);
    const bool vector = !wide.empty() && element_count(wide) == wide.back() && wide.size() <= c.shape(i).size();
    if (!vector || wide.back() != c.shape(i).back() || !c.builder.can_take_bias(x)) continue;
    want_finite(c, b);
    Tensor bias = c.builder.value(b).data;
    bias.shape = {wide.back()};
    c.builder.add_bias(x, std::move(bias));
    return c.output(0, x);
  }
  convert_binary<BinaryKind::add>(c);
}

void convert_sum(OnnxContext& c) {
  int sum = c.input(0);
  for (int i = 1; i < c.inputs(); ++i) sum = combine(c, BinaryKind::add, sum, c.input(i));
  c.output(0, sum);
}

void activate_with(OnnxContext& c, const ActivationCall& call) {
  c.output(0, c.builder.activation(call, c.real_input(0)));
}

template <Activation function>
void convert_plain(OnnxContext& c) {
  activate_with(c, {function, 0, 0});
}

void convert_leaky_relu(OnnxContext& c) { activate_with(c, {Activation::leaky_relu, c.real("alpha", 0.01), 0}); }
void convert_thresholded_relu(OnnxContext& c) {
  activate_with(c, {Activation::thresholded_relu, c.real("alpha", 1.0), 0});
}
void convert_hard_sigmoid(OnnxContext& c) {
  activate_with(c, {Activation::hard_sigmoid, c.real("alpha", 0.2), c.real("beta", 0.5)});
}
void convert_elu(OnnxContext& c) { activate_with(c, {Activation::elu, c.real("alpha", 1.0), 0}); }
void convert_abs(OnnxContext& c) {
  if (c.is_constant(0) && c.type(0) == ElementType::integer) {
    Tensor data = c.constant(0, "X");
    for (std::int64_t& value : data.integers) value = value < 0 ? -value : value;
    return c.output(0, c.builder.constant(std::move(data)));
  }
  activate_with(c, {Activation::leaky_relu, -1, 0});
}

// x * hard_sigmoid(x / 6 + 1/2)
void convert_hard_swish(OnnxContext& c) {
  const int x = c.real_input(0);
  const int gate = c.builder.activation({Activation::hard_sigmoid, 1.0 / 6.0, 0.5}, x);
  c.output(0, c.builder.binary(BinaryKind::mul, x, gate));
}

// gamma * elu(x)
void convert_selu(OnnxContext& c) {
  const double alpha = c.real("alpha", 1.67326319217681884765625);
  const int y = c.builder.activation({Activation::elu, alpha, 0}, c.real_input(0));
  c.output(0, c.builder.binary(BinaryKind::mul, y, c.builder.scalar(c.real("gamma", 1.05070102214813232421875))));
}

void convert_neg(OnnxContext& c) {
  Tensor minus = c.type(0) == ElementType::integer ? integer_tensor({}, {-1}) : real_tensor({}, {-1.0});
  const int factor = c.builder.constant(std::move(minus));
  c.output(0, combine(c, BinaryKind::mul, c.input(0), factor));
}

void convert_reciprocal(OnnxContext& c) {
  c.output(0, combine(c, BinaryKind::div, c.builder.scalar(1.0), c.real_input(0)));
}

// The bound that Clip names at input i or, before operator set 11, in an attribute; `open` if it names none.
double clip_bound(OnnxContext& c, int i, const std::string& attribute, double open) {
  if (c.opset < 11) return c.has_attribute(attribute) ? c.real(attribute) : open;
  if (!c.has(i)) return open;
  const Tensor& bound = c.constant(i, attribute);
  if (bound.reals.size() != 1) c.fail("its bounds must be single reals");
  return bound.reals[0];
}

// With both bounds: low + (high - low) * hard_sigmoid((x - low) / (high - low)); with one: a shifted relu.
void convert_clip(OnnxContext& c) {
  const int x = c.real_input(0);
  GraphBuilder& g = c.builder;
  c.only_before("min", 11);
  c.only_before("max", 11);
  const double far = 3.0e38;  // float32's largest number: how exporters write "no bound"
  const double low = clip_bound(c, 1, "min", -HUGE_VAL), high = clip_bound(c, 2, "max", HUGE_VAL);
  const bool has_low = low > -far, has_high = high < far;
  const auto add = [&](int v, double by) { return by == 0 ? v : g.binary(BinaryKind::add, v, g.scalar(by)); };
  const auto times = [&](int v, double by) { return by == 1 ? v : g.binary(BinaryKind::mul, v, g.scalar(by)); };
  const ActivationCall relu{Activation::relu, 0, 0};
  int y = x;
  if (has_low && has_high && low < high) {
    const double width = high - low;
    y = add(times(g.activation({Activation::hard_sigmoid, 1 / width, -low / width}, x), width), low);
  } else if (has_low && has_high) {  // ONNX: min(max(x, low), high), so high wins
    y = add(times(x, 0), high);
  } else if (has_low) {
    y = add(g.activation(relu, add(x, -low)), low);
  } else if (has_high) {
    y = add(times(g.activation(relu, add(times(x, -1), high)), -1), high);
  }
  c.output(0, y);
}

// Since operator set 13 along one axis; before, over all axes from `axis` on, taken as one.
void convert_softmax_either(OnnxContext& c, bool logarithm) {
  const int x = c.real_input(0);
  const int rank = c.rank(0);
  if (rank == 0) c.fail("its input is a single number; at least one axis is wanted");
  if (element_count(c.shape(0)) == 0) c.fail("a size is zero");
  const Shape shape = c.shape(0);
  if (c.opset < 13) {
    const std::int64_t given = c.integer("axis", 1);
    const int axis = given == rank ? rank : c.axis(given, rank);
    Shape flat = {1, 1};
    for (int i = 0; i < rank; ++i) flat[i < axis ? 0 : 1] *= shape[i];
    const int y = c.builder.softmax(c.builder.reshape(x, flat), logarithm);
    return c.output(0, c.builder.reshape(y, shape));
  }
  const int axis = c.axis(c.integer("axis", -1), rank);
  if (axis == rank - 1) return c.output(0, c.builder.softmax(x, logarithm));
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) order.push_back(i);
  std::swap(order[axis], order[rank - 1]);
  c.output(0, c.builder.transpose(c.builder.softmax(c.builder.transpose(x, order), logarithm), order));
}

void convert_softmax(OnnxContext& c) { convert_softmax_either(c, false); }
void convert_log_softmax(OnnxContext& c) { convert_softmax_either(c, true); }

}  // namespace

std::vector<OnnxOperator> onnx_element_operators() {
  return {
      {"Add", 2, 2, 1, {}, {}, {}, convert_add},
      {"Sub", 2, 2, 1, {}, {}, {}, convert_binary<BinaryKind::sub>},
      {"Mul", 2, 2, 1, {}, {}, {}, convert_binary<BinaryKind::mul>},
      {"Div", 2, 2, 1, {}, {}, {}, convert_binary<BinaryKind::div>},
      {"Sum", 1, kMany, 1, {}, {}, {}, convert_sum},
      {"Neg", 1, 1, 1, {}, {}, {}, convert_neg},
      {"Abs", 1, 1, 1, {}, {}, {}, convert_abs},
      {"Reciprocal", 1, 1, 1, {}, {}, {}, convert_reciprocal},
      {"Clip", 1, 3, 1, {"min", "max"}, {1, 2}, {}, convert_clip},
      {"Sigmoid", 1, 1, 1, {}, {}, {}, convert_plain<Activation::sigmoid>},
      {"Tanh", 1, 1, 1, {}, {}, {}, convert_plain<Activation::tanh>},
      {"Relu", 1, 1, 1, {}, {}, {}, convert_plain<Activation::relu>},
      {"Softsign", 1, 1, 1, {}, {}, {}, convert_plain<Activation::softsign>, false, 1},
      {"Softplus", 1, 1, 1, {}, {}, {}, convert_plain<Activation::softplus>, false, 1},
      {"LeakyRelu", 1, 1, 1, {"alpha"}, {}, {}, convert_leaky_relu},
      {"ThresholdedRelu", 1, 1, 1, {"alpha"}, {}, {}, convert_thresholded_relu},
      {"HardSigmoid", 1, 1, 1, {"alpha", "beta"}, {}, {}, convert_hard_sigmoid},
      {"Elu", 1, 1, 1, {"alpha"}, {}, {}, convert_elu},
      {"Selu", 1, 1, 1, {"alpha", "gamma"}, {}, {}, convert_selu},
      {"HardSwish", 1, 1, 1, {}, {}, {}, convert_hard_swish},
      {"Softmax", 1, 1, 1, {"axis"}, {}, {}, convert_softmax},
      {"LogSoftmax", 1, 1, 1, {"axis"}, {}, {}, convert_log_softmax},
  };
}

}  // namespace rondo

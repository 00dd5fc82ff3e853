#include <algorithm>
#include <cmath>

#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

// Sizes of a convolution over the axes after batch and channels.
struct Windows {
  std::vector<std::int64_t> kernel, strides, dilations, before, after;
};

std::vector<std::int64_t> per_axis(const OnnxContext& c, const std::string& name, std::size_t axes,
                                   std::int64_t usual) {
  std::vector<std::int64_t> list = c.integer_list(name);
  if (list.empty()) list.assign(axes, usual);
  if (list.size() != axes) c.fail("attribute '" + name + "' must have " + std::to_string(axes) + " entries");
  for (std::int64_t value : list) {
    if (value < (name == "pads" ? 0 : 1) || value > (1 << 20))
      c.fail("attribute '" + name + "' holds " + std::to_string(value));
  }
  return list;
}

Windows read_windows(const OnnxContext& c, const Shape& x, const Shape& w) {
  const std::size_t axes = x.size() - 2;
  Windows windows;
  windows.kernel.assign(w.begin() + 2, w.end());
  if (c.has_attribute("kernel_shape") && c.integer_list("kernel_shape") != windows.kernel) {
    c.fail("kernel_shape contradicts W of shape " + to_string(w));
  }
  windows.strides = per_axis(c, "strides", axes, 1);
  windows.dilations = per_axis(c, "dilations", axes, 1);
  const std::vector<std::int64_t> pads = per_axis(c, "pads", 2 * axes, 0);
  const std::string automatic = c.text("auto_pad", "NOTSET");
  if (automatic != "NOTSET" && automatic != "VALID" && automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    c.fail("auto_pad '" + automatic.substr(0, 40) + "' is unknown");
  }
  for (std::size_t i = 0; i < axes; ++i) {
    windows.before.push_back(automatic == "NOTSET" ? pads[i] : 0);
    windows.after.push_back(automatic == "NOTSET" ? pads[i + axes] : 0);
    if (automatic == "NOTSET" || automatic == "VALID") continue;
    const std::int64_t outputs = (x[i + 2] + windows.strides[i] - 1) / windows.strides[i];
    const std::int64_t reach = (outputs - 1) * windows.strides[i] + (windows.kernel[i] - 1) * windows.dilations[i] + 1;
    const std::int64_t total = std::max<std::int64_t>(0, reach - x[i + 2]);
    windows.before[i] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    windows.after[i] = total - windows.before[i];
  }
  return windows;
}

int padded(OnnxContext& c, int v, const Windows& windows) {
  for (std::size_t i = 0; i < windows.kernel.size(); ++i) {
    const int axis = static_cast<int>(i) + 2;
    std::vector<int> parts = {v};
    const auto zeros = [&](std::int64_t count) {
      Shape shape = c.builder.shape(v);
      shape[axis] = count;
      return c.builder.expand(c.builder.scalar(0.0), shape);
    };
    if (windows.before[i] > 0) parts.insert(parts.begin(), zeros(windows.before[i]));
    if (windows.after[i] > 0) parts.push_back(zeros(windows.after[i]));
    v = c.builder.concat(parts, axis);
  }
  return v;
}

// The window under every output as one row: [N][outputs...][channels * kernel...], a view that reads elements
// more than once, so that a convolution is a dense layer over it.
int window_rows(OnnxContext& c, int v, const Windows& windows) {
  const int axes = static_cast<int>(windows.kernel.size());
  for (int i = 0; i < axes; ++i) {
    const std::int64_t reach = (windows.kernel[i] - 1) * windows.dilations[i] + 1;
    const std::int64_t room = c.builder.shape(v)[i + 2] - reach;
    if (room < 0) c.fail("its kernel is larger than its padded input");
    v = c.builder.windows(v, i + 2, room / windows.strides[i] + 1, windows.strides[i], windows.kernel[i],
                          windows.dilations[i]);
  }
  std::vector<int> order = {0};  // [N][C][outputs...][kernel...] -> [N][outputs...][C][kernel...]
  for (int i = 0; i < axes; ++i) order.push_back(2 + i);
  order.push_back(1);
  for (int i = 0; i < axes; ++i) order.push_back(2 + axes + i);
  const int turned = c.builder.transpose(v, order);
  Shape rows(c.builder.shape(turned).begin(), c.builder.shape(turned).begin() + axes + 1);
  rows.push_back(element_count(c.builder.shape(turned)) / element_count(rows));
  return c.builder.reshape(turned, rows);
}

Tensor rows_of(const Tensor& tensor, std::int64_t first, std::int64_t count, Shape shape) {
  const std::int64_t size = element_count(tensor.shape) / tensor.shape[0];
  return real_tensor(std::move(shape),
                     {tensor.reals.begin() + first * size, tensor.reals.begin() + (first + count) * size});
}

void want_finite(const OnnxContext& c, const Tensor& tensor) {
  for (double value : tensor.reals) {
    if (!std::isfinite(value)) c.fail("a weight is NaN or infinity");
  }
}

void convert_convolution(OnnxContext& c) {
  const int input = c.real_input(0);
  c.real_input(1);
  const Shape x = c.shape(0), w = c.shape(1);
  const Tensor weights = c.constant(1, "W");
  const std::int64_t groups = c.integer("group", 1);
  if (x.size() < 3 || w.size() != x.size()) c.fail("X " + to_string(x) + " and W " + to_string(w) + " do not fit");
  if (element_count(x) == 0 || element_count(w) == 0) c.fail("a size is zero");
  if (groups < 1 || x[1] % groups != 0 || w[0] % groups != 0 || w[1] != x[1] / groups) {
    c.fail("X " + to_string(x) + ", W " + to_string(w) + " and " + std::to_string(groups) + " groups do not fit");
  }
  want_finite(c, weights);
  Tensor bias;
  if (c.has(2)) {
    bias = c.constant(2, "B");
    if (bias.type != ElementType::real || bias.shape != Shape{w[0]})
      c.fail("B must be " + std::to_string(w[0]) + " reals");
    want_finite(c, bias);
  }
  const Windows windows = read_windows(c, x, w);
  const int all = padded(c, input, windows);
  const std::int64_t units = w[0] / groups, width = element_count(w) / w[0];
  std::vector<int> parts;
  for (std::int64_t g = 0; g < groups; ++g) {
    const int channels = groups == 1 ? all : c.builder.slice(all, 1, g * w[1], w[1]);
    Dense dense;
    dense.matrix = {"W", units, width, rows_of(weights, g * units, units, {units, width})};
    if (c.has(2)) dense.bias = {"b", units, rows_of(bias, g * units, units, {units})};
    parts.push_back(c.builder.dense(window_rows(c, channels, windows), std::move(dense)));
  }
  const int axes = static_cast<int>(x.size()) - 2;
  std::vector<int> order = {0, axes + 1};  // [N][outputs...][M] -> [N][M][outputs...]
  for (int i = 0; i < axes; ++i) order.push_back(1 + i);
  c.output(0, c.builder.transpose(c.builder.concat(parts, axes + 1), order));
}

// At inference: (x - mean) / sqrt(variance + epsilon) * scale + bias, per channel, with constants only.
void convert_batch_normalization(OnnxContext& c) {
  if (c.integer("training_mode", 0) != 0) c.fail("training is not supported, only inference");
  c.only_before("spatial", 9);
  if (c.integer("spatial", 1) != 1) c.fail("spatial must be 1");
  const int x = c.real_input(0);
  if (c.rank(0) < 2) c.fail("X must have at least two axes");
  const std::int64_t channels = c.shape(0)[1];
  const double epsilon = c.real("epsilon", 1e-5);
  static const char* const names[] = {"X", "scale", "B", "mean", "var"};
  for (int i = 1; i < 5; ++i) {
    const Tensor& tensor = c.constant(i, names[i]);
    if (tensor.type != ElementType::real || tensor.shape != Shape{channels}) {
      c.fail(std::string(names[i]) + " must be " + std::to_string(channels) + " reals");
    }
    want_finite(c, tensor);
  }
  Shape shape(c.shape(0).size() - 1, 1);
  shape[0] = channels;
  Tensor factor = real_tensor(shape, {}), addend = factor;
  for (std::int64_t i = 0; i < channels; ++i) {
    const double scale = c.constant(1, "").reals[i] / std::sqrt(c.constant(4, "").reals[i] + epsilon);
    factor.reals.push_back(scale);
    addend.reals.push_back(c.constant(2, "").reals[i] - c.constant(3, "").reals[i] * scale);
  }
  want_finite(c, factor);
  const int scaled = c.builder.binary(BinaryKind::mul, x, c.builder.constant(std::move(factor)));
  c.output(0, c.builder.binary(BinaryKind::add, scaled, c.builder.constant(std::move(addend))));
}

}  // namespace

std::vector<OnnxOperator> onnx_convolution_operators() {
  return {
      {"Conv",
       2,
       3,
       1,
       {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"},
       {1, 2},
       {},
       convert_convolution},
      {"BatchNormalization",
       5,
       5,
       1,
       {"epsilon", "momentum", "spatial", "training_mode"},
       {1, 2, 3, 4},
       {},
       convert_batch_normalization,
       false,
       7},
  };
}

}  // namespace rondo

#include <algorithm>
#include <limits>

#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 33;  // of one value at run time

void want_possible(const OnnxContext& c, const Shape& shape) {
  if (!fits(shape, kMostElements)) c.fail("the result's shape " + to_string(shape) + " is not possible");
}

std::vector<std::int64_t> split_sizes(const OnnxContext& c, std::int64_t size) {
  const std::int64_t parts = static_cast<std::int64_t>(c.node.outputs.size());
  if (const auto list = c.list("split", 1, 13)) return *list;
  if (c.has_attribute("num_outputs") && (c.opset < 18 || c.integer("num_outputs") != parts)) {
    c.fail("num_outputs contradicts the node's outputs");
  }
  const std::int64_t each = (size + parts - 1) / parts;
  if (c.opset < 18 && size % parts != 0) {
    c.fail("an axis of " + std::to_string(size) + " cannot be split into " + std::to_string(parts) + " equal parts");
  }
  std::vector<std::int64_t> sizes(parts, each);
  sizes.back() = size - each * (parts - 1);
  return sizes;
}

void convert_split(OnnxContext& c) {
  const Shape shape = c.shape(0);
  const int axis = c.axis(c.integer("axis", 0), c.rank(0));
  const std::vector<std::int64_t> sizes = split_sizes(c, shape[axis]);
  std::int64_t at = 0;
  for (std::int64_t size : sizes) {
    if (size < 0 || size > shape[axis] - at)
      c.fail("the parts " + to_string(sizes) + " do not add up to " + std::to_string(shape[axis]));
    at += size;
  }
  if (at != shape[axis] || sizes.size() != c.node.outputs.size()) {
    c.fail("the parts " + to_string(sizes) + " do not fit an axis of " + std::to_string(shape[axis]) + " and " +
           std::to_string(c.node.outputs.size()) + " outputs");
  }
  at = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    c.output(static_cast<int>(i), c.builder.slice(c.input(0), axis, at, sizes[i]));
    at += sizes[i];
  }
}

// One axis of Slice as NumPy reads begin:end:step.
int slice_axis(OnnxContext& c, int v, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  const std::int64_t size = c.builder.shape(v)[axis];
  if (step == 0) c.fail("a step is zero");
  if (step == std::numeric_limits<std::int64_t>::min()) ++step;
  const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto placed = [&](std::int64_t at) { return std::min(high, std::max(low, at < 0 ? at + size : at)); };
  begin = placed(begin);
  end = placed(end);
  std::int64_t count = 0;
  if (step > 0 && end > begin) count = (end - begin - 1) / step + 1;
  if (step < 0 && begin > end) count = (begin - end - 1) / -step + 1;
  return c.builder.slice(v, axis, begin, count, count > 1 ? step : 1);
}

void convert_slice(OnnxContext& c) {
  const auto starts = c.list("starts", 1, 10), ends = c.list("ends", 2, 10), axes = c.list("axes", 3, 10);
  if (!starts || !ends) c.fail("starts or ends are missing");
  std::vector<std::int64_t> steps(starts->size(), 1), along = axes.value_or(std::vector<std::int64_t>());
  if (!axes) {
    for (std::size_t i = 0; i < starts->size(); ++i) along.push_back(static_cast<std::int64_t>(i));
  }
  if (c.has(4)) steps = c.integers(4, "steps");
  if (ends->size() != starts->size() || along.size() != starts->size() || steps.size() != starts->size()) {
    c.fail("starts, ends, axes and steps differ in length");
  }
  const std::vector<int> which = c.axes(along, c.rank(0));
  int v = c.input(0);
  for (std::size_t i = 0; i < which.size(); ++i) v = slice_axis(c, v, which[i], (*starts)[i], (*ends)[i], steps[i]);
  c.output(0, v);
}

// Constant indices into a value of the run: a slice when they are evenly spaced, else slices joined.
int gather_constant(OnnxContext& c, int v, int axis, const Tensor& indices) {
  const std::int64_t size = c.builder.shape(v)[axis];
  std::vector<std::int64_t> at = indices.integers;
  for (std::int64_t& index : at) {
    if (index < -size || index >= size)
      c.fail("index " + std::to_string(index) + " is outside an axis of " + std::to_string(size));
    if (index < 0) index += size;
  }
  Shape result = c.builder.shape(v);
  result.erase(result.begin() + axis);
  result.insert(result.begin() + axis, indices.shape.begin(), indices.shape.end());
  const std::int64_t count = static_cast<std::int64_t>(at.size());
  const std::int64_t step = count > 1 ? at[1] - at[0] : 1;
  bool even = true;
  for (std::int64_t i = 1; i < count; ++i) even = even && at[i] - at[i - 1] == step;
  int picked;
  if (even) {
    picked = c.builder.slice(v, axis, count > 0 ? at[0] : 0, count, step);
  } else {
    if (count > 65536) c.fail("has too many unevenly spaced indices");
    std::vector<int> parts;
    for (std::int64_t index : at) parts.push_back(c.builder.slice(v, axis, index, 1));
    picked = c.builder.concat(parts, axis);
  }
  return c.builder.reshape(picked, result);
}

// Rows of a constant table, whichever axis they lie along: the axis is turned to the front and back.
int gather_table(OnnxContext& c, int table, int axis, int indices) {
  const Shape shape = c.builder.shape(table), index_shape = c.builder.shape(indices);
  const int rank = static_cast<int>(shape.size()), extra = static_cast<int>(index_shape.size());
  std::vector<int> front = {axis};
  Shape rest;
  for (int i = 0; i < rank; ++i) {
    if (i == axis) continue;
    front.push_back(i);
    rest.push_back(shape[i]);
  }
  const int rows = c.builder.reshape(c.builder.transpose(table, front), {shape[axis], element_count(rest)});
  Shape gathered = index_shape;
  gathered.insert(gathered.end(), rest.begin(), rest.end());
  want_possible(c, gathered);
  const int values = c.builder.reshape(c.builder.gather(rows, indices), gathered);
  std::vector<int> order;  // [indices..., rest...] -> rest up to axis, indices, the others
  for (int i = 0; i < axis; ++i) order.push_back(extra + i);
  for (int i = 0; i < extra; ++i) order.push_back(i);
  for (int i = axis; i < rank - 1; ++i) order.push_back(extra + i);
  return c.builder.transpose(values, order);
}

void convert_gather(OnnxContext& c) {
  const int axis = c.axis(c.integer("axis", 0), c.rank(0));
  if (c.type(1) != ElementType::integer) c.fail("its indices are not integers");
  if (c.is_constant(1)) return c.output(0, gather_constant(c, c.input(0), axis, c.constant(1, "indices")));
  if (!c.is_constant(0)) c.fail("both its table and its indices are only known at run time; one must be constant");
  c.output(0, gather_table(c, c.input(0), axis, c.input(1)));
}

// Constant padding is joining with constants.
void convert_pad(OnnxContext& c) {
  const std::string mode = c.text("mode", "constant");
  if (mode != "constant") c.fail("mode '" + mode.substr(0, 40) + "' is not supported; constant is");
  c.only_before("value", 11);
  const auto pads = c.list("pads", 1, 11);
  int v = c.input(0);
  const int rank = c.rank(0);
  std::vector<int> axes;
  for (int i = 0; i < rank; ++i) axes.push_back(i);
  if (c.has(3)) axes = c.axes(c.integers(3, "axes"), rank);
  if (!pads || pads->size() != 2 * axes.size()) c.fail("pads must have two entries per axis");
  double fill = c.opset < 11 ? c.real("value", 0.0) : 0;
  if (c.has(2)) {
    const Tensor& given = c.constant(2, "constant_value");
    if (element_count(given.shape) != 1) c.fail("constant_value must be one number");
    fill = given.type == ElementType::real ? given.reals[0] : static_cast<double>(given.integers[0]);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t before = (*pads)[i], after = (*pads)[i + axes.size()];
    const auto block = [&](std::int64_t count) {
      Shape shape = c.builder.shape(v);
      shape[axes[i]] = count;
      if (!fits(shape, GraphBuilder::kMostConstant)) c.fail("pads of " + std::to_string(count) + " are not possible");
      const bool real = c.type(0) == ElementType::real;
      Tensor filled = real ? real_tensor({}, {fill}) : integer_tensor({}, {static_cast<std::int64_t>(fill)});
      filled.type = c.type(0);
      return c.builder.expand(c.builder.constant(std::move(filled)), shape);
    };
    const std::int64_t size = c.builder.shape(v)[axes[i]];
    if (before < -size || after < -size ||
        std::min<std::int64_t>(before, 0) + std::min<std::int64_t>(after, 0) < -size) {
      c.fail("negative pads cut more than there is");
    }
    const std::int64_t cut_front = std::max<std::int64_t>(-before, 0), cut_back = std::max<std::int64_t>(-after, 0);
    if (cut_front + cut_back > 0) v = c.builder.slice(v, axes[i], cut_front, size - cut_front - cut_back);
    std::vector<int> parts = {v};
    if (before > 0) parts.insert(parts.begin(), block(before));
    if (after > 0) parts.push_back(block(after));
    v = c.builder.concat(parts, axes[i]);
  }
  c.output(0, v);
}

}  // namespace

std::vector<OnnxOperator> onnx_indexing_operators() {
  return {
      {"Split", 1, 2, kMany, {"axis", "split", "num_outputs"}, {1}, {}, convert_split},
      {"Slice", 1, 5, 1, {"starts", "ends", "axes"}, {1, 2, 3, 4}, {}, convert_slice},
      {"Gather", 2, 2, 1, {"axis"}, {}, {0}, convert_gather},
      {"Pad", 1, 4, 1, {"mode", "pads", "value"}, {1, 2, 3}, {}, convert_pad},
  };
}

}  // namespace rondo

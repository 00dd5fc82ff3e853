#include <algorithm>

#include "traces/onnx_operators.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 33;  // of one value at run time

void want_possible(const OnnxContext& c, const Shape& shape) {
  if (!fits(shape, kMostElements)) c.fail("the result's shape " + to_string(shape) + " is not possible");
}

void convert_identity(OnnxContext& c) { c.output(0, c.input(0)); }

// At inference it passes its input on; the optional mask says that everything was kept.
void convert_dropout(OnnxContext& c) {
  c.only_before("ratio", 12);
  if (c.has(2)) {
    const Tensor& training = c.constant(2, "training_mode");
    if (training.integers.size() != 1 || training.integers[0] != 0) c.fail("training is not supported, only inference");
  }
  c.output(0, c.input(0));
  if (!c.wants(1)) return;
  Tensor kept = integer_tensor(c.shape(0), {});
  if (!fits(kept.shape, GraphBuilder::kMostConstant)) c.fail("its mask is too large");
  kept.type = ElementType::boolean;
  kept.integers.assign(element_count(kept.shape), 1);
  c.output(1, c.builder.constant(std::move(kept)));
}

void convert_transpose(OnnxContext& c) {
  const int rank = c.rank(0);
  std::vector<int> order;
  if (c.has_attribute("perm")) {
    order = c.axes(c.integer_list("perm"), rank);
    if (static_cast<int>(order.size()) != rank) c.fail("perm must name all " + std::to_string(rank) + " axes");
  } else {
    for (int i = rank; i-- > 0;) order.push_back(i);
  }
  c.output(0, c.builder.transpose(c.input(0), order));
}

void convert_reshape(OnnxContext& c) {
  const Shape from = c.shape(0);
  Shape to = c.integers(1, "shape");
  const bool zero_is_zero = c.integer("allowzero", 0) != 0;
  int open = -1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && !zero_is_zero) {
      if (i >= from.size()) c.fail("shape " + to_string(to) + " copies an axis that " + to_string(from) + " has not");
      to[i] = from[i];
    } else if (to[i] == -1) {
      if (open >= 0) c.fail("shape " + to_string(to) + " leaves two sizes open");
      open = static_cast<int>(i);
      to[i] = 1;
    }
  }
  want_possible(c, to);
  const std::int64_t have = element_count(from), known = element_count(to);
  if (open >= 0 && known > 0 && have % known == 0) to[open] = have / known;
  if (element_count(to) != have) {
    c.fail("a value of shape " + to_string(from) + " cannot take the shape " + to_string(c.integers(1, "shape")));
  }
  c.output(0, c.builder.reshape(c.input(0), to));
}

void convert_flatten(OnnxContext& c) {
  const Shape shape = c.shape(0);
  const int rank = c.rank(0);
  const std::int64_t given = c.integer("axis", 1);
  if (given < -rank || given > rank) c.fail("axis " + std::to_string(given) + " does not exist");
  const std::int64_t axis = given < 0 ? given + rank : given;
  Shape flat = {1, 1};
  for (int i = 0; i < rank; ++i) flat[i < axis ? 0 : 1] *= shape[i];
  c.output(0, c.builder.reshape(c.input(0), flat));
}

void convert_squeeze(OnnxContext& c) {
  const Shape shape = c.shape(0);
  const auto list = c.list("axes", 1, 13);
  std::vector<bool> drop(shape.size(), false);
  if (list) {
    for (int axis : c.axes(*list, c.rank(0))) {
      if (shape[axis] != 1) c.fail("axis " + std::to_string(axis) + " of " + to_string(shape) + " is not of size 1");
      drop[axis] = true;
    }
  } else {
    for (std::size_t i = 0; i < shape.size(); ++i) drop[i] = shape[i] == 1;
  }
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!drop[i]) result.push_back(shape[i]);
  }
  c.output(0, c.builder.reshape(c.input(0), result));
}

void convert_unsqueeze(OnnxContext& c) {
  const Shape shape = c.shape(0);
  const auto list = c.list("axes", 1, 13);
  if (!list) c.fail("axes are missing");
  if (list->size() > 64) c.fail("has too many axes");
  const int rank = c.rank(0) + static_cast<int>(list->size());
  const std::vector<int> axes = c.axes(*list, rank);
  Shape result;
  for (int i = 0, from = 0; i < rank; ++i) {
    const bool fresh = std::find(axes.begin(), axes.end(), i) != axes.end();
    result.push_back(fresh ? 1 : shape[from++]);
  }
  c.output(0, c.builder.reshape(c.input(0), result));
}

void convert_expand(OnnxContext& c) {
  const Shape wanted = c.integers(1, "shape");
  want_possible(c, wanted);
  const auto shape = broadcast_shapes(c.shape(0), wanted);
  if (!shape) c.fail("a value of shape " + to_string(c.shape(0)) + " cannot be expanded to " + to_string(wanted));
  want_possible(c, *shape);
  c.output(0, c.builder.expand(c.input(0), *shape));
}

// Every axis repeated: [.., n, ..] seen as [.., 1, n, ..], expanded to [.., r, n, ..] and joined.
void convert_tile(OnnxContext& c) {
  const Shape shape = c.shape(0);
  const std::vector<std::int64_t> repeats = c.integers(1, "repeats");
  if (repeats.size() != shape.size()) c.fail("repeats must have one entry per axis");
  Shape split, wide, joined;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    split.insert(split.end(), {1, shape[i]});
    wide.insert(wide.end(), {repeats[i], shape[i]});
    if (!fits({repeats[i], shape[i]}, kMostElements)) c.fail("repeats " + to_string(repeats) + " are not possible");
    joined.push_back(repeats[i] * shape[i]);
  }
  want_possible(c, joined);
  c.output(0, c.builder.reshape(c.builder.expand(c.builder.reshape(c.input(0), split), wide), joined));
}

void convert_concat(OnnxContext& c) {
  const Shape first = c.shape(0);
  const int axis = c.axis(c.integer("axis"), c.rank(0));
  std::vector<int> parts;
  Shape whole = first;
  whole[axis] = 0;
  for (int i = 0; i < c.inputs(); ++i) {
    Shape shape = c.shape(i);
    if (c.type(i) != c.type(0)) c.fail("its inputs have different element types");
    const std::int64_t size = shape.size() == first.size() ? shape[axis] : 0;
    if (shape.size() == first.size()) shape[axis] = first[axis];
    if (shape != first)
      c.fail("inputs of shapes " + to_string(first) + " and " + to_string(c.shape(i)) + " do not fit");
    whole[axis] += size;
    want_possible(c, whole);
    if (size > 0) parts.push_back(c.input(i));
  }
  if (parts.empty()) parts.push_back(c.input(0));
  c.output(0, c.builder.concat(parts, axis));
}

}  // namespace

std::vector<OnnxOperator> onnx_shape_operators() {
  return {
      {"Identity", 1, 1, 1, {}, {}, {}, convert_identity, false, 1},
      {"Dropout", 1, 3, 2, {"ratio", "seed"}, {1, 2}, {}, convert_dropout, false, 7},
      {"Transpose", 1, 1, 1, {"perm"}, {}, {}, convert_transpose, false, 1},
      {"Reshape", 2, 2, 1, {"allowzero"}, {1}, {}, convert_reshape},
      {"Flatten", 1, 1, 1, {"axis"}, {}, {}, convert_flatten},
      {"Squeeze", 1, 2, 1, {"axes"}, {1}, {}, convert_squeeze},
      {"Unsqueeze", 1, 2, 1, {"axes"}, {1}, {}, convert_unsqueeze},
      {"Expand", 2, 2, 1, {}, {1}, {}, convert_expand},
      {"Tile", 2, 2, 1, {}, {1}, {}, convert_tile},
      {"Concat", 1, kMany, 1, {"axis"}, {}, {}, convert_concat},
  };
}

}  // namespace rondo

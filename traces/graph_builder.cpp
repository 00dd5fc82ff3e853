#include "traces/graph_builder.hpp"

#include <algorithm>
#include <optional>

#include "models/base/error.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

// Strides that give `target` over elements laid out as (shape, strides) in row-major order of indices, or
// nothing when no single view can. Runs of axes that are contiguous among themselves may be split and joined
// at will.
std::optional<std::vector<std::int64_t>> reshaped_strides(const Shape& shape, const std::vector<std::int64_t>& strides,
                                                          const Shape& target) {
  Shape sizes;
  std::vector<std::int64_t> steps;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    sizes.push_back(shape[i]);
    steps.push_back(strides[i]);
  }
  std::vector<std::int64_t> result(target.size(), 0);
  std::size_t from = 0, to = 0;
  while (to < target.size()) {
    if (target[to] == 1) {
      ++to;
      continue;
    }
    if (from >= sizes.size()) return std::nullopt;
    std::size_t from_end = from + 1, to_end = to + 1;
    std::int64_t have = sizes[from], want = target[to];
    while (have != want) {
      if (have < want) {
        if (from_end >= sizes.size()) return std::nullopt;
        have *= sizes[from_end++];
      } else {
        if (to_end >= target.size()) return std::nullopt;
        want *= target[to_end++];
      }
    }
    for (std::size_t i = from; i + 1 < from_end; ++i) {
      if (steps[i] != steps[i + 1] * sizes[i + 1]) return std::nullopt;
    }
    std::int64_t step = steps[from_end - 1];
    for (std::size_t i = to_end; i-- > to;) {
      result[i] = step;
      step *= target[i];
    }
    from = from_end;
    to = to_end;
  }
  return result;
}

// Whether the view lists exactly the elements of a row-major tensor in their order.
bool is_whole(const Shape& shape, const View& view) {
  if (view.offset != 0) return false;
  const std::vector<std::int64_t> natural = row_major_strides(shape);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != 1 && view.strides[i] != natural[i]) return false;
  }
  return true;
}

}  // namespace

void GraphBuilder::begin(std::string name, std::string origin) {
  name_ = std::move(name);
  origin_ = std::move(origin);
  made_ = 0;
}

int GraphBuilder::add_value(ElementType type, const Shape& shape) {
  GraphValue value;
  value.name = name_ + (made_ == 0 ? "" : "#" + std::to_string(made_));
  ++made_;
  value.type = type;
  value.shape = shape;
  graph_.values.push_back(std::move(value));
  producer_.push_back(-1);
  return static_cast<int>(graph_.values.size()) - 1;
}

Node GraphBuilder::node(Op op, std::vector<int> inputs) const {
  Node node;
  node.op = op;
  node.name = name_;
  node.origin = origin_;
  node.inputs = std::move(inputs);
  return node;
}

int GraphBuilder::add_node(Node node, ElementType type, const Shape& shape) {
  const int v = add_value(type, shape);
  node.outputs.push_back(v);
  producer_[v] = static_cast<int>(graph_.nodes.size());
  graph_.nodes.push_back(std::move(node));
  return v;
}

int GraphBuilder::input(const std::string& name, ElementType type, const Shape& shape) {
  const int v = add_value(type, shape);
  graph_.values[v].name = name;
  graph_.inputs.push_back(v);
  return v;
}

int GraphBuilder::constant(Tensor data) {
  const int v = add_value(data.type, data.shape);
  graph_.values[v].constant = true;
  graph_.values[v].data = std::move(data);
  return v;
}

int GraphBuilder::scalar(double value) { return constant(real_tensor({}, {value})); }

GraphBuilder::Strided GraphBuilder::strided(int v) const {
  const int from = producer_[v];
  if (from >= 0 && graph_.nodes[from].op == Op::view) {
    return {graph_.nodes[from].inputs[0], shape(v), graph_.nodes[from].view};
  }
  return {v, shape(v), View{0, row_major_strides(shape(v))}};
}

int GraphBuilder::emit(const Strided& seen) {
  const GraphValue& base = graph_.values[seen.base];
  if (seen.shape == base.shape && is_whole(seen.shape, seen.view)) return seen.base;
  if (base.constant) {
    if (!fits(seen.shape, kMostConstant)) throw Error("a constant of shape " + to_string(seen.shape) + " is too large");
    return constant(apply_view(base.data, seen.view, seen.shape));
  }
  Node made = node(Op::view, {seen.base});
  made.view = seen.view;
  return add_node(std::move(made), base.type, seen.shape);
}

int GraphBuilder::reshape(int v, const Shape& target) {
  check(element_count(shape(v)) == element_count(target), "a reshape changes the number of elements");
  Strided seen = strided(v);
  if (element_count(target) > 0) {
    if (const auto strides = reshaped_strides(seen.shape, seen.view.strides, target)) {
      return emit({seen.base, target, View{seen.view.offset, *strides}});
    }
  }
  return emit({v, target, View{0, row_major_strides(target)}});
}

int GraphBuilder::transpose(int v, const std::vector<int>& order) {
  const Strided seen = strided(v);
  Strided turned{seen.base, {}, View{seen.view.offset, {}}};
  for (int axis : order) {
    turned.shape.push_back(seen.shape[axis]);
    turned.view.strides.push_back(seen.view.strides[axis]);
  }
  return emit(turned);
}

int GraphBuilder::slice(int v, int axis, std::int64_t begin, std::int64_t count, std::int64_t step) {
  Strided seen = strided(v);
  if (count > 0) seen.view.offset += begin * seen.view.strides[axis];
  seen.view.strides[axis] *= step;
  seen.shape[axis] = count;
  return emit(seen);
}

int GraphBuilder::windows(int v, int axis, std::int64_t count, std::int64_t step, std::int64_t size,
                          std::int64_t dilation) {
  Strided seen = strided(v);
  seen.shape[axis] = count;
  seen.shape.push_back(size);
  seen.view.strides.push_back(seen.view.strides[axis] * dilation);
  seen.view.strides[axis] *= step;
  return emit(seen);
}

int GraphBuilder::expand(int v, const Shape& target) {
  const Strided seen = strided(v);
  Strided wide{seen.base, target, View{seen.view.offset, std::vector<std::int64_t>(target.size(), 0)}};
  const std::size_t lead = target.size() - seen.shape.size();
  for (std::size_t i = 0; i < seen.shape.size(); ++i) {
    if (seen.shape[i] == target[lead + i]) wide.view.strides[lead + i] = seen.view.strides[i];
  }
  return emit(wide);
}

int GraphBuilder::concat(const std::vector<int>& values, int axis) {
  if (values.size() == 1) return values[0];
  std::vector<const Tensor*> parts;
  bool constant_parts = true;
  Shape whole = shape(values[0]);
  whole[axis] = 0;
  for (int v : values) {
    whole[axis] += shape(v)[axis];
    constant_parts = constant_parts && is_constant(v);
    parts.push_back(&graph_.values[v].data);
  }
  if (constant_parts) return constant(apply_concat(parts, axis));
  Node made = node(Op::concat, values);
  made.axis = axis;
  return add_node(std::move(made), value(values[0]).type, whole);
}

int GraphBuilder::binary(BinaryKind kind, int a, int b) {
  const Shape result = broadcast_shapes(shape(a), shape(b)).value();
  if (is_constant(a) && is_constant(b)) {
    if (!fits(result, kMostConstant)) throw Error("a constant of shape " + to_string(result) + " is too large");
    return constant(apply_binary(kind, value(a).data, value(b).data));
  }
  Node made = node(Op::binary, {a, b});
  made.binary = kind;
  return add_node(std::move(made), value(a).type, result);
}

int GraphBuilder::activation(const ActivationCall& call, int v) {
  if (is_constant(v)) return constant(apply_activation(call, value(v).data));
  Node made = node(Op::activation, {v});
  made.activation = call;
  return add_node(std::move(made), ElementType::real, Shape(shape(v)));
}

int GraphBuilder::softmax(int v, bool logarithm) {
  if (is_constant(v)) return constant(apply_softmax(value(v).data, logarithm));
  return add_node(node(logarithm ? Op::log_softmax : Op::softmax, {v}), ElementType::real, Shape(shape(v)));
}

int GraphBuilder::gather(int table, int indices) {
  if (is_constant(table) && is_constant(indices)) {
    return constant(apply_gather(value(table).data, value(indices).data));
  }
  Shape result = shape(indices);
  result.push_back(shape(table)[1]);
  return add_node(node(Op::gather, {table, indices}), value(table).type, result);
}

int GraphBuilder::dense(int v, Dense dense) {
  if (is_constant(v)) return constant(apply_dense(value(v).data, dense));
  Shape result = shape(v);
  result.back() = dense.matrix.rows;
  Node made = node(Op::dense, {v});
  made.dense = std::move(dense);
  return add_node(std::move(made), ElementType::real, result);
}

bool GraphBuilder::can_take_bias(int v) const {
  const int from = producer_[v];
  return from >= 0 && graph_.nodes[from].op == Op::dense && graph_.nodes[from].dense.bias.width == 0;
}

void GraphBuilder::add_bias(int v, Tensor bias) {
  check(can_take_bias(v), "a bias is added to something that takes none");
  Dense& dense = graph_.nodes[producer_[v]].dense;
  dense.bias = {"b", dense.matrix.rows, std::move(bias)};
}

int GraphBuilder::matmul(int a, int b) {
  if (is_constant(a) && is_constant(b)) return constant(apply_matmul(value(a).data, value(b).data));
  const Shape lead_a(shape(a).begin(), shape(a).end() - 2), lead_b(shape(b).begin(), shape(b).end() - 2);
  Shape result = broadcast_shapes(lead_a, lead_b).value();
  result.push_back(shape(a)[shape(a).size() - 2]);
  result.push_back(shape(b).back());
  return add_node(node(Op::matmul, {a, b}), ElementType::real, result);
}

std::vector<int> GraphBuilder::recurrent(Recurrent r, int x, const std::vector<int>& initial) {
  Node made = node(Op::recurrent, {x});
  const bool any = std::any_of(initial.begin(), initial.end(), [](int v) { return v >= 0; });
  if (any) made.inputs.insert(made.inputs.end(), initial.begin(), initial.end());
  const Shape in = shape(x);
  const std::int64_t directions = static_cast<std::int64_t>(r.cells.size());
  const std::vector<std::int64_t> widths = r.cells[0].state_width;
  made.outputs.push_back(add_value(ElementType::real, {in[0], directions, in[1], widths[0]}));
  for (std::int64_t width : widths) {
    made.outputs.push_back(add_value(ElementType::real, {directions, in[1], width}));
  }
  for (int v : made.outputs) producer_[v] = static_cast<int>(graph_.nodes.size());
  made.recurrent = std::move(r);
  const std::vector<int> outputs = made.outputs;
  graph_.nodes.push_back(std::move(made));
  return outputs;
}

void GraphBuilder::output(int v, const std::string& name) {
  const bool taken = std::find(graph_.outputs.begin(), graph_.outputs.end(), v) != graph_.outputs.end();
  const bool fed = std::find(graph_.inputs.begin(), graph_.inputs.end(), v) != graph_.inputs.end();
  if (is_constant(v)) {
    v = constant(Tensor(value(v).data));
  } else if (taken || fed) {
    Node copy = node(Op::view, {v});
    copy.view.strides = row_major_strides(shape(v));
    v = add_node(std::move(copy), value(v).type, Shape(shape(v)));
  }
  graph_.values[v].name = name;
  graph_.outputs.push_back(v);
}

Graph GraphBuilder::finish(bool has_weights) {
  std::vector<char> used(graph_.values.size(), 0);
  for (int v : graph_.outputs) used[v] = 1;
  for (int v : graph_.inputs) used[v] = 1;
  std::vector<Node> kept;
  for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
    Node& made = graph_.nodes[n];
    const bool mere = made.op == Op::view || made.op == Op::concat;
    if (mere && !used[made.outputs[0]]) continue;
    for (int v : made.inputs)
      if (v >= 0) used[v] = 1;
    for (int v : made.outputs) used[v] = 1;
    kept.push_back(std::move(made));
  }
  std::reverse(kept.begin(), kept.end());
  std::vector<int> number(graph_.values.size(), -1);
  std::vector<GraphValue> values;
  for (std::size_t v = 0; v < used.size(); ++v) {
    if (!used[v]) continue;
    number[v] = static_cast<int>(values.size());
    values.push_back(std::move(graph_.values[v]));
  }
  const auto renumber = [&](std::vector<int>& list) {
    for (int& v : list)
      if (v >= 0) v = number[v];
  };
  for (Node& made : kept) {
    renumber(made.inputs);
    renumber(made.outputs);
  }
  graph_.nodes = std::move(kept);
  graph_.values = std::move(values);
  renumber(graph_.inputs);
  renumber(graph_.outputs);
  graph_.has_weights = has_weights;
  return std::move(graph_);
}

}  // namespace rondo

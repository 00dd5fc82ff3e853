#include <algorithm>
#include <numeric>

#include "traces/network.hpp"

namespace rondo {
namespace {

NetworkShape::Layer recurrent_layer(const Graph& graph, const Node& node, NetworkShape& shape) {
  const Shape x = graph.values[node.inputs[0]].shape;
  const Recurrent& r = node.recurrent;
  const Cell& cell = r.cells[0];
  NetworkShape::Layer layer;
  layer.name = node.name;
  layer.cell = cell.name;
  layer.inputs = cell.input_width;
  layer.hidden = cell.state_width[cell.state_width.size() > 1 ? 1 : 0];  // an LSTM's c: h may be projected
  layer.directions = static_cast<std::int64_t>(r.cells.size());
  layer.steps = x[0];
  layer.batch = x[1];
  layer.skip_input = std::none_of(cell.equations.begin(), cell.equations.end(), [&](const Equation& e) {
    return e.kind == Equation::Kind::product && cell.equations[e.a].kind == Equation::Kind::input;
  });
  const std::int64_t runs =
      r.lengths.empty() ? x[0] * x[1] : std::accumulate(r.lengths.begin(), r.lengths.end(), std::int64_t{0});
  for (const Cell& one : r.cells) {
    for (const CellMatrix& m : one.matrices) {
      shape.multiply_accumulates += m.rows * m.cols * runs;
      shape.parameters += m.rows * m.cols;
    }
    for (const CellVector& v : one.vectors) shape.parameters += v.width;
  }
  shape.steps = std::max(shape.steps, layer.steps);
  shape.batch = std::max(shape.batch, layer.batch);
  return layer;
}

NetworkShape::Layer dense_layer(const Graph& graph, const Node& node, NetworkShape& shape) {
  const Shape x = graph.values[node.inputs[0]].shape;
  NetworkShape::Layer layer;
  layer.name = node.name;
  layer.cell = "dense";
  layer.inputs = node.dense.matrix.cols;
  layer.hidden = node.dense.matrix.rows;
  layer.steps = x.size() >= 3 ? x[0] : 1;
  const std::int64_t vectors = element_count(Shape(x.begin(), x.end() - 1));
  layer.batch = layer.steps > 0 ? vectors / layer.steps : 0;
  shape.multiply_accumulates += layer.inputs * layer.hidden * vectors;
  shape.parameters += layer.inputs * layer.hidden + node.dense.bias.width;
  return layer;
}

}  // namespace

NetworkShape shape_of(const Graph& graph) {
  NetworkShape shape;
  for (const Node& node : graph.nodes) {
    if (node.op == Op::recurrent) shape.layers.push_back(recurrent_layer(graph, node, shape));
    if (node.op == Op::dense) shape.layers.push_back(dense_layer(graph, node, shape));
    if (node.op == Op::gather) shape.parameters += element_count(graph.values[node.inputs[0]].shape);
    if (node.op == Op::matmul) {
      const Shape& a = graph.values[node.inputs[0]].shape;
      shape.multiply_accumulates += element_count(graph.values[node.outputs[0]].shape) * a.back();
    }
  }
  return shape;
}

}  // namespace rondo

#pragma once

#include <string>
#include <vector>

#include "traces/graph.hpp"

namespace rondo {

/// Builds a Graph value by value. Callers have checked shapes and types. Whatever depends on constants only
/// is computed at once; views of views are joined where one view can say both, and a view that changes
/// nothing is its own input. Every function returns the number of the value it made.
class GraphBuilder {
 public:
  /// No folded constant may have more elements than this (an Error).
  static constexpr std::int64_t kMostConstant = std::int64_t{1} << 28;

  explicit GraphBuilder(std::string name) { graph_.name = std::move(name); }

  /// Names the nodes made from now on: `name` as the user knows it, `origin` for messages.
  void begin(std::string name, std::string origin);

  int input(const std::string& name, ElementType type, const Shape& shape);
  int constant(Tensor data);
  int scalar(double value);

  int reshape(int value, const Shape& shape);               ///< same number of elements
  int transpose(int value, const std::vector<int>& order);  ///< axis i of the result was axis order[i]
  int slice(int value, int axis, std::int64_t begin, std::int64_t count, std::int64_t step = 1);
  /// `count` windows of `size` elements along an axis, `step` apart, their elements `dilation` apart: the
  /// axis becomes the windows, their elements become a new last axis.
  int windows(int value, int axis, std::int64_t count, std::int64_t step, std::int64_t size, std::int64_t dilation);
  int expand(int value, const Shape& shape);  ///< NumPy broadcasting to `shape`
  int concat(const std::vector<int>& values, int axis);
  int binary(BinaryKind kind, int a, int b);
  int activation(const ActivationCall& call, int value);
  int softmax(int value, bool logarithm);
  int gather(int table, int indices);  ///< table [V][W]
  int dense(int value, Dense dense);   ///< value [..., K]
  /// Whether `value` is made by a dense node without bias, and giving it one.
  bool can_take_bias(int value) const;
  void add_bias(int value, Tensor bias);
  int matmul(int a, int b);
  /// Initial states per state, -1 for zero. Returns Y and one value per state.
  std::vector<int> recurrent(Recurrent recurrent, int x, const std::vector<int>& initial);

  const GraphValue& value(int v) const { return graph_.values[v]; }
  const Shape& shape(int v) const { return graph_.values[v].shape; }
  bool is_constant(int v) const { return graph_.values[v].constant; }

  /// Makes `v` an output called `name`; a value that is an input or has another name already gets a view of
  /// itself.
  void output(int v, const std::string& name);
  void set_name(int v, const std::string& name) { graph_.values[v].name = name; }
  /// Drops views, concatenations and constants that nothing uses.
  Graph finish(bool has_weights);

 private:
  struct Strided {  // a value seen as a view of a base value
    int base = -1;
    Shape shape;
    View view;
  };

  Strided strided(int value) const;
  int emit(const Strided& seen);
  int add_value(ElementType type, const Shape& shape);
  int add_node(Node node, ElementType type, const Shape& shape);
  Node node(Op op, std::vector<int> inputs) const;

  Graph graph_;
  std::vector<int> producer_;  ///< per value: the node that makes it, -1: none
  std::string name_, origin_;
  int made_ = 0;  ///< values made since begin()
};

}  // namespace rondo

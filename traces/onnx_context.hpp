#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "traces/graph_builder.hpp"
#include "traces/onnx_model.hpp"

namespace rondo {

/// What an operator's converter sees of its node: typed attributes, inputs as graph values, outputs to set.
/// Every question that the node answers wrongly throws Error with the node's origin.
class OnnxContext {
 public:
  OnnxContext(GraphBuilder& builder, const OnnxNode& node, std::int64_t opset, std::vector<int> inputs)
      : builder(builder), node(node), opset(opset), inputs_(std::move(inputs)), outputs_(node.outputs.size(), -1) {}

  GraphBuilder& builder;
  const OnnxNode& node;
  const std::int64_t opset;
  /// Per input: whether this node is the only reader of that value (which may then be changed in place).
  std::vector<bool> only_reader;

  [[noreturn]] void fail(const std::string& what) const;

  int inputs() const { return static_cast<int>(inputs_.size()); }
  bool has(int i) const { return i < inputs() && inputs_[i] >= 0; }
  /// Graph value of input i; a missing one is an Error.
  int input(int i) const;
  const Shape& shape(int i) const { return builder.shape(input(i)); }
  ElementType type(int i) const { return builder.value(input(i)).type; }
  int rank(int i) const { return static_cast<int>(shape(i).size()); }
  bool is_constant(int i) const { return builder.is_constant(input(i)); }
  /// Input i must be constant; `what` names it in the message.
  const Tensor& constant(int i, const std::string& what) const;
  /// A constant list of integers (rank 0 or 1).
  std::vector<std::int64_t> integers(int i, const std::string& what) const;
  /// Input i must hold reals.
  int real_input(int i) const;

  bool has_attribute(const std::string& name) const { return node.attributes.count(name) != 0; }
  std::int64_t integer(const std::string& name, std::optional<std::int64_t> otherwise = std::nullopt) const;
  double real(const std::string& name, std::optional<double> otherwise = std::nullopt) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  std::vector<std::int64_t> integer_list(const std::string& name) const;  ///< empty when absent
  std::vector<double> real_list(const std::string& name) const;
  std::vector<std::string> text_list(const std::string& name) const;
  const Tensor& tensor(const std::string& name) const;

  /// Refuses an attribute that became an input (or went away) with operator set `version`.
  void only_before(const std::string& attribute, std::int64_t version) const;
  /// A list that is attribute `name` before operator set `version` and input i from then on; nothing if left
  /// out.
  std::optional<std::vector<std::int64_t>> list(const std::string& name, int i, std::int64_t version) const;

  /// An axis of a value of `rank` axes, counted from the end when negative.
  int axis(std::int64_t axis, int rank) const;
  std::vector<int> axes(const std::vector<std::int64_t>& list, int rank) const;  ///< none twice

  bool wants(int output) const { return output < static_cast<int>(outputs_.size()) && !node.outputs[output].empty(); }
  void output(int i, int value) {
    if (i < static_cast<int>(outputs_.size())) outputs_[i] = value;
  }
  const std::vector<int>& outputs() const { return outputs_; }

 private:
  const OnnxAttribute* attribute(const std::string& name, OnnxAttribute::Kind kind, const char* wanted) const;

  std::vector<int> inputs_, outputs_;
};

}  // namespace rondo

#pragma once

#include <string>
#include <vector>

#include "traces/onnx_context.hpp"

namespace rondo {

/// One row of the importer's table: what a node of this operator may look like, and how it becomes graph
/// nodes.
struct OnnxOperator {
  std::string name;
  int least_inputs;
  int most_inputs;  ///< kMany: any number
  int most_outputs;
  std::vector<std::string> attributes;  ///< anything else is refused
  std::vector<int> constants;           ///< inputs that must be constant: graph inputs there are bound to given values
  std::vector<int> weights;             ///< inputs that are bound too if they are graph inputs with no other reader
  void (*convert)(OnnxContext&);
  bool constants_only = false;  ///< runs on constants at import (shape arithmetic), never on the chip
  int first_opset = 6;          ///< since when the operator has meant what `convert` makes of it
};

constexpr int kMany = 1 << 20;

/// The groups of the table, one per file.
std::vector<OnnxOperator> onnx_recurrent_operators();    ///< LSTM, GRU, RNN
std::vector<OnnxOperator> onnx_product_operators();      ///< MatMul, Gemm, ...
std::vector<OnnxOperator> onnx_convolution_operators();  ///< Conv and what comes with it
std::vector<OnnxOperator> onnx_element_operators();      ///< arithmetic and activations
std::vector<OnnxOperator> onnx_shape_operators();        ///< what becomes a view
std::vector<OnnxOperator> onnx_indexing_operators();     ///< Split, Slice, Gather, Pad
std::vector<OnnxOperator> onnx_constant_operators();     ///< Constant, Shape, Cast, ...
std::vector<OnnxOperator> onnx_logic_operators();        ///< comparisons, Where, ...: shape arithmetic
std::vector<OnnxOperator> onnx_reduction_operators();    ///< ReduceSum, ReduceMean, ...

/// The row of an operator, or null.
const OnnxOperator* find_onnx_operator(const std::string& name);
/// All names in alphabetical order: those that run anywhere, then those for constants only.
std::string onnx_operator_names();

/// The row's demands on the node's number of inputs, outputs and on its attributes; Error if they are not
/// met.
void check_onnx_node(const OnnxOperator& op, const OnnxNode& node, std::int64_t opset);

}  // namespace rondo

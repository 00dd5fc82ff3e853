#include "traces/onnx_operators.hpp"

#include <algorithm>

namespace rondo {
namespace {

const std::vector<OnnxOperator>& table() {
  static const std::vector<OnnxOperator> rows = [] {
    std::vector<OnnxOperator> all;
    for (const auto& group : {onnx_recurrent_operators(), onnx_product_operators(), onnx_convolution_operators(),
                              onnx_element_operators(), onnx_shape_operators(), onnx_indexing_operators(),
                              onnx_constant_operators(), onnx_logic_operators(), onnx_reduction_operators()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    std::sort(all.begin(), all.end(), [](const OnnxOperator& a, const OnnxOperator& b) { return a.name < b.name; });
    return all;
  }();
  return rows;
}

}  // namespace

const OnnxOperator* find_onnx_operator(const std::string& name) {
  for (const OnnxOperator& row : table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::string onnx_operator_names() {
  std::string names, constants;
  for (const OnnxOperator& row : table()) {
    std::string& list = row.constants_only ? constants : names;
    list += (list.empty() ? "" : ", ") + row.name;
  }
  return names + "; on constants only: " + constants;
}

void check_onnx_node(const OnnxOperator& op, const OnnxNode& node, std::int64_t opset) {
  Findings findings;
  if (opset < op.first_opset) {
    findings.add(node.origin + ": operator set " + std::to_string(opset) + " is too old for it; " +
                 std::to_string(op.first_opset) + " to 22 are supported");
  }
  const int inputs = static_cast<int>(node.inputs.size());
  if (inputs < op.least_inputs || inputs > op.most_inputs) {
    findings.add(node.origin + ": has " + std::to_string(inputs) + " inputs; " + std::to_string(op.least_inputs) +
                 (op.most_inputs == kMany ? " or more" : " to " + std::to_string(op.most_inputs)) + " are allowed");
  }
  for (int i = 0; i < std::min(inputs, op.least_inputs); ++i) {
    if (node.inputs[i].empty()) findings.add(node.origin + ": input " + std::to_string(i) + " is missing");
  }
  const int outputs = static_cast<int>(node.outputs.size());
  if (outputs < 1 || outputs > op.most_outputs) {
    findings.add(node.origin + ": has " + std::to_string(outputs) + " outputs; at most " +
                 std::to_string(op.most_outputs) + " are supported");
  }
  for (const auto& [name, attribute] : node.attributes) {
    if (std::find(op.attributes.begin(), op.attributes.end(), name) == op.attributes.end()) {
      std::string allowed;
      for (const std::string& one : op.attributes) allowed += (allowed.empty() ? "" : ", ") + one;
      findings.add(node.origin + ": attribute '" + name.substr(0, 100) + "' is not supported; " +
                   (allowed.empty() ? "this operator has none" : "known here: " + allowed));
    }
  }
  findings.raise();
}

}  // namespace rondo

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "traces/onnx_inputs.hpp"
#include "traces/onnx_model.hpp"

namespace rondo::testing {

inline OnnxAttribute integer(std::int64_t value) {
  OnnxAttribute a;
  a.kind = OnnxAttribute::Kind::integer;
  a.integer = value;
  return a;
}

inline OnnxAttribute real(double value) {
  OnnxAttribute a;
  a.kind = OnnxAttribute::Kind::real;
  a.real = value;
  return a;
}

inline OnnxAttribute integers(std::vector<std::int64_t> values) {
  OnnxAttribute a;
  a.kind = OnnxAttribute::Kind::integers;
  a.integers = std::move(values);
  return a;
}

inline OnnxAttribute reals(std::vector<double> values) {
  OnnxAttribute a;
  a.kind = OnnxAttribute::Kind::reals;
  a.reals = std::move(values);
  return a;
}

inline OnnxAttribute text(std::string value) {
  OnnxAttribute a;
  a.kind = OnnxAttribute::Kind::text;
  a.text = std::move(value);
  return a;
}

inline OnnxAttribute texts(std::vector<std::string> values) {
  OnnxAttribute a;
  a.kind = OnnxAttribute::Kind::texts;
  a.texts = std::move(values);
  return a;
}

/// A model written down node by node.
class ModelText {
 public:
  explicit ModelText(std::int64_t opset = 14) {
    model.path = "m.onnx";
    model.opset = opset;
  }

  ModelText& input(const std::string& name, const Shape& shape, ElementType type = ElementType::real) {
    OnnxInput input;
    input.name = name;
    input.type = type;
    input.has_shape = true;
    for (std::int64_t size : shape) input.shape.push_back({size, ""});
    model.inputs.push_back(std::move(input));
    return *this;
  }

  ModelText& constant(const std::string& name, Tensor tensor) {
    model.initializers[name] = std::move(tensor);
    return *this;
  }

  ModelText& node(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs,
                  std::map<std::string, OnnxAttribute> attributes = {}) {
    OnnxNode node;
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = std::move(outputs);
    node.attributes = std::move(attributes);
    node.name = op + "_" + std::to_string(model.nodes.size());
    node.origin = "m.onnx: node " + std::to_string(model.nodes.size()) + " '" + node.name + "' (" + op + ")";
    model.nodes.push_back(std::move(node));
    return *this;
  }

  ModelText& output(const std::string& name) {
    model.outputs.push_back(name);
    return *this;
  }

  Graph import(const ImportOptions& options = {}) const { return import_onnx_model(model, options); }

  OnnxModel model;
};

/// The message of the Error that `act` throws, or "" if it throws none.
template <class Act>
std::string message_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace rondo::testing

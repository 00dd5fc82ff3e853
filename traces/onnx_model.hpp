#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/error.hpp"
#include "traces/graph.hpp"

namespace rondo {

/// An ONNX model as plain data: what the rest of the importer works on, so that only onnx_model.cpp sees
/// protobuf.
struct OnnxAttribute {
  enum class Kind { integer, real, text, tensor, integers, reals, texts, other };
  Kind kind = Kind::other;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  Tensor tensor;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::string> texts;
};

struct OnnxNode {
  std::string name, op, domain, origin;      ///< origin: "model.onnx: node 3 'LSTM_12' (LSTM)"
  std::vector<std::string> inputs, outputs;  ///< "": left out
  std::map<std::string, OnnxAttribute> attributes;
};

/// One size of an input's declared shape: fixed, named, or open without a name.
struct OnnxDimension {
  std::optional<std::int64_t> size;
  std::string name;
};

struct OnnxInput {
  std::string name;
  std::optional<ElementType> type;  ///< none: a type that Rondo has not; a finding only if the input is used
  bool has_shape = false;
  std::vector<OnnxDimension> shape;
};

struct OnnxModel {
  std::string path;
  std::int64_t opset = 0;  ///< of the default domain
  std::vector<OnnxNode> nodes;
  std::vector<OnnxInput> inputs;  ///< without those that have an initializer
  std::vector<std::string> outputs;
  NamedTensors initializers;
};

/// Element class of an ONNX data type number (FLOAT = 1, ...), or nothing (strings, complex numbers).
std::optional<ElementType> onnx_element_type(std::int64_t data_type);
std::string onnx_type_name(std::int64_t data_type);

/// Reads and checks the file's structure. Not ONNX, truncated, too large, with data in other files or with
/// tensors that contradict themselves: Error.
OnnxModel read_onnx_model(const std::string& path);
/// The same for the bytes of a file; `path` names it in messages.
OnnxModel parse_onnx_model(const std::string& bytes, const std::string& path);

/// One tensor in ONNX's own file form (the .pb files of the ONNX project's node tests).
Tensor read_onnx_tensor(const std::string& path, std::string* name);

}  // namespace rondo

#include "traces/onnx_model.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>
#include <set>

#include "traces/onnx_tensor.hpp"
#include "traces/yaml_fields.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostBytes = std::numeric_limits<std::int32_t>::max();  // protobuf's own bound: 2 GiB

// A name from the file, made fit for a message.
std::string printable(const std::string& name) {
  std::string text = name.substr(0, 200);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  }
  return text;
}

template <class Message>
void parse(const std::string& bytes, const std::string& path, Message& message) {
  const google::protobuf::LogSilencer silent;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    throw Error(path + ": this is not an ONNX model (or it is truncated or damaged)");
  }
}

OnnxAttribute read_attribute(const onnx::AttributeProto& proto, const std::string& where) {
  using Kind = OnnxAttribute::Kind;
  OnnxAttribute attribute;
  if (!proto.ref_attr_name().empty()) return attribute;
  switch (proto.type()) {
    case onnx::AttributeProto::INT: attribute.kind = Kind::integer; break;
    case onnx::AttributeProto::FLOAT: attribute.kind = Kind::real; break;
    case onnx::AttributeProto::STRING: attribute.kind = Kind::text; break;
    case onnx::AttributeProto::TENSOR: attribute.kind = Kind::tensor; break;
    case onnx::AttributeProto::INTS: attribute.kind = Kind::integers; break;
    case onnx::AttributeProto::FLOATS: attribute.kind = Kind::reals; break;
    case onnx::AttributeProto::STRINGS: attribute.kind = Kind::texts; break;
    default: return attribute;
  }
  attribute.integer = proto.i();
  attribute.real = proto.f();
  attribute.text = proto.s();
  attribute.integers.assign(proto.ints().begin(), proto.ints().end());
  attribute.reals.assign(proto.floats().begin(), proto.floats().end());
  attribute.texts.assign(proto.strings().begin(), proto.strings().end());
  if (attribute.kind == Kind::tensor)
    attribute.tensor = decode_onnx_tensor(proto.t(), where + ": attribute '" + printable(proto.name()) + "'");
  return attribute;
}

OnnxNode read_node(const onnx::NodeProto& proto, int number, const std::string& path, Findings& findings) {
  OnnxNode node;
  node.name = printable(proto.name());
  node.op = printable(proto.op_type());
  node.domain = printable(proto.domain() == "ai.onnx" ? "" : proto.domain());
  node.origin = path + ": node " + std::to_string(number) + (node.name.empty() ? "" : " '" + node.name + "'") + " (" +
                node.op + ")";
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    try {
      const bool fresh = node.attributes.emplace(attribute.name(), read_attribute(attribute, node.origin)).second;
      if (!fresh) findings.add(node.origin + ": attribute '" + printable(attribute.name()) + "' is given twice");
    } catch (const Error& error) {
      findings.add(error.what());
    }
  }
  return node;
}

OnnxInput read_input(const onnx::ValueInfoProto& proto, const std::string& path, Findings& findings) {
  OnnxInput input;
  input.name = proto.name();
  if (!proto.type().has_tensor_type()) return input;
  const onnx::TypeProto::Tensor& type = proto.type().tensor_type();
  input.type = onnx_element_type(type.elem_type());
  input.has_shape = type.has_shape();
  for (const auto& dim : type.shape().dim()) {
    OnnxDimension dimension;
    if (dim.has_dim_value()) dimension.size = dim.dim_value();
    if (dim.has_dim_param()) dimension.name = printable(dim.dim_param());
    if (dimension.size && (*dimension.size < 0 || *dimension.size > kMostOnnxElements)) {
      findings.add(path + ": input '" + printable(input.name) + "': size " + std::to_string(*dimension.size) +
                   " is not possible");
    }
    input.shape.push_back(dimension);
  }
  return input;
}

void read_opset(const onnx::ModelProto& proto, OnnxModel& model) {
  for (const onnx::OperatorSetIdProto& set : proto.opset_import()) {
    if (set.domain().empty() || set.domain() == "ai.onnx") model.opset = set.version();
  }
  if (!proto.has_graph()) throw Error(model.path + ": this is not an ONNX model (it has no graph)");
  if (proto.opset_import_size() == 0)
    throw Error(model.path + ": the model names no ONNX operator set; is it truncated?");
  if (model.opset == 0) throw Error(model.path + ": the model does not use ONNX's standard operators");
  if (model.opset < 1 || model.opset > 22) {
    throw Error(model.path + ": ONNX operator set " + std::to_string(model.opset) + " is not supported; 7 to 22 are");
  }
}

}  // namespace

OnnxModel read_onnx_model(const std::string& path) { return parse_onnx_model(read_file(path, kMostBytes), path); }

OnnxModel parse_onnx_model(const std::string& bytes, const std::string& path) {
  onnx::ModelProto proto;
  parse(bytes, path, proto);
  OnnxModel model;
  model.path = path;
  read_opset(proto, model);
  const onnx::GraphProto& graph = proto.graph();
  Findings findings;
  if (proto.functions_size() > 0)
    findings.add(path + ": the model defines functions of its own, which are not supported");
  if (graph.sparse_initializer_size() > 0)
    findings.add(path + ": the model has sparse weights, which are not supported");
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    const std::string where = path + ": initializer '" + printable(tensor.name()) + "'";
    try {
      if (!model.initializers.emplace(tensor.name(), decode_onnx_tensor(tensor, where)).second) {
        findings.add(where + ": is there twice");
      }
    } catch (const Error& error) {
      findings.add(error.what());
    }
  }
  std::set<std::string> names;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (!names.insert(input.name()).second)
      findings.add(path + ": input '" + printable(input.name()) + "' is there twice");
    else if (model.initializers.count(input.name()) == 0)
      model.inputs.push_back(read_input(input, path, findings));
  }
  for (int i = 0; i < graph.node_size(); ++i) model.nodes.push_back(read_node(graph.node(i), i, path, findings));
  for (const onnx::ValueInfoProto& output : graph.output()) model.outputs.push_back(output.name());
  if (model.outputs.empty()) findings.add(path + ": the model has no outputs");
  findings.raise();
  return model;
}

Tensor read_onnx_tensor(const std::string& path, std::string* name) {
  onnx::TensorProto proto;
  parse(read_file(path, kMostBytes), path, proto);
  if (name != nullptr) *name = proto.name();
  return decode_onnx_tensor(proto, path);
}

}  // namespace rondo

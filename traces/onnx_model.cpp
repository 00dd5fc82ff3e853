#include "traces/onnx_model.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <limits>
#include <set>

#include "traces/half.hpp"
#include "traces/yaml_fields.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostBytes = std::numeric_limits<std::int32_t>::max();  // protobuf's own bound: 2 GiB
constexpr std::int64_t kMostElements = std::int64_t{1} << 29;                  // of one tensor
using Type = onnx::TensorProto;

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

int raw_width(int type) {
  switch (type) {
    case Type::FLOAT:
    case Type::INT32:
    case Type::UINT32:
      return 4;
    case Type::DOUBLE:
    case Type::INT64:
    case Type::UINT64:
      return 8;
    case Type::FLOAT16:
    case Type::BFLOAT16:
    case Type::INT16:
    case Type::UINT16:
      return 2;
    default:
      return 1;
  }
}

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

double bfloat(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

double raw_real(int type, const char* at) {
  if (type == Type::FLOAT) return load<float>(at);
  if (type == Type::DOUBLE) return load<double>(at);
  return type == Type::FLOAT16 ? from_half(load<std::uint16_t>(at)) : bfloat(load<std::uint16_t>(at));
}

std::int64_t raw_integer(int type, const char* at) {
  switch (type) {
    case Type::INT8:
      return load<std::int8_t>(at);
    case Type::INT16:
      return load<std::int16_t>(at);
    case Type::UINT16:
      return load<std::uint16_t>(at);
    case Type::INT32:
      return load<std::int32_t>(at);
    case Type::UINT32:
      return load<std::uint32_t>(at);
    case Type::INT64:
    case Type::UINT64:
      return load<std::int64_t>(at);
    default:
      return load<std::uint8_t>(at);
  }
}

void read_raw(const Type& proto, std::int64_t count, const std::string& where, Tensor& tensor) {
  const std::string& raw = proto.raw_data();
  const int width = raw_width(proto.data_type());
  if (static_cast<std::int64_t>(raw.size()) != count * width) {
    throw Error(where + ": its shape asks for " + std::to_string(count * width) + " bytes, it holds " +
                std::to_string(raw.size()));
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const char* at = raw.data() + i * width;
    if (tensor.type == ElementType::real)
      tensor.reals.push_back(raw_real(proto.data_type(), at));
    else
      tensor.integers.push_back(raw_integer(proto.data_type(), at));
  }
}

void read_typed(const Type& proto, std::int64_t count, const std::string& where, Tensor& tensor) {
  switch (proto.data_type()) {
    case Type::FLOAT:
      tensor.reals.assign(proto.float_data().begin(), proto.float_data().end());
      break;
    case Type::DOUBLE:
      tensor.reals.assign(proto.double_data().begin(), proto.double_data().end());
      break;
    case Type::FLOAT16:
      for (int bits : proto.int32_data()) tensor.reals.push_back(from_half(static_cast<std::uint16_t>(bits)));
      break;
    case Type::BFLOAT16:
      for (int bits : proto.int32_data()) tensor.reals.push_back(bfloat(static_cast<std::uint16_t>(bits)));
      break;
    case Type::INT64:
      tensor.integers.assign(proto.int64_data().begin(), proto.int64_data().end());
      break;
    case Type::UINT32:
    case Type::UINT64:
      tensor.integers.assign(proto.uint64_data().begin(), proto.uint64_data().end());
      break;
    default:
      tensor.integers.assign(proto.int32_data().begin(), proto.int32_data().end());
      break;
  }
  const std::size_t have = tensor.reals.size() + tensor.integers.size();
  if (static_cast<std::int64_t>(have) != count) {
    throw Error(where + ": its shape asks for " + std::to_string(count) + " elements, it holds " +
                std::to_string(have));
  }
}

Tensor read_tensor(const Type& proto, const std::string& where) {
  if (proto.data_location() == Type::EXTERNAL || proto.external_data_size() > 0) {
    throw Error(where + ": its data are in another file; only models in one file are supported");
  }
  if (proto.has_segment()) throw Error(where + ": it is stored in segments, which are not supported");
  const std::optional<ElementType> type = onnx_element_type(proto.data_type());
  if (!type) throw Error(where + ": element type " + onnx_type_name(proto.data_type()) + " is not supported");
  Tensor tensor;
  tensor.type = *type;
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  if (!fits(tensor.shape, kMostElements))
    throw Error(where + ": its shape " + to_string(tensor.shape) + " is not possible");
  const std::int64_t count = element_count(tensor.shape);
  if (proto.has_raw_data())
    read_raw(proto, count, where, tensor);
  else
    read_typed(proto, count, where, tensor);
  if (proto.data_type() == Type::UINT64) {
    for (std::int64_t value : tensor.integers) {
      if (value < 0) throw Error(where + ": an element is larger than 2^63 - 1");
    }
  }
  return tensor;
}

OnnxAttribute read_attribute(const onnx::AttributeProto& proto, const std::string& where) {
  using Kind = OnnxAttribute::Kind;
  OnnxAttribute attribute;
  if (!proto.ref_attr_name().empty()) return attribute;
  switch (proto.type()) {
    case onnx::AttributeProto::INT:
      attribute.kind = Kind::integer;
      break;
    case onnx::AttributeProto::FLOAT:
      attribute.kind = Kind::real;
      break;
    case onnx::AttributeProto::STRING:
      attribute.kind = Kind::text;
      break;
    case onnx::AttributeProto::TENSOR:
      attribute.kind = Kind::tensor;
      break;
    case onnx::AttributeProto::INTS:
      attribute.kind = Kind::integers;
      break;
    case onnx::AttributeProto::FLOATS:
      attribute.kind = Kind::reals;
      break;
    case onnx::AttributeProto::STRINGS:
      attribute.kind = Kind::texts;
      break;
    default:
      return attribute;
  }
  attribute.integer = proto.i();
  attribute.real = proto.f();
  attribute.text = proto.s();
  attribute.integers.assign(proto.ints().begin(), proto.ints().end());
  attribute.reals.assign(proto.floats().begin(), proto.floats().end());
  attribute.texts.assign(proto.strings().begin(), proto.strings().end());
  if (attribute.kind == Kind::tensor)
    attribute.tensor = read_tensor(proto.t(), where + ": attribute '" + printable(proto.name()) + "'");
  return attribute;
}

OnnxNode read_node(const onnx::NodeProto& proto, int number, const std::string& path, Findings& findings) {
  OnnxNode node;
  node.name = printable(proto.name());
  node.op = printable(proto.op_type());
  node.domain = printable(proto.domain() == "ai.onnx" ? "" : proto.domain());
  node.origin = path + ": node " + std::to_string(number) +
                (node.name.empty() ? "" : " '" + node.name + "'") + " (" + node.op + ")";
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    try {
      const bool fresh =
          node.attributes.emplace(attribute.name(), read_attribute(attribute, node.origin)).second;
      if (!fresh)
        findings.add(node.origin + ": attribute '" + printable(attribute.name()) + "' is given twice");
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
    if (dimension.size && (*dimension.size < 0 || *dimension.size > kMostElements)) {
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
    throw Error(model.path + ": ONNX operator set " + std::to_string(model.opset) +
                " is not supported; 7 to 22 are");
  }
}

}  // namespace

std::optional<ElementType> onnx_element_type(std::int64_t type) {
  switch (type) {
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::FLOAT16:
    case Type::BFLOAT16:
      return ElementType::real;
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
      return ElementType::integer;
    case Type::BOOL:
      return ElementType::boolean;
    default:
      return std::nullopt;
  }
}

std::string onnx_type_name(std::int64_t type) {
  const bool known = type >= 0 && type <= 1000 && onnx::TensorProto_DataType_IsValid(static_cast<int>(type));
  return known ? onnx::TensorProto_DataType_Name(static_cast<int>(type)) : "number " + std::to_string(type);
}

OnnxModel read_onnx_model(const std::string& path) {
  return parse_onnx_model(read_file(path, kMostBytes), path);
}

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
      if (!model.initializers.emplace(tensor.name(), read_tensor(tensor, where)).second) {
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
  for (int i = 0; i < graph.node_size(); ++i)
    model.nodes.push_back(read_node(graph.node(i), i, path, findings));
  for (const onnx::ValueInfoProto& output : graph.output()) model.outputs.push_back(output.name());
  if (model.outputs.empty()) findings.add(path + ": the model has no outputs");
  findings.raise();
  return model;
}

Tensor read_onnx_tensor(const std::string& path, std::string* name) {
  onnx::TensorProto proto;
  parse(read_file(path, kMostBytes), path, proto);
  if (name != nullptr) *name = proto.name();
  return read_tensor(proto, path);
}

}  // namespace rondo

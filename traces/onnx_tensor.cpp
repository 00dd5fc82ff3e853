#include "traces/onnx_tensor.hpp"

#include <cstring>

#include "traces/half.hpp"

namespace rondo {
namespace {

using Type = onnx::TensorProto;

int raw_width(int type) {
  switch (type) {
    case Type::FLOAT:
    case Type::INT32:
    case Type::UINT32: return 4;
    case Type::DOUBLE:
    case Type::INT64:
    case Type::UINT64: return 8;
    case Type::FLOAT16:
    case Type::BFLOAT16:
    case Type::INT16:
    case Type::UINT16: return 2;
    default: return 1;
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
    case Type::INT8: return load<std::int8_t>(at);
    case Type::INT16: return load<std::int16_t>(at);
    case Type::UINT16: return load<std::uint16_t>(at);
    case Type::INT32: return load<std::int32_t>(at);
    case Type::UINT32: return load<std::uint32_t>(at);
    case Type::INT64:
    case Type::UINT64: return load<std::int64_t>(at);
    default: return load<std::uint8_t>(at);
  }
}

void read_raw(const Type& proto, std::int64_t count, const std::string& where, Tensor& tensor) {
  const std::string& raw = proto.raw_data();
  const int width = raw_width(proto.data_type());
  if (static_cast<std::int64_t>(raw.size()) != count * width) {
    throw Error(where + ": its shape asks for " + std::to_string(count * width) + " bytes, it holds " +
                std::to_string(raw.size()));
  }
  (tensor.type == ElementType::real) ? tensor.reals.reserve(count) : tensor.integers.reserve(count);
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
    case Type::FLOAT: tensor.reals.assign(proto.float_data().begin(), proto.float_data().end()); break;
    case Type::DOUBLE: tensor.reals.assign(proto.double_data().begin(), proto.double_data().end()); break;
    case Type::FLOAT16:
      for (int bits : proto.int32_data()) tensor.reals.push_back(from_half(static_cast<std::uint16_t>(bits)));
      break;
    case Type::BFLOAT16:
      for (int bits : proto.int32_data()) tensor.reals.push_back(bfloat(static_cast<std::uint16_t>(bits)));
      break;
    case Type::INT64: tensor.integers.assign(proto.int64_data().begin(), proto.int64_data().end()); break;
    case Type::UINT32:
    case Type::UINT64: tensor.integers.assign(proto.uint64_data().begin(), proto.uint64_data().end()); break;
    default: tensor.integers.assign(proto.int32_data().begin(), proto.int32_data().end()); break;
  }
  const std::size_t have = tensor.reals.size() + tensor.integers.size();
  if (static_cast<std::int64_t>(have) != count) {
    throw Error(where + ": its shape asks for " + std::to_string(count) + " elements, it holds " +
                std::to_string(have));
  }
}

}  // namespace

std::optional<ElementType> onnx_element_type(std::int64_t type) {
  switch (type) {
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::FLOAT16:
    case Type::BFLOAT16: return ElementType::real;
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64: return ElementType::integer;
    case Type::BOOL: return ElementType::boolean;
    default: return std::nullopt;
  }
}

std::string onnx_type_name(std::int64_t type) {
  const bool known = type >= 0 && type <= 1000 && onnx::TensorProto_DataType_IsValid(static_cast<int>(type));
  return known ? onnx::TensorProto_DataType_Name(static_cast<int>(type)) : "number " + std::to_string(type);
}

Tensor decode_onnx_tensor(const onnx::TensorProto& proto, const std::string& where) {
  if (proto.data_location() == Type::EXTERNAL || proto.external_data_size() > 0) {
    throw Error(where + ": its data are in another file; only models in one file are supported");
  }
  if (proto.has_segment()) throw Error(where + ": it is stored in segments, which are not supported");
  const std::optional<ElementType> type = onnx_element_type(proto.data_type());
  if (!type) throw Error(where + ": element type " + onnx_type_name(proto.data_type()) + " is not supported");
  Tensor tensor;
  tensor.type = *type;
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  if (!fits(tensor.shape, kMostOnnxElements))
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

}  // namespace rondo

#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "traces/onnx_model.hpp"

namespace rondo {

constexpr std::int64_t kMostOnnxElements = std::int64_t{1} << 29;  ///< of one tensor

/// The values of a tensor stored in a model. `where` begins the message of an Error: data in another file, an
/// element type that Rondo has not, or a shape that its data contradict. (For onnx_model.cpp only: it drags
/// in protobuf.)
Tensor decode_onnx_tensor(const onnx::TensorProto& proto, const std::string& where);

}  // namespace rondo

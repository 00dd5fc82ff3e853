#include "traces/onnx_import.hpp"

#include "models/base/error.hpp"

namespace rondo {

Graph import_onnx(const std::string& path, const ImportOptions&) { throw Error(path + ": ONNX import is being built"); }

}  // namespace rondo

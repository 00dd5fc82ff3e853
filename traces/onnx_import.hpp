#pragma once

#include <map>
#include <string>

#include "traces/graph.hpp"

namespace rondo {

/// What a model leaves open and the user decides.
struct ImportOptions {
  std::map<std::string, std::int64_t> dimensions;  ///< symbolic dimension name -> size
  NamedTensors inputs;                             ///< inputs given for the run: they settle shapes, and inputs
                                                   ///< used as weights or lengths are bound to their values
};

/// Reads an ONNX file (opset 7 to 17) into a graph of static shapes: shape arithmetic and constants are
/// folded, reshaping operators become views, weights given as inputs are bound. Error lists every node
/// that cannot be run, by name and number, every open dimension, and everything malformed; a file that is
/// no ONNX model, is truncated, or is larger than 2 GiB is an Error as well.
Graph import_onnx(const std::string& path, const ImportOptions& options);

}  // namespace rondo

#pragma once

#include <map>
#include <set>
#include <string>

#include "traces/onnx_import.hpp"
#include "traces/onnx_model.hpp"

namespace rondo {

/// Graph inputs that must be known before the run: whatever an operator needs as a constant (weights, shapes,
/// lengths) depends on them, or they are the sole weights of a product or the table of an embedding.
std::set<std::string> bound_onnx_inputs(const OnnxModel& model);

/// Shapes of all inputs: fixed sizes as they are, open ones from `options.dimensions` or from the given
/// arrays. Contradictions, open sizes and dimensions that no input has are findings.
std::map<std::string, Shape> onnx_input_shapes(const OnnxModel& model, const ImportOptions& options,
                                               Findings& findings);

/// The value of a bound input: as given, or, when nothing at all is given, seeded reals in +-1/sqrt(last
/// size) so that timing works. An input of integers must be given.
Tensor onnx_bound_value(const OnnxModel& model, const OnnxInput& input, const Shape& shape,
                        const ImportOptions& options);

/// import_onnx for a model that is read already.
Graph import_onnx_model(OnnxModel model, const ImportOptions& options);

}  // namespace rondo

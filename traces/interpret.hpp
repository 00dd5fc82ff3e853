#pragma once

#include <vector>

#include "traces/graph.hpp"

namespace rondo {

/// Largest magnitudes seen while a graph was evaluated; what the quantiser needs.
struct Ranges {
  std::vector<double> value;  ///< per graph value: max |x|
  /// [node][direction][equation]: max |x| over all steps and sequences; empty unless the node is recurrent.
  std::vector<std::vector<std::vector<double>>> equation;
};

struct Evaluation {
  std::vector<Tensor> values;  ///< per graph value
  Ranges ranges;
};

/// Evaluates the graph in double precision with a fixed order of additions and with exp, tanh and log of
/// our own made from IEEE basic operations only, so that every machine computes the same bits (the
/// quantiser's scales depend on them). `inputs` by name; a missing, extra, wrongly shaped or typed input
/// is an Error (all of them at once), as is an index outside an embedding table.
Evaluation evaluate(const Graph& graph, const NamedTensors& inputs);

}  // namespace rondo

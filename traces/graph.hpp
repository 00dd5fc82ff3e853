#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "traces/cell.hpp"
#include "traces/tensor.hpp"

namespace rondo {

/// Operators that remain after import and constant folding. All shapes are static. What ONNX spells in
/// many ways (Gemm, Flatten, Split, Gather with a constant scalar, Squeeze, ...) arrives as one of these.
enum class Op {
  recurrent,   ///< inputs: X [T][N][I], then the initial states [D][N][width] (or none: zero); see Recurrent
  dense,       ///< inputs: X [..., K]; y = X M^T + b with constant M [rows=units][cols=K]; see Dense
  matmul,      ///< inputs: A [..., M, K], B [..., K, N], both computed at run time
  binary,      ///< inputs: a, b (NumPy broadcasting); add, sub, mul, div
  activation,  ///< one input
  softmax,     ///< along the LAST axis (the importer transposes when ONNX names another axis)
  log_softmax,
  gather,  ///< inputs: table [V][W] (constant), indices (integer, any shape): rows of the table
  view,    ///< no arithmetic: output[i] = input[offset + sum(i_k * stride_k)]; reshape, slice, transpose, expand ...
  concat,  ///< along `axis`
};

struct Recurrent {
  /// One cell per direction (weights differ); all have the same form.
  std::vector<Cell> cells;
  std::vector<bool> reversed;         ///< per direction
  std::vector<std::int64_t> lengths;  ///< per sequence; empty: all T
  /// Outputs of the node: Y [T][D][N][H], then one [D][N][width] per state.
};

struct Dense {
  CellMatrix matrix;  ///< [units][K]
  CellVector bias;    ///< [units]; width 0: none
};

enum class BinaryKind { add, sub, mul, div };

/// Output element (i0..in-1) is the input's element number offset + sum(i_k * stride_k), input row-major.
struct View {
  std::int64_t offset = 0;
  std::vector<std::int64_t> strides;  ///< one per output axis; 0 repeats (expand), negative reverses
};

struct Node {
  Op op = Op::view;
  std::string name;         ///< the ONNX node's name, or the YAML layer's
  std::string origin;       ///< "model.onnx: node 3 'LSTM_12' (LSTM)" for messages
  std::vector<int> inputs;  ///< values; -1: absent (an initial state that is zero)
  std::vector<int> outputs;
  Recurrent recurrent;
  Dense dense;
  BinaryKind binary = BinaryKind::add;
  ActivationCall activation;
  View view;
  int axis = 0;
};

struct GraphValue {
  std::string name;
  ElementType type = ElementType::real;
  Shape shape;
  bool constant = false;
  Tensor data;  ///< for constants
};

/// A network ready to be calibrated, compiled and run: nodes in order of evaluation over values with
/// static shapes.
struct Graph {
  std::string name;
  std::vector<GraphValue> values;
  std::vector<Node> nodes;
  std::vector<int> inputs;  ///< values fed at run time
  std::vector<int> outputs;
  bool has_weights = true;  ///< false: shapes only, timing only
};

using NamedTensors = std::map<std::string, Tensor>;

}  // namespace rondo

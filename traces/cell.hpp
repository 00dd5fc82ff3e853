#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "traces/tensor.hpp"

namespace rondo {

/// Activation functions that ONNX names for its recurrent nodes. `alpha`, `beta` mean what ONNX says.
enum class Activation {
  sigmoid,
  tanh,
  relu,
  affine,
  leaky_relu,
  thresholded_relu,
  scaled_tanh,
  hard_sigmoid,
  elu,
  softsign,
  softplus,
};

struct ActivationCall {
  Activation function = Activation::sigmoid;
  double alpha = 0;
  double beta = 0;
};

/// One step of a cell's equations. Every value is a vector per sequence: `width` elements.
struct Equation {
  enum class Kind {
    input,    ///< x_t
    state,    ///< state `index` as it was after step t-1
    product,  ///< matrix `index` times operand a (a matrix-vector product per sequence)
    vector,   ///< parameter vector `index` (bias, peephole)
    add,
    sub,
    mul,         ///< element by element of operands a and b
    one_minus,   ///< 1 - a
    activation,  ///< `call` applied to a
    clip,        ///< a limited to [-limit, limit]
  };
  Kind kind = Kind::input;
  int a = -1;  ///< operand: index of an earlier equation
  int b = -1;
  int index = 0;  ///< state, matrix or vector
  ActivationCall call;
  double limit = 0;
  std::int64_t width = 0;
  std::string name;  ///< for reports and ranges: "i", "f.pre", "c"
};

/// A weight matrix [rows][cols], y = M v; `values.reals` empty when only timing is wanted.
struct CellMatrix {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  Tensor values;
};

struct CellVector {
  std::string name;
  std::int64_t width = 0;
  Tensor values;
};

/// A recurrent cell is its equations: evaluated in floating point by the interpreter, lowered to matrix
/// tiles and gate-unit micro-operations by the compiler. `equations` are in order of evaluation;
/// `next_state[s]` is the equation whose value becomes state s after the step. State 0 is the output h.
struct Cell {
  std::string name;  ///< "lstm", "gru", "rnn"
  std::int64_t input_width = 0;
  std::vector<std::int64_t> state_width;  ///< per state
  std::vector<std::string> state_name;    ///< "h", "c"
  std::vector<CellMatrix> matrices;
  std::vector<CellVector> vectors;
  std::vector<Equation> equations;
  std::vector<int> next_state;
};

/// Handle to an equation while a cell is being written down; see cell_lstm.cpp for how that reads.
class Equations;
struct Value {
  Equations* owner = nullptr;
  int id = -1;
};

/// Records equations as they are written with ordinary operators.
class Equations {
 public:
  /// `input_width` elements come in per sequence and step.
  Equations(std::string name, std::int64_t input_width);

  Value x();
  Value state(const std::string& name, std::int64_t width);
  /// `matrix` [rows][cols] times v; v has `cols` elements.
  Value product(CellMatrix matrix, Value v);
  Value vector(CellVector vector);
  Value activate(const ActivationCall& call, Value v, const std::string& name);
  Value clip(Value v, double limit);  ///< returns v itself when limit is 0 (no clip)
  Value one_minus(Value v);
  Value binary(Equation::Kind kind, Value a, Value b);
  Value named(Value v, const std::string& name);

  /// Names the values that replace the states, in the order in which `state` was called.
  Cell finish(const std::vector<Value>& next_states);

 private:
  Value push(Equation equation);
  std::int64_t width(Value v) const;

  Cell cell_;
  int input_ = -1;
};

Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);

}  // namespace rondo

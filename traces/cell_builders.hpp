#pragma once

#include "traces/cell.hpp"

namespace rondo {

/// Weights of one direction as ONNX stacks them, gates below each other. A tensor without values makes a
/// cell of shapes only (timing). What the options switch off is not looked at.
struct CellWeights {
  Tensor W;           ///< [gates * hidden][input]
  Tensor R;           ///< [gates * hidden][width of h]
  Tensor B;           ///< [2 * gates * hidden]: Wb, then Rb
  Tensor P;           ///< LSTM peepholes [3 * hidden]: i, o, f
  Tensor projection;  ///< LSTM [projection][hidden]
};

/// What the cells have in common. With `skip_input` (cuDNN's CUDNN_SKIP_INPUT) x has `hidden` elements and is
/// added to every gate without a matrix. `clip` 0: none; else gate pre-activations are limited to +-clip, as
/// ONNX Runtime does (the LSTM's cell state is not clipped).
struct CellOptions {
  std::int64_t input = 0;
  std::int64_t hidden = 0;
  bool bias = true;
  bool skip_input = false;
  double clip = 0;
};

struct LstmOptions : CellOptions {
  bool peepholes = false;
  bool input_forget = false;    ///< f = 1 - i
  std::int64_t projection = 0;  ///< h = P (o * tanh(c)) with this many rows; 0: none
  ActivationCall f{Activation::sigmoid}, g{Activation::tanh}, h{Activation::tanh};
};

struct GruOptions : CellOptions {
  bool linear_before_reset = false;
  ActivationCall f{Activation::sigmoid}, g{Activation::tanh};
};

struct RnnOptions : CellOptions {
  ActivationCall f{Activation::tanh};
};

/// States h, c. ONNX gate order i, o, f, c; equations in the order i, f, g, c, o, h.
Cell make_lstm(const LstmOptions& options, const CellWeights& weights);
/// State h. ONNX gate order z, r, h (here: n).
Cell make_gru(const GruOptions& options, const CellWeights& weights);
/// State h.
Cell make_rnn(const RnnOptions& options, const CellWeights& weights);

}  // namespace rondo

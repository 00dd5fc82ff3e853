#pragma once

#include <string>

#include "traces/cell_builders.hpp"

namespace rondo {

/// Terms of a gate's pre-activation, cut out of ONNX's stacked weights; shared by the cell files.
class GateTerms {
 public:
  /// `width_h` is the width of the state h that R multiplies.
  GateTerms(Equations& equations, const CellOptions& options, const CellWeights& weights, std::int64_t gates,
            std::int64_t width_h);

  /// W_gate x, or x itself with skip_input. `position` is the gate's place in ONNX's order.
  Value W(const std::string& gate, std::int64_t position);
  Value R(const std::string& gate, std::int64_t position, Value v);
  /// v + b_gate with b = Wb + Rb; v itself without bias.
  Value add_bias(const std::string& gate, std::int64_t position, Value v);
  /// v plus the input half (first = true) or the recurrent half of the gate's bias.
  Value add_half_bias(const std::string& gate, std::int64_t position, Value v, bool first);
  Value peephole(const std::string& gate, std::int64_t position);

 private:
  CellMatrix rows(const std::string& name, const Tensor& stacked, std::int64_t position, std::int64_t cols) const;
  CellVector slice(const std::string& name, const Tensor& stacked, std::int64_t position) const;

  Equations& equations_;
  const CellOptions& options_;
  const CellWeights& weights_;
  std::int64_t gates_;
  std::int64_t width_h_;
};

}  // namespace rondo

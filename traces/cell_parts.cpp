#include "traces/cell_parts.hpp"

#include "models/base/error.hpp"

namespace rondo {

GateTerms::GateTerms(Equations& equations, const CellOptions& options, const CellWeights& weights, std::int64_t gates,
                     std::int64_t width_h)
    : equations_(equations), options_(options), weights_(weights), gates_(gates), width_h_(width_h) {
  check(!options.skip_input || options.input == options.hidden, "skip_input needs an input as wide as hidden");
}

CellMatrix GateTerms::rows(const std::string& name, const Tensor& stacked, std::int64_t position,
                           std::int64_t cols) const {
  CellMatrix matrix{name, options_.hidden, cols, {}};
  matrix.values.shape = {options_.hidden, cols};
  if (!stacked.reals.empty()) {
    const std::int64_t size = options_.hidden * cols;
    check(static_cast<std::int64_t>(stacked.reals.size()) == gates_ * size, "stacked gate weights have another size");
    const auto begin = stacked.reals.begin() + position * size;
    matrix.values.reals.assign(begin, begin + size);
  }
  return matrix;
}

CellVector GateTerms::slice(const std::string& name, const Tensor& stacked, std::int64_t position) const {
  CellVector vector{name, options_.hidden, {}};
  vector.values.shape = {options_.hidden};
  if (!stacked.reals.empty()) {
    const std::int64_t first = position * options_.hidden;
    check(first + options_.hidden <= static_cast<std::int64_t>(stacked.reals.size()),
          "a bias or peephole is too short");
    const auto begin = stacked.reals.begin() + first;
    vector.values.reals.assign(begin, begin + options_.hidden);
  }
  return vector;
}

Value GateTerms::W(const std::string& gate, std::int64_t position) {
  if (options_.skip_input) return equations_.x();
  const Value x = equations_.x();
  return equations_.product(rows("W." + gate, weights_.W, position, options_.input), x);
}

Value GateTerms::R(const std::string& gate, std::int64_t position, Value v) {
  return equations_.product(rows("R." + gate, weights_.R, position, width_h_), v);
}

Value GateTerms::add_bias(const std::string& gate, std::int64_t position, Value v) {
  if (!options_.bias) return v;
  CellVector bias = slice("b." + gate, weights_.B, position);
  const CellVector recurrent = slice("b." + gate, weights_.B, gates_ + position);
  for (std::size_t i = 0; i < bias.values.reals.size(); ++i) bias.values.reals[i] += recurrent.values.reals[i];
  return v + equations_.vector(std::move(bias));
}

Value GateTerms::add_half_bias(const std::string& gate, std::int64_t position, Value v, bool first) {
  if (!options_.bias) return v;
  const std::string name = (first ? "bW." : "bR.") + gate;
  return v + equations_.vector(slice(name, weights_.B, first ? position : gates_ + position));
}

Value GateTerms::peephole(const std::string& gate, std::int64_t position) {
  return equations_.vector(slice("p." + gate, weights_.P, position));
}

}  // namespace rondo

#include "traces/quantise.hpp"

#include <algorithm>
#include <cmath>

#include "models/isa/numerics.hpp"

namespace rondo {
namespace {

double largest(const double* values, std::int64_t count) {
  double most = 0;
  for (std::int64_t i = 0; i < count; ++i) most = std::max(most, std::fabs(values[i]));
  return most;
}

}  // namespace

double full_scale(double most, int bits) {
  const double words = std::ldexp(1.0, bits - 1) - 1;
  return most > 0 ? most / words : 1 / words;
}

std::int32_t quantise(double real, double scale, int bits) {
  const double most = std::ldexp(1.0, bits - 1) - 1;
  const double words = real / scale;
  return static_cast<std::int32_t>(
      std::clamp(words < 0 ? std::ceil(words - 0.5) : std::floor(words + 0.5), -most - 1, most));
}

QuantisedProduct quantise_product(const CellMatrix& matrix, const std::vector<double>& bias, int weight_bits,
                                  double input_scale, double target, double most) {
  QuantisedProduct out;
  if (matrix.values.reals.empty()) return out;
  const double sum_limit = std::ldexp(1.0, 29);  // a quarter of the accumulator's range
  std::vector<double> row_scale(matrix.rows);
  double widest = 0;
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    const double most_weight = largest(&matrix.values.reals[r * matrix.cols], matrix.cols);
    const double own = most_weight > 0 ? full_scale(most_weight, weight_bits) : 0;
    const double for_sum = (most + (bias.empty() ? 0 : std::fabs(bias[r]))) / (sum_limit * input_scale);
    row_scale[r] = std::max(own, for_sum);
    widest = std::max(widest, row_scale[r]);
  }
  if (widest == 0) widest = 1;
  for (double& scale : row_scale) scale = scale > 0 ? scale : widest;  // a row of zeros: any scale
  out.shift = numerics::factor_of(widest * input_scale / target).shift;
  out.weights.resize(matrix.rows * matrix.cols);
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    const double factor = row_scale[r] * input_scale / target;
    out.factor.push_back(static_cast<std::int16_t>(std::min(32767.0, std::floor(std::ldexp(factor, out.shift) + 0.5))));
    if (!bias.empty()) out.bias.push_back(quantise(bias[r], row_scale[r] * input_scale, 32));
    for (std::int64_t k = 0; k < matrix.cols; ++k) {
      const std::int64_t at = r * matrix.cols + k;
      out.weights[at] = static_cast<std::int16_t>(quantise(matrix.values.reals[at], row_scale[r], weight_bits));
    }
  }
  return out;
}

}  // namespace rondo

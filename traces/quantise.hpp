#pragma once

#include <cstdint>
#include <vector>

#include "traces/cell.hpp"

namespace rondo {

/// Room above the largest magnitude seen in calibration, for numbers that the chip computes: its own rounding, and
/// inputs a little larger than those of the calibration, must not saturate. Costs 0.14 dB.
inline constexpr double kHeadroom = 1 + 1.0 / 64;

/// Scale with which magnitudes up to `most` fill a signed word of `bits`: most / (2^(bits-1) - 1).
double full_scale(double most, int bits);

/// round(real / scale), half away from zero, limited to a signed word of `bits`.
std::int32_t quantise(double real, double scale, int bits);

/// A matrix as the chip holds it: one scale per row (output), as in TensorFlow Lite's per-channel weights. The 32-bit
/// sum of row r, plus bias[r], times factor[r] / 2^shift, is the product in the wanted format. All factors share one
/// shift, so that 16 bits each suffice: the error is at most 2^-16 of the largest row's full scale.
struct QuantisedProduct {
  std::vector<std::int16_t> weights;  ///< [rows][cols]; empty: timing only
  std::vector<std::int32_t> bias;     ///< [rows]; empty: none
  std::vector<std::int16_t> factor;   ///< [rows]
  int shift = 30;
};

/// `input_scale`: of the vector's elements; `target`: of the result; `most`: largest magnitude of the product over
/// calibration. Row scales are coarse enough for four times that to fit the 32-bit accumulators (16-bit weights would
/// overflow otherwise).
QuantisedProduct quantise_product(const CellMatrix& matrix, const std::vector<double>& bias, int weight_bits,
                                  double input_scale, double target, double most);

}  // namespace rondo

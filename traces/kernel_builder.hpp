#pragma once

#include <string>
#include <vector>

#include "models/isa/instruction.hpp"
#include "traces/cell.hpp"

namespace rondo {

/// Smallest e with 2^e >= real (real > 0).
int ceil_log2(double real);
/// 2^-f for the largest f with which numbers up to `most` in magnitude fit a signed 16-bit word.
double narrow_scale(double most);
/// 2^-f for sums of numbers up to `most`: 16 fraction bits, fewer (never below 0) where 28 bits would not hold the
/// magnitude.
double wide_scale(double most);

/// A value in a lane: real = integer * scale. What is known about it decides which conversions are needed; the *kinds*
/// of conversion never depend on calibrated ranges, so a kernel has the same operations with any weights, or none.
struct Lane {
  int reg = -1;
  double scale = 1;
  double most = 1;      ///< largest magnitude expected (real)
  bool dyadic = false;  ///< the scale is a power of two by construction
  bool narrow = false;  ///< fits 16 bits by construction
};

/// Where a kernel finds the sums of a matrix product.
struct SumSource {
  std::int64_t offset = 0;  ///< bytes from operand 0
  int stream = -1;          ///< the array whose stream brings them; -1: they lie at `offset`
};

/// Writes a gate-unit kernel from real-valued operations, choosing fixed-point formats. Registers are numbered without
/// limit here and folded into the machine's in `finish`.
class KernelBuilder {
 public:
  /// Element e of the row: operand p + offset + e * step words of `bits`.
  Lane load(int p, int bits, std::int64_t offset, std::int64_t step, double scale, double most);
  /// Stores with the scale wanted, saturating to `bits`.
  void store(const Lane& value, int p, int bits, std::int64_t offset, std::int64_t step, double scale);
  /// Stores the integers as they are.
  void store_raw(const Lane& value, int p, int bits, std::int64_t offset, std::int64_t step);

  /// A matrix product's 32-bit sums as integers.
  Lane sums(const SumSource& from, double scale, double most);
  /// These sums times a 16-bit factor per output: real scale `target`; `bias_offset` < 0: no bias.
  Lane requantise(const SumSource& from, int parameters, std::int64_t bias_offset, std::int64_t factor_offset,
                  int shift, double target, double most);

  Lane convert(const Lane& a, double scale);
  Lane add(const Lane& a, const Lane& b);  ///< equal scales
  Lane sub(const Lane& a, const Lane& b);  ///< equal scales
  /// a * b; with `target` > 0 the result has this scale.
  Lane mul(const Lane& a, const Lane& b, double target = 0);
  Lane div(const Lane& a, const Lane& b, double most);
  Lane one_minus(const Lane& a);
  /// Limits to +-limit: wanted, so not counted as saturation.
  Lane clip(const Lane& a, double limit);
  Lane saturate16(const Lane& a);
  Lane activate(const ActivationCall& call, const Lane& a);
  Lane exp(const Lane& a);  ///< of a <= 0
  Lane ln(const Lane& a);
  Lane constant(double real, double scale);
  Lane reduce(const Lane& a, bool maximum);

  Kernel finish(const std::string& name);

 private:
  Lane push(MicroOpcode opcode, const Lane& a, const Lane& b, std::int64_t i, std::int64_t j, Lane like);
  Lane to_dyadic(const Lane& a);
  Lane to_narrow(const Lane& a);
  Lane affine(const Lane& a, double alpha, double beta);

  std::vector<MicroOp> ops_;
  std::vector<std::array<int, 3>> names_;  ///< d, a, b of each op as unlimited registers; -1: unused
  int next_ = 0;
};

}  // namespace rondo

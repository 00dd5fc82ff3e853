#include "traces/kernel_builder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "models/base/error.hpp"
#include "models/isa/numerics.hpp"
#include "traces/quantise.hpp"

namespace rondo {
namespace {

constexpr double kUnit = 1.0 / 32768;  // Q0.15, what the activation tables give

int fraction_bits(double scale) { return -ceil_log2(scale); }

bool takes(const std::string_view operands, char letter) { return operands.find(letter) != std::string_view::npos; }

}  // namespace

int ceil_log2(double real) {
  int exponent = 0;
  const double half_to_one = std::frexp(real, &exponent);
  return half_to_one == 0.5 ? exponent - 1 : exponent;
}

double narrow_scale(double most) {
  const int integer_bits = most > 0 ? std::clamp(ceil_log2(most * kHeadroom), -9, 40) : 0;
  return std::ldexp(1.0, integer_bits - 15);
}

double wide_scale(double most) {
  const int integer_bits = most > 0 ? std::clamp(ceil_log2(most), -8, 40) : 0;
  return std::ldexp(1.0, integer_bits <= 0 ? integer_bits - 16 : std::clamp(integer_bits - 28, -16, 0));
}

Lane KernelBuilder::push(MicroOpcode opcode, const Lane& a, const Lane& b, std::int64_t i, std::int64_t j, Lane like) {
  const std::string_view operands = info(opcode).operands;
  MicroOp op;
  op.opcode = opcode, op.i = i, op.j = j;
  ops_.push_back(op);
  like.reg = takes(operands, 'd') ? next_++ : -1;
  names_.push_back({like.reg, takes(operands, 'a') ? a.reg : -1, takes(operands, 'b') ? b.reg : -1});
  return like;
}

Lane KernelBuilder::load(int p, int bits, std::int64_t offset, std::int64_t step, double scale, double most) {
  const MicroOpcode opcode = bits == 8 ? MicroOpcode::ld8 : bits == 16 ? MicroOpcode::ld16 : MicroOpcode::ld32;
  Lane value = push(opcode, {}, {}, offset, step, {-1, scale, most, false, bits <= 16});
  ops_.back().p = static_cast<std::uint8_t>(p);
  return value;
}

void KernelBuilder::store_raw(const Lane& value, int p, int bits, std::int64_t offset, std::int64_t step) {
  const MicroOpcode opcode = bits == 8 ? MicroOpcode::st8 : bits == 16 ? MicroOpcode::st16 : MicroOpcode::st32;
  push(opcode, value, {}, offset, step, {});
  ops_.back().p = static_cast<std::uint8_t>(p);
}

void KernelBuilder::store(const Lane& value, int p, int bits, std::int64_t offset, std::int64_t step, double scale) {
  store_raw(convert(value, scale), p, bits, offset, step);
}

Lane KernelBuilder::sums(const SumSource& from, double scale, double most) {
  if (from.stream < 0) return load(0, 32, from.offset, 1, scale, most);
  const Lane value = push(MicroOpcode::pop, {}, {}, 0, 1, {-1, scale, most, false, false});
  ops_.back().p = static_cast<std::uint8_t>(from.stream);
  return value;
}

Lane KernelBuilder::requantise(const SumSource& from, int parameters, std::int64_t bias_offset,
                               std::int64_t factor_offset, int shift, double target, double most) {
  Lane sum = sums(from, 1, most);
  if (bias_offset >= 0) {
    const Lane bias = load(parameters, 32, bias_offset, 1, 1, most);
    sum = push(MicroOpcode::add, sum, bias, 0, 0, sum);
  }
  const Lane factor = load(parameters, 16, factor_offset, 1, 1, 1);
  return push(MicroOpcode::scale, sum, factor, shift, 0, {-1, target, most, true, false});
}

Lane KernelBuilder::convert(const Lane& a, double scale) {
  int exponent = 0;
  const bool power_of_two = std::frexp(scale, &exponent) == 0.5;
  Lane like = a;
  like.scale = scale;
  like.narrow = false;
  if (a.dyadic && power_of_two) {
    return push(MicroOpcode::shift, a, {}, fraction_bits(a.scale) - fraction_bits(scale), 0, like);
  }
  like.dyadic = power_of_two;
  const numerics::Factor factor = numerics::factor_of(a.scale / scale);
  return push(MicroOpcode::scalei, a, {}, factor.mantissa, factor.shift, like);
}

Lane KernelBuilder::to_dyadic(const Lane& a) { return a.dyadic ? a : convert(a, wide_scale(a.most)); }

Lane KernelBuilder::to_narrow(const Lane& a) {
  if (a.narrow) return a;
  Lane value = convert(a, narrow_scale(a.most));
  value.narrow = true;
  return value;
}

Lane KernelBuilder::add(const Lane& a, const Lane& b) {
  check(a.scale == b.scale, "kernel: a sum of two scales");
  return push(MicroOpcode::add, a, b, 0, 0, {-1, a.scale, a.most + b.most, a.dyadic && b.dyadic, false});
}

Lane KernelBuilder::sub(const Lane& a, const Lane& b) {
  check(a.scale == b.scale, "kernel: a difference of two scales");
  return push(MicroOpcode::sub, a, b, 0, 0, {-1, a.scale, a.most + b.most, a.dyadic && b.dyadic, false});
}

Lane KernelBuilder::mul(const Lane& wide_a, const Lane& wide_b, double target) {
  const Lane a = to_narrow(wide_a), b = to_narrow(wide_b);
  Lane like{-1, a.scale * b.scale, a.most * b.most, a.dyadic && b.dyadic, false};
  if (target > 0 && like.dyadic) {
    const int shift = fraction_bits(like.scale) - fraction_bits(target);
    if (shift >= 0) {
      like.scale = target;
      return push(MicroOpcode::mul, a, b, shift, 0, like);
    }
  }
  const Lane product = push(MicroOpcode::mul, a, b, 0, 0, like);
  return target > 0 ? convert(product, target) : product;
}

Lane KernelBuilder::div(const Lane& a, const Lane& b, double most) {
  // The quotient's integer is a * 2^shift / b: as many bits as 29 hold.
  const double unit = a.scale / b.scale;
  const int shift = std::clamp(29 - ceil_log2(most / unit), 0, 31);
  return push(MicroOpcode::div, a, b, shift, 0, {-1, std::ldexp(unit, -shift), most, false, false});
}

Lane KernelBuilder::one_minus(const Lane& a) {
  const Lane value = to_dyadic(a);
  const auto one = static_cast<std::int64_t>(std::llround(1 / value.scale));
  return push(MicroOpcode::rsubi, value, {}, one, 0,
              {-1, value.scale, 1 + value.most, true, a.dyadic && a.narrow && a.most <= 1});
}

Lane KernelBuilder::clip(const Lane& a, double limit) {
  const auto most = static_cast<std::int64_t>(std::min(2147483647.0, std::floor(limit / a.scale + 0.5)));
  Lane like = a;
  like.most = std::min(a.most, limit);
  return push(MicroOpcode::clip, a, {}, -most, most, like);
}

Lane KernelBuilder::saturate16(const Lane& a) {
  Lane like = a;
  like.narrow = true;
  return push(MicroOpcode::sat, a, {}, 16, 0, like);
}

Lane KernelBuilder::constant(double real, double scale) {
  return push(MicroOpcode::li, {}, {}, std::llround(real / scale), 0, {-1, scale, std::fabs(real), true, false});
}

Lane KernelBuilder::reduce(const Lane& a, bool maximum) {
  return push(maximum ? MicroOpcode::rmax : MicroOpcode::rsum, a, {}, 0, 0, a);
}

Lane KernelBuilder::exp(const Lane& a) {
  const Lane value = to_dyadic(a);
  return push(MicroOpcode::exp, value, {}, fraction_bits(value.scale), 0, {-1, kUnit, 1, true, true});
}

Lane KernelBuilder::ln(const Lane& a) {
  const Lane value = to_dyadic(a);
  return push(MicroOpcode::ln, value, {}, fraction_bits(value.scale), 0, {-1, std::ldexp(1.0, -16), 24, true, false});
}

// alpha * a + beta, the factor folded into the scale.
Lane KernelBuilder::affine(const Lane& a, double alpha, double beta) {
  const double most = std::fabs(alpha) * a.most + std::fabs(beta);
  Lane scaled = a;
  scaled.scale *= std::fabs(alpha), scaled.dyadic = false, scaled.most = most;
  scaled = convert(scaled, wide_scale(most));
  if (alpha < 0) scaled = push(MicroOpcode::rsubi, scaled, {}, 0, 0, scaled);
  return push(MicroOpcode::addi, scaled, {}, std::llround(beta / scaled.scale), 0, scaled);
}

Lane KernelBuilder::activate(const ActivationCall& call, const Lane& a) {
  const Lane x = to_dyadic(a);
  const int fraction = fraction_bits(x.scale);
  const Lane unit{-1, kUnit, 1, true, true};
  const std::int64_t most = INT32_MAX;
  switch (call.function) {
    case Activation::sigmoid: return push(MicroOpcode::sigmoid, x, {}, fraction, 0, unit);
    case Activation::tanh: return push(MicroOpcode::tanh, x, {}, fraction, 0, unit);
    case Activation::relu: return push(MicroOpcode::clip, x, {}, 0, most, x);
    case Activation::affine: return affine(x, call.alpha, call.beta);
    case Activation::leaky_relu: {
      const Lane slope = convert(affine(x, call.alpha, 0), x.scale);
      return push(MicroOpcode::select, x, slope, 0, 0, x);
    }
    case Activation::thresholded_relu: {
      const Lane zero = push(MicroOpcode::li, {}, {}, 0, 0, x);
      return push(MicroOpcode::select, x, zero, std::llround(call.alpha / x.scale) + 1, 0, x);  // x > alpha
    }
    case Activation::scaled_tanh: {
      const Lane inner = affine(x, call.beta, 0);
      Lane value = push(MicroOpcode::tanh, inner, {}, fraction_bits(inner.scale), 0, unit);
      if (call.alpha < 0) value = push(MicroOpcode::rsubi, value, {}, 0, 0, value);
      value.scale *= std::fabs(call.alpha), value.most = std::fabs(call.alpha), value.dyadic = false;
      return value;
    }
    case Activation::hard_sigmoid: {
      const Lane line = affine(x, call.alpha, call.beta);
      Lane like = line;
      like.most = 1;
      return push(MicroOpcode::clip, line, {}, 0, std::llround(1 / line.scale), like);
    }
    case Activation::elu: {
      // alpha * (exp(x) - 1) below zero; exp of a positive number counts as exp(0), which the selection discards.
      const Lane power = push(MicroOpcode::exp, x, {}, fraction, 0, unit);
      Lane less = push(MicroOpcode::addi, power, {}, -32768, 0, unit);
      if (call.alpha < 0) less = push(MicroOpcode::rsubi, less, {}, 0, 0, less);
      less.scale *= std::fabs(call.alpha), less.dyadic = false, less.most = std::fabs(call.alpha);
      const Lane low = call.alpha == 0 ? push(MicroOpcode::li, {}, {}, 0, 0, x) : convert(less, x.scale);
      Lane like = x;
      like.most = std::max(x.most, std::fabs(call.alpha));
      return push(MicroOpcode::select, x, low, 0, 0, like);
    }
    case Activation::softsign: {
      const Lane minus = push(MicroOpcode::rsubi, x, {}, 0, 0, x);
      const Lane size = push(MicroOpcode::max, x, minus, 0, 0, x);
      const Lane below = push(MicroOpcode::addi, size, {}, std::llround(1 / x.scale), 0, x);
      return push(MicroOpcode::div, x, below, 15, 0, unit);
    }
    case Activation::softplus: {
      Lane like = x;
      like.most = x.most + 1;
      return push(MicroOpcode::softplus, x, {}, fraction, 0, like);
    }
  }
  throw Broken("kernel: unknown activation");
}

Kernel KernelBuilder::finish(const std::string& name) {
  std::vector<int> last(next_, -1), home(next_, -1);
  for (int k = 0; k < static_cast<int>(names_.size()); ++k) {
    for (int v : {names_[k][0], names_[k][1], names_[k][2]}) {
      if (v >= 0) last[v] = k;
    }
  }
  std::vector<int> owner(kRegisters, -1);
  for (int k = 0; k < static_cast<int>(ops_.size()); ++k) {
    const auto [d, a, b] = names_[k];
    if (a >= 0) ops_[k].a = static_cast<std::uint8_t>(home[a]);
    if (b >= 0) ops_[k].b = static_cast<std::uint8_t>(home[b]);
    for (int& o : owner) {
      if (o >= 0 && last[o] <= k) o = -1;  // its last reader is this operation
    }
    if (d < 0) continue;
    const auto free = std::find(owner.begin(), owner.end(), -1);
    if (free == owner.end())
      throw Error("kernel '" + name + "' needs more than " + std::to_string(kRegisters) + " registers");
    *free = last[d] == k ? -1 : d;
    home[d] = static_cast<int>(free - owner.begin());
    ops_[k].d = static_cast<std::uint8_t>(home[d]);
  }
  return {name, ops_};
}

}  // namespace rondo

#include "traces/cell_parts.hpp"

namespace rondo {

// r = f(W_r x + R_r h + b_r)
// z = f(W_z x + R_z h + b_z)
// n = g(W_n x + R_n (r * h) + b_n)                  the original cell
// n = g(W_n x + bW_n + r * (R_n h + bR_n))          with linear_before_reset (PyTorch, cuDNN)
// h = (1 - z) * n + z * h
Cell make_gru(const GruOptions& options, const CellWeights& weights) {
  Equations e("gru", options.input);
  GateTerms term(e, options, weights, 3, options.hidden);
  const Value h = e.state("h", options.hidden);

  const auto gate = [&](const std::string& name, std::int64_t position) {
    const Value wx = term.W(name, position);
    const Value rh = term.R(name, position, h);
    const Value pre = e.named(term.add_bias(name, position, wx + rh), name + ".pre");
    return e.activate(options.f, e.clip(pre, options.clip), name);
  };

  const Value r = gate("r", 1);
  const Value z = gate("z", 0);
  Value pre = term.W("n", 2);
  if (options.linear_before_reset) {
    pre = term.add_half_bias("n", 2, pre, true);
    const Value recurrent = term.add_half_bias("n", 2, term.R("n", 2, h), false);
    const Value reset = r * recurrent;
    pre = pre + reset;
  } else {
    const Value reset = r * h;
    const Value recurrent = term.R("n", 2, reset);
    pre = term.add_bias("n", 2, pre + recurrent);
  }
  const Value n = e.activate(options.g, e.clip(e.named(pre, "n.pre"), options.clip), "n");
  const Value fresh = e.one_minus(z) * n;
  const Value kept = z * h;
  return e.finish({e.named(fresh + kept, "h'")});
}

}  // namespace rondo

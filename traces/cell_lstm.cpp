#include "traces/cell_parts.hpp"

namespace rondo {

// i = f(W_i x + R_i h + b_i + p_i * c)
// f = f(W_f x + R_f h + b_f + p_f * c)      or 1 - i with input_forget
// g = g(W_g x + R_g h + b_g)
// c = f * c + i * g
// o = f(W_o x + R_o h + b_o + p_o * c)      with the new c
// h = o * h(c)                              or P (o * h(c)) with a projection
Cell make_lstm(const LstmOptions& options, const CellWeights& weights) {
  const std::int64_t hidden = options.hidden;
  const std::int64_t width_h = options.projection > 0 ? options.projection : hidden;
  Equations e("lstm", options.input);
  GateTerms term(e, options, weights, 4, width_h);
  const Value h = e.state("h", width_h);
  const Value c = e.state("c", hidden);

  const auto gate = [&](const std::string& name, std::int64_t position, int peephole, Value seen,
                        const ActivationCall& function) {
    const Value wx = term.W(name, position);
    const Value rh = term.R(name, position, h);
    Value pre = term.add_bias(name, position, wx + rh);
    if (options.peepholes && peephole >= 0) {
      const Value p = term.peephole(name, peephole);
      const Value look = p * seen;
      pre = pre + look;
    }
    return e.activate(function, e.clip(e.named(pre, name + ".pre"), options.clip), name);
  };

  const Value i = gate("i", 0, 0, c, options.f);
  const Value f = options.input_forget ? e.named(e.one_minus(i), "f") : gate("f", 2, 2, c, options.f);
  const Value g = gate("g", 3, -1, c, options.g);
  const Value kept = f * c;
  const Value added = i * g;
  const Value next_c = e.named(kept + added, "c'");
  const Value o = gate("o", 1, 1, next_c, options.f);
  const Value seen = e.activate(options.h, next_c, "h(c')");
  Value next_h = o * seen;
  if (options.projection > 0) {
    CellMatrix projection{"P", options.projection, hidden, weights.projection};
    projection.values.shape = {options.projection, hidden};
    next_h = e.product(std::move(projection), e.named(next_h, "m"));
  }
  return e.finish({e.named(next_h, "h'"), next_c});
}

}  // namespace rondo

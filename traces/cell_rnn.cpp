#include "traces/cell_parts.hpp"

namespace rondo {

// h = f(W x + R h + b)
Cell make_rnn(const RnnOptions& options, const CellWeights& weights) {
  Equations e("rnn", options.input);
  GateTerms term(e, options, weights, 1, options.hidden);
  const Value h = e.state("h", options.hidden);
  const Value wx = term.W("h", 0);
  const Value rh = term.R("h", 0, h);
  const Value pre = e.named(term.add_bias("h", 0, wx + rh), "h.pre");
  return e.finish({e.activate(options.f, e.clip(pre, options.clip), "h'")});
}

}  // namespace rondo

#include <algorithm>

#include "models/base/error.hpp"
#include "traces/cell_passes.hpp"

/// The kernels between a cell's products: its equations, lane by lane.
namespace rondo {
namespace {

using Kind = Equation::Kind;

}  // namespace

void CellPasses::write_kernels() {
  for (variant_ = 0; ahead != nullptr && variant_ < ahead->variants(); ++variant_)
    ahead_kernels.push_back(ahead_kernel());
  for (std::size_t p = 0; p < phases.size(); ++p) {
    Phase& phase = phases[p];
    for (variant_ = 0; variant_ < phase.pass->variants(); ++variant_)
      phase.kernels.push_back(phase_kernel(static_cast<int>(p)));
  }
}

Lane CellPasses::limited(KernelBuilder& k, const Lane& sum, const ProductPlace& at) {
  if (at.x_limit <= 0) return k.saturate16(sum);
  Lane value = k.clip(sum, std::min(at.x_limit, 32767 * at.x_scale));
  value.narrow = true;
  return value;
}

Kernel CellPasses::ahead_kernel() const {
  KernelBuilder k;
  for (std::size_t e = 0; e < cell_.equations.size(); ++e) {
    const ProductPlace& at = products_[e];
    if (at.ahead < 0) continue;
    const Lane sum = ahead->value(k, variant_, at.ahead, at.x_scale, most(static_cast<int>(e)));
    k.store_raw(limited(k, sum, at), kInput, 16, 2 * at.ahead * ahead->width(), 1);
  }
  return k.finish(ahead->kernel_name(cell_.name + "_ahead", variant_));
}

Kernel CellPasses::phase_kernel(int p) {
  const Phase& phase = phases[p];
  KernelBuilder k;
  std::vector<Lane> known(cell_.equations.size());
  // All values first: a state that is overwritten has been read by then.
  for (std::size_t e = 0; e < cell_.equations.size(); ++e) {
    const bool next = std::count(cell_.next_state.begin(), cell_.next_state.end(), static_cast<int>(e)) > 0;
    const bool wanted = phase.vector == static_cast<int>(e) || carried_number_[e] >= 0 || next;
    if (wanted && phase_of_[e] == p) value(k, p, static_cast<int>(e), known);
  }
  for (std::size_t e = 0; e < cell_.equations.size(); ++e) {
    if (phase_of_[e] != p) continue;
    if (carried_number_[e] >= 0) {
      k.store(known[e], kCarried, 16, 2 * carried_number_[e] * carried_width, 1,
              narrow_scale(most(static_cast<int>(e))));
    }
    if (cell_.next_state.size() > 1 && cell_.next_state[1] == static_cast<int>(e)) {
      k.store(known[e], kState, 16, 0, 1, low_.state_format(node_, 1).scale);
    }
  }
  k.store(known[phase.vector], kVector, phase.vector_format.bits, 0, 1, phase.vector_format.scale);
  const std::string name = cell_.name + (phases.size() > 1 ? "_phase" + std::to_string(p) : "");
  return k.finish(phase.pass->kernel_name(name, variant_));
}

Lane CellPasses::value(KernelBuilder& k, int p, int e, std::vector<Lane>& known) {
  if (known[e].reg < 0) {
    known[e] = fresh_value(k, p, e, known);
    if (low_.ranges != nullptr) known[e].most = most(e);
  }
  return known[e];
}

Lane CellPasses::fresh_value(KernelBuilder& k, int p, int e, std::vector<Lane>& known) {
  const Equation& q = cell_.equations[e];
  if (carried_number_[e] >= 0 && phase_of_[e] < p) {
    Lane lane = k.load(kCarried, 16, 2 * carried_number_[e] * carried_width, 1, narrow_scale(most(e)), most(e));
    lane.dyadic = true;
    return lane;
  }
  switch (q.kind) {
    case Kind::input: return k.load(kInput, x_.bits, 0, 1, x_.scale, x_.most);
    case Kind::state: {
      const Format& form = low_.state_format(node_, q.index);
      Lane lane = k.load(q.index == 0 ? kHidden : kState, form.bits, 0, 1, form.scale, form.most);
      lane.dyadic = q.index > 0;
      return lane;
    }
    case Kind::vector: {
      const Pass& pass = *phases[p].pass;
      Lane lane =
          k.load(1, 16, pass.vector_offset(vector_number_[e]), 1, pass.vector_scale(vector_number_[e]), most(e));
      lane.dyadic = true;
      return lane;
    }
    case Kind::product: return product(k, p, e, wide_scale(2 * most(e)));
    case Kind::add:
    case Kind::sub: return sum(k, p, e, known);
    case Kind::mul: return k.mul(value(k, p, q.a, known), value(k, p, q.b, known));
    case Kind::one_minus: return k.one_minus(value(k, p, q.a, known));
    case Kind::activation: return k.activate(q.call, value(k, p, q.a, known));
    case Kind::clip: return k.clip(value(k, p, q.a, known), q.limit);
  }
  throw Broken("compiler: unknown equation");
}

Lane CellPasses::product(KernelBuilder& k, int p, int e, double target) {
  const ProductPlace& at = products_[e];
  check(at.ahead >= 0 || at.phase == p, "compiler: a product is used in two phases");
  if (at.ahead >= 0) {
    Lane lane = k.load(kInput, 16, 2 * at.ahead * ahead->width(), 1, at.x_scale, most(e));
    lane.dyadic = true;
    return k.convert(lane, target);
  }
  const bool from_x = is_product_of_x(e);
  const Lane lane = phases[p].pass->value(k, variant_, at.number, from_x ? at.x_scale : target, most(e));
  return from_x ? k.convert(limited(k, lane, at), target) : lane;
}

Lane CellPasses::sum(KernelBuilder& k, int p, int e, std::vector<Lane>& known) {
  const double scale = scale_of(sums_[e]);
  Lane total;
  for (const auto& [term, negated] : sums_[e].terms) {
    const Equation& q = cell_.equations[term];
    Lane lane;
    if (q.kind == Kind::product) {
      lane = product(k, p, term, scale);
    } else if (q.kind == Kind::mul && users(term).size() == 1 && phase_of_[term] == p) {
      lane = k.mul(value(k, p, q.a, known), value(k, p, q.b, known), scale);
    } else {
      lane = k.convert(value(k, p, term, known), scale);
    }
    lane.scale = scale;
    if (total.reg < 0 && negated)
      total = k.sub(k.constant(0, scale), lane);
    else
      total = total.reg < 0 ? lane : negated ? k.sub(total, lane) : k.add(total, lane);
  }
  return total;
}

}  // namespace rondo

#include "traces/cell_passes.hpp"

#include <algorithm>
#include <cmath>

#include "models/base/error.hpp"

namespace rondo {
namespace {

using Kind = Equation::Kind;

// sigmoid and tanh are constant in Q0.15 from here on.
constexpr double kFlatFrom = 16;

double largest(const CellVector& vector) {
  double most = 0;
  for (double v : vector.values.reals) most = std::max(most, std::fabs(v));
  return vector.values.reals.empty() ? 1 : most;
}

}  // namespace

CellPasses::CellPasses(Lowering& low, int node, const Cell& cell, const Format& x, bool hoisted,
                       const std::string& name)
    : low_(low), node_(node), cell_(cell), x_(x), name_(name) {
  check(cell.next_state.size() <= 2, "compiler: a cell with more than two states");
  find_phases();
  find_sums();
  add_products(hoisted);
}

std::vector<int> CellPasses::users(int equation) const {
  std::vector<int> list;
  for (std::size_t e = 0; e < cell_.equations.size(); ++e) {
    if (cell_.equations[e].a == equation || cell_.equations[e].b == equation) list.push_back(static_cast<int>(e));
  }
  return list;
}

bool CellPasses::is_product_of_x(int e) const {
  return cell_.equations[e].kind == Kind::product && cell_.equations[cell_.equations[e].a].kind == Kind::input;
}

bool CellPasses::is_sum(int e) const {
  return cell_.equations[e].kind == Kind::add || cell_.equations[e].kind == Kind::sub;
}

bool CellPasses::feeds_flat_activation(int e) const {
  const std::vector<int> list = users(e);
  const auto flat = [&](int u) {
    const Equation& q = cell_.equations[u];
    if (q.kind == Kind::clip) return feeds_flat_activation(u);
    return q.kind == Kind::activation &&
           (q.call.function == Activation::sigmoid || q.call.function == Activation::tanh);
  };
  const bool leaves = std::count(cell_.next_state.begin(), cell_.next_state.end(), e) > 0;
  return !leaves && !list.empty() && std::all_of(list.begin(), list.end(), flat);
}

void CellPasses::find_phases() {
  for (const Equation& q : cell_.equations) {
    int phase = 0;
    for (int operand : {q.a, q.b}) {
      if (operand >= 0) phase = std::max(phase, phase_of_[operand]);
    }
    const auto starts_phase = [&] {
      const Kind operand = cell_.equations[q.a].kind;
      return operand != Kind::input && !(operand == Kind::state && cell_.equations[q.a].index == 0);
    };
    if (q.kind == Kind::product && starts_phase()) ++phase;
    phase_of_.push_back(phase);
  }
}

// A product whose operand is ready early runs with the kernel that wants its sums.
int CellPasses::phase_of_use(int e) const {
  int first = 1 << 20;
  for (int u : users(e)) first = std::min(first, phase_of_[u]);
  return first == 1 << 20 ? phase_of_[e] : std::max(first, phase_of_[e]);
}

// A tree of additions whose inner nodes nobody else uses is one sum.
void CellPasses::find_sums() {
  const int n = static_cast<int>(cell_.equations.size());
  sums_.resize(n);
  std::vector<bool> inner(n, false);
  for (int e = n - 1; e >= 0; --e) {
    if (!is_sum(e) || inner[e]) continue;
    Sum& sum = sums_[e];
    const std::function<void(int, bool)> collect = [&](int at, bool negated) {
      const bool leaves = std::count(cell_.next_state.begin(), cell_.next_state.end(), at) > 0;
      if (at != e && (!is_sum(at) || leaves || users(at).size() != 1 || phase_of_[at] != phase_of_[e]))
        return sum.terms.emplace_back(at, negated), void();
      inner[at] = at != e;
      collect(cell_.equations[at].a, negated);
      collect(cell_.equations[at].b, negated != (cell_.equations[at].kind == Kind::sub));
    };
    collect(e, false);
    const auto is_product = [&](const auto& t) { return cell_.equations[t.first].kind == Kind::product && !t.second; };
    auto first = std::find_if(sum.terms.begin(), sum.terms.end(),
                              [&](const auto& t) { return is_product(t) && is_product_of_x(t.first); });
    if (first == sum.terms.end()) first = std::find_if(sum.terms.begin(), sum.terms.end(), is_product);
    if (first != sum.terms.end()) sum.biased_product = first->first;
    for (auto t = sum.terms.begin(); t != sum.terms.end();) {
      const bool fold = sum.biased_product >= 0 && cell_.equations[t->first].kind == Kind::vector && !t->second;
      if (fold) sum.biases.push_back(t->first);
      t = fold ? sum.terms.erase(t) : t + 1;
    }
    if (!feeds_flat_activation(e)) continue;
    sum.x_limit = kFlatFrom;
    for (const auto& [term, negated] : sum.terms) {
      if (!is_product_of_x(term)) sum.x_limit += most(term);
    }
  }
}

// All terms of a sum, biases included, in one format.
double CellPasses::scale_of(const Sum& sum) const {
  double reach = 0;
  for (const auto& term : sum.terms) reach = std::max(reach, most(term.first));
  for (int b : sum.biases) reach = std::max(reach, largest(cell_.vectors[cell_.equations[b].index]));
  return wide_scale(2 * reach);
}

void CellPasses::add_products(bool hoisted) {
  const int n = static_cast<int>(cell_.equations.size());
  products_.resize(n), vector_number_.assign(n, -1), carried_number_.assign(n, -1);
  const int last = *std::max_element(phase_of_.begin(), phase_of_.end());
  phases.resize(last + 1);
  // The sum each product belongs to says its format and its bias.
  std::vector<const Sum*> sum_of(n, nullptr);
  std::vector<bool> folded(n, false);
  for (const Sum& sum : sums_) {
    for (const auto& term : sum.terms) sum_of[term.first] = &sum;
    for (int b : sum.biases) folded[b] = true;
  }
  const auto biases_of = [&](int e) {
    std::vector<const CellVector*> list;
    if (sum_of[e] == nullptr || sum_of[e]->biased_product != e) return list;
    for (int b : sum_of[e]->biases) list.push_back(&cell_.vectors[cell_.equations[b].index]);
    return list;
  };
  for (int p = 0; p <= last; ++p) {
    for (int e = 0; e < n; ++e) {
      if (phase_of_[e] == p)
        phases[p].width = cell_.equations[e].kind == Kind::input ? phases[p].width : cell_.equations[e].width;
    }
    phases[p].pass =
        std::make_unique<Pass>(low_, name_ + (last > 0 ? ".phase" + std::to_string(p) : ""), phases[p].width);
  }
  // Sources in order: x, h, then what earlier phases left.
  for (int source = 0; source < 2 + last; ++source) {
    for (int e = 0; e < n; ++e) {
      const Equation& q = cell_.equations[e];
      if (q.kind != Kind::product) continue;
      const Kind operand = cell_.equations[q.a].kind;
      const int from = operand == Kind::input ? 0 : operand == Kind::state ? 1 : source_of_phase(phase_of_[q.a]);
      if (from != source) continue;
      const CellMatrix& matrix = cell_.matrices[q.index];
      const std::vector<const CellVector*> biases = biases_of(e);
      ProductPlace& at = products_[e];
      at.phase = phase_of_use(e);
      double bias = 0;
      for (const CellVector* b : biases) bias += largest(*b);
      if (from == 0) {
        const double reach = most(e) + (low_.ranges == nullptr ? 0 : bias);
        at.x_limit = sum_of[e] != nullptr ? sum_of[e]->x_limit : 0;
        at.x_scale = narrow_scale(at.x_limit > 0 ? std::min(reach, at.x_limit) : reach);
        if (hoisted) {
          if (ahead == nullptr) ahead = std::make_unique<Pass>(low_, name_ + ".ahead", q.width);
          at.ahead = ahead->add_product(matrix, 0, biases, x_.scale, at.x_scale, most(e));
          ++ahead_values;
          continue;
        }
      }
      double target = at.x_scale;
      if (from != 0) target = sum_of[e] != nullptr ? scale_of(*sum_of[e]) : wide_scale(2 * most(e));
      const double scale = from == 0 ? x_.scale
                           : from == 1
                               ? low_.state_format(node_, 0).scale
                               : full_scale(most(q.a) * kHeadroom, static_cast<int>(low_.numbers.activation_bits));
      at.number = phases[at.phase].pass->add_product(matrix, source, biases, scale, target, most(e));
    }
  }
  for (int e = 0; e < n; ++e) {
    const Equation& q = cell_.equations[e];
    if (q.kind == Kind::input) {
      for (int u : users(e)) reads_x = reads_x || cell_.equations[u].kind != Kind::product;
    }
    if (q.kind == Kind::vector && !folded[e] && !users(e).empty()) {
      const CellVector& vector = cell_.vectors[q.index];
      vector_number_[e] = phases[phase_of_use(e)].pass->add_vector(vector, narrow_scale(largest(vector)));
    }
    const bool leaf =
        q.kind == Kind::input || q.kind == Kind::state || q.kind == Kind::vector || q.kind == Kind::product;
    for (int u : users(e)) {
      if (cell_.equations[u].kind == Kind::product && q.kind != Kind::input &&
          !(q.kind == Kind::state && q.index == 0)) {
        Phase& phase = phases[phase_of_[e]];
        check(phase.vector < 0 || phase.vector == e, "compiler: a phase leaves two vectors to multiply");
        phase.vector = e;
      } else if (!leaf && phase_of_[u] > phase_of_[e] && carried_number_[e] < 0) {
        carried_number_[e] = static_cast<int>(carried_values++);
        carried_width = q.width;
      }
    }
  }
  Phase& end = phases[phase_of_[cell_.next_state[0]]];
  check(end.vector < 0 && &end == &phases.back(), "compiler: h is not the last thing a step computes");
  end.vector = cell_.next_state[0];
  for (int p = 0; p <= last; ++p) {
    const int bits = static_cast<int>(low_.numbers.activation_bits);
    phases[p].vector_format =
        p == last ? low_.state_format(node_, 0)
                  : Format{bits, full_scale(most(phases[p].vector) * kHeadroom, bits), most(phases[p].vector)};
  }
}

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

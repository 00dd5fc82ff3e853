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
  open_phases();
  // The sum each product belongs to says its format and its bias.
  std::vector<const Sum*> sum_of(n, nullptr);
  for (const Sum& sum : sums_) {
    for (const auto& term : sum.terms) sum_of[term.first] = &sum;
  }
  // Sources in order: x, h, then what earlier phases left.
  for (int source = 0; source < 1 + static_cast<int>(phases.size()); ++source) {
    for (int e = 0; e < n; ++e) {
      if (cell_.equations[e].kind == Kind::product && source_of(e) == source) add_product(e, sum_of[e], hoisted);
    }
  }
  add_vectors();
  for (int e = 0; e < n; ++e) hand_over(e);
  choose_vector_formats();
}

void CellPasses::open_phases() {
  phases.resize(*std::max_element(phase_of_.begin(), phase_of_.end()) + 1);
  for (std::size_t e = 0; e < cell_.equations.size(); ++e) {
    if (cell_.equations[e].kind != Kind::input) phases[phase_of_[e]].width = cell_.equations[e].width;
  }
  for (std::size_t p = 0; p < phases.size(); ++p) {
    const std::string suffix = phases.size() > 1 ? ".phase" + std::to_string(p) : "";
    phases[p].pass = std::make_unique<Pass>(low_, name_ + suffix, phases[p].width);
  }
}

int CellPasses::source_of(int e) const {
  const int operand = cell_.equations[e].a;
  switch (cell_.equations[operand].kind) {
    case Kind::input: return 0;
    case Kind::state: return 1;
    default: return source_of_phase(phase_of_[operand]);
  }
}

// `sum`: that it is a term of; null: none.
void CellPasses::add_product(int e, const Sum* sum, bool hoisted) {
  const Equation& q = cell_.equations[e];
  const CellMatrix& matrix = cell_.matrices[q.index];
  const int source = source_of(e);
  std::vector<const CellVector*> biases;
  if (sum != nullptr && sum->biased_product == e) {
    for (int b : sum->biases) biases.push_back(&cell_.vectors[cell_.equations[b].index]);
  }
  ProductPlace& at = products_[e];
  at.phase = phase_of_use(e);
  if (source == 0) {
    double bias = 0;
    for (const CellVector* b : biases) bias += largest(*b);
    const double reach = most(e) + (low_.ranges == nullptr ? 0 : bias);
    at.x_limit = sum != nullptr ? sum->x_limit : 0;
    at.x_scale = narrow_scale(at.x_limit > 0 ? std::min(reach, at.x_limit) : reach);
    if (hoisted) {
      if (ahead == nullptr) ahead = std::make_unique<Pass>(low_, name_ + ".ahead", q.width);
      at.ahead = ahead->add_product(matrix, 0, biases, x_.scale, at.x_scale, most(e));
      ++ahead_values;
      return;
    }
  }
  const double target = source == 0 ? at.x_scale : sum != nullptr ? scale_of(*sum) : wide_scale(2 * most(e));
  const double scale = source == 0 ? x_.scale : source == 1 ? low_.state_format(node_, 0).scale : vector_scale(q.a);
  at.number = phases[at.phase].pass->add_product(matrix, source, biases, scale, target, most(e));
}

double CellPasses::vector_scale(int e) const {
  return full_scale(most(e) * kHeadroom, static_cast<int>(low_.numbers.activation_bits));
}

// Those that no product has for a bias.
void CellPasses::add_vectors() {
  std::vector<bool> folded(cell_.equations.size(), false);
  for (const Sum& sum : sums_) {
    for (int b : sum.biases) folded[b] = true;
  }
  for (int e = 0; e < static_cast<int>(cell_.equations.size()); ++e) {
    const Equation& q = cell_.equations[e];
    if (q.kind != Kind::vector || folded[e] || users(e).empty()) continue;
    const CellVector& vector = cell_.vectors[q.index];
    vector_number_[e] = phases[phase_of_use(e)].pass->add_vector(vector, narrow_scale(largest(vector)));
  }
}

// What a phase leaves to later ones: the vector they multiply, and values they carry on with.
void CellPasses::hand_over(int e) {
  const Equation& q = cell_.equations[e];
  const bool leaf = q.kind == Kind::input || q.kind == Kind::state || q.kind == Kind::vector || q.kind == Kind::product;
  for (int u : users(e)) {
    const bool multiplied = cell_.equations[u].kind == Kind::product;
    if (multiplied && q.kind != Kind::input && !(q.kind == Kind::state && q.index == 0)) {
      Phase& phase = phases[phase_of_[e]];
      check(phase.vector < 0 || phase.vector == e, "compiler: a phase leaves two vectors to multiply");
      phase.vector = e;
    } else if (!leaf && phase_of_[u] > phase_of_[e] && carried_number_[e] < 0) {
      carried_number_[e] = static_cast<int>(carried_values++);
      carried_width = q.width;
    }
  }
}

void CellPasses::choose_vector_formats() {
  Phase& end = phases[phase_of_[cell_.next_state[0]]];
  check(end.vector < 0 && &end == &phases.back(), "compiler: h is not the last thing a step computes");
  end.vector = cell_.next_state[0];
  end.vector_format = low_.state_format(node_, 0);
  const int bits = static_cast<int>(low_.numbers.activation_bits);
  for (Phase& phase : phases) {
    if (&phase != &end) phase.vector_format = {bits, vector_scale(phase.vector), most(phase.vector)};
  }
}

}  // namespace rondo

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/onnx_models.hpp"
#include "traces/interpret.hpp"

// Random LSTM, GRU and RNN nodes of every attribute, imported and interpreted, against the equations of the
// ONNX operator text spelt out element by element in this file.

namespace rondo {
namespace {

using testing::integer;
using testing::ModelText;
using testing::real;
using testing::text;
using testing::texts;

using Vector = std::vector<double>;

struct Spec {
  std::string op;
  int gates = 1, steps = 1, batch = 1, inputs = 1, hidden = 1, directions = 1;
  bool bias = false, states = false, peepholes = false, input_forget = false, linear = false, batch_first = false;
  double clip = 0;
  std::string direction;
  std::vector<std::string> activations;
  std::vector<std::int64_t> lengths;
  Vector X, W, R, B, P, H0, C0;  // in ONNX's layout 0
};

double apply(const std::string& name, double v) {
  if (name == "Sigmoid") return 1 / (1 + std::exp(-v));
  if (name == "Tanh") return std::tanh(v);
  if (name == "Relu") return std::max(v, 0.0);
  if (name == "HardSigmoid") return std::min(1.0, std::max(0.0, 0.2 * v + 0.5));
  if (name == "Softsign") return v / (1 + std::fabs(v));
  return v >= 0 ? v : std::exp(v) - 1;  // Elu
}

// One direction of one sequence; `row(gate, j)` names a row of the stacked weights.
class PlainCell {
 public:
  PlainCell(const Spec& s, int d, int n) : s_(s), d_(d) {
    for (int j = 0; j < s.hidden; ++j) {
      h.push_back(s.states ? s.H0[(d * s.batch + n) * s.hidden + j] : 0);
      c.push_back(s.states && s.op == "LSTM" ? s.C0[(d * s.batch + n) * s.hidden + j] : 0);
    }
  }

  Vector h, c;

  void step(const double* x) {
    if (s_.op == "LSTM") return lstm(x);
    if (s_.op == "GRU") return gru(x);
    Vector next;
    for (int j = 0; j < s_.hidden; ++j) next.push_back(act(0, in(x, 0, j) + rec(h, 0, j) + bias(0, j, true)));
    h = next;
  }

 private:
  int row(int gate, int j) const { return (d_ * s_.gates + gate) * s_.hidden + j; }
  double in(const double* x, int gate, int j) const {
    double sum = 0;
    for (int k = 0; k < s_.inputs; ++k) sum += s_.W[row(gate, j) * s_.inputs + k] * x[k];
    return sum + bias(gate, j, false);
  }
  double rec(const Vector& v, int gate, int j) const {
    double sum = 0;
    for (int k = 0; k < s_.hidden; ++k) sum += s_.R[row(gate, j) * s_.hidden + k] * v[k];
    return sum;
  }
  double bias(int gate, int j, bool recurrent) const {
    if (!s_.bias) return 0;
    return s_.B[((d_ * 2 + (recurrent ? 1 : 0)) * s_.gates + gate) * s_.hidden + j];
  }
  double act(int which, double v) const {
    if (s_.clip > 0) v = std::min(s_.clip, std::max(-s_.clip, v));
    return plain_act(which, v);
  }
  double plain_act(int which, double v) const {
    const int per = s_.op == "LSTM" ? 3 : s_.op == "GRU" ? 2 : 1;
    return apply(s_.activations[d_ * per + which], v);
  }
  double peep(int which, int j) const { return s_.peepholes ? s_.P[(d_ * 3 + which) * s_.hidden + j] : 0; }

  void lstm(const double* x) {
    const auto pre = [&](int gate, int j) { return in(x, gate, j) + rec(h, gate, j) + bias(gate, j, true); };
    Vector next_h, next_c;
    for (int j = 0; j < s_.hidden; ++j) {
      const double i = act(0, pre(0, j) + peep(0, j) * c[j]);
      const double f = s_.input_forget ? 1 - i : act(0, pre(2, j) + peep(2, j) * c[j]);
      next_c.push_back(f * c[j] + i * act(1, pre(3, j)));
      const double o = act(0, pre(1, j) + peep(1, j) * next_c[j]);
      next_h.push_back(o * plain_act(2, next_c[j]));
    }
    h = next_h;
    c = next_c;
  }

  void gru(const double* x) {
    Vector z, r, reset, next;
    for (int j = 0; j < s_.hidden; ++j) {
      z.push_back(act(0, in(x, 0, j) + rec(h, 0, j) + bias(0, j, true)));
      r.push_back(act(0, in(x, 1, j) + rec(h, 1, j) + bias(1, j, true)));
      reset.push_back(r[j] * h[j]);
    }
    for (int j = 0; j < s_.hidden; ++j) {
      const double recurrent =
          s_.linear ? r[j] * (rec(h, 2, j) + bias(2, j, true)) : rec(reset, 2, j) + bias(2, j, true);
      const double n = act(1, in(x, 2, j) + recurrent);
      next.push_back((1 - z[j]) * n + z[j] * h[j]);
    }
    h = next;
  }

  const Spec& s_;
  int d_;
};

// Y [T][D][N][H] and the last h [D][N][H].
std::pair<Vector, Vector> plain(const Spec& s) {
  Vector y(s.steps * s.directions * s.batch * s.hidden, 0), last;
  for (int d = 0; d < s.directions; ++d) {
    for (int n = 0; n < s.batch; ++n) {
      PlainCell cell(s, d, n);
      const int length = s.lengths.empty() ? s.steps : static_cast<int>(s.lengths[n]);
      const bool reversed = s.direction == "reverse" || d == 1;
      for (int k = 0; k < length; ++k) {
        const int t = reversed ? length - 1 - k : k;
        cell.step(&s.X[(t * s.batch + n) * s.inputs]);
        std::copy(cell.h.begin(), cell.h.end(), y.begin() + ((t * s.directions + d) * s.batch + n) * s.hidden);
      }
      last.insert(last.end(), cell.h.begin(), cell.h.end());
    }
  }
  return {y, last};
}

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  Spec spec() {
    static const char* const ops[] = {"LSTM", "GRU", "RNN"};
    static const char* const directions[] = {"forward", "reverse", "bidirectional"};
    static const char* const functions[] = {"Sigmoid", "Tanh", "Relu", "HardSigmoid", "Softsign", "Elu"};
    Spec s;
    s.op = ops[pick(3)];
    s.gates = s.op == "LSTM" ? 4 : s.op == "GRU" ? 3 : 1;
    const int per = s.op == "LSTM" ? 3 : s.op == "GRU" ? 2 : 1;
    s.steps = 1 + pick(7), s.batch = 1 + pick(4), s.inputs = 1 + pick(9), s.hidden = 1 + pick(17);
    s.direction = directions[pick(3)];
    s.directions = s.direction == "bidirectional" ? 2 : 1;
    s.bias = pick(3) > 0, s.states = pick(2) > 0, s.peepholes = s.op == "LSTM" && pick(3) == 0;
    s.input_forget = s.op == "LSTM" && pick(4) == 0, s.linear = s.op == "GRU" && pick(2) == 0;
    s.clip = pick(3) == 0 ? 0.3 : 0;
    for (int i = 0; i < per * s.directions; ++i) s.activations.push_back(functions[pick(6)]);
    if (pick(3) == 0) {
      for (int n = 0; n < s.batch; ++n) s.lengths.push_back(pick(s.steps + 1));
    }
    const int d = s.directions, g = s.gates * s.hidden;
    s.X = values(s.steps * s.batch * s.inputs, 1.0), s.W = values(d * g * s.inputs, 0.7);
    s.R = values(d * g * s.hidden, 0.9 / std::sqrt(s.hidden)), s.B = values(2 * d * g, 0.3);
    s.P = values(3 * d * s.hidden, 0.5), s.H0 = values(d * s.batch * s.hidden, 0.5),
    s.C0 = values(d * s.batch * s.hidden, 0.5);
    return s;
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  Vector values(int count, double scale) {
    std::uniform_real_distribution<double> uniform(-scale, scale);
    Vector list(count);
    for (double& value : list) value = uniform(random_);
    return list;
  }

  std::mt19937 random_;
};

ModelText model_of(const Spec& s) {
  ModelText m;
  const int d = s.directions, g = s.gates * s.hidden;
  m.input("X", {s.steps, s.batch, s.inputs});
  m.constant("W", real_tensor({d, g, s.inputs}, s.W)).constant("R", real_tensor({d, g, s.hidden}, s.R));
  m.constant("B", real_tensor({d, 2 * g}, s.B)).constant("P", real_tensor({d, 3 * s.hidden}, s.P));
  m.constant("H0", real_tensor({d, s.batch, s.hidden}, s.H0)).constant("C0", real_tensor({d, s.batch, s.hidden}, s.C0));
  m.constant("L", integer_tensor({s.batch}, s.lengths));
  std::vector<std::string> inputs = {
      "X", "W", "R", s.bias ? "B" : "", s.lengths.empty() ? "" : "L", s.states ? "H0" : ""};
  if (s.op == "LSTM") inputs.insert(inputs.end(), {s.states ? "C0" : "", s.peepholes ? "P" : ""});
  std::map<std::string, OnnxAttribute> attributes = {{"direction", text(s.direction)},
                                                     {"activations", texts(s.activations)}};
  if (s.clip > 0) attributes["clip"] = real(s.clip);
  if (s.input_forget) attributes["input_forget"] = integer(1);
  if (s.linear) attributes["linear_before_reset"] = integer(1);
  m.node(s.op, inputs, {"Y", "Y_h"}, attributes).output("Y").output("Y_h");
  return m;
}

TEST(RecurrentProperty, RandomNodesAgreeWithTheEquationsSpeltOut) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Spec s = Maker(seed).spec();
    const Graph graph = model_of(s).import();
    const Evaluation e = evaluate(graph, {{"X", real_tensor({s.steps, s.batch, s.inputs}, s.X)}});
    const auto [y, last] = plain(s);
    const Vector& got = e.values[graph.outputs[0]].reals;
    const Vector& got_last = e.values[graph.outputs[1]].reals;
    ASSERT_EQ(got.size(), y.size());
    ASSERT_EQ(got_last.size(), last.size());
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(got[i], y[i], 1e-10) << s.op << " element " << i;
    for (std::size_t i = 0; i < last.size(); ++i) ASSERT_NEAR(got_last[i], last[i], 1e-10) << s.op << " last " << i;
  }
}

}  // namespace
}  // namespace rondo

#include <algorithm>
#include <cmath>
#include <map>

#include "traces/cell_builders.hpp"
#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

struct KnownActivation {
  const char* name;  // in lower case: ONNX compares them without case
  Activation function;
  int parameters;  // how many of alpha, beta it takes from the lists
  double alpha, beta;
};

// Defaults are those of the ONNX operators of the same names; Affine and ScaledTanh as ONNX Runtime has them.
const KnownActivation kActivations[] = {
    {"sigmoid", Activation::sigmoid, 0, 0, 0},
    {"tanh", Activation::tanh, 0, 0, 0},
    {"relu", Activation::relu, 0, 0, 0},
    {"affine", Activation::affine, 2, 1, 0},
    {"leakyrelu", Activation::leaky_relu, 1, 0.01, 0},
    {"thresholdedrelu", Activation::thresholded_relu, 1, 1, 0},
    {"scaledtanh", Activation::scaled_tanh, 2, 1, 1},
    {"hardsigmoid", Activation::hard_sigmoid, 2, 0.2, 0.5},
    {"elu", Activation::elu, 1, 1, 0},
    {"softsign", Activation::softsign, 0, 0, 0},
    {"softplus", Activation::softplus, 0, 0, 0},
};

const KnownActivation& find_activation(const OnnxContext& c, const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char ch) { return std::tolower(ch); });
  std::string names;
  for (const KnownActivation& known : kActivations) {
    if (lower == known.name) return known;
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  c.fail("activation '" + name.substr(0, 40) + "' is unknown; known are " + names);
}

// The functions of every direction. The alpha and beta lists are used up, in order, by the functions that
// take them, as in ONNX Runtime; zeros may be left over (lists with one entry per function), anything else is
// refused.
std::vector<ActivationCall> read_activations(const OnnxContext& c, const std::vector<std::string>& usual,
                                             std::size_t directions) {
  std::vector<std::string> names = c.text_list("activations");
  if (names.empty()) {
    for (std::size_t d = 0; d < directions; ++d) names.insert(names.end(), usual.begin(), usual.end());
  }
  if (names.size() != usual.size() * directions) {
    c.fail("has " + std::to_string(names.size()) + " activations; " + std::to_string(usual.size() * directions) +
           " are wanted for " + std::to_string(directions) + " direction(s)");
  }
  const std::vector<double> alpha = c.real_list("activation_alpha"), beta = c.real_list("activation_beta");
  std::size_t next_alpha = 0, next_beta = 0;
  std::vector<ActivationCall> calls;
  for (const std::string& name : names) {
    const KnownActivation& known = find_activation(c, name);
    ActivationCall call{known.function, known.alpha, known.beta};
    if (known.parameters >= 1 && next_alpha < alpha.size()) call.alpha = alpha[next_alpha++];
    if (known.parameters == 2 && next_beta < beta.size()) call.beta = beta[next_beta++];
    calls.push_back(call);
  }
  const auto left = [](const std::vector<double>& list, std::size_t next) {
    return std::any_of(list.begin() + static_cast<std::ptrdiff_t>(next), list.end(), [](double v) { return v != 0; });
  };
  if (left(alpha, next_alpha) || left(beta, next_beta)) {
    c.fail("activation_alpha or activation_beta has more entries than its activations take");
  }
  return calls;
}

// What the three operators have in common, read and checked.
struct RecurrentNode {
  std::int64_t gates = 0, steps = 0, batch = 0, input = 0, hidden = 0, directions = 1;
  bool batch_first = false, bias = false;
  double clip = 0;
  std::vector<bool> reversed;
  std::vector<std::int64_t> lengths;
  std::vector<ActivationCall> activations;
};

void want_shape(const OnnxContext& c, int i, const std::string& what, const Shape& wanted) {
  if (c.shape(i) != wanted) {
    c.fail("input " + std::to_string(i) + " (" + what + ") has the shape " + to_string(c.shape(i)) + "; " +
           to_string(wanted) + " is wanted");
  }
}

// A weight: constant, real, finite, of the wanted shape.
const Tensor& weight(const OnnxContext& c, int i, const std::string& what, const Shape& wanted) {
  c.real_input(i);
  want_shape(c, i, what, wanted);
  const Tensor& tensor = c.constant(i, what);
  for (double value : tensor.reals) {
    if (!std::isfinite(value)) c.fail("input " + std::to_string(i) + " (" + what + ") holds NaN or infinity");
  }
  return tensor;
}

void read_sizes(const OnnxContext& c, RecurrentNode& r) {
  r.batch_first = c.integer("layout", 0) != 0;
  if (c.integer("layout", 0) < 0 || c.integer("layout", 0) > 1) c.fail("layout must be 0 or 1");
  c.real_input(0);
  if (c.rank(0) != 3) c.fail("X has the shape " + to_string(c.shape(0)) + "; three axes are wanted");
  r.steps = c.shape(0)[r.batch_first ? 1 : 0];
  r.batch = c.shape(0)[r.batch_first ? 0 : 1];
  r.input = c.shape(0)[2];
  if (c.rank(2) != 3) c.fail("R has the shape " + to_string(c.shape(2)) + "; three axes are wanted");
  r.hidden = c.integer("hidden_size", c.shape(2)[2]);
  if (r.steps < 1 || r.batch < 1 || r.input < 1 || r.hidden < 1) {
    c.fail("a size is zero: X is " + to_string(c.shape(0)) + ", hidden_size " + std::to_string(r.hidden));
  }
  if (r.hidden > (std::int64_t{1} << 24)) c.fail("hidden_size " + std::to_string(r.hidden) + " is too large");
}

void read_direction(const OnnxContext& c, RecurrentNode& r) {
  const std::string direction = c.text("direction", "forward");
  if (direction == "forward")
    r.reversed = {false};
  else if (direction == "reverse")
    r.reversed = {true};
  else if (direction == "bidirectional")
    r.reversed = {false, true};
  else
    c.fail("direction '" + direction.substr(0, 40) + "' is not forward, reverse or bidirectional");
  r.directions = static_cast<std::int64_t>(r.reversed.size());
}

void read_lengths(const OnnxContext& c, RecurrentNode& r) {
  if (!c.has(4)) return;
  r.lengths = c.integers(4, "sequence_lens");
  want_shape(c, 4, "sequence_lens", {r.batch});
  bool all_whole = true;
  for (std::int64_t length : r.lengths) {
    if (length < 0 || length > r.steps) {
      c.fail("sequence length " + std::to_string(length) + " is outside 0.." + std::to_string(r.steps));
    }
    all_whole = all_whole && length == r.steps;
  }
  if (all_whole) r.lengths.clear();
}

RecurrentNode read_node(const OnnxContext& c, std::int64_t gates, const std::vector<std::string>& usual) {
  RecurrentNode r;
  r.gates = gates;
  read_sizes(c, r);
  read_direction(c, r);
  weight(c, 1, "W", {r.directions, gates * r.hidden, r.input});
  weight(c, 2, "R", {r.directions, gates * r.hidden, r.hidden});
  if (c.has(3)) {
    const Tensor& b = weight(c, 3, "B", {r.directions, 2 * gates * r.hidden});
    r.bias = std::any_of(b.reals.begin(), b.reals.end(), [](double value) { return value != 0; });
  }
  read_lengths(c, r);
  if (c.has_attribute("clip")) {
    r.clip = c.real("clip", 0.0);
    if (r.clip <= 0) c.fail("clip " + std::to_string(r.clip) + " is not positive");
  }
  r.activations = read_activations(c, usual, r.reversed.size());
  return r;
}

// Direction d of a tensor whose first axis is the direction.
Tensor direction_of(const Tensor& all, std::int64_t d) {
  Tensor one;
  one.shape.assign(all.shape.begin() + 1, all.shape.end());
  const std::int64_t size = element_count(one.shape);
  one.reals.assign(all.reals.begin() + d * size, all.reals.begin() + (d + 1) * size);
  return one;
}

CellWeights weights_of(const OnnxContext& c, const RecurrentNode& r, std::int64_t d) {
  CellWeights w;
  w.W = direction_of(c.constant(1, "W"), d);
  w.R = direction_of(c.constant(2, "R"), d);
  if (r.bias) w.B = direction_of(c.constant(3, "B"), d);
  return w;
}

CellOptions options_of(const RecurrentNode& r) { return {r.input, r.hidden, r.bias, false, r.clip}; }

// An initial state as [D][N][H], or -1 when it is absent or constant zero.
int initial_state(const OnnxContext& c, const RecurrentNode& r, int i, const std::string& what) {
  if (!c.has(i)) return -1;
  int v = c.real_input(i);
  if (r.batch_first) {
    want_shape(c, i, what, {r.batch, r.directions, r.hidden});
    v = c.builder.transpose(v, {1, 0, 2});
  } else {
    want_shape(c, i, what, {r.directions, r.batch, r.hidden});
  }
  if (!c.builder.is_constant(v)) return v;
  const std::vector<double>& values = c.builder.value(v).data.reals;
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; }) ? -1 : v;
}

void add_node(OnnxContext& c, const RecurrentNode& r, std::vector<Cell> cells, const std::vector<int>& initial) {
  Recurrent recurrent;
  recurrent.cells = std::move(cells);
  recurrent.reversed = r.reversed;
  recurrent.lengths = r.lengths;
  int x = c.input(0);
  if (r.batch_first) x = c.builder.transpose(x, {1, 0, 2});
  const std::vector<int> outputs = c.builder.recurrent(std::move(recurrent), x, initial);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    int v = outputs[i];
    if (r.batch_first) v = c.builder.transpose(v, i == 0 ? std::vector<int>{2, 0, 1, 3} : std::vector<int>{1, 0, 2});
    c.output(static_cast<int>(i), v);
  }
}

void convert_lstm(OnnxContext& c) {
  const RecurrentNode r = read_node(c, 4, {"Sigmoid", "Tanh", "Tanh"});
  const std::int64_t input_forget = c.integer("input_forget", 0);
  if (input_forget < 0 || input_forget > 1) c.fail("input_forget must be 0 or 1");
  bool peepholes = false;
  if (c.has(7)) {
    const Tensor& p = weight(c, 7, "P", {r.directions, 3 * r.hidden});
    peepholes = std::any_of(p.reals.begin(), p.reals.end(), [](double value) { return value != 0; });
  }
  std::vector<Cell> cells;
  for (std::int64_t d = 0; d < r.directions; ++d) {
    LstmOptions options;
    static_cast<CellOptions&>(options) = options_of(r);
    options.peepholes = peepholes;
    options.input_forget = input_forget == 1;
    options.f = r.activations[3 * d];
    options.g = r.activations[3 * d + 1];
    options.h = r.activations[3 * d + 2];
    CellWeights weights = weights_of(c, r, d);
    if (peepholes) weights.P = direction_of(c.constant(7, "P"), d);
    cells.push_back(make_lstm(options, weights));
  }
  add_node(c, r, std::move(cells), {initial_state(c, r, 5, "initial_h"), initial_state(c, r, 6, "initial_c")});
}

void convert_gru(OnnxContext& c) {
  const RecurrentNode r = read_node(c, 3, {"Sigmoid", "Tanh"});
  const std::int64_t linear = c.integer("linear_before_reset", 0);
  std::vector<Cell> cells;
  for (std::int64_t d = 0; d < r.directions; ++d) {
    GruOptions options;
    static_cast<CellOptions&>(options) = options_of(r);
    options.linear_before_reset = linear != 0;
    options.f = r.activations[2 * d];
    options.g = r.activations[2 * d + 1];
    cells.push_back(make_gru(options, weights_of(c, r, d)));
  }
  add_node(c, r, std::move(cells), {initial_state(c, r, 5, "initial_h")});
}

void convert_rnn(OnnxContext& c) {
  const RecurrentNode r = read_node(c, 1, {"Tanh"});
  std::vector<Cell> cells;
  for (std::int64_t d = 0; d < r.directions; ++d) {
    RnnOptions options;
    static_cast<CellOptions&>(options) = options_of(r);
    options.f = r.activations[d];
    cells.push_back(make_rnn(options, weights_of(c, r, d)));
  }
  add_node(c, r, std::move(cells), {initial_state(c, r, 5, "initial_h")});
}

}  // namespace

std::vector<OnnxOperator> onnx_recurrent_operators() {
  const std::vector<std::string> common = {"activation_alpha", "activation_beta", "activations", "clip",
                                           "direction",        "hidden_size",     "layout"};
  std::vector<std::string> lstm = common, gru = common;
  lstm.push_back("input_forget");
  gru.push_back("linear_before_reset");
  return {
      {"LSTM", 3, 8, 3, lstm, {1, 2, 3, 4, 7}, {}, convert_lstm, false, 7},
      {"GRU", 3, 6, 2, gru, {1, 2, 3, 4}, {}, convert_gru, false, 7},
      {"RNN", 3, 6, 2, common, {1, 2, 3, 4}, {}, convert_rnn, false, 7},
  };
}

}  // namespace rondo

#include "traces/network_layers.hpp"

#include <algorithm>
#include <cmath>

#include "traces/cell_builders.hpp"
#include "traces/graph_builder.hpp"
#include "traces/network_seed.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostValue = std::int64_t{1} << 33;    // elements of one value
constexpr std::int64_t kMostWeights = std::int64_t{1} << 29;  // elements of all weights, when they are made

// Builds the graph layer by layer; a layer that cannot be built is a finding and its users are left out.
class LayerBuilder {
 public:
  LayerBuilder(const InputEntry& input, std::uint64_t seed, bool values, Findings& findings, Network& network)
      : input_(input), seed_(seed), values_(values), findings_(findings), network_(network), builder_(network.name) {
    builder_.begin(input.name, "input");
    const bool words = input.features == 0;
    Shape shape = {input.steps, input.batch};
    if (!words) shape.push_back(input.features);
    const int x = builder_.input(input.name, words ? ElementType::integer : ElementType::real, shape);
    made_[input.name] = {x};
    if (values_ && !words) network_.inputs[input.name] = seeds().reals(shape, 1.0);
  }

  void build(const std::vector<LayerEntry>& layers) {
    std::string previous = input_.name;
    for (const LayerEntry& layer : layers) {
      add(layer, layer.from.empty() ? std::vector<std::string>{previous} : layer.from);
      previous = layer.name;
    }
    seed_words();
    if (!findings_.empty()) return;
    for (const LayerEntry& layer : layers) {
      if (used_.count(layer.name) == 0) builder_.output(made_[layer.name].value, layer.name);
    }
    network_.graph = builder_.finish(values_);
  }

 private:
  struct Made {
    int value = -1;    // -1: could not be built
    int state = -1;    // for recurrent layers: final outputs h [D][N][H]
    bool sum = false;  // how its directions are merged
  };

  SeededValues seeds() { return SeededValues(seed_, ++stream_); }

  bool complain(const LayerEntry& layer, const std::string& what) {
    findings_.add(layer.origin + ": " + what);
    return false;
  }

  void add(const LayerEntry& layer, const std::vector<std::string>& from) {
    if (made_.count(layer.name) != 0) {
      complain(layer, "this name is taken; every layer needs a name of its own");
      return;
    }
    std::vector<Made> sources;
    bool good = !layer.broken;
    for (const std::string& name : from) {
      const auto found = made_.find(name);
      if (found == made_.end()) {
        good = complain(layer, "from: there is no '" + name + "' before this layer");
        continue;
      }
      used_.insert({name, true});
      sources.push_back(found->second);
      good = good && found->second.value >= 0;
    }
    Made& made = made_[layer.name];
    if (!good) return;
    const bool many = layer.op == "concat" || layer.op == "add";
    if (many ? sources.size() < 2 : sources.size() != 1) {
      complain(layer, many ? "from: at least two names are wanted" : "from: exactly one name is wanted");
      return;
    }
    builder_.begin(layer.name, layer.origin);
    made = construct(layer, sources);
    if (made.value >= 0 && made.value != sources[0].value) builder_.set_name(made.value, layer.name);
  }

  Made construct(const LayerEntry& layer, const std::vector<Made>& sources) {
    const int x = sources[0].value;
    const Shape shape = builder_.shape(x);
    const bool words = builder_.value(x).type == ElementType::integer;
    if (words != (layer.op == "embedding")) {
      complain(layer, words ? "its input is word numbers; only an embedding can read them (or give input.features)"
                            : "an embedding reads word numbers; leave input.features out");
      return {};
    }
    if (layer.op == "embedding") return embedding(layer, x);
    if (layer.op == "concat" || layer.op == "add") return join(layer, sources);
    if (layer.op == "last_step") return last_step(layer, sources[0]);
    if (layer.op == "dense") return dense(layer, x);
    return recurrent(layer, x);
  }

  bool affordable(const LayerEntry& layer, const Shape& shape) {
    if (fits(shape, kMostValue)) return true;
    return complain(layer, "its value " + to_string(shape) + " has more than 2^33 elements");
  }

  bool afford_weights(const LayerEntry& layer, std::int64_t count) {
    weights_ += count;
    if (!values_ || weights_ <= kMostWeights) return true;
    return complain(layer, "the network's weights are more than 2^29 numbers; `weights: none` asks for timing only");
  }

  Tensor weights(const Shape& shape, double bound) {
    SeededValues values = seeds();
    if (values_) return values.reals(shape, bound);
    Tensor tensor;
    tensor.shape = shape;
    return tensor;
  }

  Made embedding(const LayerEntry& layer, int x) {
    Shape shape = builder_.shape(x);
    shape.push_back(layer.width);
    if (!affordable(layer, shape) || !afford_weights(layer, layer.vocabulary * layer.width)) return {};
    words_ = words_ == 0 ? layer.vocabulary : std::min(words_, layer.vocabulary);
    const int table = builder_.constant(weights({layer.vocabulary, layer.width}, 1.0));
    builder_.set_name(table, layer.name + ".table");
    return {builder_.gather(table, x)};
  }

  Made last_step(const LayerEntry& layer, const Made& source) {
    if (source.state >= 0) return {merge(source.sum, source.state, 0)};
    const Shape shape = builder_.shape(source.value);
    if (shape.size() != 3) {
      complain(layer, "its input has no steps; [steps][batch][features] is wanted");
      return {};
    }
    return {builder_.reshape(builder_.slice(source.value, 0, shape[0] - 1, 1), {shape[1], shape[2]})};
  }

  Made join(const LayerEntry& layer, const std::vector<Made>& sources) {
    std::vector<int> values;
    const Shape first = builder_.shape(sources[0].value);
    const int axis = static_cast<int>(first.size()) - 1;
    for (const Made& source : sources) {
      Shape shape = builder_.shape(source.value);
      const bool fitting = shape.size() == first.size() && std::equal(shape.begin(), shape.end() - 1, first.begin()) &&
                           (layer.op == "concat" || shape.back() == first.back()) &&
                           builder_.value(source.value).type == ElementType::real;
      if (!fitting) {
        complain(layer, "joins values of shapes " + to_string(first) + " and " + to_string(shape) +
                            (layer.op == "add" ? "; add wants equal shapes"
                                               : "; concat wants shapes that differ in the last size only"));
        return {};
      }
      values.push_back(source.value);
    }
    if (layer.op == "concat") return {builder_.concat(values, axis)};
    int sum = values[0];
    for (std::size_t i = 1; i < values.size(); ++i) sum = builder_.binary(BinaryKind::add, sum, values[i]);
    return {sum};
  }

  Made dense(const LayerEntry& layer, int x) {
    Shape shape = builder_.shape(x);
    const std::int64_t width = shape.back();
    shape.back() = layer.units;
    if (!affordable(layer, shape) || !afford_weights(layer, width * layer.units)) return {};
    const double bound = 1.0 / std::sqrt(static_cast<double>(width));
    Dense d;
    d.matrix = {"W", layer.units, width, weights({layer.units, width}, bound)};
    if (layer.bias) d.bias = {"b", layer.units, weights({layer.units}, bound)};
    const int y = builder_.dense(x, std::move(d));
    if (layer.activation != "none") builder_.set_name(y, layer.name + ".pre");
    if (layer.activation == "relu") return {builder_.activation({Activation::relu, 0, 0}, y)};
    if (layer.activation == "tanh") return {builder_.activation({Activation::tanh, 0, 0}, y)};
    if (layer.activation == "sigmoid") return {builder_.activation({Activation::sigmoid, 0, 0}, y)};
    if (layer.activation == "softmax") return {builder_.softmax(y, false)};
    if (layer.activation == "log_softmax") return {builder_.softmax(y, true)};
    return {y};
  }

  Made recurrent(const LayerEntry& layer, int x) {
    const Shape shape = builder_.shape(x);
    if (shape.size() != 3) {
      complain(layer, "its input has no steps; [steps][batch][features] is wanted");
      return {};
    }
    if (!consistent(layer, shape)) return {};
    Recurrent r;
    r.lengths = layer.lengths;
    if (layer.direction != "reverse") r.reversed.push_back(false);
    if (layer.direction != "forward") r.reversed.push_back(true);
    for (std::size_t d = 0; d < r.reversed.size(); ++d) r.cells.push_back(cell(layer, shape[2]));
    std::vector<int> initial;
    for (std::size_t s = 0; s < r.cells[0].state_width.size(); ++s)
      initial.push_back(initial_state(layer, r, s, shape[1]));
    const std::vector<int> outputs = builder_.recurrent(std::move(r), x, initial);
    for (std::size_t s = 1; s < outputs.size(); ++s) {
      builder_.set_name(outputs[s], layer.name + (s == 1 ? ".h" : ".c"));
    }
    const bool sum = layer.merge == "sum";
    const int y = merge(sum, outputs[0], 1);
    if (y != outputs[0]) builder_.set_name(outputs[0], layer.name + ".y");
    return {y, outputs[1], sum};
  }

  bool consistent(const LayerEntry& layer, const Shape& shape) {
    bool good = true;
    if (layer.skip_input && shape[2] != layer.hidden) {
      good = complain(layer, "skip_input wants as many features as hidden; there are " + std::to_string(shape[2]) +
                                 " and " + std::to_string(layer.hidden));
    }
    if (!layer.lengths.empty() && static_cast<std::int64_t>(layer.lengths.size()) != shape[1]) {
      good = complain(layer, "lengths: one per sequence is wanted; there are " + std::to_string(layer.lengths.size()) +
                                 " for a batch of " + std::to_string(shape[1]));
    }
    for (std::int64_t length : layer.lengths) {
      if (length > shape[0]) good = complain(layer, "lengths: " + std::to_string(length) + " is more than the steps");
    }
    const std::int64_t gates = layer.op == "lstm" ? 4 : layer.op == "gru" ? 3 : 1;
    const std::int64_t directions = layer.direction == "bidirectional" ? 2 : 1;
    const std::int64_t inputs = layer.skip_input ? 0 : shape[2];
    return good && affordable(layer, {shape[0], shape[1], directions, layer.hidden}) &&
           afford_weights(layer, gates * directions * layer.hidden * (inputs + layer.hidden));
  }

  Cell cell(const LayerEntry& layer, std::int64_t input) {
    const std::int64_t h = layer.hidden, gates = layer.op == "lstm" ? 4 : layer.op == "gru" ? 3 : 1;
    const std::int64_t out = layer.projection > 0 ? layer.projection : h;
    const double bound = 1.0 / std::sqrt(static_cast<double>(h));
    CellWeights w;
    if (!layer.skip_input) w.W = weights({gates * h, input}, bound);
    w.R = weights({gates * h, out}, bound);
    if (layer.bias) w.B = weights({2 * gates * h}, bound);
    if (layer.peepholes) w.P = weights({3 * h}, bound);
    if (layer.projection > 0) w.projection = weights({out, h}, bound);
    CellOptions common{input, h, layer.bias, layer.skip_input, layer.clip};
    if (layer.op == "lstm") {
      LstmOptions options;
      static_cast<CellOptions&>(options) = common;
      options.peepholes = layer.peepholes;
      options.input_forget = layer.input_forget;
      options.projection = layer.projection;
      return make_lstm(options, w);
    }
    if (layer.op == "gru") {
      GruOptions options;
      static_cast<CellOptions&>(options) = common;
      options.linear_before_reset = layer.linear_before_reset;
      return make_gru(options, w);
    }
    RnnOptions options;
    static_cast<CellOptions&>(options) = common;
    options.f.function = layer.activation == "relu" ? Activation::relu : Activation::tanh;
    return make_rnn(options, w);
  }

  int initial_state(const LayerEntry& layer, const Recurrent& r, std::size_t s, std::int64_t batch) {
    if (!layer.initial_state) return -1;
    const std::string name = layer.name + "." + r.cells[0].state_name[s] + "0";
    const Shape shape = {static_cast<std::int64_t>(r.cells.size()), batch, r.cells[0].state_width[s]};
    if (values_) network_.inputs[name] = seeds().reals(shape, 1.0);
    return builder_.input(name, ElementType::real, shape);
  }

  // Joins the directions of [..., D, N, H], D at `axis`: side by side, or added.
  int merge(bool sum, int v, int axis) {
    const Shape shape = builder_.shape(v);
    Shape joined(shape.begin(), shape.begin() + axis);
    joined.push_back(shape[axis + 1]);
    joined.push_back(shape[axis + 2]);
    if (shape[axis] == 1) return builder_.reshape(v, joined);
    if (sum) {
      const int first = builder_.reshape(builder_.slice(v, axis, 0, 1), joined);
      const int second = builder_.reshape(builder_.slice(v, axis, 1, 1), joined);
      return builder_.binary(BinaryKind::add, first, second);
    }
    std::vector<int> order;
    for (int i = 0; i < axis; ++i) order.push_back(i);
    order.insert(order.end(), {axis + 1, axis, axis + 2});
    joined.back() *= 2;
    return builder_.reshape(builder_.transpose(v, order), joined);
  }

  void seed_words() {
    if (!values_ || words_ == 0) return;
    network_.inputs[input_.name] = seeds().integers({input_.steps, input_.batch}, words_);
  }

  const InputEntry input_;
  const std::uint64_t seed_;
  const bool values_;
  Findings& findings_;
  Network& network_;
  GraphBuilder builder_;
  std::map<std::string, Made> made_;
  std::map<std::string, bool> used_;
  std::uint64_t stream_ = 0;
  std::int64_t weights_ = 0;
  std::int64_t words_ = 0;  // smallest vocabulary that reads the input
};

}  // namespace

void build_layers(const NetworkEntries& entries, bool timing_only, Findings& findings, Network& network) {
  if (entries.input_broken || entries.layers.empty()) return;  // without shapes, later findings would be guesses
  const bool values = entries.weights && !timing_only;
  LayerBuilder(entries.input, entries.seed, values, findings, network).build(entries.layers);
}

}  // namespace rondo

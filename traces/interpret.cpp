#include "traces/interpret.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/base/error.hpp"
#include "traces/tensor_ops.hpp"

namespace rondo {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 30;  // 8 GiB of values

double largest(const double* values, std::int64_t count) {
  double most = 0;
  for (std::int64_t i = 0; i < count; ++i) most = std::max(most, std::fabs(values[i]));
  return most;
}

double largest(const Tensor& tensor) {
  double most = largest(tensor.reals.data(), static_cast<std::int64_t>(tensor.reals.size()));
  for (std::int64_t value : tensor.integers) most = std::max(most, std::fabs(static_cast<double>(value)));
  return most;
}

// One direction of a recurrent node, walked step by step. Every equation's value is [sequence][width].
class CellRun {
 public:
  CellRun(const Cell& cell, std::int64_t sequences) : cell_(cell), sequences_(sequences) {
    for (const Equation& e : cell.equations) values_.emplace_back(e.width * sequences);
    for (std::int64_t width : cell.state_width) states_.emplace_back(width * sequences);
    ranges_.resize(cell.equations.size());
  }

  std::vector<double>& state(int s) { return states_[s]; }
  const std::vector<double>& ranges() const { return ranges_; }

  /// Reads x [sequence][input]; `active[n]` says whether sequence n takes part in this step.
  void step(const double* x, const std::vector<char>& active) {
    for (std::size_t i = 0; i < cell_.equations.size(); ++i) {
      evaluate(cell_.equations[i], x, values_[i].data());
      note_range(static_cast<int>(i), active);
    }
    for (std::size_t s = 0; s < states_.size(); ++s) {
      const std::int64_t width = cell_.state_width[s];
      const std::vector<double>& next = values_[cell_.next_state[s]];
      for (std::int64_t n = 0; n < sequences_; ++n) {
        if (active[n]) std::copy_n(next.begin() + n * width, width, states_[s].begin() + n * width);
      }
    }
  }

 private:
  void evaluate(const Equation& e, const double* x, double* y) {
    const std::int64_t count = e.width * sequences_;
    const double* a = e.a >= 0 ? values_[e.a].data() : nullptr;
    const double* b = e.b >= 0 ? values_[e.b].data() : nullptr;
    switch (e.kind) {
      case Equation::Kind::input: std::copy_n(x, count, y); break;
      case Equation::Kind::state: std::copy_n(states_[e.index].data(), count, y); break;
      case Equation::Kind::product: {
        const CellMatrix& m = cell_.matrices[e.index];
        multiply(m.values.reals.data(), m.rows, m.cols, a, sequences_, y, false);
        break;
      }
      case Equation::Kind::vector:
        for (std::int64_t n = 0; n < sequences_; ++n) {
          std::copy_n(cell_.vectors[e.index].values.reals.data(), e.width, y + n * e.width);
        }
        break;
      case Equation::Kind::add:
        for (std::int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
        break;
      case Equation::Kind::sub:
        for (std::int64_t i = 0; i < count; ++i) y[i] = a[i] - b[i];
        break;
      case Equation::Kind::mul:
        for (std::int64_t i = 0; i < count; ++i) y[i] = a[i] * b[i];
        break;
      case Equation::Kind::one_minus:
        for (std::int64_t i = 0; i < count; ++i) y[i] = 1.0 - a[i];
        break;
      case Equation::Kind::activation:
        std::copy_n(a, count, y);
        activate(e.call, y, count);
        break;
      case Equation::Kind::clip:
        for (std::int64_t i = 0; i < count; ++i) y[i] = std::min(e.limit, std::max(-e.limit, a[i]));
        break;
    }
  }

  void note_range(int equation, const std::vector<char>& active) {
    const std::int64_t width = cell_.equations[equation].width;
    for (std::int64_t n = 0; n < sequences_; ++n) {
      if (active[n]) {
        ranges_[equation] = std::max(ranges_[equation], largest(values_[equation].data() + n * width, width));
      }
    }
  }

  const Cell& cell_;
  std::int64_t sequences_;
  std::vector<std::vector<double>> values_, states_;
  std::vector<double> ranges_;
};

class Interpreter {
 public:
  Interpreter(const Graph& graph, const NamedTensors& inputs) : graph_(graph) {
    check(graph.has_weights, "a graph without weights cannot be evaluated");
    refuse_size();
    result_.values.resize(graph.values.size());
    result_.ranges.value.resize(graph.values.size());
    result_.ranges.equation.resize(graph.nodes.size());
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
      if (graph.values[v].constant) set(static_cast<int>(v), graph.values[v].data);
    }
    bind(inputs);
  }

  Evaluation run() {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.op == Op::recurrent) {
        recurrent(node, result_.ranges.equation[n]);
      } else {
        set(node.outputs[0], compute(node));
      }
    }
    return std::move(result_);
  }

 private:
  const Tensor& in(const Node& node, int i) const { return result_.values[node.inputs[i]]; }

  void set(int value, Tensor tensor) {
    result_.ranges.value[value] = largest(tensor);
    result_.values[value] = std::move(tensor);
  }

  void refuse_size() const {
    std::int64_t total = 0;
    for (const GraphValue& value : graph_.values) {
      if (!fits(value.shape, kMostElements) || (total += element_count(value.shape)) > kMostElements) {
        throw Error(graph_.name + ": the values of this network are more than 2^30 numbers; ask for timing only");
      }
    }
  }

  void bind(const NamedTensors& inputs) {
    Findings findings;
    for (int v : graph_.inputs) {
      const GraphValue& value = graph_.values[v];
      const auto given = inputs.find(value.name);
      if (given == inputs.end()) {
        findings.add("input '" + value.name + "' is missing; it has the shape " + to_string(value.shape));
        continue;
      }
      if (given->second.shape != value.shape) {
        findings.add("input '" + value.name + "' has the shape " + to_string(given->second.shape) +
                     "; the network takes " + to_string(value.shape));
      } else if (given->second.type != value.type || !given->second.has_values()) {
        findings.add("input '" + value.name + "' has another element type; the network takes " +
                     (value.type == ElementType::real ? "reals" : "integers"));
      } else {
        set(v, given->second);
      }
    }
    for (const auto& [name, tensor] : inputs) {
      const bool known = std::any_of(graph_.inputs.begin(), graph_.inputs.end(),
                                     [&, &name = name](int v) { return graph_.values[v].name == name; });
      if (!known) findings.add("there is no input '" + name + "'");
    }
    findings.raise();
  }

  Tensor compute(const Node& node) {
    try {
      switch (node.op) {
        case Op::dense: return apply_dense(in(node, 0), node.dense);
        case Op::matmul: return apply_matmul(in(node, 0), in(node, 1));
        case Op::binary: return apply_binary(node.binary, in(node, 0), in(node, 1));
        case Op::activation: return apply_activation(node.activation, in(node, 0));
        case Op::softmax: return apply_softmax(in(node, 0), false);
        case Op::log_softmax: return apply_softmax(in(node, 0), true);
        case Op::gather: return apply_gather(in(node, 0), in(node, 1));
        case Op::view: return apply_view(in(node, 0), node.view, graph_.values[node.outputs[0]].shape);
        case Op::concat: {
          std::vector<const Tensor*> parts;
          for (int v : node.inputs) parts.push_back(&result_.values[v]);
          return apply_concat(parts, node.axis);
        }
        case Op::recurrent: break;
      }
    } catch (const Error& error) {
      throw Error(node.origin + ": " + error.what());
    }
    throw Broken("the interpreter met an operator that it does not know");
  }

  void recurrent(const Node& node, std::vector<std::vector<double>>& ranges) {
    const Tensor& x = in(node, 0);
    const Recurrent& r = node.recurrent;
    const std::int64_t directions = static_cast<std::int64_t>(r.cells.size());
    const std::int64_t sequences = x.shape[1];
    std::vector<Tensor> outputs;
    for (int v : node.outputs) {
      Tensor zero = real_tensor(graph_.values[v].shape, {});
      zero.reals.assign(element_count(zero.shape), 0.0);
      outputs.push_back(std::move(zero));
    }
    for (std::int64_t d = 0; d < directions; ++d) {
      CellRun run(r.cells[d], sequences);
      load_states(node, d, sequences, run);
      walk(node, d, x, run, outputs[0]);
      for (std::size_t s = 0; s < r.cells[d].state_width.size(); ++s) {
        const std::int64_t size = sequences * r.cells[d].state_width[s];
        std::copy_n(run.state(static_cast<int>(s)).begin(), size, outputs[s + 1].reals.begin() + d * size);
      }
      ranges.push_back(run.ranges());
    }
    for (std::size_t o = 0; o < outputs.size(); ++o) set(node.outputs[o], std::move(outputs[o]));
  }

  void load_states(const Node& node, std::int64_t d, std::int64_t sequences, CellRun& run) const {
    const Cell& cell = node.recurrent.cells[d];
    for (std::size_t s = 0; s < cell.state_width.size(); ++s) {
      if (s + 1 >= node.inputs.size() || node.inputs[s + 1] < 0) continue;
      const std::int64_t size = sequences * cell.state_width[s];
      std::copy_n(in(node, static_cast<int>(s) + 1).reals.begin() + d * size, size,
                  run.state(static_cast<int>(s)).begin());
    }
  }

  // Step k of a reversed sequence of length L is its element L - 1 - k, so a short sequence starts at its own
  // end.
  void walk(const Node& node, std::int64_t d, const Tensor& x, CellRun& run, Tensor& y) const {
    const Recurrent& r = node.recurrent;
    const std::int64_t steps = x.shape[0], sequences = x.shape[1], width = x.shape[2];
    const std::int64_t directions = static_cast<std::int64_t>(r.cells.size());
    const std::int64_t hidden = r.cells[d].state_width[0];
    std::vector<double> rows(sequences * width);
    std::vector<char> active(sequences);
    for (std::int64_t k = 0; k < steps; ++k) {
      for (std::int64_t n = 0; n < sequences; ++n) {
        const std::int64_t length = r.lengths.empty() ? steps : r.lengths[n];
        active[n] = k < length;
        if (active[n]) {
          const std::int64_t t = r.reversed[d] ? length - 1 - k : k;
          std::copy_n(x.reals.begin() + (t * sequences + n) * width, width, rows.begin() + n * width);
        }
      }
      run.step(rows.data(), active);
      for (std::int64_t n = 0; n < sequences; ++n) {
        if (!active[n]) continue;
        const std::int64_t length = r.lengths.empty() ? steps : r.lengths[n];
        const std::int64_t t = r.reversed[d] ? length - 1 - k : k;
        std::copy_n(run.state(0).begin() + n * hidden, hidden,
                    y.reals.begin() + ((t * directions + d) * sequences + n) * hidden);
      }
    }
  }

  const Graph& graph_;
  Evaluation result_;
};

}  // namespace

Evaluation evaluate(const Graph& graph, const NamedTensors& inputs) { return Interpreter(graph, inputs).run(); }

}  // namespace rondo

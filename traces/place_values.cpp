#include <algorithm>
#include <cmath>
#include <cstring>

#include "models/base/error.hpp"
#include "traces/kernel_builder.hpp"
#include "traces/lowering.hpp"
#include "traces/quantise.hpp"

/// Before any instruction: which values are views of others, how numbers are written, where values live.
namespace rondo {
namespace {

bool is_dense(const Strided& s) {
  std::int64_t unit = 1;
  for (std::size_t k = s.shape.size(); k-- > 0; unit *= s.shape[k]) {
    if (s.shape[k] != 1 && s.strides[k] != unit) return false;
  }
  return true;
}

/// A view of a strided value as strides over the same base, if strides can say it.
bool compose(const Strided& inner, const View& view, const Shape& shape, Strided& out) {
  out = {inner.base, inner.offset, shape, std::vector<std::int64_t>(shape.size(), 0)};
  // Step k of the view moves the input's flat number by strides[k]: as digits in the input's shape.
  const auto digits = [&](std::int64_t flat) {
    std::vector<std::int64_t> at(inner.shape.size());
    for (std::size_t a = inner.shape.size(); a-- > 0; flat /= inner.shape[a]) at[a] = flat % inner.shape[a];
    return at;
  };
  std::vector<std::int64_t> least = digits(view.offset), most = least;
  for (std::size_t a = 0; a < least.size(); ++a) out.offset += least[a] * inner.strides[a];
  for (std::size_t k = 0; k < shape.size(); ++k) {
    if (shape[k] <= 1) continue;
    const bool back = view.strides[k] < 0;
    const std::vector<std::int64_t> step = digits(std::abs(view.strides[k]));
    for (std::size_t a = 0; a < step.size(); ++a) {
      const std::int64_t move = back ? -step[a] : step[a];
      out.strides[k] += move * inner.strides[a];
      (move < 0 ? least : most)[a] += move * (shape[k] - 1);
    }
  }
  for (std::size_t a = 0; a < least.size(); ++a) {
    if (least[a] < 0 || most[a] >= inner.shape[a]) return false;  // a digit would carry
  }
  return true;
}

}  // namespace

void Lowering::resolve_views() {
  strided_.resize(graph.values.size());
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    Strided& own = strided_[v];
    own = {static_cast<int>(v), 0, graph.values[v].shape, std::vector<std::int64_t>(graph.values[v].shape.size())};
    std::int64_t unit = 1;
    for (std::size_t k = own.shape.size(); k-- > 0; unit *= own.shape[k]) own.strides[k] = unit;
  }
  for (const Node& node : graph.nodes) {
    if (node.op != Op::view) continue;
    const int to = node.outputs[0];
    const Strided& from = strided_[node.inputs[0]];
    Strided composed;
    bool works;
    if (is_dense(from)) {  // flat numbers of the input are flat numbers of the base, shifted
      composed = {from.base, from.offset + node.view.offset, shape(to), node.view.strides};
      works = true;
    } else {
      works = compose(from, node.view, shape(to), composed);
    }
    const bool leaves = std::count(graph.outputs.begin(), graph.outputs.end(), to) > 0;
    if (works && (!leaves || is_dense(composed))) strided_[to] = composed;
  }
}

bool Lowering::feeds_matrix(int value) const {
  for (const Node& node : graph.nodes) {
    const bool matrix = node.op == Op::recurrent || node.op == Op::dense || node.op == Op::matmul;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const int in = node.inputs[i];
      if (in < 0) continue;
      if (matrix && (i == 0 || node.op == Op::matmul) && root(in) == value) return true;
      // A view that no stride expresses is copied word for word: it has the format of what it copies.
      if (node.op == Op::view && root(in) == value && root(node.outputs[0]) == node.outputs[0] &&
          feeds_matrix(node.outputs[0])) {
        return true;
      }
    }
  }
  return false;
}

void Lowering::choose_formats() {
  formats_.resize(graph.values.size());
  const int activation_bits = static_cast<int>(numbers.activation_bits);
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    const double most = range(static_cast<int>(v));
    if (graph.values[v].type != ElementType::real) {
      formats_[v] = {32, 1, most};
    } else {
      const int bits =
          root(static_cast<int>(v)) == static_cast<int>(v) && feeds_matrix(static_cast<int>(v)) ? activation_bits : 16;
      const bool given =
          graph.values[v].constant || std::count(graph.inputs.begin(), graph.inputs.end(), static_cast<int>(v)) > 0;
      formats_[v] = {bits, full_scale(given ? most : most * kHeadroom, bits), most};
    }
  }
  // A table has one format, and so have the rows looked up in it: the narrowest that any of its readers wants.
  const auto looks_up = [&](const Node& node) {
    return node.op == Op::gather && graph.values[node.inputs[0]].type == ElementType::real;
  };
  for (const Node& node : graph.nodes) {
    if (!looks_up(node)) continue;
    Format& table = formats_[root(node.inputs[0])];
    const int bits = std::min(table.bits, formats_[node.outputs[0]].bits);
    table = {bits, full_scale(range(node.inputs[0]), bits), range(node.inputs[0])};
  }
  for (const Node& node : graph.nodes) {
    if (looks_up(node)) formats_[node.outputs[0]] = format(node.inputs[0]);
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.op == Op::view && root(node.outputs[0]) == node.outputs[0])
      formats_[node.outputs[0]] = format(node.inputs[0]);
    if (node.op != Op::recurrent) continue;
    const Cell& cell = node.recurrent.cells[0];
    for (std::size_t s = 0; s < cell.next_state.size(); ++s) {
      const int index = static_cast<int>(n);
      double most = range(index, cell.next_state[s]);
      for (std::size_t e = 0; e < cell.equations.size(); ++e) {
        const Equation& q = cell.equations[e];
        if (q.kind == Equation::Kind::state && q.index == static_cast<int>(s))
          most = std::max(most, range(index, static_cast<int>(e)));
      }
      // The hidden state has the width of activations, with any scale; others (the cell state) 16 bits and a power of
      // two.
      Format form{activation_bits, full_scale(most * kHeadroom, activation_bits), most};
      if (s > 0) form = {16, narrow_scale(most), most};
      if (s == 0 && node.outputs[0] >= 0) formats_[node.outputs[0]] = form;
      if (s + 1 < node.outputs.size() && node.outputs[s + 1] >= 0) formats_[node.outputs[s + 1]] = form;
      state_formats_[{index, static_cast<int>(s)}] = form;
    }
  }
}

void Lowering::choose_homes() {
  const int n = static_cast<int>(graph.values.size());
  homes_.assign(n, place(Space::dram, 0));
  std::vector<int> born(n, -1), dies(n, -1);
  for (int k = 0; k < static_cast<int>(graph.nodes.size()); ++k) {
    for (int v : graph.nodes[k].outputs) {
      if (v >= 0 && root(v) == v) born[v] = k, dies[v] = k;
    }
    for (int v : graph.nodes[k].inputs) {
      if (v >= 0) dies[root(v)] = k;
    }
    // A view is no use of its own: what reads the view reads the base then.
  }
  std::vector<bool> fixed(n, false);
  for (int v : graph.inputs) fixed[v] = true;
  for (int v : graph.outputs) fixed[root(v)] = true;
  for (int v = 0; v < n; ++v) fixed[v] = fixed[v] || graph.values[v].constant;

  struct Tenant {
    std::int64_t begin, end;
    int born, dies;
  };
  std::vector<Tenant> tenants;
  for (int v = 0; v < n; ++v) {
    if (root(v) != v || (born[v] < 0 && !fixed[v])) continue;
    const std::int64_t bytes = (element_count(shape(v)) * formats_[v].bytes() + 15) / 16 * 16;
    std::int64_t at = 0;
    if (!fixed[v] && graph.values[v].type == ElementType::real) {
      for (bool moved = true; moved;) {
        moved = false;
        for (const Tenant& t : tenants) {
          if (t.born > dies[v] || t.dies < born[v] || t.begin >= at + bytes || t.end <= at) continue;
          at = t.end, moved = true;
        }
      }
      if (at + bytes <= resident_bytes_) {
        tenants.push_back({at, at + bytes, born[v], dies[v]});
        homes_[v] = place(Space::activation, at);
        continue;
      }
    }
    homes_[v] = place(Space::dram, dram.take(bytes, "value '" + graph.values[v].name + "'"));
  }
}

namespace {

/// `table_rows` > 0: the integers name rows of a table, negative ones from its end (as ONNX counts); < 0: of several
/// tables.
std::vector<std::uint8_t> words(const Tensor& tensor, const Format& format, std::int64_t table_rows) {
  const std::int64_t count = element_count(tensor.shape), width = format.bytes();
  std::vector<std::uint8_t> bytes(count * width);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int32_t word = 0;
    if (tensor.type == ElementType::real) {
      word = quantise(tensor.reals[i], format.scale, format.bits);
    } else {
      if (tensor.integers[i] < 0 && table_rows < 0) {
        throw Error("a negative index is used with tables of different length; allowed: indices from 0 on");
      }
      word = static_cast<std::int32_t>(tensor.integers[i] < 0 ? tensor.integers[i] + table_rows : tensor.integers[i]);
    }
    std::memcpy(&bytes[i * width], &word, width);  // little-endian: the low bytes come first
  }
  return bytes;
}

}  // namespace

std::int64_t Lowering::table_rows(int value) const {
  std::int64_t rows = 0;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::gather || root(node.inputs[1]) != value) continue;
    const std::int64_t own = shape(node.inputs[0])[0];
    rows = rows == 0 || rows == own ? own : -1;
  }
  return rows;
}

void Lowering::write_constants_and_ports(const NamedTensors* inputs) {
  const auto port = [&](int v, bool output) {
    const Strided& s = strided_[v];
    const Format& form = format(v);
    builder.port(
        {graph.values[v].name, output, home(v).base + s.offset * form.bytes(), form.bits, form.scale, shape(v)});
  };
  for (int v : graph.inputs) {
    port(v, false);
    if (inputs != nullptr)
      builder.data(home(v).base, words(inputs->at(graph.values[v].name), format(v), table_rows(v)));
  }
  for (int v : graph.outputs) port(v, true);
  for (int v = 0; v < static_cast<int>(graph.values.size()); ++v) {
    const GraphValue& value = graph.values[v];
    if (!value.constant || root(v) != v) continue;
    builder.symbol(value.name.empty() ? "constant" : value.name, Space::dram, home(v).base,
                   element_count(value.shape) * format(v).bytes());
    if (ranges != nullptr && value.data.has_values())
      builder.data(home(v).base, words(value.data, format(v), table_rows(v)));
  }
}

void Lowering::place_values(const NamedTensors* inputs) {
  resolve_views();
  choose_formats();
  choose_homes();
  write_constants_and_ports(inputs);
}

}  // namespace rondo

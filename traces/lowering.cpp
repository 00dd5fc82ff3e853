#include "traces/lowering.hpp"

#include <algorithm>

#include "models/base/error.hpp"
#include "traces/kernel_builder.hpp"
#include "traces/quantise.hpp"

namespace rondo {
namespace {

std::vector<std::int64_t> dense_strides(const Shape& shape, std::int64_t unit) {
  std::vector<std::int64_t> strides(shape.size());
  for (std::size_t k = shape.size(); k-- > 0; unit *= shape[k]) strides[k] = unit;
  return strides;
}

}  // namespace

Lowering::Lowering(const Graph& g, const Machine& m, const MappingParams& map, const NumbersParams& num,
                   const Ranges* r, std::int64_t resident_bytes, int arrays_in_use)
    : graph(g),
      machine(m),
      mapping(map),
      numbers(num),
      ranges(r),
      arrays(arrays_in_use),
      builder(m),
      dram(Space::dram, 0, m.dram_bytes),
      activation(Space::activation, resident_bytes, m.activation_bytes),
      parameter(Space::parameter, 0, m.parameter_bytes),
      resident_bytes_(resident_bytes) {
  weight.emplace_back(Space::weight, 0, m.weight_bytes);
}

void Lowering::divide_weight(const std::vector<std::int64_t>& needs) {
  const std::int64_t part = machine.weight_banks / arrays * machine.bank_bytes(Space::weight);
  if (*std::max_element(needs.begin(), needs.end()) > part) return;
  weight.clear();
  for (int a = 0; a < arrays; ++a) weight.emplace_back(Space::weight, a * part, (a + 1) * part);
}

Lowering::Marks Lowering::mark() const { return {activation.mark(), parameter.mark(), weight}; }

void Lowering::release(const Marks& marks) {
  activation.release(marks.activation), parameter.release(marks.parameter);
  weight = marks.weight;
}

double Lowering::range(int node, int equation) const {
  if (ranges == nullptr) return 1;
  double most = 0;
  for (const auto& direction : ranges->equation[node]) most = std::max(most, direction[equation]);
  return most;
}

double Lowering::range(int value) const { return ranges == nullptr ? 1 : ranges->value[value]; }

OnChip Lowering::bring(int value, Index start, std::int64_t count) {
  const Strided& view = strided_[value];
  const Format& form = format(value);
  OnChip out{homes_[view.base], view.shape, {}, form};
  if (!out.shape.empty()) out.shape[0] = count;
  if (lives_on_chip(value)) {
    out.place.base += view.offset * form.bytes();
    for (std::int64_t s : view.strides) out.strides.push_back(s * form.bytes());
    if (!out.strides.empty()) out.place = moved(out.place, start, out.strides[0]);
    return out;
  }

  // Axes that are really there, outermost first; a repeated axis (stride 0) is loaded once.
  struct Axis {
    std::int64_t size, stride;
  };
  std::vector<Axis> axes;
  out.strides.assign(out.shape.size(), 0);
  std::int64_t dense = form.bytes();
  for (std::size_t k = out.shape.size(); k-- > 0;) {
    if (out.shape[k] == 1 || view.strides[k] == 0) continue;
    out.strides[k] = dense;
    dense *= out.shape[k];
    const std::int64_t stride = view.strides[k] * form.bytes();
    if (!axes.empty() && stride == axes.back().size * axes.back().stride) {
      axes.back().size *= out.shape[k];
    } else {
      axes.push_back({out.shape[k], stride});
    }
  }
  Place src = moved(homes_[view.base], view.offset * form.bytes());
  if (!view.strides.empty()) src = moved(src, start, view.strides[0] * form.bytes());
  if (!axes.empty() && axes[0].stride != form.bytes()) {  // no run to load: take the whole value and walk it on chip
    const std::int64_t bytes = element_count(shape(view.base)) * form.bytes();
    out.place = place(Space::activation, activation.take(bytes, "value '" + graph.values[value].name + "'"));
    builder.load(homes_[view.base], out.place, 1, bytes, 0, 0);
    out.place.base += view.offset * form.bytes();
    for (std::size_t k = 0; k < out.strides.size(); ++k) out.strides[k] = view.strides[k] * form.bytes();
    if (!out.strides.empty()) out.place = moved(out.place, start, out.strides[0]);
    return out;
  }
  out.place = place(Space::activation, activation.take(dense, "value '" + graph.values[value].name + "'"));
  const std::int64_t run = axes.empty() ? form.bytes() : axes[0].size * form.bytes();
  const Axis rows = axes.size() > 1 ? axes[1] : Axis{1, 0};
  Place dst = out.place;
  std::function<void(std::size_t, Place, Place, std::int64_t)> nest = [&](std::size_t k, Place s, Place d,
                                                                          std::int64_t block) {
    if (k < 2) return builder.load(s, d, rows.size, run, rows.stride, run);
    const std::int64_t inner = block / axes[k].size;
    builder.repeat(axes[k].size, [&](Index i) { nest(k - 1, moved(s, i, axes[k].stride), moved(d, i, inner), inner); });
  };
  nest(axes.empty() ? 0 : axes.size() - 1, src, dst, dense);
  return out;
}

OnChip Lowering::bring_dense(int value, Index start, std::int64_t count) {
  OnChip there = bring(value, start, count);
  if (there.strides == dense_strides(there.shape, there.format.bytes())) return there;
  bool dense = true;
  const std::vector<std::int64_t> wanted = dense_strides(there.shape, there.format.bytes());
  for (std::size_t k = 0; k < wanted.size(); ++k)
    dense = dense && (there.shape[k] == 1 || there.strides[k] == wanted[k]);
  if (dense) {
    there.strides = wanted;
    return there;
  }
  OnChip out = scratch(there.shape, there.format, "value '" + graph.values[value].name + "'");
  copy(there, out);
  return out;
}

OnChip Lowering::scratch(const Shape& shape, const Format& form, const std::string& what) {
  OnChip out{{}, shape, dense_strides(shape, form.bytes()), form};
  out.place = place(Space::activation, activation.take(element_count(shape) * form.bytes(), what));
  return out;
}

OnChip Lowering::room_for(int value) {
  return room_for_part(value, Index{}, shape(value).empty() ? 1 : shape(value)[0]);
}

void Lowering::put(int value, const OnChip& from) { put_part(value, Index{}, from); }

OnChip Lowering::room_for_part(int value, Index start, std::int64_t count) {
  Shape part = shape(value);
  if (!part.empty()) part[0] = count;
  if (!lives_on_chip(value)) return scratch(part, format(value), "value '" + graph.values[value].name + "'");
  const std::vector<std::int64_t> strides = dense_strides(shape(value), format(value).bytes());
  return {strides.empty() ? homes_[root(value)] : moved(homes_[root(value)], start, strides[0]), part, strides,
          format(value)};
}

void Lowering::put_part(int value, Index start, const OnChip& from) {
  if (lives_on_chip(value)) return;
  const std::int64_t bytes = element_count(from.shape) * from.format.bytes();
  const std::int64_t unit = from.shape.empty() || from.shape[0] == 0 ? 0 : bytes / from.shape[0];
  builder.store(from.place, moved(homes_[root(value)], start, unit), 1, bytes, 0, 0);
}

void Lowering::put_rows(int value, Place from, std::int64_t from_stride, Place to, std::int64_t rows,
                        std::int64_t bytes, std::int64_t stride) {
  if (!lives_on_chip(value)) return builder.store(from, to, rows, bytes, from_stride, stride);
  const Format& form = format(value);
  const Shape shape{rows, bytes / form.bytes()};
  copy({from, shape, {from_stride, form.bytes()}, form}, {to, shape, {stride, form.bytes()}, form});
}

void Lowering::copy(const OnChip& from, const OnChip& to) {
  const auto kernel = [&](const std::vector<std::int64_t>& steps) {
    KernelBuilder k;
    const Lane value = k.load(0, from.format.bits, 0, steps[0], from.format.scale, from.format.most);
    if (from.format.bits == to.format.bits && from.format.scale == to.format.scale) {
      k.store_raw(value, 1, to.format.bits, 0, steps[1]);
      return k.finish("copy" + std::to_string(to.format.bits));
    }
    k.store(value, 1, to.format.bits, 0, steps[1], to.format.scale);
    return k.finish("convert");
  };
  emit_elementwise(*this, kernel, {from, to});
}

void Lowering::zero(Place at, std::int64_t bytes) {
  KernelBuilder k;
  k.store_raw(k.constant(0, 1), 0, 16, 0, 1);
  if (bytes / 2 > 0) builder.gate(k.finish("zero"), {{at, 0}}, bytes / 2, 1);
  if (bytes % 2 == 0) return;
  KernelBuilder odd;
  odd.store_raw(odd.constant(0, 1), 0, 8, 0, 1);
  builder.gate(odd.finish("zero_byte"), {{moved(at, bytes - 1), 0}}, 1, 1);
}

std::int64_t Lowering::constant(std::int64_t bytes, const std::string& name) {
  const std::int64_t address = dram.take(bytes, name);
  builder.symbol(name, Space::dram, address, bytes);
  return address;
}

void emit_elementwise(Lowering& low, const KernelOfSteps& kernel, const std::vector<OnChip>& operands) {
  struct Axis {
    std::int64_t size;
    std::vector<std::int64_t> strides;
  };
  std::vector<Axis> axes;  // innermost first
  const Shape& shape = operands[0].shape;
  for (std::size_t k = shape.size(); k-- > 0;) {
    if (shape[k] == 1) continue;
    Axis axis{shape[k], {}};
    for (const OnChip& o : operands) axis.strides.push_back(o.strides[k]);
    bool joins = !axes.empty();
    for (std::size_t o = 0; joins && o < operands.size(); ++o) {
      joins = axis.strides[o] == axes.back().size * axes.back().strides[o];
    }
    if (joins) {
      axes.back().size *= shape[k];
    } else {
      axes.push_back(axis);
    }
  }
  std::vector<std::int64_t> steps(operands.size(), 1);
  bool row = !axes.empty();
  for (std::size_t o = 0; row && o < operands.size(); ++o) {
    const std::int64_t bytes = operands[o].format.bytes();
    steps[o] = axes[0].strides[o] / bytes;
    row = axes[0].strides[o] >= 0 && axes[0].strides[o] % bytes == 0;
  }
  if (!row)
    axes.insert(axes.begin(), {1, std::vector<std::int64_t>(operands.size(), 0)}), steps.assign(operands.size(), 1);
  const Kernel lanes = kernel(steps);
  std::vector<RowOperand> rows;
  for (const OnChip& o : operands) rows.push_back({o.place, 0});
  std::function<void(std::size_t, std::vector<RowOperand>)> nest = [&](std::size_t k, std::vector<RowOperand> at) {
    if (k < 2) {
      for (std::size_t o = 0; o < at.size(); ++o) at[o].stride = axes.size() > 1 ? axes[1].strides[o] : 0;
      return low.builder.gate(lanes, at, axes[0].size, axes.size() > 1 ? axes[1].size : 1);
    }
    low.builder.repeat(axes[k].size, [&](Index i) {
      std::vector<RowOperand> inner = at;
      for (std::size_t o = 0; o < at.size(); ++o) inner[o].place = moved(at[o].place, i, axes[k].strides[o]);
      nest(k - 1, inner);
    });
  };
  nest(axes.size() - 1, rows);
}

}  // namespace rondo

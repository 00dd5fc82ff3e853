#include <algorithm>

#include "models/base/error.hpp"
#include "traces/pass.hpp"

/// What a pass does each time it runs: its slices, the products of each, the kernel that takes their sums.
namespace rondo {
namespace {

constexpr std::int64_t kMostUnrolled = 32;

}  // namespace

void Pass::emit(const std::vector<Kernel>& kernels, std::int64_t rows, const std::vector<Source>& sources,
                const std::vector<Operand>& operands) {
  low_.builder.pass(number_);
  const bool all_stay = first_streamed() == weight_bytes();
  const std::int64_t most = all_stay ? std::min(rows, most_vectors(low_.machine)) : rows;
  const auto part = [&](Index block, std::int64_t count) {
    Job job{kernels, count, sources, operands};
    for (Source& s : job.sources) s.place = moved(s.place, block, most * s.stride);
    for (Operand& o : job.operands) o.rows.place = moved(o.rows.place, block, most * o.rows.stride);
    emit_rows(job);
  };
  low_.builder.repeat(rows / most, [&](Index block) { part(block, most); });
  if (rows % most != 0) part(Index{-1, rows / most}, rows % most);
  low_.builder.pass(-1);
}

// Runs of slices that lie alike, in a loop as far as they are full: as many at a time as arrays compute side
// by side, times two when the accumulators are double-buffered.
void Pass::emit_rows(const Job& job) {
  const std::int64_t full = width_ / slice_;
  for (std::int64_t s = 0; s < slices();) {
    const std::int64_t resident = resident_products(s);
    std::int64_t end = s;
    while (end < slices() && resident_products(end) == resident) ++end;
    const std::int64_t side = resident > 0 ? slices_at_once() : 1;
    const bool loop = buffers_ <= 2 || end - s > kMostUnrolled * side;
    const std::int64_t loops = loop ? (std::min(end, full) - s) / (side * buffers_) : 0;
    low_.builder.repeat(loops, [&](Index g) {
      for (std::int64_t b = 0; b < buffers_; ++b) emit_slices(job, g * (buffers_ * side) + (b * side + s), side, b);
    });
    for (s += loops * buffers_ * side; s < end; s += side) {
      const bool first = buffers_ <= 2 && s + side <= full;
      emit_slices(job, Index{-1, s}, std::min(side, end - s), first ? 0 : s / side % buffers_);
    }
    s = end;
  }
}

void Pass::emit_slices(const Job& job, Index first, std::int64_t count, std::int64_t buffer) {
  const std::int64_t resident = resident_products(first.offset);
  const std::vector<Share> parts = shares(first, count, resident);
  emit_products(job, parts, resident, buffer);
  for (std::int64_t n = 0; n < count; ++n) emit_gate(job, parts[spread() ? 0 : n], buffer);
}

// Who computes what of slices that lie alike. What streams from DRAM goes through array 0, and its sums
// through the accumulators: it takes longer to come than any sum, and one more loop of its own would only
// make it wait.
std::vector<Pass::Share> Pass::shares(Index first, std::int64_t count, std::int64_t resident) const {
  std::vector<Share> list;
  const bool chained = chained_ && resident == this->count();
  const auto width_at = [&](Index slice) { return slice.depth < 0 ? width_of(slice.offset) : slice_; };
  if (spread() && resident > 0) {
    const std::vector<std::vector<int>> lists = shares_of_arrays();
    for (std::size_t a = 0; a < lists.size(); ++a) {
      if (lists[a].empty()) continue;
      list.push_back({static_cast<int>(a), chained ? 1 : 0, lists[a], first, width_at(first), first});
    }
    return list;
  }
  for (std::int64_t n = 0; n < count; ++n) {
    const Index slice = first + n;
    const int array = static_cast<int>(resident > 0 ? n : 0);
    Index number = slice;
    if (resident > 0 && arrays() > 1) number.offset /= arrays(), number.step /= arrays();
    list.push_back({array, chained ? 1 + array : 0, all_products(), slice, width_at(slice), number});
  }
  return list;
}

// Whether the products number `first` and `next` of every share differ in nothing but where their weights and
// sums lie, and these follow each other at one stride: then they are written as a loop.
bool Pass::continues(const std::vector<Share>& shares, std::size_t first, std::size_t next,
                     std::int64_t resident) const {
  return std::all_of(shares.begin(), shares.end(), [&](const Share& share) {
    if (first >= share.products.size()) return true;
    if (next >= share.products.size()) return false;
    const int p = share.products[first], q = share.products[next], before = share.products[next - 1];
    const std::int64_t step = sum_offset(share.products[first + 1]) - sum_offset(p);
    return products_[q].source == products_[p].source && products_[q].matrix->cols == products_[p].matrix->cols &&
           (q < resident) == (p < resident) && stream_of(share.variant, p) < 0 && stream_of(share.variant, q) < 0 &&
           sum_offset(q) - sum_offset(before) == step;
  });
}

void Pass::emit_products(const Job& job, const std::vector<Share>& shares, std::int64_t resident, std::int64_t buffer) {
  std::size_t rounds = 0;
  for (const Share& share : shares) rounds = std::max(rounds, share.products.size());
  for (std::size_t first = 0; first < rounds;) {
    std::size_t end = first + 1;
    while (end < rounds && continues(shares, first, end, resident)) ++end;
    std::vector<Panel> panels;
    std::vector<std::int64_t> weight_step, sum_step;
    bool stays = true;
    for (const Share& share : shares) {
      if (first >= share.products.size()) continue;
      stays = share.products[first] < resident;
      panels.push_back(panel(job, share, first, buffer, stays));
      weight_step.push_back(panels.back().depth * share.width * weight_word());
      sum_step.push_back(end > first + 1 ? sum_offset(share.products[first + 1]) - sum_offset(share.products[first])
                                         : 0);
    }
    const std::int64_t count = static_cast<std::int64_t>(end - first);
    if (panels[0].cols > low_.machine.cols) {
      emit_wide(panels[0], count, stays);
    } else {
      low_.builder.repeat(count, [&](Index i) {
        std::vector<Panel> now;
        for (std::size_t n = 0; n < panels.size(); ++n) now.push_back(moved(panels[n], i, weight_step[n], sum_step[n]));
        stays ? emit_tiles(low_, now) : emit_streamed_panel(now[0]);
      });
    }
    first = end;
  }
}

Panel Pass::panel(const Job& job, const Share& share, std::size_t number, std::int64_t buffer, bool stays) const {
  const int product = share.products[number];
  const Source& source = job.sources[products_[product].source];
  Panel p;
  p.array = share.array;
  p.weights =
      stays ? moved(place(Space::weight, resident_[share.array]), share.resident, bytes_of(share.products, slice_))
            : moved(place(Space::dram, tape_), share.slice, slice_weight_bytes(slice_));
  p.weights.base += depth_of(share.products, number) * share.width * weight_word();
  p.vectors = source;
  p.sums = {place(Space::accumulator, sums_[spread() ? 0 : share.array][buffer] + sum_offset(product)),
            4 * stack() * padded()};
  p.depth = products_[product].matrix->cols, p.cols = share.width, p.rows = job.rows;
  p.activation_bits = activation_bits_;
  p.stream = stream_of(share.variant, product) >= 0;
  return p;
}

// `count` products that follow each other, of a slice wider than the array: cut into panels of its width.
void Pass::emit_wide(const Panel& product, std::int64_t count, bool stays) {
  const std::int64_t cols = low_.machine.cols, row = product.depth * weight_word(), panel_bytes = cols * row;
  const std::int64_t width = product.cols, full = width / cols, rest = width % cols;
  const auto panel = [&](Panel p, std::int64_t outputs) {
    p.cols = outputs;
    stays ? emit_tiles(low_, {p}) : emit_streamed_panel(p);
  };
  const auto panels = [&](std::int64_t n, const Panel& from) {
    low_.builder.repeat(n, [&](Index i) { panel(moved(from, i, panel_bytes, cols * 4), cols); });
  };
  if (rest == 0 && padded() == width) return panels(count * full, product);
  low_.builder.repeat(count, [&](Index j) {
    const Panel one = moved(product, j, width * row, padded() * 4);
    panels(full, one);
    if (rest > 0) panel(moved(one, Index{-1, full}, panel_bytes, cols * 4), rest);
  });
}

// Groups of tiles go through the two slots in turn, each loaded while the one before it is in use.
void Pass::emit_streamed_panel(const Panel& panel) {
  const std::int64_t height = low_.machine.rows, tiles = panel.tiles(low_.machine), row = panel.cols * weight_word();
  const std::int64_t count = load_groups(panel.depth, ring_.slot_bytes);
  const auto slot = [&](std::int64_t group) {
    return place(Space::weight, ring_.address + group % 2 * ring_.slot_bytes);
  };
  const auto first_tile = [&](std::int64_t group) { return group * tiles / count; };
  const auto first_input = [&](std::int64_t group) { return std::min(panel.depth, first_tile(group) * height); };
  for (std::int64_t g = 0; g < count; ++g) {
    const bool last = g + 1 == count;
    const auto load_next = [&] {
      const std::int64_t bytes = last ? ring_.ahead_bytes : (first_input(g + 2) - first_input(g + 1)) * row;
      low_.builder.load(moved(panel.weights, first_input(g + 1) * row), slot(last ? 0 : g + 1), 1, bytes, 0, 0);
    };
    const bool own_slot = !last || count % 2 == 0;  // else it takes the slot that is being read
    if (own_slot) load_next();
    Panel part = panel;
    part.weights = moved(slot(g), -first_input(g) * row);  // where tile 0 would lie
    emit_tiles(low_, {part}, first_tile(g), first_tile(g + 1) - first_tile(g));
    if (!own_slot) load_next();
  }
}

// Old sums that the streamed products of a slice add to: an output-stationary array has them in itself.
std::vector<PartialSums> Pass::partial_sums(const Share& share, std::int64_t sums, std::int64_t rows) const {
  std::vector<PartialSums> list;
  if (low_.machine.dataflow == Dataflow::output_stationary) return list;
  for (int p = 0; p < count(); ++p) {
    const int array = stream_of(share.variant, p);
    if (array < 0 || products_[p].matrix->cols <= low_.machine.rows) continue;
    list.push_back(
        {array, place(Space::accumulator, sums + sum_offset(p)), rows, 4 * share.width, 4 * stack() * padded()});
  }
  return list;
}

void Pass::emit_gate(const Job& job, const Share& share, std::int64_t buffer) {
  const std::int64_t sums = sums_.empty() ? 0 : sums_[spread() ? 0 : share.array][buffer];
  std::vector<RowOperand> places = {{place(Space::accumulator, sums), 4 * stack() * padded()},
                                    {moved(parameters_, share.slice, parameter_stride_), 0}};
  for (const Operand& o : job.operands) {
    places.push_back({moved(o.rows.place, share.slice, o.per_output * slice_), o.rows.stride});
  }
  low_.builder.gate(job.kernels[share.variant], places, share.width, job.rows, partial_sums(share, sums, job.rows));
}

}  // namespace rondo

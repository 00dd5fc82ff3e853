#include "traces/panels.hpp"

#include <algorithm>

#include "models/base/error.hpp"

namespace rondo {
namespace {

class TileWriter {
 public:
  explicit TileWriter(Lowering& low) : low_(low), height_(low.machine.rows) {}

  /// Tile t of the panel, which has `inputs` rows.
  void tile(const Panel& p, Index t, std::int64_t inputs, bool first, bool last) {
    const std::int64_t row = p.cols * low_.numbers.weight_bits / 8;
    low_.builder.mload(moved(p.weights, t, height_ * row), inputs, p.cols, row,
                       static_cast<int>(low_.numbers.weight_bits), p.array);
    Panel rows = p;
    rows.vectors.place = moved(p.vectors.place, t, height_ * p.activation_bits / 8);
    const std::int64_t most = most_vectors(low_.machine);
    if (p.rows <= most) return mmul(rows, inputs, sum_flow(low_.machine, first, last, p.stream), false);
    check(!p.stream, "compiler: a stream of more rows than the array takes at a time");
    const SumFlow through_accumulators{first ? kNewSums : kAddToMemory, false, false};
    const auto group = [&](Index g, std::int64_t count, bool keep) {
      Panel part = rows;
      part.vectors.place = moved(rows.vectors.place, g, most * p.vectors.stride);
      part.sums.place = moved(rows.sums.place, g, most * p.sums.stride);
      part.rows = count;
      mmul(part, inputs, through_accumulators, keep);
    };
    const std::int64_t kept = (p.rows - 1) / most;  // groups for which the tile stays
    low_.builder.repeat(kept, [&](Index g) { group(g, most, true); });
    group(Index{-1, kept}, p.rows - kept * most, false);
  }

 private:
  void mmul(const Panel& p, std::int64_t inputs, const SumFlow& flow, bool keep) {
    low_.builder.mmul({p.vectors.place, p.sums.place, p.rows, inputs, p.cols, p.rows > 1 ? p.vectors.stride : 0,
                       p.rows > 1 ? p.sums.stride : 0, p.activation_bits, flow.accumulate, keep, p.array, flow.stream,
                       flow.hold});
  }

  Lowering& low_;
  const std::int64_t height_;
};

/// What is left of a panel: whole tiles that are neither the first nor in any way special, then perhaps one
/// that is.
struct Rest {
  Panel panel;
  std::int64_t next;   ///< tile
  std::int64_t alike;  ///< tiles from `next` on that are written as a loop
  bool tail;           ///< one more, of other height or with other flags
};

}  // namespace

Panel moved(Panel p, Index index, std::int64_t weight_bytes, std::int64_t sum_bytes) {
  p.weights = moved(p.weights, index, weight_bytes);
  p.sums.place = moved(p.sums.place, index, sum_bytes);
  return p;
}

SumFlow sum_flow(const Machine& machine, bool first, bool last, bool stream) {
  const bool held = machine.dataflow == Dataflow::output_stationary;
  return {first ? kNewSums : held ? kAddToHeld : kAddToMemory, held && !last, stream && last};
}

std::int64_t most_vectors(const Machine& machine) {
  return machine.dataflow == Dataflow::output_stationary ? machine.rows : std::numeric_limits<std::int64_t>::max();
}

void emit_tiles(Lowering& low, std::vector<Panel> panels, std::int64_t first, std::int64_t count) {
  const std::int64_t height = low.machine.rows;
  const bool held = low.machine.dataflow == Dataflow::output_stationary;
  TileWriter writer(low);
  std::vector<Rest> rests;
  for (Panel& p : panels) {
    const std::int64_t all = p.tiles(low.machine), end = std::min(count, all - first) + first,
                       begin = first == 0 ? 1 : first;
    if (first == 0) writer.tile(p, Index{-1, 0}, std::min(height, p.depth), true, all == 1);
    const bool tail = end == all && all > begin && (p.depth % height != 0 || p.stream || held);
    rests.push_back({std::move(p), begin, end - begin - tail, tail});
  }
  while (!rests.empty()) {
    const auto fewer = [](const Rest& a, const Rest& b) { return a.alike < b.alike; };
    const std::int64_t together = std::min_element(rests.begin(), rests.end(), fewer)->alike;
    low.builder.repeat(together, [&](Index k) {
      for (const Rest& r : rests) writer.tile(r.panel, k + r.next, height, false, false);
    });
    for (Rest& r : rests) {
      r.next += together, r.alike -= together;
      if (r.alike == 0 && r.tail) writer.tile(r.panel, Index{-1, r.next}, r.panel.depth - r.next * height, false, true);
    }
    rests.erase(std::remove_if(rests.begin(), rests.end(), [](const Rest& r) { return r.alike == 0; }), rests.end());
  }
}

}  // namespace rondo

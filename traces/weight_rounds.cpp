#include "traces/weight_rounds.hpp"

#include <algorithm>
#include <numeric>

namespace rondo {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

WeightRounds::WeightRounds(Lowering& low, const std::vector<std::vector<Pass*>>& rounds, const std::string& name)
    : low_(low) {
  std::int64_t tile = 0, useful = 0;
  std::vector<std::int64_t> total(low.arrays);
  for (const auto& round : rounds) {
    for (const Pass* pass : round) {
      for (int a = 0; a < low.arrays; ++a) total[a] += round_up(pass->resident_bytes(a), 16);
      tile = std::max(tile, pass->tile_bytes());
      useful = std::max(useful, pass->useful_slot_bytes());
    }
  }
  const bool streams = std::accumulate(total.begin(), total.end(), std::int64_t{0}) > low.weight[0].room();
  if (streams) {
    const std::int64_t quarter = low.weight[0].room() / 4 / std::max<std::int64_t>(1, tile) * tile;
    ring_.slot_bytes = round_up(std::max(tile, std::min(useful, quarter)), 16);
    ring_.address = low.weight[0].take(2 * ring_.slot_bytes, name + " weights (two tiles to stream through)");
    low.builder.symbol(name + ".ring", Space::weight, ring_.address, 2 * ring_.slot_bytes);
    for (const auto& round : rounds) {
      for (const Pass* pass : round)
        ring_.ahead_bytes = std::max(ring_.ahead_bytes, pass->first_group_bytes(ring_.slot_bytes));
    }
  }
  if (!streams && low.arrays > 1) low.divide_weight(total);
  for (const auto& round : rounds) {
    std::int64_t bytes = 0;
    for (const Pass* pass : round) bytes += pass->weight_bytes();
    const std::int64_t tape = low.constant(bytes + (streams ? ring_.ahead_bytes : 0), name + ".weights");
    Round here;
    here.bytes = ring_.ahead_bytes;
    std::int64_t at = tape;
    for (Pass* pass : round) {
      const bool tail = here.first_streamed >= 0;  // what streams is one piece: nothing after it stays
      pass->place_weights(at, !tail, ring_);
      if (!tail && pass->first_streamed() < pass->weight_bytes()) here.first_streamed = at + pass->first_streamed();
      at += pass->weight_bytes();
    }
    if (low.ranges != nullptr) {
      std::vector<std::uint8_t> all;
      for (const Pass* pass : round) {
        const std::vector<std::uint8_t> own = pass->packed_weights();
        all.insert(all.end(), own.begin(), own.end());
      }
      if (here.first_streamed >= 0) {
        for (std::int64_t i = 0; i < here.bytes; ++i) {
          const std::size_t from = here.first_streamed - tape + i;
          all.push_back(from < all.size() ? all[from] : 0);
        }
      }
      low.builder.data(tape, std::move(all));
    }
    rounds_.push_back(here);
  }
  for (const auto& round : rounds) {
    for (Pass* pass : round) pass->place_parameters();
  }
}

void WeightRounds::begin(std::size_t r) {
  if (rounds_[r].first_streamed < 0) return;
  low_.builder.load(place(Space::dram, rounds_[r].first_streamed), place(Space::weight, ring_.address), 1,
                    rounds_[r].bytes, 0, 0);
}

}  // namespace rondo

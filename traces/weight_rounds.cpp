#include "traces/weight_rounds.hpp"

#include <algorithm>
#include <numeric>

namespace rondo {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

// Bytes that each array's weights take when all of them stay on chip.
std::vector<std::int64_t> needs(const Lowering& low, const std::vector<std::vector<Pass*>>& rounds) {
  std::vector<std::int64_t> total(low.arrays);
  for (const auto& round : rounds) {
    for (const Pass* pass : round) {
      for (int a = 0; a < low.arrays; ++a) total[a] += round_up(pass->resident_bytes(a), 16);
    }
  }
  return total;
}

}  // namespace

WeightRounds::WeightRounds(Lowering& low, const std::vector<std::vector<Pass*>>& rounds, const std::string& name)
    : low_(low) {
  const std::vector<std::int64_t> total = needs(low, rounds);
  const bool streams = std::accumulate(total.begin(), total.end(), std::int64_t{0}) > low.weight[0].room();
  if (streams) take_ring(rounds, name);
  if (!streams && low.arrays > 1) low.divide_weight(total);
  for (const auto& round : rounds) rounds_.push_back(place_round(round, name));
  for (const auto& round : rounds) {
    for (Pass* pass : round) pass->place_parameters();
  }
}

// Two slots: each large enough for the largest tile, no larger than is of use, and a quarter of the room.
void WeightRounds::take_ring(const std::vector<std::vector<Pass*>>& rounds, const std::string& name) {
  std::int64_t tile = 0, useful = 0;
  for (const auto& round : rounds) {
    for (const Pass* pass : round) {
      tile = std::max(tile, pass->tile_bytes());
      useful = std::max(useful, pass->useful_slot_bytes());
    }
  }
  const std::int64_t quarter = low_.weight[0].room() / 4 / std::max<std::int64_t>(1, tile) * tile;
  ring_.slot_bytes = round_up(std::max(tile, std::min(useful, quarter)), 16);
  ring_.address = low_.weight[0].take(2 * ring_.slot_bytes, name + " weights (two tiles to stream through)");
  low_.builder.symbol(name + ".ring", Space::weight, ring_.address, 2 * ring_.slot_bytes);
  for (const auto& round : rounds) {
    for (const Pass* pass : round)
      ring_.ahead_bytes = std::max(ring_.ahead_bytes, pass->first_group_bytes(ring_.slot_bytes));
  }
}

// The passes' weights, one after the other on one tape.
WeightRounds::Round WeightRounds::place_round(const std::vector<Pass*>& round, const std::string& name) {
  std::int64_t bytes = 0;
  for (const Pass* pass : round) bytes += pass->weight_bytes();
  const std::int64_t tape = low_.constant(bytes + ring_.ahead_bytes, name + ".weights");
  Round here;
  here.bytes = ring_.ahead_bytes;
  std::int64_t at = tape;
  for (Pass* pass : round) {
    const bool tail = here.first_streamed >= 0;  // what streams is one piece: nothing after it stays
    pass->place_weights(at, !tail, ring_);
    if (!tail && pass->first_streamed() < pass->weight_bytes()) here.first_streamed = at + pass->first_streamed();
    at += pass->weight_bytes();
  }
  if (low_.ranges != nullptr) low_.builder.data(tape, packed(round, here, tape));
  return here;
}

// The tape's bytes, the copy of the first streamed group at its end included.
std::vector<std::uint8_t> WeightRounds::packed(const std::vector<Pass*>& round, const Round& here, std::int64_t tape) {
  std::vector<std::uint8_t> all;
  for (const Pass* pass : round) {
    const std::vector<std::uint8_t> own = pass->packed_weights();
    all.insert(all.end(), own.begin(), own.end());
  }
  if (here.first_streamed < 0) return all;
  for (std::int64_t i = 0; i < here.bytes; ++i) {
    const std::size_t from = here.first_streamed - tape + i;
    all.push_back(from < all.size() ? all[from] : 0);
  }
  return all;
}

void WeightRounds::begin(std::size_t r) {
  if (rounds_[r].first_streamed < 0) return;
  low_.builder.load(place(Space::dram, rounds_[r].first_streamed), place(Space::weight, ring_.address), 1,
                    rounds_[r].bytes, 0, 0);
}

}  // namespace rondo

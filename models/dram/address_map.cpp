#include "models/dram/address_map.hpp"

#include <algorithm>

namespace rondo::dram {
namespace {

int log2_of(std::int64_t power) {
  int bits = 0;
  while (std::int64_t{1} << bits < power) ++bits;
  return bits;
}

std::vector<std::string> split(const std::string& order) {
  std::vector<std::string> fields(1);
  for (const char c : order) {
    if (c == '-')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

}  // namespace

std::string AddressMap::wrong_order(const std::string& order) {
  std::vector<std::string> fields = split(order);
  std::sort(fields.begin(), fields.end());
  std::vector<std::string> all(kAddressFields.begin(), kAddressFields.end());
  std::sort(all.begin(), all.end());
  if (fields == all) return "";
  return order + " does not name each of row, rank, bank, column, bank_group and channel once, with '-' between";
}

AddressMap::AddressMap(const Device& device, std::int64_t channels, std::int64_t ranks, const std::string& order)
    : burst_bits_(log2_of(device.burst_bytes())),
      groups_(static_cast<std::int32_t>(device.bank_groups)),
      in_group_(static_cast<std::int32_t>(device.banks_per_group)) {
  std::vector<std::string> fields = split(order);
  int low = 0;              // in local numbers, which have no channel bits
  int block_bits = -1;      // bits of a block: up to and with the column
  int interleave_bits = 0;  // those of them below the column
  bool row_below = false;
  for (auto name = fields.rbegin(); name != fields.rend(); ++name) {
    const auto take = [&](Field& field, std::int64_t size) {
      field = {low, size - 1};
      low += log2_of(size);
    };
    if (*name == "channel") {
      channel_low_ = low, channel_bits_ = log2_of(channels), channel_mask_ = channels - 1;
    } else if (*name == "column") {
      interleave_bits = row_below ? 0 : low;
      low += log2_of(device.columns / device.burst_length);
      block_bits = row_below ? 0 : low;
    } else if (*name == "row") {
      row_below = block_bits < 0;
      take(row_, device.rows);
    } else if (*name == "rank") {
      take(rank_, ranks);
    } else if (*name == "bank_group") {
      take(group_, device.bank_groups);
    } else {
      take(bank_, device.banks_per_group);
    }
  }
  block_ = std::int64_t{1} << block_bits;
  interleave_ = std::int64_t{1} << interleave_bits;
  group_distance_ = distance_in_turn();
}

std::int64_t AddressMap::distance_in_turn() const {
  std::int64_t least = interleave_;
  for (std::int64_t a = 0; a < interleave_; ++a) {
    for (std::int64_t b = a + 1; b < interleave_; ++b) {
      if (spot(a).bank / in_group_ == spot(b).bank / in_group_) least = std::min({least, b - a, interleave_ - (b - a)});
    }
  }
  return least;
}

}  // namespace rondo::dram

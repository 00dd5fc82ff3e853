#pragma once

#include <string>
#include <vector>

#include "models/dram/device.hpp"

namespace rondo::dram {

/// The fields of an address above those within a burst, as they may be ordered.
inline constexpr std::array<std::string_view, 6> kAddressFields = {"row",    "rank",       "bank",
                                                                   "column", "bank_group", "channel"};

/// Which channel, bank and row an address lies in, from an order of fields like
/// "row-rank-bank-column-bank_group-channel", most significant first. Bursts that follow each other in memory
/// are numbered through a channel without gaps: its local numbers.
class AddressMap {
 public:
  AddressMap(const Device& device, std::int64_t channels, std::int64_t ranks, const std::string& order);

  /// What is wrong with an order of fields; empty when each of them occurs once.
  static std::string wrong_order(const std::string& order);

  std::int64_t burst_of(std::int64_t address) const { return address >> burst_bits_; }

  /// Bursts of `channel` that lie before `burst` in memory: the local number of the next one.
  std::int64_t local(std::int64_t burst, int channel) const {
    const std::int64_t low = burst & ((std::int64_t{1} << channel_low_) - 1);
    const std::int64_t own = (burst >> channel_low_) & channel_mask_;
    const std::int64_t base = burst >> (channel_low_ + channel_bits_) << channel_low_;
    return own < channel ? base : own == channel ? base + low : base + (std::int64_t{1} << channel_low_);
  }

  /// Every channel has as many bursts before `burst`.
  bool even(std::int64_t burst) const {
    return local(burst, 0) == local(burst, static_cast<int>(channel_mask_));  // fewer, the higher the channel
  }

  /// Bank (numbered as in Timing) and row of a local number.
  struct Spot {
    std::int32_t bank;
    std::int32_t row;
  };
  Spot spot(std::int64_t local) const {
    const auto part = [local](const Field& f) { return static_cast<std::int32_t>(local >> f.low & f.mask); };
    return {(part(rank_) * groups_ + part(group_)) * in_group_ + part(bank_), part(row_)};
  }

  /// Local numbers fall into blocks of this many bursts (a power of two), in which `interleave` banks take
  /// turns, each with one row.
  std::int64_t block() const { return block_; }
  std::int64_t interleave() const { return interleave_; }
  /// In such a turn: the least distance between two bursts of the same bank group.
  std::int64_t group_distance() const { return group_distance_; }

 private:
  struct Field {
    int low = 0;
    std::int64_t mask = 0;
  };

  std::int64_t distance_in_turn() const;

  int burst_bits_ = 0;
  int channel_low_ = 0, channel_bits_ = 0;
  std::int64_t channel_mask_ = 0;
  std::int32_t groups_ = 1, in_group_ = 1;
  Field row_, rank_, group_, bank_;
  std::int64_t block_ = 1, interleave_ = 1, group_distance_ = 1;
};

}  // namespace rondo::dram

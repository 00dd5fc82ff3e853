#pragma once

#include <vector>

#include "models/dram/device.hpp"

namespace rondo::dram {

enum class RefreshMode : std::uint8_t { none, all_bank, per_bank };

/// When the ranks of a channel owe a refresh, and what must rest for it. A refresh falls due every interval,
/// the ranks shifted against each other by equal parts of it; what is due is owed at once, nothing is
/// postponed. Per-bank refresh takes every bank of a rank once before any of them again: the first that no
/// burst in a queue wants, or else the first.
class Refresh {
 public:
  Refresh(const Device& device, std::int64_t ranks, RefreshMode mode);

  /// When the next refresh falls due.
  Clock due() const { return due_; }
  /// `queued`: the banks that bursts in the queues want.
  void fall_due(Clock now, std::uint64_t queued);

  bool owed() const { return blocked_ != 0; }
  /// Banks that take no other commands until their refresh.
  std::uint64_t blocked() const { return blocked_; }
  bool owed(int rank) const { return ranks_[static_cast<std::size_t>(rank)].owed > 0; }
  /// The bank to be refreshed; the rank's first when all are refreshed together.
  int bank(int rank) const { return ranks_[static_cast<std::size_t>(rank)].bank; }
  void done(int rank, std::uint64_t queued);

  int ranks() const { return static_cast<int>(ranks_.size()); }
  Command command() const { return per_bank_ ? Command::refresh_bank : Command::refresh; }

  // For a channel at rest, which wants no bank: what falls due of a rank before `until`, and the bank that is
  // refreshed after the next `later` ones.
  std::int64_t due_before(int rank, Clock until) const;
  Clock due(int rank) const { return ranks_[static_cast<std::size_t>(rank)].due; }
  Clock interval() const { return interval_; }
  int bank_at_rest(int rank, std::int64_t later) const;
  /// As if the next `times` refreshes of a rank had fallen due and been done.
  void skip(int rank, std::int64_t times);

 private:
  struct Rank {
    Clock due = kNever;
    int owed = 0;
    int bank = 0;
    std::uint64_t left = 0;  ///< of per-bank refresh: banks still to come in this round
  };

  std::uint64_t banks_of(int rank) const;
  void choose_bank(int rank, std::uint64_t queued);
  void finish(int rank, int bank);
  void settle();

  const bool per_bank_;
  const int banks_;
  const Clock interval_;
  std::vector<Rank> ranks_;
  Clock due_ = kNever;
  std::uint64_t blocked_ = 0;
};

}  // namespace rondo::dram

#pragma once

#include "models/dram/channel.hpp"

namespace rondo::dram {

/// What the oldest burst of a bank needs whose row nobody in the queue hits (survey() has found them), if it
/// comes before `best`: place(command, first legal clock) says when it would begin; kNever: not now.
template <class Place>
void Channel::choose_row(Choice& best, Place&& place) {
  const Run* runs = lane_->runs.data();
  std::uint64_t banks = to_open_;
  for (std::int64_t r = 0; banks != 0; ++r) {
    const Run& run = runs[r];
    const std::uint64_t bit = std::uint64_t{1} << run.bank;
    if (!(banks & bit)) continue;
    banks &= ~bit;
    const Command command = bank(run.bank).row < 0 ? Command::activate : Command::precharge;
    const Clock legal = std::max(now_, timing_.legal(command, run.bank));
    row_from_ = std::min(row_from_, legal);
    const Clock at = place(command, legal);
    if (at < best.at) best = {at, command, run.bank, r};
  }
}

/// What is due of refreshes, likewise: a rank (or bank) that owes one is closed first.
template <class Place>
void Channel::choose_refresh(Choice& best, Place&& place) {
  const bool one = refresh_.command() == Command::refresh_bank;
  for (int rank = 0; rank < refresh_.ranks(); ++rank) {
    if (!refresh_.owed(rank)) continue;
    const int b = refresh_.bank(rank);
    const bool open = one ? bank(b).row >= 0 : ranks_[static_cast<std::size_t>(rank)].open > 0;
    const Command close = one ? Command::precharge : Command::precharge_all;
    const Command command = open ? close : refresh_.command();
    const Clock legal = std::max(now_, timing_.legal(command, b));
    row_from_ = std::min(row_from_, legal);
    const Clock at = place(command, legal);
    if (at < best.at) best = {at, command, b, -1};
  }
}

}  // namespace rondo::dram

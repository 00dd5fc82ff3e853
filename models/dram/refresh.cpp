#include "models/dram/refresh.hpp"

#include <algorithm>

namespace rondo::dram {

Refresh::Refresh(const Device& device, std::int64_t ranks, RefreshMode mode)
    : per_bank_(mode == RefreshMode::per_bank),
      banks_(static_cast<int>(device.banks())),
      interval_(per_bank_ ? device.refresh_bank_interval : device.refresh_interval),
      ranks_(static_cast<std::size_t>(ranks)) {
  for (int r = 0; r < static_cast<int>(ranks); ++r) {
    Rank& rank = ranks_[static_cast<std::size_t>(r)];
    rank.bank = r * banks_;
    rank.left = banks_of(r);
    if (mode != RefreshMode::none) rank.due = interval_ + interval_ * r / ranks;
  }
  settle();
}

void Refresh::fall_due(Clock now, std::uint64_t queued) {
  for (int r = 0; r < ranks(); ++r) {
    Rank& rank = ranks_[static_cast<std::size_t>(r)];
    if (rank.due > now) continue;
    rank.due += interval_;
    if (++rank.owed == 1) choose_bank(r, queued);
  }
  settle();
}

void Refresh::choose_bank(int r, std::uint64_t queued) {
  if (!per_bank_) return;
  Rank& rank = ranks_[static_cast<std::size_t>(r)];
  const std::uint64_t unwanted = rank.left & ~queued;
  rank.bank = __builtin_ctzll(unwanted != 0 ? unwanted : rank.left);
}

void Refresh::done(int r, std::uint64_t queued) {
  Rank& rank = ranks_[static_cast<std::size_t>(r)];
  finish(r, rank.bank);
  if (--rank.owed > 0) choose_bank(r, queued);
  settle();
}

void Refresh::finish(int r, int bank) {
  Rank& rank = ranks_[static_cast<std::size_t>(r)];
  if (per_bank_) rank.left &= ~(std::uint64_t{1} << bank);
  if (rank.left == 0) rank.left = banks_of(r);
}

std::int64_t Refresh::due_before(int rank, Clock until) const {
  const Clock due = ranks_[static_cast<std::size_t>(rank)].due;
  return due >= until ? 0 : (until - 1 - due) / interval_ + 1;
}

// What is left of the round in rising order, then whole rounds.
int Refresh::bank_at_rest(int r, std::int64_t later) const {
  const Rank& rank = ranks_[static_cast<std::size_t>(r)];
  if (!per_bank_) return rank.bank;
  const std::int64_t left = __builtin_popcountll(rank.left);
  if (later >= left) return r * banks_ + static_cast<int>((later - left) % banks_);
  std::uint64_t banks = rank.left;
  while (later-- > 0) banks &= banks - 1;
  return __builtin_ctzll(banks);
}

void Refresh::skip(int r, std::int64_t times) {
  Rank& rank = ranks_[static_cast<std::size_t>(r)];
  const std::int64_t left = __builtin_popcountll(rank.left);
  if (per_bank_ && times > left) {
    rank.left = banks_of(r);
    for (std::int64_t i = 0; i < (times - left) % banks_; ++i) finish(r, r * banks_ + static_cast<int>(i));
  } else if (per_bank_) {
    for (std::int64_t i = 0; i < times; ++i) finish(r, __builtin_ctzll(rank.left));
  }
  rank.due += times * interval_;
  settle();
}

// What follows from the ranks' states, looked at far more often than they change.
void Refresh::settle() {
  due_ = kNever;
  blocked_ = 0;
  for (int r = 0; r < ranks(); ++r) {
    const Rank& rank = ranks_[static_cast<std::size_t>(r)];
    due_ = std::min(due_, rank.due);
    if (rank.owed > 0) blocked_ |= per_bank_ ? std::uint64_t{1} << rank.bank : banks_of(r);
  }
}

std::uint64_t Refresh::banks_of(int rank) const {
  const std::uint64_t ones = banks_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << banks_) - 1;
  return ones << (rank * banks_);
}

}  // namespace rondo::dram

#include <algorithm>

#include "models/dram/channel.hpp"
#include "models/dram/channel_rows.hpp"

// Which command comes next: first ready, then first come; columns, then what a refresh needs, then rows.
namespace rondo::dram {
namespace {

std::uint64_t bit(int bank) { return std::uint64_t{1} << bank; }

}  // namespace

Channel::Choice Channel::choose() {
  row_from_ = kNever;
  const std::vector<Run>& runs = lane_->runs;
  // The oldest burst has been passed often enough: its bank serves nobody else.
  const bool reserve = lane_->overtaken >= overtakes_ && !runs.empty() && !hit(runs.front());
  const std::uint64_t reserved = reserve ? bit(runs.front().bank) : 0;
  Choice best = choose_column(reserved);
  // On a bus of rows and columns, nothing that would be in the way of the next column command.
  const auto place = [this, column_at = best.at](Command command, Clock legal) {
    const Clock at = std::max(legal, timing_.bus_free(command));
    return timing_.one_bus() && at + timing_.length(command) > column_at ? kNever : at;
  };
  if (refresh_.owed()) choose_refresh(best, place);
  survey(reserved);
  choose_row(best, place);
  return best;
}

// The first of the bursts in the queue that hit; of one bank only the oldest can be that.
Channel::Choice Channel::choose_column(std::uint64_t reserved) {
  Choice best;
  const std::int64_t horizon = lane_->served + depth_;
  const Run* const runs = lane_->runs.data();
  const auto size = static_cast<std::int64_t>(lane_->runs.size());
  std::int64_t visible = 0;
  while (visible < size && runs[visible].next < horizon) ++visible;
  visible_ = visible;
  std::uint64_t done = refresh_.blocked() | reserved;
  for (std::int64_t r = 0; r < visible; ++r) {
    const Run& run = runs[r];
    if (done & bit(run.bank) || !hit(run)) continue;
    done |= bit(run.bank);
    const Command command = closed_page_ && closes(static_cast<std::size_t>(r)) ? lane_->with_precharge : lane_->plain;
    const Clock at = std::max(std::max(now_, timing_.bus_free(command)), timing_.legal(command, run.bank));
    if (at < best.at) best = {at, command, run.bank, r};
  }
  return best;
}

void Channel::survey(std::uint64_t reserved) {
  std::uint64_t hits = 0, misses = 0;
  for (std::int64_t r = 0; r < visible_; ++r) {
    const Run& run = lane_->runs[static_cast<std::size_t>(r)];
    (hit(run) ? hits : misses) |= bit(run.bank);
  }
  held_back_ = (hits & misses & ~reserved) != 0;
  to_open_ = misses & ~((hits & ~reserved) | refresh_.blocked());
}

// Closed page: the burst that no other burst in the queue follows in its row closes it.
bool Channel::closes(std::size_t r) const {
  const Run& run = lane_->runs[r];
  if (run.next + run.step < std::min(run.end, lane_->served + depth_)) return false;
  for (std::size_t other = 0; other < static_cast<std::size_t>(visible_); ++other) {
    const Run& candidate = lane_->runs[other];
    if (other != r && candidate.bank == run.bank && candidate.row == run.row) return false;
  }
  return true;
}

}  // namespace rondo::dram

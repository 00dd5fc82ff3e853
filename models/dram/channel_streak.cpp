#include <algorithm>

#include "models/dram/channel_rows.hpp"

// Column commands that are bound to follow each other at an even pace, and the row commands between them.
namespace rondo::dram {

// From one burst to the next when the oldest bursts are served in order; 0: they may not be.
Clock Channel::streak_spacing(const Choice& choice) const {
  if (choice.run != 0 || choice.command != lane_->plain || lane_->overtaken >= overtakes_) return 0;
  const Clock spacing = timing_.spacing(choice.command), group = timing_.group_spacing(choice.command);
  // Nobody younger can be ready before the oldest one when every bank has to wait as long as its own.
  if (timing_.least_spacing(choice.command) < spacing) return 0;
  if (map_.group_distance() * spacing >= group) return spacing;
  return map_.interleave() == 1 && visible_ == 1 ? group : 0;
}

// The bursts from the oldest on that are served in order, whatever else happens before clock `limit`.
Channel::Streak Channel::streak(const Choice& choice, Clock limit) const {
  const Lane& lane = *lane_;
  Streak streak{choice.at, streak_spacing(choice)};
  if (streak.spacing == 0) return streak;
  const Run& oldest = lane.runs.front();
  streak.bursts = oldest.end - oldest.next;
  streak.in_turn = std::min<std::int64_t>(oldest.step, streak.bursts);
  if (closed_page_) streak.bursts -= streak.in_turn;
  if (held_back_) hold_rows(streak, lane.served, 1);
  if (streak.in_turn > 1) streak.bursts = in_order(streak);
  if (!other_->runs.empty()) streak.bursts = std::min(streak.bursts, overtakes_ - in_turn_);
  Clock last = limit - 1;
  if (!timing_.rows_apart() || streak.spacing > timing_.spacing(choice.command)) {
    // Up to the burst with which another run comes into the queue, or to the first row command.
    streak.bursts = std::min(streak.bursts, next_run() - lane.served);
    last = std::min(last, row_from_);
  }
  if (streak.slot(streak.bursts - 1) > last)
    streak.bursts = last < choice.at ? 1 : (last - choice.at) / streak.spacing + 1;
  streak.bursts = std::max<std::int64_t>(1, streak.bursts);
  return streak;
}

// A row is kept open only by hits. With `served` bursts of it done, the streak goes on no further than to the
// first burst that ends a run, whose row may then be closed for somebody else.
void Channel::hold_rows(Streak& streak, std::int64_t served_before, std::int64_t served) const {
  const Run& oldest = lane_->runs.front();
  const bool next_in_queue = oldest.next + oldest.step < served_before + depth_;
  const std::int64_t first_end = oldest.end - oldest.next - streak.in_turn + 1;
  streak.bursts = std::min(streak.bursts, next_in_queue ? std::max(served, first_end) : served);
}

// Where banks take turns: up to the first burst that is not there, does not hit, or is not ready in its turn.
std::int64_t Channel::in_order(const Streak& streak) const {
  const Run* const runs = lane_->runs.data();
  for (std::int64_t i = 1; i < std::min(streak.in_turn, streak.bursts); ++i) {
    if (i >= visible_) return i;
    const Run& run = runs[i];
    const bool follows = run.next == runs->next + i && run.end == runs->end && hit(run) &&
                         timing_.rank_of(run.bank) == timing_.rank_of(runs->bank);
    if (!follows || refresh_.blocked() >> run.bank & 1 || timing_.legal(lane_->plain, run.bank) > streak.slot(i))
      return i;
  }
  return streak.bursts;
}

// So many bursts served bring another run into the queue, if it has come.
std::int64_t Channel::next_run() const {
  if (visible_ == static_cast<std::int64_t>(lane_->runs.size())) return lane_->room_at;
  return std::min(lane_->room_at, lane_->runs[static_cast<std::size_t>(visible_)].next - depth_ + 1);
}

// The first clock from `from` on in which a command of this length fits between the columns of a shared bus.
Clock Channel::Streak::gap(Clock from, Clock length) const {
  if (column == 0) return from;
  if (column + length > spacing) return kNever;
  const Clock into = static_cast<std::uint32_t>(from - at) % static_cast<std::uint32_t>(spacing);
  const Clock free = std::max(into, column);
  return from - into + (free + length <= spacing ? free : spacing + column);
}

// Row commands during the streak, which do not disturb it: each in the first gap that is long enough.
void Channel::fill_gaps(Streak& streak) {
  const std::int64_t before = lane_->served;
  streak.column = timing_.one_bus() ? timing_.length(lane_->plain) : 0;
  // As long as nobody wants another row, the queue must change first.
  const bool nothing_to_do = to_open_ == 0 && !held_back_ && !refresh_.owed();
  std::int64_t served = nothing_to_do ? std::max<std::int64_t>(1, next_run() - before) : 1;
  for (bool look = true; served < streak.bursts;) {
    if (look) see_queue(streak, before, served);
    // Until the queue changes, or the streak ends and with it what is known of the bus.
    const std::int64_t changes = std::min(streak.bursts, next_run() - before);
    const Clock from = streak.slot(served - 1), end = streak.slot(changes - 1);
    const auto place = [&](Command command, Clock legal) {
      const Clock at = std::max(std::max(legal, timing_.bus_free(command)), from);
      const Clock gap = at < end ? streak.gap(at, timing_.length(command)) : kNever;
      return gap < end ? gap : kNever;
    };
    Choice row;
    if (refresh_.owed()) choose_refresh(row, place);
    choose_row(row, place);
    if (row.at == kNever) {
      served = changes;
      look = true;
      continue;
    }
    tell_columns(streak, row.at);
    carry_out_row(row);
    served = static_cast<std::uint32_t>(row.at - streak.at) / static_cast<std::uint32_t>(streak.spacing) + 1;
    look = row.run < 0 || row.command != Command::precharge;  // a closed bank still wants its row
  }
  lane_->served = before;
}

// What is in the queue when `served` bursts of the streak have been served, and how far it can go on then.
void Channel::see_queue(Streak& streak, std::int64_t before, std::int64_t served) {
  now_ = streak.slot(served - 1);
  lane_->served = before + served;
  if (lane_->served >= lane_->room_at) admit(*lane_);
  const std::vector<Run>& runs = lane_->runs;
  while (visible_ < static_cast<std::int64_t>(runs.size()) &&
         runs[static_cast<std::size_t>(visible_)].next < lane_->served + depth_)
    ++visible_;
  survey(0);
  // What came in may have brought a transfer to the head of its stream that has not come yet.
  if (event_ <= streak.slot(streak.bursts - 1)) streak.bursts = (event_ - 1 - streak.at) / streak.spacing + 1;
  if (held_back_) hold_rows(streak, before, served);
}

void Channel::tell_columns(Streak& streak, Clock before) const {
  if (observer == nullptr) return;
  for (; streak.told < streak.bursts && streak.slot(streak.told) <= before; ++streak.told) {
    const Run& run = lane_->runs[static_cast<std::size_t>(streak.told % streak.in_turn)];
    tell(lane_->plain, run.bank, streak.slot(streak.told), run.transfer);
  }
}

void Channel::serve_streak(Streak& streak) {
  Lane& lane = *lane_;
  Run* const runs = lane.runs.data();
  // The last command to each bank outweighs those before it.
  for (std::int64_t i = std::max<std::int64_t>(0, streak.bursts - streak.in_turn); i < streak.bursts; ++i)
    timing_.issue(lane.plain, runs[streak.in_turn == 1 ? 0 : i % streak.in_turn].bank, streak.slot(i));
  now_ = streak.slot(streak.bursts - 1);
  tell_columns(streak, now_);
  count_data(*runs, streak.bursts, streak.at, now_);
  lane.overtaken = 0;
  if (streak.in_turn == 1) {
    count_row(runs->bank);
    runs->next += runs->step * streak.bursts;
    if (runs->next >= runs->end) lane.runs.erase(lane.runs.begin());
    return;
  }
  const std::int64_t touched = std::min(streak.in_turn, streak.bursts);
  for (std::int64_t i = 0; i < touched; ++i) {
    count_row(runs[i].bank);
    runs[i].next += runs[i].step * ((streak.bursts - 1 - i) / streak.in_turn + 1);
  }
  settle_runs(touched, streak.in_turn);
}

// The first `touched` runs have moved on: those at their end go, the others find their places among the first
// `in_turn`. (The runs of a transfer in these rows stand before all others.)
void Channel::settle_runs(std::int64_t touched, std::int64_t in_turn) {
  std::vector<Run>& list = lane_->runs;
  Run* const runs = list.data();
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < touched; ++i) {
    if (runs[i].next < runs[i].end) runs[kept++] = runs[i];
  }
  if (kept < touched) list.erase(list.begin() + kept, list.begin() + touched);
  const std::int64_t end = std::min(in_turn, static_cast<std::int64_t>(list.size()));
  for (std::int64_t i = 1; i < end; ++i) {
    for (std::int64_t j = i; j > 0 && runs[j - 1].next > runs[j].next; --j) std::swap(runs[j - 1], runs[j]);
  }
}

// Whether choose() would find the oldest burst next, at the same pace: nobody wants another row, and nobody
// can be ready earlier.
bool Channel::goes_on(Choice& next, Clock limit) {
  const Lane& lane = *lane_;
  if (to_open_ != 0 || held_back_ || refresh_.owed() || closed_page_) return false;
  if (lane.runs.empty() || lane.served >= lane.room_at || !other_->runs.empty()) return false;
  if (lane.runs.back().next >= lane.served + depth_) return false;
  visible_ = static_cast<std::int64_t>(lane.runs.size());
  survey(0);
  if (to_open_ != 0 || held_back_) return false;
  const Run& oldest = lane.runs.front();
  next.at = now_ + timing_.least_spacing(lane.plain);
  next.bank = oldest.bank;
  return hit(oldest) && next.at < limit &&
         std::max(timing_.legal(lane.plain, oldest.bank), timing_.bus_free(lane.plain)) <= next.at;
}

}  // namespace rondo::dram

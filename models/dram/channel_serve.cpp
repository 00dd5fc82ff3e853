#include <algorithm>

#include "models/dram/channel.hpp"

// Giving the chosen command.
namespace rondo::dram {

void Channel::carry_out(const Choice& choice, Clock limit) {
  if (choice.run < 0 || !is_column(choice.command)) return carry_out_row(choice);
  Choice next = choice;
  do {
    now_ = next.at;
    Streak streak = this->streak(next, std::min(limit, event_));
    if (streak.bursts == 1) return serve(next);
    if (timing_.rows_apart()) fill_gaps(streak);
    serve_streak(streak);
  } while (goes_on(next, std::min(limit, event_)));
}

void Channel::carry_out_row(const Choice& choice) {
  timing_.issue(choice.command, choice.bank, choice.at);
  const int rank = timing_.rank_of(choice.bank);
  switch (choice.command) {
    case Command::activate:
      open(choice.bank, lane_->runs[static_cast<std::size_t>(choice.run)].row, choice.at);
      ++counts_.activates;
      break;
    case Command::precharge:
      close(choice.bank, choice.at);
      bank(choice.bank).conflict = choice.run >= 0;
      break;
    case Command::precharge_all:
      for (int b = rank * timing_.banks_per_rank(); b < (rank + 1) * timing_.banks_per_rank(); ++b) close(b, choice.at);
      break;
    default: refresh_.done(rank, queued_banks()); ++counts_.refreshes;
  }
  tell(choice.command, choice.bank, choice.at);
}

void Channel::serve(const Choice& choice) {
  Lane& lane = *lane_;
  Run* run = &lane.runs[static_cast<std::size_t>(choice.run)];
  timing_.issue(choice.command, choice.bank, choice.at);
  tell(choice.command, choice.bank, choice.at, run->transfer);
  count_row(choice.bank);
  count_data(*run, 1, choice.at, choice.at);
  if (choice.command != lane.plain) {
    // What came before keeps the row open as it does with a precharge: its activation for tRAS, say.
    close(choice.bank, std::max(choice.at + lane.closed_after, timing_.own(Command::precharge, choice.bank)));
  }
  lane.overtaken = choice.run == 0 ? 0 : lane.overtaken + 1;
  run->next += run->step;
  if (run->next >= run->end) {
    lane.runs.erase(lane.runs.begin() + choice.run);
  } else {
    for (const Run* last = &lane.runs.back(); run != last && run->next > run[1].next; ++run) std::swap(run[0], run[1]);
  }
}

void Channel::count_data(const Run& run, std::int64_t bursts, Clock first_command, Clock last_command) {
  Progress& progress = progress_[static_cast<std::size_t>(run.transfer)];
  progress.left -= bursts;
  progress.first = std::min(progress.first, first_command + lane_->data_after);
  progress.end = std::max(progress.end, last_command + lane_->data_after + burst_clocks_);
  lane_->served += bursts;
  (lane_->plain == Command::read ? counts_.read_bursts : counts_.written_bursts) += bursts;
  counts_.row_hits += bursts;  // count_row() takes back those that were none
  if (!other_->runs.empty()) in_turn_ += bursts;
}

// The first burst after an activation is the miss or conflict that caused it.
void Channel::count_row(int b) {
  Bank& served = bank(b);
  if (served.fresh == Fresh::no) return;
  --counts_.row_hits;
  ++(served.fresh == Fresh::miss ? counts_.row_misses : counts_.row_conflicts);
  served.fresh = Fresh::no;
}

}  // namespace rondo::dram

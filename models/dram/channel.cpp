#include "models/dram/channel.hpp"

#include <algorithm>

namespace rondo::dram {
namespace {

unsigned bit(Command command) { return 1u << static_cast<unsigned>(command); }

// The commands that a controller of this policy gives.
unsigned used_by(const Policy& policy) {
  unsigned used = bit(Command::activate) | bit(Command::precharge) | bit(Command::read) | bit(Command::write);
  if (policy.closed_page) used |= bit(Command::read_precharge) | bit(Command::write_precharge);
  if (policy.refresh == RefreshMode::all_bank) used |= bit(Command::precharge_all) | bit(Command::refresh);
  if (policy.refresh == RefreshMode::per_bank) used |= bit(Command::refresh_bank);
  return used;
}

Clock clocks_of(const Device& device, Command before, Command after) {
  Clock clocks = 0;
  for (const Constraint& row : device.constraints) {
    if (row.level == Level::bank && row.before == before && row.after == after) clocks = std::max(clocks, row.clocks);
  }
  return clocks;
}

}  // namespace

void Counts::add(const Counts& other, std::int64_t times) {
  activates += times * other.activates;
  read_bursts += times * other.read_bursts;
  written_bursts += times * other.written_bursts;
  refreshes += times * other.refreshes;
  row_hits += times * other.row_hits;
  row_misses += times * other.row_misses;
  row_conflicts += times * other.row_conflicts;
  turnarounds += times * other.turnarounds;
  active_clocks += times * other.active_clocks;
}

Channel::Lane::Lane(Direction direction, const AddressMap& map, int channel, const std::vector<Transfer>& transfers)
    : plain(direction == Direction::read ? Command::read : Command::write),
      with_precharge(direction == Direction::read ? Command::read_precharge : Command::write_precharge),
      stream(map, channel, transfers) {}

Channel::Channel(const Device& device, const Policy& policy, const AddressMap& map, int index,
                 const std::vector<Transfer>& transfers, std::vector<Progress>& progress)
    : map_(map),
      index_(index),
      closed_page_(policy.closed_page),
      depth_(policy.queue_depth),
      overtakes_(policy.overtakes),
      burst_clocks_(device.burst_clocks()),
      progress_(progress),
      timing_(device, policy.ranks, used_by(policy)),
      refresh_(device, policy.ranks, policy.refresh),
      lanes_{Lane(Direction::read, map, index, transfers), Lane(Direction::write, map, index, transfers)},
      banks_(static_cast<std::size_t>(policy.ranks * device.banks())),
      ranks_(static_cast<std::size_t>(policy.ranks)) {
  for (Lane& lane : lanes_) {
    lane.data_after =
        timing_.length(lane.plain) - 1 + (lane.plain == Command::read ? device.read_latency : device.write_latency);
    lane.closed_after = clocks_of(device, lane.plain, Command::precharge) + timing_.length(lane.plain) -
                        timing_.length(Command::precharge);
    lane.runs.reserve(static_cast<std::size_t>(depth_ + map.interleave()));
  }
  expect_events();
}

Channel::Lane::Lane(const Lane& other, int channel)
    : plain(other.plain),
      with_precharge(other.with_precharge),
      data_after(other.data_after),
      closed_after(other.closed_after),
      stream(other.stream, channel),
      served(other.served),
      overtaken(other.overtaken),
      room_at(other.room_at) {
  runs.reserve(other.runs.capacity());
  runs = other.runs;
}

Channel::Channel(const Channel& other, int index)
    : map_(other.map_),
      index_(index),
      closed_page_(other.closed_page_),
      depth_(other.depth_),
      overtakes_(other.overtakes_),
      burst_clocks_(other.burst_clocks_),
      progress_(other.progress_),
      timing_(other.timing_),
      refresh_(other.refresh_),
      lanes_{Lane(other.lanes_[0], index), Lane(other.lanes_[1], index)},
      lane_(&lanes_[static_cast<std::size_t>(other.lane_ - other.lanes_.data())]),
      other_(&lanes_[static_cast<std::size_t>(other.other_ - other.lanes_.data())]),
      in_turn_(other.in_turn_),
      banks_(other.banks_),
      ranks_(other.ranks_),
      now_(other.now_),
      event_(other.event_),
      counts_(other.counts_) {}

void Channel::add(Direction direction, int transfer, std::int64_t bursts, Clock arrival) {
  lanes_[static_cast<std::size_t>(direction)].stream.add(transfer, bursts, arrival);
  expect_events();
}

void Channel::advance(Clock until) {
  while (now_ < until) {
    if (now_ >= event_) meet_event();
    if (lane_->served >= lane_->room_at) admit(*lane_);
    if (!other_->runs.empty()) choose_direction();
    const Clock limit = std::min(until, event_);
    const Choice choice = choose();
    if (choice.at < limit) {
      now_ = choice.at;
      carry_out(choice, limit);
    } else if (lane_->runs.empty() && !refresh_.owed()) {
      rest(until);
    } else {
      now_ = limit;
    }
  }
}

// Bursts come into the queues, then refreshes fall due.
void Channel::meet_event() {
  for (Lane& lane : lanes_) {
    expect_room(lane);
    admit(lane);
  }
  if (refresh_.due() <= now_) refresh_.fall_due(now_, queued_banks());
  expect_events();
}

void Channel::expect_events() {
  event_ = refresh_.due();
  for (const Lane& lane : lanes_) {
    if (lane.stream.arrival() > now_ || lane.room_at == kNever) event_ = std::min(event_, lane.stream.arrival());
  }
}

// Runs are given out by their first bursts; one may begin before the next burst of an older one.
void Channel::admit(Lane& lane) {
  while (lane.served >= lane.room_at) {
    lane.runs.push_back(lane.stream.take());
    for (std::size_t r = lane.runs.size() - 1; r > 0 && lane.runs[r - 1].next > lane.runs[r].next; --r)
      std::swap(lane.runs[r - 1], lane.runs[r]);
    expect_room(lane);
  }
  if (lane.room_at == kNever) expect_events();
}

void Channel::expect_room(Lane& lane) const {
  lane.room_at = lane.stream.arrival() <= now_ ? lane.stream.number() - depth_ + 1 : kNever;
}

void Channel::choose_direction() {
  if (!lane_->runs.empty() && in_turn_ < overtakes_) return;
  std::swap(lane_, other_);
  in_turn_ = 0;
  ++counts_.turnarounds;
}

std::uint64_t Channel::queued_banks() const {
  std::uint64_t banks = 0;
  for (const Lane& lane : lanes_) {
    for (const Run& run : lane.runs) banks |= std::uint64_t{run.next < lane.served + depth_} << run.bank;
  }
  return banks;
}

// Nothing to do but refreshes, up to clock `until` or the next transfer: counted when they cannot meet
// anything, else one by one.
void Channel::rest(Clock until) {
  for (const Lane& lane : lanes_) until = std::min(until, lane.stream.arrival());
  for (int rank = 0; rank < refresh_.ranks(); ++rank) {
    if (can_skip_refreshes(rank, refresh_.due_before(rank, until))) continue;
    now_ = std::min(until, refresh_.due());
    return;
  }
  for (int rank = 0; rank < refresh_.ranks(); ++rank) skip_refreshes(rank, refresh_.due_before(rank, until));
  now_ = until;
  expect_events();
}

bool Channel::can_skip_refreshes(int rank, std::int64_t times) const {
  if (times == 0) return true;
  const Command command = refresh_.command();
  if (ranks_[static_cast<std::size_t>(rank)].open > 0) return false;
  if (timing_.bus_free(command) > refresh_.due(rank) || timing_.spacing(command) > refresh_.interval()) return false;
  const std::int64_t different = std::min<std::int64_t>(times, timing_.banks_per_rank());
  for (std::int64_t i = 0; i < different; ++i) {
    if (timing_.legal(command, refresh_.bank_at_rest(rank, i)) > refresh_.due(rank) + i * refresh_.interval())
      return false;
  }
  return true;
}

// Only the last refresh of each bank has consequences.
void Channel::skip_refreshes(int rank, std::int64_t times) {
  const std::int64_t different = std::min<std::int64_t>(times, timing_.banks_per_rank());
  for (std::int64_t i = observer != nullptr ? 0 : times - different; i < times; ++i) {
    const Clock at = refresh_.due(rank) + i * refresh_.interval();
    const int bank = refresh_.bank_at_rest(rank, i);
    timing_.issue(refresh_.command(), bank, at);
    tell(refresh_.command(), bank, at);
  }
  refresh_.skip(rank, times);
  counts_.refreshes += times;
}

Clock Channel::soonest_end(Direction direction, std::int64_t number) const {
  const Lane& lane = lanes_[static_cast<std::size_t>(direction)];
  // So many others must be served before it comes into the queue ...
  Clock wait = std::max<std::int64_t>(0, number - lane.served - depth_ + 1) * timing_.least_spacing(lane.plain);
  // ... or, when it is there, before its turn in its own run.
  for (const Run& run : lane.runs) {
    if (number < run.next || number >= run.end || (number - run.next) % run.step != 0) continue;
    wait = (number - run.next) / run.step * timing_.group_spacing(lane.plain);
  }
  return now_ + wait + lane.data_after + burst_clocks_;
}

Counts Channel::counts() const {
  Counts counts = counts_;
  for (const Rank& rank : ranks_)
    counts.active_clocks += (rank.open > 0 ? now_ : std::min(now_, rank.active_until)) - rank.active_since;
  return counts;
}

void Channel::open(int b, std::int32_t row, Clock at) {
  Bank& opened = bank(b);
  opened.row = row;
  opened.fresh = opened.conflict ? Fresh::conflict : Fresh::miss;
  opened.conflict = false;
  Rank& rank = ranks_[static_cast<std::size_t>(timing_.rank_of(b))];
  if (rank.open++ > 0 || at <= rank.active_until) return;
  counts_.active_clocks += rank.active_until - rank.active_since;
  rank.active_since = at;
}

// With an automatic precharge, `at` lies ahead, and another row may be opened before it.
void Channel::close(int b, Clock at) {
  Bank& closed = bank(b);
  if (closed.row < 0) return;
  closed.row = -1;
  closed.fresh = Fresh::no;
  closed.conflict = false;
  Rank& rank = ranks_[static_cast<std::size_t>(timing_.rank_of(b))];
  rank.active_until = std::max(rank.active_until, at);
  --rank.open;
}

void Channel::tell(Command command, int b, Clock at, int transfer) const {
  if (observer != nullptr) observer->command(index_, command, b, bank(b).row, at, transfer);
}

}  // namespace rondo::dram

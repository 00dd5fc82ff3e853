#include "models/dram/controller.hpp"

#include <algorithm>

#include "models/base/error.hpp"

namespace rondo::dram {

Controller::Controller(const Device& device, const Policy& policy, std::size_t transfers)
    : policy_(policy),
      map_(device, policy.channels, policy.ranks, policy.mapping),
      transfers_(transfers),
      bursts_(transfers),
      progress_(transfers),
      last_(transfers * static_cast<std::size_t>(policy.channels)) {
  for (std::size_t place = transfers; place-- > 0;) free_.push_back(static_cast<int>(place));
  channels_.push_back(std::make_unique<Channel>(device, policy_, map_, 0, transfers_, progress_));
}

// Every row of it has as many bursts on each channel, at the same local numbers.
bool Controller::even(const Transfer& transfer) const {
  for (std::int64_t row = 0; row < transfer.rows; ++row) {
    const std::int64_t first = transfer.row_address(row);
    if (!map_.even(map_.burst_of(first)) || !map_.even(map_.burst_of(first + transfer.bytes - 1) + 1)) return false;
  }
  return true;
}

// From now on each channel goes its own way.
void Controller::part() {
  for (int channel = 1; channel < policy_.channels; ++channel)
    channels_.push_back(std::make_unique<Channel>(*channels_[0], channel));
  const std::size_t channels = channels_.size();
  for (std::size_t place = 0; place < progress_.size(); ++place) {
    progress_[place].left *= policy_.channels;
    std::fill_n(last_.begin() + static_cast<std::ptrdiff_t>(place * channels), channels, last_[place * channels]);
  }
}

int Controller::add(const Transfer& transfer, Clock arrival) {
  check(!free_.empty(), "the DRAM has more transfers than places");
  if (channels_.size() == 1 && policy_.channels > 1 && !even(transfer)) part();
  const int place = free_.back();
  free_.pop_back();
  const auto at = static_cast<std::size_t>(place);
  transfers_[at] = transfer;
  progress_[at] = {};
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const std::int64_t bursts = channels_[c]->stream(transfer.direction).count(transfer);
    if (bursts > 0) channels_[c]->add(transfer.direction, place, bursts, arrival);
    progress_[at].left += bursts;
    last(at, c) = bursts > 0 ? channels_[c]->stream(transfer.direction).asked() - 1 : -1;
  }
  bursts_[at] = progress_[at].left * (channels_.size() == 1 ? policy_.channels : 1);
  return place;
}

void Controller::advance(Clock until) {
  for (const auto& channel : channels_) channel->advance(until);
}

Clock Controller::soonest_end(int place) const {
  const auto at = static_cast<std::size_t>(place);
  Clock soonest = 0;
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const std::int64_t number = last_[at * static_cast<std::size_t>(policy_.channels) + c];
    if (number >= 0) soonest = std::max(soonest, channels_[c]->soonest_end(transfers_[at].direction, number));
  }
  return soonest;
}

Counts Controller::counts(Clock until) {
  Counts sum;
  for (const auto& channel : channels_) {
    channel->advance(until);
    sum.add(channel->counts(), channels_.size() == 1 ? policy_.channels : 1);
  }
  return sum;
}

// Whoever listens hears every channel.
void Controller::observe(CommandObserver* observer) {
  if (channels_.size() == 1 && policy_.channels > 1) part();
  for (const auto& channel : channels_) channel->observer = observer;
}

}  // namespace rondo::dram

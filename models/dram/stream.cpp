#include "models/dram/stream.hpp"

#include <algorithm>

namespace rondo::dram {

std::int64_t Stream::count(const Transfer& transfer) const {
  std::int64_t bursts = 0;
  for (std::int64_t row = 0; row < transfer.rows; ++row) {
    const std::int64_t address = transfer.row_address(row);
    bursts += map_.local(map_.burst_of(address + transfer.bytes - 1) + 1, channel_) -
              map_.local(map_.burst_of(address), channel_);
  }
  return bursts;
}

void Stream::open() {
  row_ = -1;
  next_row();
}

// A row may have no burst on this channel, a transfer has at least one.
void Stream::next_row() {
  do {
    ++row_;
    open_row();
  } while (low_ == high_);
  open_block();
}

void Stream::open_row() {
  const Transfer& transfer = transfers_[static_cast<std::size_t>(ring_[first_].transfer)];
  if (row_ == transfer.rows) {
    if (++first_ == ring_.size()) first_ = 0;
    --size_;
    row_ = -1;
    if (size_ == 0) low_ = 0, high_ = 1;  // ends the search
    return;
  }
  const std::int64_t address = transfer.row_address(row_);
  low_ = map_.local(map_.burst_of(address), channel_);
  high_ = map_.local(map_.burst_of(address + transfer.bytes - 1) + 1, channel_);
}

void Stream::open_block() {
  turn_ = 0;
  block_end_ = std::min(high_, (low_ | (map_.block() - 1)) + 1);
}

Run Stream::take() {
  const AddressMap::Spot spot = map_.spot(low_ + turn_);
  const std::int64_t bursts = block_end_ - low_;
  const Run run{number_ + turn_, number_ + bursts, static_cast<std::int32_t>(map_.interleave()),
                spot.bank,       spot.row,         ring_[first_].transfer};
  if (++turn_ < std::min(map_.interleave(), bursts)) return run;
  number_ += bursts;
  low_ = block_end_;
  turn_ = 0;
  if (low_ < high_)
    open_block();
  else
    next_row();
  return run;
}

}  // namespace rondo::dram

#pragma once

#include "models/dram/address_map.hpp"

namespace rondo::dram {

enum class Direction : std::uint8_t { read, write };

/// A transfer as the chip asks for it: `rows` runs of `bytes`, `stride` apart.
struct Transfer {
  Direction direction = Direction::read;
  std::int64_t address = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t stride = 0;
  std::int64_t table_rows = 0;  ///< above 0: the rows are scattered over a table of so many, `bytes` each

  /// First byte of row `row`. Scattered rows depend on data, which timing must not: they are spread by the
  /// golden ratio.
  std::int64_t row_address(std::int64_t row) const {
    if (table_rows == 0) return address + row * stride;
    const std::uint64_t spread = (static_cast<std::uint64_t>(row) + 1) * 0x9E3779B97F4A7C15u >> 32;
    return address + static_cast<std::int64_t>(spread % static_cast<std::uint64_t>(table_rows)) * bytes;
  }
};

/// Bursts of one transfer in one row of one bank: numbers next, next + step, ... below `end` in their stream.
struct Run {
  std::int64_t next = 0;
  std::int64_t end = 0;
  std::int32_t step = 1;
  std::int32_t bank = 0;
  std::int32_t row = 0;
  std::int32_t transfer = 0;  ///< its place in the controller
};

/// The bursts of one direction on one channel, numbered in the order in which they were asked for, given out
/// as runs in the order of their first bursts.
class Stream {
 public:
  Stream(const AddressMap& map, int channel, const std::vector<Transfer>& transfers)
      : map_(map), channel_(channel), transfers_(transfers), ring_(transfers.size()) {}
  /// The same bursts on another channel, which has been asked for the same.
  Stream(const Stream& other, int channel) : Stream(other) { channel_ = channel; }

  /// The transfer in place `transfer`, with `bursts` > 0 of them on this channel, comes in clock `arrival`.
  void add(int transfer, std::int64_t bursts, Clock arrival) {
    std::size_t slot = first_ + size_++;
    if (slot >= ring_.size()) slot -= ring_.size();
    ring_[slot] = {transfer, arrival};
    asked_ += bursts;
    if (size_ == 1) open();
  }

  /// When the next run comes, and the number of its first burst; kNever: there is none.
  Clock arrival() const { return size_ == 0 ? kNever : ring_[first_].arrival; }
  std::int64_t number() const { return number_ + turn_; }
  Run take();

  /// Bursts asked for so far: one more than the last number.
  std::int64_t asked() const { return asked_; }

  /// Bursts of a transfer on this channel.
  std::int64_t count(const Transfer& transfer) const;

  Stream(const Stream&) = default;

 private:
  struct Entry {
    std::int32_t transfer = 0;
    Clock arrival = 0;
  };

  void open();
  void open_row();
  void open_block();
  void next_row();

  const AddressMap& map_;
  int channel_;
  const std::vector<Transfer>& transfers_;
  std::vector<Entry> ring_;  ///< transfers not wholly given out
  std::size_t first_ = 0, size_ = 0;
  std::int64_t asked_ = 0;

  // Where the next run lies: row of the oldest transfer, its local numbers, the block they are in.
  std::int64_t row_ = 0;
  std::int64_t low_ = 0, high_ = 0, block_end_ = 0;
  std::int64_t number_ = 0;  ///< of the burst at low_
  std::int64_t turn_ = 0;    ///< runs given out of this block
};

}  // namespace rondo::dram

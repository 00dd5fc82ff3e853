#pragma once

#include <cstddef>
#include <vector>

#include "models/units/wakes.hpp"

namespace rondo {

/// A registered queue from one unit to one other: pushed in cycle t, visible in t + 1; popped in t, its place
/// can be used in t + 1. So neither side can tell which of them ran first within a cycle.
template <class T>
class Queue {
 public:
  Queue(Wakes& wakes, int producer, int consumer, std::int64_t capacity)
      : wakes_(wakes), producer_(producer), consumer_(consumer), ring_(static_cast<std::size_t>(capacity)) {}

  /// Room for one more, judged on the places free at the start of the cycle. In vain: the producer is called.
  bool room(Cycle now) {
    const std::size_t popped = last_pop_ == now ? popped_ : 0;
    if (size_ + popped < ring_.size()) return true;
    if (popped != 0) wakes_.call(producer_, now + 1);
    producer_waits_ = true;
    return false;
  }

  /// A place to fill for the next entry, which is pushed hereby. There must be room.
  T& push(Cycle now) {
    std::size_t slot = first_ + size_++;
    if (slot >= ring_.size()) slot -= ring_.size();
    ring_[slot].visible = now + 1;
    if (consumer_waits_) wakes_.call(consumer_, now + 1);
    consumer_waits_ = false;
    return ring_[slot].value;
  }

  /// The oldest entry, or null when none can be seen. In vain: the consumer is called.
  const T* head(Cycle now) {
    if (size_ == 0) {
      consumer_waits_ = true;
      return nullptr;
    }
    if (ring_[first_].visible <= now) return &ring_[first_].value;
    wakes_.call(consumer_, ring_[first_].visible);
    return nullptr;
  }

  void pop(Cycle now) {
    if (last_pop_ != now) popped_ = 0;
    last_pop_ = now;
    ++popped_;
    if (++first_ == ring_.size()) first_ = 0;
    --size_;
    if (producer_waits_) wakes_.call(producer_, now + 1);
    producer_waits_ = false;
  }

  bool empty() const { return size_ == 0; }

 private:
  struct Entry {
    Cycle visible = 0;
    T value{};
  };

  Wakes& wakes_;
  const int producer_;
  const int consumer_;
  std::vector<Entry> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  Cycle last_pop_ = -1;
  std::size_t popped_ = 0;
  bool producer_waits_ = false;
  bool consumer_waits_ = false;
};

}  // namespace rondo

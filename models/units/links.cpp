#include "models/units/links.hpp"

namespace rondo {

Semaphores::Semaphores(Wakes& wakes, const std::vector<Semaphore>& declared) : wakes_(wakes), declared_(declared) {
  for (std::size_t s = 0; s < declared.size(); ++s) state_[s].count = declared[s].initial;
}

std::uint64_t Semaphores::lacking(Cycle now, std::uint64_t mask) {
  std::uint64_t zero = 0;
  for_each_bit(mask, [&](int s) {
    const std::int64_t fresh = state_[s].posted == now ? state_[s].fresh : 0;
    if (state_[s].count - fresh > 0) return;
    zero |= std::uint64_t{1} << s;
    if (fresh != 0) wakes_.call(static_cast<int>(declared_[s].to), now + 1);
  });
  awaited_ |= zero;
  return zero;
}

void Semaphores::post(Cycle now, std::uint64_t mask) {
  for_each_bit(mask, [&](int s) {
    if (state_[s].posted != now) state_[s].fresh = 0;
    state_[s].posted = now;
    ++state_[s].fresh;
    ++state_[s].count;
  });
  for_each_bit(mask & awaited_, [&](int s) { wakes_.call(static_cast<int>(declared_[s].to), now + 1); });
  awaited_ &= ~mask;
}

bool TileFifo::room(Cycle now) {
  const bool fresh = last_free_ == now;
  if (size_ + fresh < ring_.size()) return true;
  if (fresh) wakes_.call(weights_, now + 1);
  weights_wait_ = true;
  return false;
}

void TileFifo::push(Cycle usable, std::int64_t bits) {
  std::size_t slot = first_ + size_++;
  if (slot >= ring_.size()) slot -= ring_.size();
  ring_[slot] = {usable, bits};
  if (matrix_waits_) wakes_.call(matrix_, usable);
  matrix_waits_ = false;
}

const TileFifo::Tile* TileFifo::head(Cycle now) {
  if (size_ == 0) {
    matrix_waits_ = true;
    return nullptr;
  }
  if (ring_[first_].usable <= now) return &ring_[first_];
  wakes_.call(matrix_, ring_[first_].usable);
  return nullptr;
}

void TileFifo::free(Cycle now) {
  if (++first_ == ring_.size()) first_ = 0;
  --size_;
  last_free_ = now;
  if (weights_wait_) wakes_.call(weights_, now + 1);
  weights_wait_ = false;
}

bool Stream::room(Cycle now, std::int64_t rows) {
  const std::int64_t fresh = last_free_ == now ? fresh_ : 0;
  if (used_ + fresh + rows <= rows_) return true;
  if (fresh != 0) wakes_.call(matrix_, now + 1);
  matrix_waits_ = true;
  return false;
}

void Stream::push(std::int64_t rows, const Sums& sums) {
  std::size_t slot = first_ + size_++;
  if (slot >= ring_.size()) slot -= ring_.size();
  ring_[slot] = sums;
  used_ += rows;
  if (gate_waits_) wakes_.call(static_cast<int>(Unit::gate), sums.started + 1);
  gate_waits_ = false;
}

const Stream::Sums* Stream::head(Cycle now) {
  if (size_ == 0) {
    gate_waits_ = true;
    return nullptr;
  }
  if (ring_[first_].started < now) return &ring_[first_];
  wakes_.call(static_cast<int>(Unit::gate), now + 1);
  return nullptr;
}

void Stream::pop() {
  if (++first_ == ring_.size()) first_ = 0;
  --size_;
}

void Stream::free(Cycle now, std::int64_t rows) {
  used_ -= rows;
  fresh_ = rows;
  last_free_ = now;
  if (matrix_waits_) wakes_.call(matrix_, now + 1);
  matrix_waits_ = false;
}

void Halt::set(Cycle now) {
  at_ = now;
  for (int unit = 0; unit < kChipUnits; ++unit) wakes_.call(unit, now + 1);
}

void Replies::set(int slot, Cycle now) {
  served_[slot] = now;
  wakes_.call(consumer_, now + 1);
}

bool Replies::seen(int slot, Cycle now) { return served_[slot] < now; }

}  // namespace rondo

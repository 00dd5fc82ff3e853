#include "models/units/dram.hpp"

namespace rondo {

std::int64_t burst_bytes_of(const DramParams& params, const DramRequest& request) {
  return request.rows * ceil_div(request.bytes, params.burst_bytes) * params.burst_bytes;
}

IdealDram::IdealDram(const sc_core::sc_module_name& name, const Wires& wires, DramLink& loads, DramLink& stores)
    : Dram(name, wires, loads, stores),
      ring_(static_cast<std::size_t>(wires.params.load.outstanding + wires.params.store.outstanding)) {}

Span IdealDram::tick(Cycle now) {
  while (size_ > 0 && ring_[first_].end <= now) {
    ring_[first_].link->replies.set(ring_[first_].slot, now);
    first_ = (first_ + 1) % ring_.size();
    --size_;
  }
  accept(now, Unit::load, loads_, read_);
  accept(now, Unit::store, stores_, write_);
  if (size_ == 0) return {wires_.halt.seen(now) ? Cause::done : Cause::no_instruction, kNever};
  const Transfer& oldest = ring_[first_];
  if (now < oldest.begin) return {Cause::dram, oldest.begin};
  return {Cause::busy, oldest.end};
}

void IdealDram::accept(Cycle now, Unit unit, DramLink& link, Action& bytes) {
  while (const DramRequest* request = link.requests.head(now)) {
    const std::int64_t moved = burst_bytes_of(wires_.params.dram, *request);
    const Cycle soonest = now + wires_.params.dram.latency;
    const Cycle begin = std::max(soonest, bus_free_);
    bus_free_ = begin + ceil_div(moved, wires_.params.dram.bytes_per_cycle);
    ring_[(first_ + size_++) % ring_.size()] = {begin, bus_free_, &link, request->slot};
    if (wires_.starts) {
      wires_.starts->requested(now, unit, request->slot);
      wires_.starts->served(now, {unit, request->slot, soonest, begin, bus_free_, bus_free_ - begin});
    }
    bytes += moved;
    link.requests.pop(now);
  }
}

}  // namespace rondo

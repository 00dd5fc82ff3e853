#include "models/units/preset_dram.hpp"

#include <algorithm>

namespace rondo {

PresetDram::PresetDram(const sc_core::sc_module_name& name, const Wires& wires, DramLink& loads, DramLink& stores)
    : Dram(name, wires, loads, stores),
      device_(*wires.params.dram.device),
      ratio_(wires.params.clock_mhz, device_.clock_mhz),
      controller_(device_, wires.params.dram.policy(),
                  static_cast<std::size_t>(wires.params.load.outstanding + wires.params.store.outstanding)) {
  flights_.reserve(static_cast<std::size_t>(wires.params.load.outstanding + wires.params.store.outstanding));
}

Span PresetDram::tick(Cycle now) {
  learn(now);
  notice_data(now);
  reply(now);
  accept(now, Unit::load, loads_, dram::Direction::read, read_);
  accept(now, Unit::store, stores_, dram::Direction::write, write_);
  if (flights_.empty()) return {wires_.halt.seen(now) ? Cause::done : Cause::no_instruction, kNever};
  Cycle until = kNever;
  for (const Flight& flight : flights_)
    until = std::min(until, flight.end != kNever ? flight.end : ratio_.cycle_at(flight.soonest));
  return {any_data(now) ? Cause::busy : Cause::dram, until};
}

// Whatever has its reply in this cycle or before has had its last command before this cycle's first clock.
void PresetDram::learn(Cycle now) {
  const dram::Clock present = ratio_.clock_at(now);
  controller_.advance(present);
  for (Flight& flight : flights_) {
    if (flight.end != kNever || flight.soonest > present) continue;
    const dram::Progress& progress = controller_.progress(flight.place);
    if (progress.left == 0)
      flight.end = ratio_.cycle_at(progress.end);
    else
      flight.soonest = controller_.soonest_end(flight.place);
  }
}

Cycle PresetDram::first_data(const Flight& flight) const {
  const dram::Clock first = controller_.progress(flight.place).first;
  return first == dram::kNever ? kNever : ratio_.cycle_at(first);
}

bool PresetDram::any_data(Cycle now) const {
  return std::any_of(flights_.begin(), flights_.end(), [&](const Flight& f) { return first_data(f) <= now; });
}

// Data that began to move since the last look: the books are put right for the time since then.
void PresetDram::notice_data(Cycle now) {
  if (cause() != Cause::dram) return;
  Cycle first = kNever;
  for (const Flight& flight : flights_) first = std::min(first, first_data(flight));
  if (first < now) change(std::max(first, since()), Cause::busy);
}

void PresetDram::reply(Cycle now) {
  std::size_t kept = 0;
  for (Flight& flight : flights_) {
    if (flight.end > now) {
      flights_[kept++] = flight;
      continue;
    }
    flight.link->replies.set(flight.slot, now);
    if (wires_.starts) {
      const Cycle first = std::min(now, std::max(first_data(flight), flight.seen));
      const Cycle begin = std::max(first, bus_free_);
      wires_.starts->served(now, {flight.unit, flight.slot, first, begin, now, std::min(flight.data, now - begin)});
    }
    bus_free_ = now;
    controller_.free(flight.place);
  }
  flights_.resize(kept);
}

void PresetDram::accept(Cycle now, Unit unit, DramLink& link, dram::Direction direction, Action& bytes) {
  while (const DramRequest* request = link.requests.head(now)) {
    const dram::Transfer transfer{direction,      request->address, request->rows,
                                  request->bytes, request->stride,  request->table_rows};
    Flight flight;
    flight.place = controller_.add(transfer, ratio_.clock_at(now + wires_.params.dram.controller_latency));
    flight.unit = unit, flight.link = &link, flight.slot = request->slot, flight.seen = now;
    flight.soonest = controller_.soonest_end(flight.place);
    const std::int64_t bursts = controller_.bursts(flight.place);
    flight.data = ratio_.cycle_at(ceil_div(bursts, controller_.channels()) * device_.burst_clocks());
    flights_.push_back(flight);
    if (wires_.starts) wires_.starts->requested(now, unit, request->slot);
    bytes += bursts * device_.burst_bytes();
    link.requests.pop(now);
  }
}

void PresetDram::settle() {
  const dram::Clock end = ratio_.clock_at(since());
  const dram::Counts counts = controller_.counts(end);
  const std::int64_t rank_clocks = end * wires_.params.dram.ranks * controller_.channels();
  activate_ += counts.activates;
  refresh_ += counts.refreshes;
  active_standby_ += counts.active_clocks;
  precharged_standby_ += std::max<std::int64_t>(0, rank_clocks - counts.active_clocks);
  row_hits_ += counts.row_hits;
  row_misses_ += counts.row_misses;
  row_conflicts_ += counts.row_conflicts;
  turnarounds_ += counts.turnarounds;
  bus_clocks_ += (counts.read_bursts + counts.written_bursts) * device_.burst_clocks();
  clocks_ += end * controller_.channels();
}

std::string PresetDram::plight(Cycle) {
  return flights_.empty() ? "dram has no request" : "dram has " + std::to_string(flights_.size()) + " requests";
}

}  // namespace rondo

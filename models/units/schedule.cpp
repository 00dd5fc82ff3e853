#include "models/units/schedule.hpp"

#include "models/base/error.hpp"

namespace rondo {

Clockwork::Clockwork(const sc_core::sc_module_name& name, Chip& chip, double clock_mhz, Cycle limit)
    : sc_module(name), chip_(chip), period_(1e6 / clock_mhz, sc_core::SC_PS), limit_(limit) {
  SC_HAS_PROCESS(Clockwork);
  SC_METHOD(process);
  for (int unit = 0; unit < kChipUnits; ++unit) chip_.wakes.call(unit, 0);
}

// No exception may cross the SystemC kernel.
void Clockwork::process() {
  try {
    if (advance()) next_trigger(next_);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

// Without a next trigger nothing is left to happen, so the simulation ends by itself.
Cycle Clockwork::total() const {
  if (failure_) std::rethrow_exception(failure_);
  check(total_ != kNever, "the simulation ended before the program");
  return total_;
}

Cycle Clockwork::present() const { return static_cast<Cycle>(sc_core::sc_time_stamp().value() / period_.value()); }

void Clockwork::dead_stop() {
  const Cycle now = chip_.last_change();
  std::vector<std::string> findings = {"the program stops for ever at cycle " + std::to_string(now) +
                                       "; every unit waits for another:"};
  for (std::string& plight : chip_.plights(now)) findings.push_back("  " + std::move(plight));
  throw Error(std::move(findings));
}

void Clockwork::out_of_time() {
  throw Error("the program has not ended after " + std::to_string(limit_) + " cycles, the limit of this run");
}

bool ClockedClockwork::advance() {
  const Cycle now = present();
  if (now >= limit_) out_of_time();
  const std::int64_t before = chip_.wakes.calls();
  Cycle next = kNever;
  for (const int unit : order_of_units<kMaxArrays>()) {
    if (chip_.has(unit)) next = std::min(next, chip_.step(unit, now));
  }
  if (chip_.halted() && chip_.done()) return total_ = now, false;
  // Two quiet cycles, because what is written in one is seen in the next.
  still_ = next == kNever && chip_.wakes.calls() == before ? still_ + 1 : 0;
  if (still_ > 2) dead_stop();
  next_ = period_;
  return true;
}

bool EventClockwork::advance() {
  switch (chip_.arrays()) {
    case 1: return advance_with<1>();
    case 2: return advance_with<2>();
    case 3: return advance_with<3>();
    default: return advance_with<4>();
  }
}

template <int kArrays>
bool EventClockwork::advance_with() {
  constexpr auto kOrder = order_of_units<kArrays>();
  Wakes& wakes = chip_.wakes;
  const Cycle start = present();
  const Cycle horizon = start + static_cast<Cycle>(sc_core::sc_time_to_pending_activity().value() / period_.value());
  while (true) {
    const Cycle now = wakes.earliest(kOrder);
    if (now == kNever) dead_stop();
    if (now >= limit_) out_of_time();
    if (now > start && now >= horizon) {
      next_ = period_ * static_cast<double>(now - start);
      return true;
    }
    wakes.begin(now);
    // Unrolled, each unit has a call of its own, which the processor learns to predict.
#pragma GCC unroll 13
    for (const int unit : kOrder) {
      if (!wakes.due(unit)) continue;
      wakes.answer(unit);
      wakes.call(unit, chip_.step(unit, now));
    }
    if (chip_.halted() && chip_.done()) return total_ = now, false;
  }
}

}  // namespace rondo

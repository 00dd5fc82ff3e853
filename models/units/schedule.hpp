#pragma once

#include <exception>
#include <systemc>

#include "models/units/chip_module.hpp"

namespace rondo {

/// Advances a chip inside one SystemC process, until its end, a dead stop or the limit. Within a cycle, units
/// are always looked at in the same order: the fixed priority of bank ports.
class Clockwork : public sc_core::sc_module {
 public:
  Clockwork(const sc_core::sc_module_name& name, Chip& chip, double clock_mhz, Cycle limit);

  /// The first cycle that is no longer part of the run. Throws what stopped the run.
  Cycle total() const;

 protected:
  /// Runs until nothing is left to do now; false when the run is over.
  virtual bool advance() = 0;
  [[noreturn]] void dead_stop();
  [[noreturn]] void out_of_time();
  Cycle present() const;

  Chip& chip_;
  const sc_core::sc_time period_;
  const Cycle limit_;
  Cycle total_ = kNever;
  sc_core::sc_time next_;  ///< from now to the next call of advance()

 private:
  void process();

  std::exception_ptr failure_;
};

/// Every unit in every cycle.
class ClockedClockwork final : public Clockwork {
 public:
  using Clockwork::Clockwork;

 private:
  bool advance() override;

  int still_ = 0;  ///< cycles in a row in which no unit expected anything and nothing changed
};

/// Each unit only in the cycles for which something called it, ahead of SystemC's time as long as SystemC has
/// nothing else to do.
class EventClockwork final : public Clockwork {
 public:
  using Clockwork::Clockwork;

 private:
  bool advance() override;
  template <int kArrays>
  bool advance_with();
};

}  // namespace rondo

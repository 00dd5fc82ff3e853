#pragma once

#include <cstdint>
#include <vector>

#include "models/units/links.hpp"
#include "models/units/memories.hpp"
#include "models/units/pace.hpp"
#include "models/units/ports.hpp"
#include "models/units/queue.hpp"
#include "models/units/start_observer.hpp"
#include "models/units/unit.hpp"

namespace rondo {

/// Everything a unit is wired to. The chip owns all of it.
struct Wires {
  const ChipParams& params;
  const Program& program;
  Wakes& wakes;
  Semaphores& semaphores;
  Ports& ports;
  Halt& halt;
  Memories& memories;
  TimelineObserver* observer;
  StartObserver* starts;
};

/// A unit that takes instructions, in order, from its own queue.
class InstructionUnit : public ChipUnit {
 public:
  InstructionUnit(const sc_core::sc_module_name& name, Unit unit, const Wires& wires, std::int64_t queue_depth);

  Queue<Work> queue;

  std::string plight(Cycle now) override;
  std::int64_t executed() const;

 protected:
  /// The next instruction if it can be seen and no semaphore is lacking; else null, and `cause` says why.
  const Work* ready(Cycle now, Cause& cause);
  /// The instruction starts in this cycle: takes its semaphores and leaves the queue.
  void begin(Cycle now, const Work& work);

  const Instruction& instruction(std::int64_t code) const {
    return wires_.program.code[static_cast<std::size_t>(code)];
  }
  /// Calls f(code, instruction, times it ran) for every instruction of this unit.
  template <class F>
  void for_each_executed(F&& f) const {
    for (std::size_t code = 0; code < executions_.size(); ++code) {
      if (executions_[code] != 0) f(code, wires_.program.code[code], executions_[code]);
    }
  }
  /// Calls f(code, instruction) for every instruction that belongs to this unit, sync left out.
  template <class F>
  void for_each_own(F&& f) const {
    for (std::size_t code = 0; code < wires_.program.code.size(); ++code) {
      const Instruction& in = wires_.program.code[code];
      if (in.unit == unit_ && info(in.opcode).unit == kUnitNames[static_cast<std::size_t>(kind_of(unit_))]) f(code, in);
    }
  }

  const Wires wires_;
  const Unit unit_;

  /// What every start looks up, by code index, close together.
  struct Row {
    std::uint64_t wait = 0, signal = 0, release = 0;
    bool is_sync = false;
  };
  std::vector<Row> rows_;

 private:
  std::vector<std::int64_t> executions_;
};

/// A unit that takes in one instruction at a time for a window of cycles known at its start, and whose
/// results come out a known number of cycles after the window. Started in s with window w and drain d:
/// release is posted in s + w, signal in s + w + d. An instruction may start when the window before it has
/// ended (`overlap`) or its drain has.
class PipelinedUnit : public InstructionUnit {
 public:
  PipelinedUnit(const sc_core::sc_module_name& name, Unit unit, const Wires& wires, std::int64_t queue_depth,
                bool overlap, std::int64_t longest_drain);

 protected:
  struct Times {
    Cycle window = 1;
    Cycle drain = 0;
  };

  Span tick(Cycle now) final;
  /// Whether everything else that the instruction needs is there; else `cause` says what is not.
  virtual bool able(Cycle now, const Work& work, Cause& cause) = 0;
  /// Takes what able() found and says how long it takes.
  virtual Times start(Cycle now, const Work& work) = 0;
  /// The window of instruction `code` has ended.
  virtual void window_ended(Cycle, std::int32_t /*code*/) {}
  virtual Cycle sync_drain() const { return 0; }

 private:
  struct Completion {
    Cycle at = 0;
    std::uint64_t signal = 0;
  };

  bool try_start(Cycle now, Cause& cause);
  Cycle next_completion() const { return first_ == last_ ? kNever : completions_[first_ & ring_mask_].at; }

  const bool overlap_;
  std::int32_t code_ = -1;  ///< the instruction in the window; -1: none
  Cycle window_ends_ = 0;
  Cycle drained_ = 0;  ///< when the last result is out
  std::vector<Completion> completions_;
  std::size_t ring_mask_;
  std::size_t first_ = 0, last_ = 0;
};

}  // namespace rondo

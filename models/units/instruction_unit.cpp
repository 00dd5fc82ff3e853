#include "models/units/instruction_unit.hpp"

#include <numeric>

namespace rondo {

InstructionUnit::InstructionUnit(const sc_core::sc_module_name& name, Unit unit, const Wires& wires,
                                 std::int64_t queue_depth)
    : ChipUnit(name, static_cast<int>(unit), wires.observer),
      queue(wires.wakes, kSequencer, static_cast<int>(unit), queue_depth),
      wires_(wires),
      unit_(unit),
      executions_(wires.program.code.size()) {
  for (const Instruction& in : wires.program.code) {
    rows_.push_back({in.wait, in.signal, in.release, in.opcode == Opcode::sync});
  }
}

const Work* InstructionUnit::ready(Cycle now, Cause& cause) {
  const Work* work = queue.head(now);
  if (work == nullptr) {
    cause = wires_.halt.seen(now) && queue.empty() ? Cause::done : Cause::no_instruction;
    return nullptr;
  }
  const std::uint64_t wait = rows_[work->code].wait;
  if (wait == 0) return work;
  const std::uint64_t lacking = wires_.semaphores.lacking(now, wait);
  if (lacking == 0) return work;
  cause = wait_for(wires_.semaphores.producer(__builtin_ctzll(lacking)));
  return nullptr;
}

void InstructionUnit::begin(Cycle now, const Work& work) {
  wires_.semaphores.take(rows_[work.code].wait);
  ++executions_[work.code];
  queue.pop(now);
}

std::int64_t InstructionUnit::executed() const {
  return std::accumulate(executions_.begin(), executions_.end(), std::int64_t{0});
}

std::string InstructionUnit::plight(Cycle now) {
  const Work* work = queue.head(now);
  if (work == nullptr) return stats.unit() + " has no instruction";
  std::string text = stats.unit() + " holds instruction " + std::to_string(work->code) + " (" +
                     std::string(info(instruction(work->code).opcode).name) + "), ";
  const std::uint64_t lacking = wires_.semaphores.lacking(now, rows_[work->code].wait);
  if (lacking == 0) return text + "which waits: " + std::string(name_of(cause()));
  text += "which waits for";
  for_each_bit(lacking, [&](int s) {
    text += " semaphore " + std::to_string(s) + " from " +
            std::string(kUnitNames[static_cast<std::size_t>(wires_.semaphores.producer(s))]);
  });
  return text;
}

PipelinedUnit::PipelinedUnit(const sc_core::sc_module_name& name, Unit unit, const Wires& wires,
                             std::int64_t queue_depth, bool overlap, std::int64_t longest_drain)
    : InstructionUnit(name, unit, wires, queue_depth), overlap_(overlap) {
  // Windows last at least a cycle, so at most longest_drain + 1 instructions are between start and
  // completion.
  std::size_t places = 2;
  while (places < static_cast<std::size_t>(longest_drain) + 2) places *= 2;
  completions_.resize(places);
  ring_mask_ = places - 1;
}

Span PipelinedUnit::tick(Cycle now) {
  while (next_completion() <= now) wires_.semaphores.post(now, completions_[first_++ & ring_mask_].signal);
  if (now >= window_ends_) {
    if (code_ >= 0) {
      wires_.semaphores.post(now, rows_[code_].release);
      window_ended(now, code_);
      code_ = -1;
    }
    Cause cause = Cause::drain;
    if (!(overlap_ || now >= drained_) || !try_start(now, cause)) {
      if (now >= drained_) return {cause, kNever};
      // Results are under way. What keeps the next instruction from starting is the better answer, if there is one.
      const bool idle = cause == Cause::no_instruction || cause == Cause::done;
      return {idle ? Cause::drain : cause, std::min(drained_, next_completion())};
    }
  }
  return {Cause::busy, std::min(window_ends_, next_completion())};
}

bool PipelinedUnit::try_start(Cycle now, Cause& cause) {
  const Work* work = ready(now, cause);
  if (work == nullptr) return false;
  const bool sync = rows_[work->code].is_sync;
  if (!sync && !able(now, *work, cause)) return false;
  const Times times = sync ? Times{1, sync_drain()} : start(now, *work);
  code_ = work->code;
  window_ends_ = now + times.window;
  drained_ = window_ends_ + times.drain;
  if (rows_[code_].signal != 0) completions_[last_++ & ring_mask_] = {drained_, rows_[code_].signal};
  if (observer_) observer_->instruction(unit_, code_, now, drained_);
  if (__builtin_expect(wires_.starts != nullptr, 0))
    wires_.starts->started(now, unit_, *work, times.window, times.drain);
  begin(now, *work);
  return true;
}

}  // namespace rondo

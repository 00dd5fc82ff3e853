#include "models/units/sequencer.hpp"

namespace rondo {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const Wires& wires, const Queues& queues)
    : ChipUnit(name, kSequencer, wires.observer), wires_(wires), plan_(wires.program), queues_(queues) {
  for (const Instruction& in : wires.program.code) {
    switch (in.opcode) {
      case Opcode::loop: steps_.push_back({Kind::loop, Unit::weights, in.fields[field::loop::count]}); break;
      case Opcode::end: steps_.push_back({Kind::end, Unit::weights, 0}); break;
      case Opcode::halt: steps_.push_back({Kind::halt, Unit::weights, 0}); break;
      default: steps_.push_back({Kind::hand_over, in.unit, 0});
    }
  }
  steps_.push_back({});
}

Span Sequencer::tick(Cycle now) {
  if (wires_.halt.set()) return {Cause::done, kNever};
  std::int64_t slots = 0;
  while (slots < wires_.params.sequencer.dispatch_width && !wires_.halt.set() && take_slot(now)) ++slots;
  dispatch_ += slots;
  if (slots == 0) return {Cause::queue_full, kNever};
  return {Cause::busy, now + 1};
}

// False when the next instruction finds no room.
bool Sequencer::take_slot(Cycle now) {
  const Step& step = steps_[static_cast<std::size_t>(at_)];
  if (step.kind == Kind::hand_over && !queues_[static_cast<std::size_t>(step.unit)]->room(now)) return false;
  if (__builtin_expect(wires_.starts != nullptr, 0)) wires_.starts->slot(now, at_);
  switch (step.kind) {
    case Kind::loop:
      loops_[depth_] = {step.count - 1, at_ + 1};
      iterations_[depth_++] = 0;
      break;
    case Kind::end: {
      Loop& loop = loops_[depth_ - 1];
      if (loop.left == 0) {
        --depth_;
        break;
      }
      --loop.left;
      ++iterations_[depth_ - 1];
      at_ = loop.body;
      return true;
    }
    case Kind::halt: wires_.halt.set(now); return true;
    case Kind::hand_over: {
      plan_.resolve(at_, iterations_, queues_[static_cast<std::size_t>(step.unit)]->push(now));
      break;
    }
  }
  ++at_;
  return true;
}

std::string Sequencer::plight(Cycle) {
  if (wires_.halt.set()) return "sequencer has met halt";
  const Step& step = steps_[static_cast<std::size_t>(at_)];
  return "sequencer holds instruction " + std::to_string(at_) + " for the full queue of " +
         std::string(kUnitNames[static_cast<std::size_t>(step.unit)]);
}

}  // namespace rondo

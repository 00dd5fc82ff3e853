#pragma once

#include <array>
#include <vector>

#include "models/units/instruction_unit.hpp"

namespace rondo {

/// Walks the program through its hardware loops and hands every instruction, with its addresses, to its
/// unit's queue. A cycle has dispatch_width slots; an instruction, a loop, an end and a halt take one each.
/// It stops for the cycle at the first instruction whose queue has no room.
class Sequencer final : public ChipUnit {
 public:
  using Queues = std::array<Queue<Work>*, kUnits>;

  Sequencer(const sc_core::sc_module_name& name, const Wires& wires, const Queues& queues);

  std::string plight(Cycle now) override;

 private:
  enum class Kind : std::uint8_t { loop, end, halt, hand_over };
  struct Step {
    Kind kind = Kind::halt;
    Unit unit = Unit::weights;
    std::int64_t count = 0;  ///< of a loop
  };
  struct Loop {
    std::int64_t left = 0;  ///< iterations after this one
    std::int32_t body = 0;  ///< code index of the first instruction inside
  };

  Span tick(Cycle now) override;
  bool take_slot(Cycle now);

  const Wires wires_;
  const AddressPlan plan_;
  Queues queues_;
  std::vector<Step> steps_;  ///< by code index; one halt after the last
  std::int32_t at_ = 0;
  int depth_ = 0;
  std::array<Loop, kMaxLoops> loops_{};
  std::array<std::int64_t, kMaxLoops> iterations_{};

  Part control_{stats, "control", 1, "the sequencer with its instruction memory"};
  Action dispatch_{stats, "dispatch", "one instruction fetched and handed over, or one loop step"};
};

}  // namespace rondo

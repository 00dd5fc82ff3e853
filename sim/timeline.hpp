#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/isa/instruction.hpp"
#include "models/units/chip.hpp"

namespace rondo {

/// Bytes that a memory moved, in windows of equal length that grow with the run: at most 2,048 of them.
class Bandwidth {
 public:
  /// Spreads `bytes` evenly over cycles start .. end-1.
  void add(Cycle start, Cycle end, std::int64_t read, std::int64_t written);

  struct Window {
    double read = 0;
    double written = 0;
  };
  Cycle window_cycles() const { return window_cycles_; }
  const std::vector<Window>& windows() const { return windows_; }

 private:
  void grow_to(Cycle end);

  Cycle window_cycles_ = 1;
  std::vector<Window> windows_;
};

/// Hears what the chip did and writes it as Chrome trace events, which Perfetto opens: one row for the
/// instructions of each unit (and more where they overlap), one for what it waited for, and one counter for
/// each memory. One microsecond on the screen is one cycle. Slices after the first `most` are counted but not
/// kept.
class Timeline : public TimelineObserver {
 public:
  Timeline(const Program& program, std::int64_t most);

  void instruction(Unit unit, int code_index, Cycle start, Cycle end) override;
  void waited(int unit, Cause cause, Cycle from, Cycle to) override;

  std::int64_t seen() const { return seen_; }
  std::int64_t kept() const { return static_cast<std::int64_t>(slices_.size()); }

  /// Writes timeline.json; the same run gives the same bytes. `title` names network and chip.
  void write(const std::string& path, const std::string& title);

 private:
  struct Slice {
    Cycle start;
    Cycle end;
    std::int32_t what;  // code index, or the cause of a wait
    std::int16_t unit;  // index into kChipUnitNames
    std::int16_t lane;  // -1: a wait
  };
  struct Traffic {
    std::array<std::int64_t, kSpaces> read{};
    std::array<std::int64_t, kSpaces> written{};
  };

  std::int16_t lane_for(std::size_t unit, Cycle start, Cycle end);
  std::string slice_event(const Slice& slice) const;
  std::string instruction_name(const Instruction& instruction) const;

  const Program& program_;
  std::size_t most_;
  std::int64_t seen_ = 0;
  std::vector<Slice> slices_;
  std::array<std::vector<Cycle>, kChipUnits> lane_ends_;  // per unit and lane: end of its last slice
  std::vector<Traffic> traffic_;                          // per instruction of the code
  std::array<Bandwidth, kSpaces> bandwidth_;
  std::array<Cycle, kChipUnits> moved_until_{};  // of load and store: end of the descriptor before
};

}  // namespace rondo

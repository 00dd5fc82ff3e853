#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/base/counted.hpp"
#include "models/isa/instruction.hpp"
#include "models/units/cause.hpp"
#include "models/units/params.hpp"

/// The timed chip from outside: parameters and a program in, cycles and counts out. Needs no SystemC header.
namespace rondo {

/// The two ways to advance the same units: every unit in every cycle (slow, obvious, the oracle), or each
/// unit only when something can change for it. Both give the same cycles, causes and counts for every
/// program.
enum class Schedule : std::uint8_t { clocked, event };

/// Hears what happened when. Calls come in no particular order between units; for one unit in order of `end`
/// and of `from`.
class TimelineObserver {
 public:
  virtual ~TimelineObserver() = default;
  /// An instruction ran on its unit in cycles start .. end-1; `end` is the first cycle in which its results
  /// can be seen.
  virtual void instruction(Unit unit, int code_index, Cycle start, Cycle end) = 0;
  /// Unit `unit` (index into kChipUnitNames) spent cycles from .. to-1 with this cause, never with `busy` or
  /// `done`.
  virtual void waited(int unit, Cause cause, Cycle from, Cycle to) = 0;
};

struct UnitReport {
  std::string name;                            ///< as in kChipUnitNames
  std::array<std::int64_t, kCauses> cycles{};  ///< by cause; they sum to the run's total_cycles
  Counted counted;
};

struct MemoryReport {
  std::string name;  ///< weight_sram, activation_sram, parameter_sram, accumulators, dram
  std::int64_t read_bytes = 0;
  std::int64_t written_bytes = 0;
  std::int64_t capacity_bytes = 0;
  Counted counted;  ///< for dram: empty, its actions are the unit's
};

struct ChipRun {
  std::int64_t total_cycles = 0;  ///< the first cycle in which every result can be seen
  std::int64_t instructions = 0;  ///< executed by units (sync among them, loop and end not)
  std::vector<UnitReport> units;  ///< those that the chip has, in the order of kChipUnitNames
  std::vector<MemoryReport> memories;

  /// What models/cost prices: units, then the SRAMs.
  std::vector<Counted> counted() const;
};

class StartObserver;

/// Runs a program to its end. Throws Error when the program fails check_program, was compiled for another
/// machine, stops for ever (naming what each unit waits for), or has not ended before cycle `limit`. Any
/// number of runs in one process, one after the other; each has its own SystemC simulation context.
ChipRun run_chip(const ChipParams& params, const Program& program, Schedule schedule,
                 TimelineObserver* observer = nullptr, Cycle limit = kNever, StartObserver* starts = nullptr);

/// Every cause, action, part and counter of a chip that has not run: for tables and for the price check.
ChipRun declare_chip(const ChipParams& params);

}  // namespace rondo

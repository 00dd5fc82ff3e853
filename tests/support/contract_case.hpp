#pragma once

#include <string>
#include <utility>

#include "tests/support/chip_programs.hpp"
#include "tests/support/contract_model.hpp"
#include "tests/support/random_dram.hpp"

/// Random chips and programs of which the contract as recurrences says everything, and the comparison with a run.
namespace rondo::testing {

struct ContractCase {
  ChipParams chip;
  Program program;
};

/// `on_device`: how many of a hundred have a DRAM device.
inline ContractCase random_contract_case(std::uint64_t seed, int on_device) {
  Dice dice(seed);
  ContractCase made;
  made.chip = random_chip(dice);
  for (SramParams* sram :
       {&made.chip.weight_sram, &made.chip.activation_sram, &made.chip.parameter_sram, &made.chip.accumulators}) {
    sram->read_ports = sram->write_ports = 16;  // more than there are clients
  }
  if (dice.chance(on_device)) give_device(made.chip, dice);
  const Freedom freedom{dice.chance(80), dice.chance(80), false};
  made.program = RandomProgram(made.chip.machine, dice, freedom).make(static_cast<int>(dice.number(5, 60)));
  return made;
}

/// The contract against what was seen. Each says what differs first, in words; empty: nothing.
class ContractCheck {
 public:
  ContractCheck(const ContractCase& made) : chip_(made.chip), model_(made.chip, made.program) {}

  std::string first_difference(const Recorder& seen, const ChipRun& run) {
    for (int unit = 0; unit < kUnits; ++unit) {
      const auto& want = model_.ran[static_cast<std::size_t>(unit)];
      const auto found = seen.ran.find(unit);
      const std::string difference =
          unit_difference(want, found == seen.ran.end() ? std::vector<Recorder::Ran>{} : found->second);
      if (!difference.empty()) return std::string(kUnitNames[static_cast<std::size_t>(unit)]) + ": " + difference;
    }
    if (run.total_cycles != model_.total) return differs("total cycles", run.total_cycles, model_.total);
    return model_.device == nullptr ? "" : books_difference(run);
  }

 private:
  static std::string differs(const std::string& what, std::int64_t seen, std::int64_t stated) {
    return what + ": " + std::to_string(seen) + ", the contract says " + std::to_string(stated);
  }

  template <class Ran>
  static std::string text(const Ran& ran) {
    return "code " + std::to_string(ran.code) + " in " + std::to_string(ran.start) + ".." + std::to_string(ran.end);
  }
  static std::string unit_difference(const std::vector<ContractRecurrences::Ran>& want,
                                     const std::vector<Recorder::Ran>& got) {
    for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
      if (text(got[i]) != text(want[i]))
        return "its instruction " + std::to_string(i) + ": " + text(got[i]) + ", the contract says " + text(want[i]);
    }
    if (got.size() == want.size()) return "";
    return differs("instructions", static_cast<std::int64_t>(got.size()), static_cast<std::int64_t>(want.size()));
  }

  // What a DRAM device has done, and when it was at work.
  std::string books_difference(const ChipRun& run) {
    const UnitReport& dram =
        *std::find_if(run.units.begin(), run.units.end(), [](const UnitReport& unit) { return unit.name == "dram"; });
    const ContractDevice::Books want = model_.device->books(run.total_cycles);
    const dram::Counts& counts = want.counts;
    const dram::Device& device = *chip_.dram.device;
    const std::int64_t rank_clocks = want.clocks * chip_.dram.ranks * chip_.dram.channels;
    for (const auto& [name, count] : std::initializer_list<std::pair<const char*, std::int64_t>>{
             {"read", counts.read_bursts * device.burst_bytes()},
             {"write", counts.written_bursts * device.burst_bytes()},
             {"activate", counts.activates},
             {"refresh", counts.refreshes},
             {"active_standby", counts.active_clocks},
             {"precharged_standby", rank_clocks - counts.active_clocks},
             {"row_hits", counts.row_hits},
             {"row_misses", counts.row_misses},
             {"row_conflicts", counts.row_conflicts},
             {"turnarounds", counts.turnarounds},
             {"bus_clocks", (counts.read_bursts + counts.written_bursts) * device.burst_clocks()},
             {"clocks", want.clocks * chip_.dram.channels}}) {
      const std::int64_t seen = count_of(dram.counted, name);
      if (seen != count) return differs(std::string("dram ") + name, seen, count);
    }
    for (const auto& [cause, cycles] : {std::pair{Cause::busy, want.busy}, {Cause::dram, want.waiting}}) {
      const std::int64_t seen = dram.cycles[static_cast<std::size_t>(cause)];
      if (seen != cycles) return differs("cycles of the dram: " + std::string(name_of(cause)), seen, cycles);
    }
    return "";
  }

  const ChipParams& chip_;
  ContractModel model_;
};

}  // namespace rondo::testing

#include "models/units/chip_module.hpp"

namespace rondo {

bool Chip::done() const {
  for (const ChipUnit* unit : units_) {
    if (unit->cause() != Cause::done) return false;
  }
  return true;
}

Cycle Chip::last_change() const {
  Cycle last = 0;
  for (const ChipUnit* unit : units_) last = std::max(last, unit->since());
  return last;
}

std::vector<std::string> Chip::plights(Cycle now) {
  std::vector<std::string> out;
  for (ChipUnit* unit : units_) out.push_back(unit->plight(now));
  return out;
}

ChipRun Chip::close(Cycle total) {
  ChipRun run;
  run.total_cycles = total;
  for (ChipUnit* unit : units_) {
    unit->close(total);
    run.units.push_back(unit->report());
  }
  for (const InstructionUnit* worker : workers_) run.instructions += worker->executed();
  for (MemoryBooks* memory : memories_.all()) {
    Counted counted = counted_of(memory->stats);
    counted.bank_bytes = memory->bank_bytes;
    run.memories.push_back(
        {memory->stats.unit(), memory->read.count(), memory->write.count(), memory->byte.count(), counted});
  }
  const auto& dram = run.units[kDram].counted.actions;  // read and write, as Dram declares them
  run.memories.push_back({"dram", dram[0].count, dram[1].count, wires_.params.machine.dram_bytes, {}});
  return run;
}

}  // namespace rondo

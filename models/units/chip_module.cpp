#include "models/units/chip_module.hpp"

namespace rondo {

std::vector<std::unique_ptr<Chip::Array>> Chip::make_arrays() const {
  std::vector<std::unique_ptr<Array>> arrays;
  for (int a = 0; a < wires_.params.machine.arrays; ++a) arrays.push_back(std::make_unique<Array>(wires_, a));
  return arrays;
}

GateUnit::Streams Chip::streams() const {
  GateUnit::Streams streams{};
  for (std::size_t a = 0; a < arrays_.size(); ++a) streams[a] = &arrays_[a]->stream;
  return streams;
}

Sequencer::Queues Chip::queues() {
  Sequencer::Queues queues{};
  const auto put = [&](Unit unit, InstructionUnit& of) { queues[static_cast<std::size_t>(unit)] = &of.queue; };
  put(Unit::gate, gate_), put(Unit::load, load_), put(Unit::store, store_);
  for (int a = 0; a < arrays(); ++a) put(weights_unit(a), arrays_[a]->weights), put(matrix_unit(a), arrays_[a]->matrix);
  return queues;
}

std::unique_ptr<Dram> Chip::make_dram() {
  if (wires_.params.dram.device == nullptr) return std::make_unique<IdealDram>("dram", wires_, loads_, stores_);
  return std::make_unique<PresetDram>("dram", wires_, loads_, stores_);
}

std::array<ChipUnit*, kChipUnits> Chip::units() {
  std::array<ChipUnit*, kChipUnits> units{};
  const auto put = [&](Unit unit, ChipUnit& of) { units[static_cast<std::size_t>(unit)] = &of; };
  put(Unit::gate, gate_), put(Unit::load, load_), put(Unit::store, store_);
  for (int a = 0; a < arrays(); ++a) put(weights_unit(a), arrays_[a]->weights), put(matrix_unit(a), arrays_[a]->matrix);
  units[kSequencer] = &sequencer_, units[kDram] = dram_.get();
  return units;
}

bool Chip::done() const {
  for (const ChipUnit* unit : units_) {
    if (unit != nullptr && unit->cause() != Cause::done) return false;
  }
  return true;
}

Cycle Chip::last_change() const {
  Cycle last = 0;
  for (const ChipUnit* unit : units_) {
    if (unit != nullptr) last = std::max(last, unit->since());
  }
  return last;
}

std::vector<std::string> Chip::plights(Cycle now) {
  std::vector<std::string> out;
  for (ChipUnit* unit : units_) {
    if (unit != nullptr) out.push_back(unit->plight(now));
  }
  return out;
}

ChipRun Chip::close(Cycle total) {
  ChipRun run;
  run.total_cycles = total;
  for (ChipUnit* unit : units_) {
    if (unit == nullptr) continue;
    unit->close(total);
    run.units.push_back(unit->report());
  }
  if (wires_.starts) wires_.starts->ended(total);
  run.instructions = gate_.executed() + load_.executed() + store_.executed();
  for (const auto& array : arrays_) run.instructions += array->weights.executed() + array->matrix.executed();
  for (MemoryBooks* memory : memories_.all()) {
    Counted counted = counted_of(memory->stats);
    counted.bank_bytes = memory->bank_bytes;
    run.memories.push_back(
        {memory->stats.unit(), memory->read.count(), memory->write.count(), memory->byte.count(), counted});
  }
  const auto& dram = run.units.back().counted.actions;  // read and write, as Dram declares them
  run.memories.push_back({"dram", dram[0].count, dram[1].count, wires_.params.machine.dram_bytes, {}});
  return run;
}

}  // namespace rondo

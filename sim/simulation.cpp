#include "sim/simulation.hpp"

#include <algorithm>

#include "models/units/critical_path.hpp"
#include "sim/progress.hpp"

namespace rondo {
namespace {

// Tells a progress bar how many instructions have run, and passes everything on.
class ProgressObserver : public TimelineObserver {
 public:
  ProgressObserver(TimelineObserver* next, double total, Progress& progress)
      : next_(next), total_(std::max(total, 1.0)), progress_(progress) {}

  void instruction(Unit unit, int code_index, Cycle start, Cycle end) override {
    if ((++seen_ & 0xffff) == 0) progress_.show("simulating the chip", static_cast<double>(seen_) / total_);
    if (next_ != nullptr) next_->instruction(unit, code_index, start, end);
  }
  void waited(int unit, Cause cause, Cycle from, Cycle to) override {
    if (next_ != nullptr) next_->waited(unit, cause, from, to);
  }

 private:
  TimelineObserver* next_;
  double total_;
  Progress& progress_;
  std::int64_t seen_ = 0;
};

ChipRun run_with_progress(const Prepared& prepared, Schedule schedule, TimelineObserver* observer,
                          StartObserver* starts, Progress& progress) {
  const ChipParams& chip = prepared.config.chip;
  progress.show("simulating the chip");
  if (!progress.visible()) return run_chip(chip, prepared.program(), schedule, observer, kNever, starts);
  ProgressObserver counting(observer, executed_instructions(prepared.program()), progress);
  return run_chip(chip, prepared.program(), schedule, &counting, kNever, starts);
}

}  // namespace

double executed_instructions(const Program& program) {
  std::vector<double> times = {1};
  double sum = 0;
  for (const Instruction& instruction : program.code) {
    if (instruction.opcode == Opcode::loop) {
      times.push_back(times.back() * static_cast<double>(instruction.fields[field::loop::count]));
    } else if (instruction.opcode == Opcode::end) {
      if (times.size() > 1) times.pop_back();
    } else if (info(instruction.opcode).unit != "sequencer") {
      sum += times.back();
    }
  }
  return sum;
}

RunResult simulate(const Prepared& prepared, Schedule schedule, bool why, TimelineObserver* observer,
                   Progress& progress) {
  RunResult result;
  std::optional<CriticalPath> path;
  if (why) path.emplace(prepared.config.chip, prepared.program());
  result.chip = run_with_progress(prepared, schedule, observer, why ? &*path : nullptr, progress);
  if (why) result.why = path->links();
  if (prepared.executable->unchained) {
    progress.show("simulating the chip without chaining");
    result.unchained_cycles = run_chip(prepared.config.chip, *prepared.executable->unchained, schedule).total_cycles;
  }
  result.seconds =
      static_cast<double>(result.chip.total_cycles) / (1e6 * static_cast<double>(prepared.config.chip.clock_mhz));
  result.bill = price(result.chip.counted(), prepared.prices, result.seconds);
  if (prepared.without_values != WithoutValues::no) return result;
  progress.show("computing the values");
  result.values = execute(prepared.program());
  result.outputs = output_tensors(prepared.program(), *result.values);
  if (prepared.from_trace) return result;
  result.accuracy = compare_outputs(result.outputs, prepared.executable->network->reference);
  if (const auto& task = prepared.executable->network->network.bits_per_character) {
    result.bits_per_character = bits_per_character(*task, result.outputs, prepared.executable->network->reference);
  }
  return result;
}

}  // namespace rondo

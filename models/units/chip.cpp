#include "models/units/chip.hpp"

#include <cstdlib>
#include <memory>
#include <systemc>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "models/units/chip_module.hpp"
#include "models/units/schedule.hpp"

// The packaged SystemC library wants one; Rondo has its own main and never calls it.
int sc_main(int, char**) { return 1; }

namespace rondo {
namespace {

/// A simulation context of its own for one run. The original one stays alive and comes back: deleting it
/// would be a use after free when the process ends.
class FreshContext {
 public:
  FreshContext() : original_(sc_core::sc_get_curr_simcontext()), fresh_(std::make_unique<sc_core::sc_simcontext>()) {
    become(fresh_.get());
  }
  ~FreshContext() {
    become(original_);
    fresh_.reset();
  }
  FreshContext(const FreshContext&) = delete;
  FreshContext& operator=(const FreshContext&) = delete;

 private:
  static void become(sc_core::sc_simcontext* context) {
    sc_core::sc_curr_simcontext = context;
    sc_core::sc_default_global_context = context;
  }

  sc_core::sc_simcontext* const original_;
  std::unique_ptr<sc_core::sc_simcontext> fresh_;
};

// Before SystemC's first word: no banner, and a warning is as bad as an error.
void quiet_and_strict() {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
}

Cycle run(Chip& chip, const ChipParams& params, Schedule schedule, Cycle limit) {
  const double mhz = static_cast<double>(params.clock_mhz);
  if (schedule == Schedule::clocked) {
    ClockedClockwork clockwork("clockwork", chip, mhz, limit);
    sc_core::sc_start();
    return clockwork.total();
  }
  EventClockwork clockwork("clockwork", chip, mhz, limit);
  sc_core::sc_start();
  return clockwork.total();
}

std::string difference(const Machine& chip, const Machine& program) {
  FieldList mine("machine"), theirs("machine");
  const_cast<Machine&>(chip).fields(mine);
  const_cast<Machine&>(program).fields(theirs);
  std::string text;
  for (std::size_t i = 0; i < mine.list().size(); ++i) {
    const FieldInfo &a = mine.list()[i], &b = theirs.list()[i];
    if (a.value == b.value) continue;
    text += (text.empty() ? "" : ", ") + a.path + " is " + a.value + " here and " + b.value + " there";
  }
  return text;
}

}  // namespace

std::vector<Counted> ChipRun::counted() const {
  std::vector<Counted> out;
  for (const UnitReport& unit : units) out.push_back(unit.counted);
  for (const MemoryReport& memory : memories) {
    if (memory.counted.bank_bytes != 0) out.push_back(memory.counted);
  }
  return out;
}

ChipRun run_chip(const ChipParams& params, const Program& program, Schedule schedule, TimelineObserver* observer,
                 Cycle limit, StartObserver* starts) {
  if (params.machine != program.machine) {
    throw Error("the program was compiled for another machine: " + difference(params.machine, program.machine));
  }
  std::vector<std::string> findings = check_program(program);
  if (!findings.empty()) throw Error(std::move(findings));
  quiet_and_strict();
  FreshContext context;
  Chip chip("chip", params, program, observer, starts);
  return chip.close(run(chip, params, schedule, limit));
}

ChipRun declare_chip(const ChipParams& params) {
  Program nothing;
  nothing.machine = params.machine;
  quiet_and_strict();
  FreshContext context;
  Chip chip("chip", params, nothing, nullptr, nullptr);
  return chip.close(0);
}

}  // namespace rondo

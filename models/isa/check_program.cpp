#include <algorithm>
#include <utility>

#include "models/base/params.hpp"
#include "models/isa/check_parts.hpp"
#include "models/isa/instruction.hpp"

namespace rondo {
namespace check_parts {

std::string label(const Program& program, std::size_t index) {
  const auto number = static_cast<std::size_t>(program.code[index].opcode);
  const std::string name = number < opcode_table().size() ? std::string(opcode_table()[number].name) : "?";
  return "instruction " + std::to_string(index) + " (" + name + ")";
}

}  // namespace check_parts

namespace {

using check_parts::label;
using check_parts::List;
using Wide = __int128;

constexpr std::int64_t kMostExecuted = std::int64_t{1} << 53;

std::string text_of(Wide value) {
  if (value > INT64_MAX) return "more than " + std::to_string(INT64_MAX);
  if (value < INT64_MIN) return "less than " + std::to_string(INT64_MIN);
  return std::to_string(static_cast<std::int64_t>(value));
}

// A visitor over the fields of the machine.
struct MachineRange {
  List& found;
  void integer(const char* name, std::int64_t value, const char*, const char*, std::int64_t least, std::int64_t most) {
    if (value >= least && value <= most) return;
    found.add("machine." + std::string(name) + ": " + std::to_string(value) + " is outside; allowed " +
              std::to_string(least) + ".." + std::to_string(most));
  }
  void choice(const char*, const std::string&, const std::vector<std::string>&, const char*) {}
};

bool allows(std::string_view spaces, Space space) {
  if (spaces == "any") return space != Space::dram;
  if (spaces == "sram") return space == Space::weight || space == Space::activation || space == Space::parameter;
  return spaces == kSpaceNames[static_cast<std::size_t>(space)];
}

std::string names_of(std::string_view spaces) {
  if (spaces == "any") return "weight, activation, parameter or accumulator";
  if (spaces == "sram") return "weight, activation or parameter";
  return std::string(spaces);
}

// One pass over the code with the loops that are open.
class CodeChecker {
 public:
  CodeChecker(const Program& program, List& found, std::vector<bool> sound_kernels)
      : program_(program), found_(found), sound_kernels_(std::move(sound_kernels)) {}

  /// Returns whether every loop has its end and the last instruction is the only halt.
  bool run() {
    const auto& code = program_.code;
    if (code.empty()) return found_.add("the program has no instructions; allowed at least halt"), false;
    for (at_ = 0; at_ < code.size(); ++at_) check(code[at_]);
    for (const Loop& loop : loops_)
      found_.add(label(program_, loop.index) + ": has no end; allowed an end for every loop"), balanced_ = false;
    if (code.back().opcode != Opcode::halt)
      found_.add("the program does not end; allowed a halt as last instruction"), balanced_ = false;
    return balanced_;
  }

 private:
  struct Loop {
    std::size_t index;
    std::int64_t count;
    bool works;     // holds an instruction for a unit
    Wide executed;  // instructions of one iteration so far
  };

  void add(const std::string& text) { found_.add(label(program_, at_) + ": " + text); }

  void check(const Instruction& in) {
    if (static_cast<std::size_t>(in.opcode) >= opcode_table().size()) {
      return add("is no instruction; allowed those of `rondo describe`");
    }
    const std::size_t before = found_.count();
    const OpcodeInfo& row = info(in.opcode);
    check_unit(in, row);
    check_fields(in, row);
    check_layer(in);
    check_places(in, row);
    if (row.unit == "sequencer") return control(in);
    if (!loops_.empty()) loops_.back().works = true, loops_.back().executed += 1;
    check_masks(in);
    if (found_.count() == before) check_memory(in);
  }

  void check_unit(const Instruction& in, const OpcodeInfo& row) {
    if (static_cast<int>(in.unit) >= kUnits || !program_.machine.has(in.unit)) {
      add("names a unit that does not exist; allowed " + program_.machine.unit_names());
    } else if (row.unit != "any" && in.unit != usual_unit(in)) {
      add("is given to unit " + std::string(kUnitNames[int(in.unit)]) + "; allowed " +
          (row.unit == "sequencer" ? "the first, as nobody executes it" : unit_name(usual_unit(in))));
    }
  }

  void check_fields(const Instruction& in, const OpcodeInfo& row) {
    for (std::size_t f = 0; f < kMaxFields; ++f) {
      const std::int64_t value = in.fields[f];
      if (f >= row.fields.size()) {
        if (value != 0)
          add("field " + std::to_string(f) + " is set; allowed " + std::to_string(row.fields.size()) + " fields");
        continue;
      }
      const FieldRow& field = row.fields[f];
      const auto [least, most] = limits(field);
      const std::string name = std::string(field.name) + "=" + std::to_string(value);
      if (value < least || value > most) {
        add(name + " is outside; allowed " + std::to_string(least) + ".." + std::to_string(most));
      } else if (field.name == "bits" && value != 8 && value != 16) {
        add(name + " is no width; allowed 8 or 16");
      }
    }
    if (in.opcode == Opcode::mload) check_tile(in.fields[field::mload::rows], in.fields[field::mload::cols]);
    if (in.opcode == Opcode::mmul) {
      check_tile(in.fields[field::mmul::rows], in.fields[field::mmul::cols]);
      check_sums(in);
    }
  }

  // Where the sums of an mmul may come from and go to.
  void check_sums(const Instruction& in) {
    const Machine& machine = program_.machine;
    const bool stationary = machine.dataflow == Dataflow::output_stationary;
    const auto& f = in.fields;
    if (f[field::mmul::stream] == 1 && machine.stream_rows == 0)
      add("streams its sums, but the machine has no streams; allowed stream=0 (machine.stream_rows)");
    if (!stationary && (f[field::mmul::hold] == 1 || f[field::mmul::accumulate] == kAddToHeld))
      add("keeps sums in the array; allowed on output-stationary arrays (machine.dataflow)");
    if (f[field::mmul::hold] == 1 && (f[field::mmul::stream] == 1 || reads_sums(in)))
      add("holds its sums and streams them or adds those at dst; allowed hold=1 with stream=0 and accumulate=0 or 2");
    if (stationary && f[field::mmul::vectors] > machine.rows) {
      add("has " + std::to_string(f[field::mmul::vectors]) + " vectors; allowed at most " +
          std::to_string(machine.rows) + ", the rows of an output-stationary array");
    }
  }

  std::pair<std::int64_t, std::int64_t> limits(const FieldRow& field) const {
    if (field.name != "kernel") return {field.least, field.most};
    return {0, static_cast<std::int64_t>(program_.kernels.size()) - 1};
  }

  void check_tile(std::int64_t rows, std::int64_t cols) {
    const Machine& machine = program_.machine;
    if (rows > machine.rows || cols > machine.cols) {
      add("its tile of " + std::to_string(rows) + " x " + std::to_string(cols) +
          " is larger than the array; allowed at most " + std::to_string(machine.rows) + " x " +
          std::to_string(machine.cols));
    }
  }

  void check_layer(const Instruction& in) {
    const auto layers = static_cast<std::int64_t>(program_.layers.size());
    if (in.layer < -1 || in.layer >= layers) {
      add("belongs to layer " + std::to_string(in.layer) + "; allowed -1 (none).." + std::to_string(layers - 1));
    }
  }

  void check_places(const Instruction& in, const OpcodeInfo& row) {
    const Kernel* kernel = kernel_of(in);
    for (std::size_t p = 0; p < kMaxPlaces; ++p) {
      const Place& place = in.places[p];
      const bool used = p < row.places.size() && (in.opcode != Opcode::gate || kernel == nullptr || uses(*kernel, p)) &&
                        (in.opcode != Opcode::mmul || p != 1 || reads_sums(in) || writes_sums(in));
      if (!used) {
        if (!(place == Place{})) add("operand " + std::to_string(p) + " is set but unused; allowed only what it uses");
        continue;
      }
      const std::string name(row.places[p].name);
      if (static_cast<int>(place.space) >= kSpaces || !allows(row.places[p].spaces, place.space)) {
        const int space = static_cast<int>(place.space);
        add(name + " lies in " + (space < kSpaces ? std::string(kSpaceNames[space]) : "no") + " memory; allowed " +
            names_of(row.places[p].spaces));
      }
      for (std::size_t d = loops_.size(); d < kMaxLoops; ++d) {
        if (place.stride[d] == 0) continue;
        add(name + " moves with loop i" + std::to_string(d) + "; allowed the " + std::to_string(loops_.size()) +
            " loops around the instruction");
      }
    }
  }

  // The kernel of a gate instruction, when it exists and has no findings of its own.
  const Kernel* kernel_of(const Instruction& in) const {
    if (in.opcode != Opcode::gate) return nullptr;
    const std::int64_t number = in.fields[field::gate::kernel];
    if (number < 0 || number >= static_cast<std::int64_t>(program_.kernels.size())) return nullptr;
    return sound_kernels_[number] ? &program_.kernels[number] : nullptr;
  }

  static bool uses(const Kernel& kernel, std::size_t place) {
    return std::any_of(kernel.ops.begin(), kernel.ops.end(), [&](const MicroOp& op) {
      return info(op.opcode).functional_unit == FunctionalUnit::memory && op.p == place;
    });
  }

  void control(const Instruction& in) {
    if (in.wait != 0 || in.signal != 0 || in.release != 0) {
      add("has semaphores, but no unit executes it; allowed on a sync");
    }
    if (in.opcode == Opcode::halt && at_ + 1 != program_.code.size()) {
      add("is not the last instruction; allowed once, at the end");
      balanced_ = false;
    }
    if (in.opcode == Opcode::loop) {
      loops_.push_back({at_, std::max<std::int64_t>(1, in.fields[field::loop::count]), false, 0});
      const std::int64_t most = std::min<std::int64_t>(program_.machine.loop_depth, kMaxLoops);
      if (static_cast<std::int64_t>(loops_.size()) == most + 1) {
        add("is nested " + std::to_string(loops_.size()) + " deep; allowed " + std::to_string(most) +
            " (machine.loop_depth)");
      }
    }
    if (in.opcode == Opcode::end) close_loop();
  }

  void close_loop() {
    if (loops_.empty()) {
      balanced_ = false;
      return add("closes no loop; allowed one for every loop");
    }
    const Loop loop = loops_.back();
    loops_.pop_back();
    if (!loop.works)
      found_.add(label(program_, loop.index) + ": is empty; allowed with an instruction for a unit inside");
    const Wide executed = loop.executed * loop.count;
    if (executed > kMostExecuted) {
      if (!too_long_) found_.add(label(program_, loop.index) + ": runs for more than 2^53 instructions; allowed 2^53");
      too_long_ = true;
    }
    if (loops_.empty()) return;
    loops_.back().works |= loop.works;
    loops_.back().executed += std::min<Wide>(executed, kMostExecuted);
  }

  // Waits belong to the unit at the semaphore's `to`, signals and releases to the one at `from`.
  void check_masks(const Instruction& in) {
    check_mask(in, "wait", in.wait, &Semaphore::to);
    check_mask(in, "signal", in.signal, &Semaphore::from);
    check_mask(in, "release", in.release, &Semaphore::from);
  }

  void check_mask(const Instruction& in, const char* name, std::uint64_t mask, Unit Semaphore::*unit) {
    for (std::size_t s = 0; s < kMaxSemaphores; ++s) {
      if ((mask >> s & 1) == 0) continue;
      const std::string what = std::string(name) + " names semaphore " + std::to_string(s);
      if (s >= program_.semaphores.size()) {
        add(what + "; allowed the " + std::to_string(program_.semaphores.size()) + " declared ones");
      } else if (program_.semaphores[s].*unit != in.unit) {
        const auto owner = static_cast<std::size_t>(program_.semaphores[s].*unit);
        add(what + " from unit " + unit_name(in.unit) + "; allowed " +
            (owner < kUnits ? "unit " + std::string(kUnitNames[owner]) : "no unit"));
      }
    }
  }

  static std::string unit_name(Unit unit) { return int(unit) < kUnits ? std::string(kUnitNames[int(unit)]) : "?"; }

  // Every access at the corners of all enclosing loops: addresses are linear in the iterations, so that the
  // corners are the least and the greatest byte.
  void check_memory(const Instruction& in) {
    if (in.opcode == Opcode::gate && kernel_of(in) == nullptr) return;
    for (const Access& access : accesses(in, {}, program_.kernels)) {
      const Place& place = in.places[access.place];
      Wide least = Wide{place.base} + access.address, most = least;
      const auto move = [&](Wide distance) { (distance < 0 ? least : most) += distance; };
      for (std::size_t d = 0; d < loops_.size() && d < kMaxLoops; ++d)
        move(Wide{place.stride[d]} * (loops_[d].count - 1));
      move(Wide{access.stride} * (access.rows - 1));
      most += access.bytes;
      const std::int64_t capacity = program_.machine.capacity(access.space);
      if (least >= 0 && most <= capacity) continue;
      add(std::string(info(in.opcode).places[access.place].name) + (access.write ? " writes" : " reads") + " bytes " +
          text_of(least) + ".." + text_of(most - 1) + " of " + std::string(kSpaceNames[int(access.space)]) +
          " memory; allowed 0.." + std::to_string(capacity - 1));
    }
  }

  const Program& program_;
  List& found_;
  std::vector<bool> sound_kernels_;
  std::vector<Loop> loops_;
  std::size_t at_ = 0;
  bool balanced_ = true;
  bool too_long_ = false;
};

}  // namespace

std::vector<std::string> check_program(const Program& program) {
  List found;
  MachineRange range{found};
  const_cast<Machine&>(program.machine).fields(range);
  if (found.count() == 0) {
    for (const std::string& broken : program.machine.cross_checks()) found.add(broken);
  }
  check_parts::check_declarations(program, found);
  std::vector<bool> sound;
  for (std::size_t k = 0; k < program.kernels.size(); ++k) {
    const std::size_t before = found.count();
    check_parts::check_kernel(program, k, found);
    sound.push_back(found.count() == before);
  }
  if (CodeChecker(program, found, std::move(sound)).run() && found.count() == 0) {
    check_parts::check_overlaps(program, found);
    check_parts::check_arrays(program, found);
  }
  return found.take();
}

}  // namespace rondo

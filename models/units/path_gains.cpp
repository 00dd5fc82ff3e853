#include "models/units/path_gains.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "models/units/pace.hpp"

namespace rondo {
namespace {

using Change = PathGain::Change;

// Calls f(name, value, least, most) for every number of one section.
class NumberVisitor {
 public:
  using Call = std::function<void(const std::string&, std::int64_t&, std::int64_t, std::int64_t)>;
  NumberVisitor(std::string section, const Call& call) : section_(std::move(section)), call_(call) {}

  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t least, std::int64_t most) {
    call_(section_ + "." + name, value, least, most);
  }
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) {}
  void word(const char*, std::string&, const char*) {}

 private:
  const std::string section_;
  const Call& call_;
};

// Everything but the chip's shape, for which the program was made.
void for_each_pace(ChipParams& params, const NumberVisitor::Call& call) {
  params.sections([&](const char* section, auto& part) {
    if (std::string(section) == "machine") return;
    NumberVisitor visitor(section, call);
    part.fields(visitor);
  });
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// A parameter that the length of a step can depend on.
struct Pace {
  Change better;           ///< twice as good
  Change best;             ///< as good as it can be
  ChipParams better_chip;  ///< with this one better
  ChipParams alone_chip;   ///< with all others as good as they can be
};

std::vector<Pace> paces_of(const ChipParams& params) {
  std::vector<Pace> paces;
  ChipParams copy = params;
  for_each_pace(copy, [&](const std::string& name, std::int64_t& value, std::int64_t least, std::int64_t most) {
    for (const char* other : {".dispatch_width", ".queue_depth", ".outstanding", "_ports", ".burst_bytes"}) {
      if (ends_with(name, other)) return;  // they decide whether a step waits, not how long it takes
    }
    // Of the DRAM only the ideal one's; how long a device works for a request cannot be told beforehand.
    const bool dram = name.compare(0, 5, "dram.") == 0;
    if (dram && (params.dram.device != nullptr || (name != "dram.latency" && name != "dram.bytes_per_cycle"))) return;
    const bool less = ends_with(name, "latency") || ends_with(name, "_cycles");
    const std::int64_t better = std::clamp(less ? (value + 1) / 2 : 2 * value, least, most);
    if (better != value) paces.push_back({{name, value, better}, {name, value, less ? least : most}, {}, {}});
  });
  for (Pace& pace : paces) {
    pace.better_chip = changed(params, {pace.better});
    std::vector<Change> others;
    for (const Pace& other : paces) {
      if (&other != &pace) others.push_back(other.best);
    }
    pace.alone_chip = changed(params, others);
  }
  return paces;
}

/// How long the links of one path are on other chips.
class Lengths {
 public:
  explicit Lengths(const Program& program) : program_(program) {}

  /// Cycles of a link, over all times, on a chip, if the tile of its mmul has weights of so many bits.
  std::int64_t of(const PathLink& link, std::int64_t weight_bits, const ChipParams& chip) const {
    const bool dram = link.stage_before == Stage::request || link.stage_before == Stage::transfer;
    if (link.stage_before == Stage::slot || (dram && chip.dram.device != nullptr)) return link.cycles();
    if (link.reason == Reason::stream) return link.times * stream_wait(link, weight_bits, chip);
    // Of a window or a drain any other link holds all or nothing.
    const Step before = step(link, weight_bits, chip);
    return link.times * ((link.window != 0 ? before.window : 0) + (link.drain != 0 ? before.drain : 0)) +
           link.hand_over;
  }

 private:
  struct Step {
    Cycle window = 0, drain = 0;
  };

  const Instruction& instruction(std::int32_t code) const { return program_.code[static_cast<std::size_t>(code)]; }
  const Kernel& kernel_of(const Instruction& gate) const {
    return program_.kernels[static_cast<std::size_t>(gate.fields[field::gate::kernel])];
  }

  Step step(const PathLink& link, std::int64_t weight_bits, const ChipParams& chip) const {
    const Instruction& in = instruction(link.before);
    switch (link.stage_before) {
      case Stage::front: return {dma_pace(chip, in).front, 0};
      case Stage::back: return {dma_pace(chip, in).back, 0};
      case Stage::request: return {chip.dram.latency, 0};
      case Stage::transfer: return {transfer_cycles(in, chip), 0};
      default: return window(in, weight_bits, chip);
    }
  }

  Step window(const Instruction& in, std::int64_t weight_bits, const ChipParams& chip) const {
    if (in.opcode == Opcode::gate) {
      const KernelPace pace = kernel_pace(chip, in, kernel_of(in));
      return {gate_chunks(chip, in) * pace.interval, pace.depth};
    }
    Cycle window = 1;
    if (in.opcode == Opcode::mload) window = mload_window(chip, in);
    if (in.opcode == Opcode::mmul) window = mmul_pace(chip, in, weight_bits).window;
    const Unit kind = kind_of(in.unit);
    return {window, kind == Unit::weights ? chip.weight_sram.latency : kind == Unit::matrix ? mmul_drain(chip) : 0};
  }

  static Cycle transfer_cycles(const Instruction& in, const ChipParams& chip) {
    const std::int64_t rows = in.fields[0], bytes = in.fields[1];
    return ceil_div(rows * ceil_div(bytes, chip.dram.burst_bytes) * chip.dram.burst_bytes, chip.dram.bytes_per_cycle);
  }

  // From the start of an mmul to that of the gate instruction that pops its sums.
  Cycle stream_wait(const PathLink& link, std::int64_t weight_bits, const ChipParams& chip) const {
    const Instruction &mmul = instruction(link.before), &gate = instruction(link.code);
    const MmulPace pace = mmul_pace(chip, mmul, weight_bits);
    const Cycle first = pace.first_row + mmul_drain(chip) - (chip.machine.cols - 1);
    return gate_pops(chip, gate, kernel_of(gate)).ready(array_of(mmul.unit), first, pace.per_row);
  }

  const Program& program_;
};

/// The path's links whose length follows from the chip's pace.
class Path {
 public:
  Path(const ChipParams& params, const Program& program, const std::vector<PathLink>& links)
      : params_(params), paces_(paces_of(params)), lengths_(program) {
    std::vector<Change> all;
    for (const Pace& pace : paces_) all.push_back(pace.best);
    best_chip_ = changed(params, all);
    for (const PathLink& link : links) {
      if (link.before < 0) continue;
      for (const std::int64_t bits : {8, 16}) {
        if (lengths_.of(link, bits, params) != link.cycles()) continue;
        links_.push_back({link, bits});
        break;
      }
    }
  }

  std::vector<PathGain> gains() const {
    std::vector<std::vector<Change>> candidates;
    for (const Pace& pace : paces_) candidates.push_back({pace.better});
    std::set<std::vector<std::size_t>> ties;
    for (const Link& link : links_) ties.insert(tie_of(link));
    for (const std::vector<std::size_t>& tie : ties) {
      if (tie.size() < 2) continue;
      candidates.emplace_back();
      for (const std::size_t i : tie) candidates.back().push_back(paces_[i].better);
    }
    std::vector<PathGain> gains;
    for (std::vector<Change>& changes : candidates) {
      const std::int64_t cycles = gain_of(changed(params_, changes));
      if (cycles > 0) gains.push_back({std::move(changes), cycles});
    }
    std::stable_sort(gains.begin(), gains.end(),
                     [](const PathGain& a, const PathGain& b) { return a.cycles > b.cycles; });
    return gains;
  }

 private:
  struct Link {
    PathLink link;
    std::int64_t weight_bits;
  };

  std::int64_t gain_of(const ChipParams& chip) const {
    std::int64_t gain = 0;
    for (const Link& one : links_) gain += one.link.cycles() - length(one, chip);
    return gain;
  }

  // Parameters that hold a link up one for the other: each of them alone, all else as good as can be, makes
  // it as long as it is. None if one alone can shorten it, or nothing can.
  std::vector<std::size_t> tie_of(const Link& one) const {
    std::vector<std::size_t> tie;
    if (length(one, best_chip_) == one.link.cycles()) return {};
    for (std::size_t i = 0; i < paces_.size(); ++i) {
      if (length(one, paces_[i].better_chip) < one.link.cycles()) return {};
      if (length(one, paces_[i].alone_chip) == one.link.cycles()) tie.push_back(i);
    }
    return tie;
  }
  std::int64_t length(const Link& one, const ChipParams& chip) const {
    return lengths_.of(one.link, one.weight_bits, chip);
  }

  const ChipParams& params_;
  const std::vector<Pace> paces_;
  ChipParams best_chip_;  ///< with every pace as good as it can be
  const Lengths lengths_;
  std::vector<Link> links_;
};

}  // namespace

ChipParams changed(const ChipParams& params, const std::vector<Change>& changes) {
  ChipParams copy = params;
  for_each_pace(copy, [&](const std::string& name, std::int64_t& value, std::int64_t, std::int64_t) {
    for (const Change& change : changes) {
      if (change.parameter == name) value = change.to;
    }
  });
  return copy;
}

std::vector<PathGain> path_gains(const ChipParams& params, const Program& program, const std::vector<PathLink>& links) {
  return Path(params, program, links).gains();
}

}  // namespace rondo

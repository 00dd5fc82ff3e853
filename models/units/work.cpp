#include "models/units/work.hpp"

#include <algorithm>
#include <string>

#include "models/base/error.hpp"

namespace rondo {
namespace {

struct Extent {
  std::int64_t low = 0;
  std::int64_t high = 0;  ///< last byte
};

// Lowest and highest byte of all rows, relative to the operand's address.
Extent extent_of(const Access& access) {
  const std::int64_t last_row = (access.rows - 1) * access.stride;
  return {access.address + std::min<std::int64_t>(0, last_row),
          access.address + std::max<std::int64_t>(0, last_row) + access.bytes - 1};
}

}  // namespace

AddressPlan::AddressPlan(const Program& program) {
  for (int s = 0; s < kSpaces - 1; ++s) {
    bank_[s].bytes = program.machine.bank_bytes(static_cast<Space>(s + 1));
    if ((bank_[s].bytes & (bank_[s].bytes - 1)) == 0) bank_[s].shift = __builtin_ctzll(bank_[s].bytes);
  }
  std::vector<std::int64_t> loops;  // iterations of the loops around the instruction, outermost first
  steps_.resize(program.code.size());
  for (std::size_t code = 0; code < program.code.size(); ++code) {
    const Instruction& in = program.code[code];
    if (in.opcode == Opcode::end) {
      if (loops.empty()) throw Error("instruction " + std::to_string(code) + ": end without a loop");
      loops.pop_back();
    }
    plan(program, code, loops);
    check_inside(program, code, loops);
    if (in.opcode == Opcode::loop) loops.push_back(in.fields[field::loop::count]);
    if (loops.size() > kMaxLoops)
      throw Error("instruction " + std::to_string(code) + ": too many nested loops");
  }
  if (!loops.empty()) throw Error("the program ends inside a loop");
}

void AddressPlan::plan(const Program& program, std::size_t code, const std::vector<std::int64_t>& loops) {
  const Instruction& in = program.code[code];
  Steps& steps = steps_[code];
  steps.first = static_cast<std::int32_t>(reaches_.size());
  steps.depth = static_cast<std::int32_t>(loops.size());
  // With all addresses 0, accesses() gives offsets; those of one operand and direction become one range.
  for (const Access& access : accesses(in, {}, program.kernels)) {
    const Place& place = in.places[access.place];
    const bool dram = access.space == Space::dram;
    const int kind = dram ? -1 : port_kind(access.space, access.write);
    const Extent extent = dram ? Extent{0, 0} : extent_of(access);
    const auto same = std::find_if(reaches_.begin() + steps.first, reaches_.end(), [&](const Reach& r) {
      return r.kind == kind && r.stride == place.stride && r.first - place.base + r.span >= extent.low - 1 &&
             extent.high >= r.first - place.base - 1;
    });
    if (same == reaches_.end()) {
      reaches_.push_back({kind, place.base + extent.low, extent.high - extent.low, place.stride});
    } else {
      const std::int64_t low = std::min(same->first - place.base, extent.low);
      const std::int64_t high = std::max(same->first - place.base + same->span, extent.high);
      *same = {kind, place.base + low, high - low, place.stride};
    }
  }
  steps.last = static_cast<std::int32_t>(reaches_.size());
}

// A bank number outside of the memory would be a wild index later: nothing may start with one.
void AddressPlan::check_inside(const Program& program, std::size_t code,
                               const std::vector<std::int64_t>& loops) const {
  for (std::int32_t r = steps_[code].first; r != steps_[code].last; ++r) {
    const Reach& reach = reaches_[r];
    if (reach.kind < 0) continue;
    std::int64_t low = reach.first, high = reach.first + reach.span;
    for (std::size_t d = 0; d < loops.size(); ++d) {
      low += std::min<std::int64_t>(0, reach.stride[d] * (loops[d] - 1));
      high += std::max<std::int64_t>(0, reach.stride[d] * (loops[d] - 1));
    }
    const Space space = space_of_kind(reach.kind);
    if (low >= 0 && high < program.machine.capacity(space)) continue;
    throw Error("instruction " + std::to_string(code) + ": touches bytes " + std::to_string(low) + " to " +
                std::to_string(high) + " of the " + std::string(kSpaceNames[static_cast<int>(space)]) +
                " memory; it has " + std::to_string(program.machine.capacity(space)));
  }
}

}  // namespace rondo

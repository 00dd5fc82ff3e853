#include "models/units/work.hpp"

#include <algorithm>

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
  int depth = 0;
  steps_.resize(program.code.size());
  for (std::size_t code = 0; code < program.code.size(); ++code) {
    const Instruction& in = program.code[code];
    if (in.opcode == Opcode::end) --depth;
    plan(program, code, depth);
    if (in.opcode == Opcode::loop) ++depth;
  }
}

void AddressPlan::plan(const Program& program, std::size_t code, int depth) {
  const Instruction& in = program.code[code];
  Steps& steps = steps_[code];
  steps.first = static_cast<std::int32_t>(reaches_.size());
  steps.depth = depth;
  // With all addresses 0, accesses() gives offsets. Ranges that move together and meet become one.
  for (const Access& access : accesses(in, {}, program.kernels)) {
    const Place& place = in.places[access.place];
    const bool dram = access.space == Space::dram;
    const Extent extent = dram ? Extent{0, 0} : extent_of(access);
    const Reach reach{dram ? -1 : port_kind(access.space, access.write), place.base + extent.low,
                      extent.high - extent.low, place.stride};
    const auto same = std::find_if(reaches_.begin() + steps.first, reaches_.end(), [&](const Reach& r) {
      return r.kind == reach.kind && r.stride == reach.stride && r.first <= reach.first + reach.span + 1 &&
             reach.first <= r.first + r.span + 1;
    });
    if (same == reaches_.end()) {
      reaches_.push_back(reach);
      continue;
    }
    const std::int64_t last = std::max(same->first + same->span, reach.first + reach.span);
    same->first = std::min(same->first, reach.first);
    same->span = last - same->first;
  }
  steps.last = static_cast<std::int32_t>(reaches_.size());
}

}  // namespace rondo

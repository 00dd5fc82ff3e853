#include "traces/footprints.hpp"

#include <algorithm>

namespace rondo {
namespace {

bool same_motion(const Footprint& a, const Footprint& b) {
  return a.unit == b.unit && a.space == b.space && a.write == b.write && a.stride == b.stride && a.pass == b.pass &&
         a.popped == b.popped;
}

/// Adds `f`, joined with one that moves alike and touches or overlaps.
void add(Footprints& list, const Footprint& f) {
  for (Footprint& other : list) {
    if (!same_motion(other, f) || f.begin > other.end || f.end < other.begin) continue;
    other.begin = std::min(other.begin, f.begin);
    other.end = std::max(other.end, f.end);
    return;
  }
  list.push_back(f);
}

}  // namespace

Footprints footprints_of(const Item& item, int depth, const std::vector<Kernel>& kernels) {
  Footprints list;
  if (!item.is_loop()) {
    const Instruction& in = item.instruction;
    std::array<std::int64_t, kMaxPlaces> base{};
    for (int p = 0; p < kMaxPlaces; ++p) base[p] = in.places[p].base;
    const auto rows = [&](bool write, const Place& place, std::int64_t address, std::int64_t count, std::int64_t bytes,
                          std::int64_t stride, int popped) {
      const std::int64_t reach = stride * (count - 1);
      add(list, {in.unit, place.space, write, address + std::min<std::int64_t>(0, reach),
                 address + std::max<std::int64_t>(0, reach) + bytes, place.stride, item.pass, popped});
    };
    for (const Access& a : accesses(in, base, kernels))
      rows(a.write, in.places[a.place], a.address, a.rows, a.bytes, a.stride, -1);
    for (const PartialSums& p : item.popped) rows(false, p.place, p.place.base, p.rows, p.bytes, p.stride, p.array);
    return list;
  }
  for (const Item& inner : item.body) {
    for (Footprint f : footprints_of(inner, depth + 1, kernels)) {
      const std::int64_t reach = f.stride[depth] * (item.count - 1);
      f.begin += std::min<std::int64_t>(0, reach);
      f.end += std::max<std::int64_t>(0, reach);
      f.stride[depth] = 0;
      add(list, f);
    }
  }
  return list;
}

}  // namespace rondo

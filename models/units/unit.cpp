#include "models/units/unit.hpp"

#include <numeric>

#include "models/base/error.hpp"

namespace rondo {
namespace {

template <class Declared>
std::vector<Quantity> copied(const std::vector<const Declared*>& list) {
  std::vector<Quantity> out;
  for (const Declared* item : list) out.push_back({item->name(), item->sentence(), item->count()});
  return out;
}

}  // namespace

Counted counted_of(const Statistics& stats) {
  return {stats.unit(), copied(stats.actions()), copied(stats.parts()), copied(stats.counters()), 0, stats.kind()};
}

void ChipUnit::change(Cycle now, Cause cause) {
  if (now > since_) {
    cycles_[static_cast<std::size_t>(cause_)] += now - since_;
    if (observer_ && cause_ != Cause::busy && cause_ != Cause::done) observer_->waited(index_, cause_, since_, now);
  }
  cause_ = cause;
  since_ = now;
}

void ChipUnit::close(Cycle total) {
  change(total, Cause::done);
  settle();
  check(std::accumulate(cycles_.begin(), cycles_.end(), Cycle{0}) == total,
        "a unit's causes do not sum to the cycles of the run");
}

UnitReport ChipUnit::report() const { return {stats.unit(), cycles_, counted_of(stats)}; }

}  // namespace rondo

#include "traces/sync.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <map>
#include <tuple>

#include "traces/footprints.hpp"

namespace rondo {
namespace {

struct Conflict {
  bool done = false;     ///< the later one needs the earlier one's results, or overwrites them
  bool release = false;  ///< the later one overwrites what the earlier one reads
};

/// Semaphores that the instructions of a loop use, those of loops inside it included.
std::uint64_t used_in(const Item& item) {
  if (!item.is_loop()) return item.instruction.wait | item.instruction.signal | item.instruction.release;
  std::uint64_t mask = 0;
  for (const Item& inner : item.body) mask |= used_in(inner);
  return mask;
}

/// No semaphore is left for an attempt.
struct NoneLeft {};

class Synchroniser {
 public:
  /// `thrifty`: blocks of different depth share semaphores where they can.
  Synchroniser(Program& program, bool thrifty) : program_(program), thrifty_(thrifty) {}

  /// Tokens that a loop's first iteration takes and its last leaves, per carried dependence.
  struct Prime {
    Unit from, to;
    std::uint64_t bit;
    bool done;
    std::int64_t tokens;
  };

  /// Synchronises the items of a block that runs `count` times inside `trips_.size()` loops, its own included.
  std::vector<Prime> block(Block& items, std::int64_t count) {
    std::vector<std::vector<Prime>> inner(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].is_loop()) continue;
      trips_.push_back(items[i].count);
      inner[i] = block(items[i].body, items[i].count);
      trips_.pop_back();
    }
    return write(items, make_plan(items, count), inner);
  }

 private:
  enum Kind { kDone, kRelease };
  static constexpr int kNever = INT_MIN / 2;

  struct Wait {
    int consumer;
    int key;  ///< item waited for; less the number of items when it is one of the iteration before
  };
  /// Waits of each unit pair, in order of the consumer.
  using Plan = std::map<std::tuple<Unit, Unit, Kind>, std::vector<Wait>>;

  int depth() const { return static_cast<int>(trips_.size()); }

  /// How far `a` can move against `b` over the outermost `loops` loops, both in the same iteration.
  std::pair<std::int64_t, std::int64_t> drift(const Footprint& a, const Footprint& b, int loops) const {
    std::int64_t low = 0, high = 0;
    for (int d = 0; d < loops; ++d) {
      const std::int64_t reach = (a.stride[d] - b.stride[d]) * (trips_[d] - 1);
      low += std::min<std::int64_t>(0, reach);
      high += std::max<std::int64_t>(0, reach);
    }
    return {low, high};
  }

  /// Whether `a` and `b` share a byte in the same iteration of all loops around.
  bool meet(const Footprint& a, const Footprint& b) const {
    const auto [low, high] = drift(a, b, depth());
    return a.begin + low < b.end && a.end + high > b.begin;
  }

  /// Whether they share a byte when `a` is in an earlier iteration of the innermost loop than `b`.
  bool meet_carried(const Footprint& a, const Footprint& b, std::int64_t count) const {
    auto [low, high] = drift(a, b, depth() - 1);
    const std::int64_t sa = a.stride[depth() - 1], sb = b.stride[depth() - 1];
    if (sa == sb && sa != 0) {
      // a at t, b at t + d: a lies d * sa before where it would be in b's iteration, d = 1 .. count - 1.
      const std::int64_t step = std::abs(sa);
      const std::int64_t sign = sa > 0 ? -1 : 1;
      std::int64_t least = b.begin - (a.end + high) + 1,
                   most = b.end - (a.begin + low) - 1;  // shifts of a that overlap b
      if (sign < 0) std::tie(least, most) = std::make_pair(-most, -least);
      const std::int64_t first = std::max<std::int64_t>(1, least <= 0 ? 0 : (least + step - 1) / step);
      return first <= count - 1 && first * step <= most;
    }
    for (std::int64_t reach : {sa * (count - 1), -sb * (count - 1)}) {
      low += std::min<std::int64_t>(0, reach);
      high += std::max<std::int64_t>(0, reach);
    }
    return a.begin + low < b.end && a.end + high > b.begin;
  }

  template <class Meet>
  static Conflict conflict(const Footprints& earlier, Unit a, const Footprints& later, Unit b, Meet meet) {
    Conflict found;
    for (const Footprint& e : earlier) {
      const bool late =
          e.space == Space::accumulator && kind_of(e.unit) == Unit::matrix;  // read until the last sum is out
      bool& kind = e.write || late ? found.done : found.release;
      if (e.unit != a || kind) continue;
      for (const Footprint& l : later) {
        if (l.unit != b || l.space != e.space || !(e.write || l.write) || l.popped >= 0) continue;
        if (e.popped >= 0 && (l.unit != matrix_unit(e.popped) || l.pass == e.pass))
          continue;  // the array keeps its own order
        if (meet(e, l)) kind = true;
      }
    }
    return found;
  }

  Plan make_plan(const Block& items, std::int64_t count) const {
    std::vector<Footprints> prints;
    for (const Item& item : items) prints.push_back(footprints_of(item, depth(), program_.kernels));
    Plan plan;
    std::array<std::vector<int>, kUnits> users;
    for (int unit = 0; unit < kUnits; ++unit) users[unit] = items_of(prints, static_cast<Unit>(unit));
    for (int a = 0; a < kUnits; ++a) {
      for (int b = 0; b < kUnits; ++b) {
        if (a != b && !users[a].empty() && !users[b].empty())
          plan_pair(prints, users[a], users[b], count, static_cast<Unit>(a), static_cast<Unit>(b), plan);
      }
    }
    return plan;
  }

  static std::vector<int> items_of(const std::vector<Footprints>& prints, Unit unit) {
    std::vector<int> list;
    for (std::size_t i = 0; i < prints.size(); ++i) {
      const auto mine = [&](const Footprint& f) { return f.unit == unit; };
      if (std::any_of(prints[i].begin(), prints[i].end(), mine)) list.push_back(static_cast<int>(i));
    }
    return list;
  }

  void plan_pair(const std::vector<Footprints>& prints, const std::vector<int>& producers,
                 const std::vector<int>& consumers, std::int64_t count, Unit a, Unit b, Plan& plan) const {
    const int n = static_cast<int>(prints.size());
    const int rounds = count > 1 ? 2 : 1;  // in a loop the second round is the steady state
    int waited[2] = {kNever, kNever};
    for (int round = 0; round < rounds; ++round) {
      for (int q : consumers) {
        int key[2];
        latest(prints, producers, q, count, a, b, waited[kDone], key);
        for (Kind kind : {kDone, kRelease}) {
          if (key[kind] <= waited[kind] || (kind == kRelease && key[kind] <= waited[kDone])) continue;
          waited[kind] = key[kind];
          if (round == rounds - 1) plan[{a, b, kind}].push_back({q, key[kind]});
        }
      }
      for (int& w : waited) w = std::max(w - n, kNever);
    }
  }

  /// The latest producers of unit a whose results, and whose reads, item q of unit b must wait for; those at or before
  /// `known` are of no interest. kNever: none.
  void latest(const std::vector<Footprints>& prints, const std::vector<int>& producers, int q, std::int64_t count,
              Unit a, Unit b, int known, int (&key)[2]) const {
    const int n = static_cast<int>(prints.size());
    key[kDone] = key[kRelease] = kNever;
    const auto note = [&](const Conflict& c, int at) {
      if (c.done) key[kDone] = std::max(key[kDone], at);
      if (c.release) key[kRelease] = std::max(key[kRelease], at);
    };
    const auto here = [&](const Footprint& x, const Footprint& y) { return meet(x, y); };
    const auto carried = [&](const Footprint& x, const Footprint& y) { return meet_carried(x, y, count); };
    for (auto p = producers.rbegin(); p != producers.rend() && key[kDone] == kNever; ++p) {
      if (*p >= q) continue;
      if (*p <= known) return;
      note(conflict(prints[*p], a, prints[q], b, here), *p);
    }
    if (count <= 1) return;
    for (auto p = producers.rbegin(); p != producers.rend() && key[kDone] == kNever; ++p) {
      if (*p - n <= known) return;
      note(conflict(prints[*p], a, prints[q], b, carried), *p - n);
    }
  }

  /// Semaphores inside those loops of the block that lie between a producer and a consumer of these waits: a token
  /// would be taken there by the wrong one.
  static std::uint64_t passed_over(const Block& items, const std::vector<Wait>& waits) {
    const int n = static_cast<int>(items.size());
    std::uint64_t mask = 0;
    for (int i = 0; i < n; ++i) {
      if (!items[i].is_loop()) continue;
      const auto over = [&](const Wait& w) {
        return w.key >= 0 ? w.key < i && i < w.consumer : w.key + n < i || i < w.consumer;
      };
      if (std::any_of(waits.begin(), waits.end(), over)) mask |= used_in(items[i]);
    }
    return mask;
  }

  /// The semaphore of this pair in a block at this depth. A thrifty one takes any of the pair's that is not among
  /// `avoid`.
  std::uint64_t semaphore(Unit a, Unit b, Kind kind, std::uint64_t avoid) {
    std::vector<std::pair<int, int>>& list = numbers_[{a, b, kind}];
    for (const auto& [number, at] : list) {
      if (thrifty_ ? (avoid >> number & 1) == 0 : at == depth()) return std::uint64_t{1} << number;
    }
    const int fresh = static_cast<int>(program_.semaphores.size());
    if (fresh >= program_.machine.semaphores) throw NoneLeft();
    program_.semaphores.push_back({a, b, 0});
    list.emplace_back(fresh, depth());
    return std::uint64_t{1} << fresh;
  }

  /// What an item waits for and says; on an instruction it becomes masks, around a loop `sync` instructions.
  struct Marks {
    std::map<Unit, std::uint64_t> wait, signal, release;
  };

  std::vector<Prime> write(Block& items, const Plan& plan, const std::vector<std::vector<Prime>>& inner) {
    std::vector<Marks> marks(items.size());
    std::vector<Prime> primes;
    const int n = static_cast<int>(items.size());
    for (const auto& [pair, waits] : plan) {
      const auto [a, b, kind] = pair;
      const std::uint64_t bit = semaphore(a, b, kind, thrifty_ ? passed_over(items, waits) : 0);
      std::int64_t carried = 0;
      for (const Wait& wait : waits) {
        Marks& producer = marks[wait.key >= 0 ? wait.key : wait.key + n];
        marks[wait.consumer].wait[b] |= bit;
        (kind == kDone ? producer.signal : producer.release)[a] |= bit;
        carried += wait.key < 0;
      }
      if (carried > 0) primes.push_back({a, b, bit, kind == kDone, carried});
    }
    Block out;
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].is_loop() ? put_loop(items[i], marks[i], inner[i], out) : put_instruction(items[i], marks[i], out);
    }
    items = std::move(out);
    return primes;
  }

  static void put_instruction(Item& item, Marks& marks, Block& out) {
    Instruction& in = item.instruction;
    in.wait |= marks.wait[in.unit];
    in.signal |= marks.signal[in.unit];
    in.release |= marks.release[in.unit];
    out.push_back(std::move(item));
  }

  static void put_loop(Item& item, Marks& marks, const std::vector<Prime>& primes, Block& out) {
    const int layer = first_layer(item);
    const auto sync = [&](Unit unit, std::uint64_t wait, std::uint64_t signal, std::uint64_t release) {
      Item one;
      Instruction& in = one.instruction;
      in.opcode = Opcode::sync;
      in.unit = unit, in.layer = layer, in.wait = wait, in.signal = signal, in.release = release;
      out.push_back(one);
    };
    for (const auto& [unit, mask] : marks.wait) sync(unit, mask, 0, 0);
    for (const Prime& p : primes) {
      for (std::int64_t k = 0; k < p.tokens; ++k) sync(p.from, 0, p.done ? p.bit : 0, p.done ? 0 : p.bit);
    }
    out.push_back(std::move(item));
    for (const Prime& p : primes) {
      for (std::int64_t k = 0; k < p.tokens; ++k) sync(p.to, p.bit, 0, 0);
    }
    for (const auto& [unit, mask] : marks.signal) sync(unit, 0, mask, 0);
    for (const auto& [unit, mask] : marks.release) sync(unit, 0, 0, mask);
  }

  static int first_layer(const Item& item) {
    return item.is_loop() ? first_layer(item.body.front()) : item.instruction.layer;
  }

  Program& program_;
  std::vector<std::int64_t> trips_;
  const bool thrifty_;
  std::map<std::tuple<Unit, Unit, Kind>, std::vector<std::pair<int, int>>> numbers_;  ///< and the depth it was made for
};

}  // namespace

void synchronise(Block& root, Program& program) {
  const std::size_t given = program.semaphores.size();
  for (const bool thrifty : {false, true}) {
    Block attempt = root;
    program.semaphores.resize(given);
    try {
      Synchroniser(program, thrifty).block(attempt, 1);
      root = std::move(attempt);
      return;
    } catch (const NoneLeft&) {
    }
  }
  throw TooFewSemaphores("machine.semaphores: " + std::to_string(program.machine.semaphores) +
                         " are too few for this network; allowed: more, up to " + std::to_string(kMaxSemaphores));
}

}  // namespace rondo

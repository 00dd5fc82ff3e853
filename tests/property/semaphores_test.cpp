// What the semaphores of compiled programs are good for. Every wait is taken out, together with the posts whose tokens
// it takes (and whatever else takes or posts those), so that all other waits keep their tokens. Then either
//  - the hazard checker finds a race; or
//  - another chain of tokens keeps the same two instructions in order; or
//  - another chain keeps those in order whose bytes conflict and between which the token stood; or
//  - no bytes conflict across it, found byte by byte: the compiler, which looks at intervals, was too careful.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "models/base/error.hpp"
#include "models/isa/walker.hpp"
#include "tests/support/random_networks.hpp"
#include "traces/hazards.hpp"
#include "traces/ordering.hpp"

namespace rondo::testing {
namespace {

constexpr int kPrograms = 100;

/// A place in the program that posts or takes tokens of a semaphore.
struct Site {
  int semaphore, code;
  bool takes;
  bool operator<(const Site& o) const {
    return std::tie(semaphore, code, takes) < std::tie(o.semaphore, o.code, o.takes);
  }
};

// Sites that exchange tokens, however indirectly: taking all of a group out leaves every other token where it was.
std::vector<std::set<Site>> groups_of(const std::vector<Handover>& all) {
  std::map<Site, Site> parent;
  const auto root = [&](Site s) {
    parent.try_emplace(s, s);
    while (parent.at(s) < s || s < parent.at(s)) s = parent.at(s);
    return s;
  };
  for (const Handover& h : all) {
    const Site from = root({h.semaphore, h.from.code, false}), to = root({h.semaphore, h.to.code, true});
    parent.at(from) = to;
  }
  std::map<Site, std::set<Site>> groups;
  for (const auto& [site, unused] : parent) groups[root(site)].insert(site);
  std::vector<std::set<Site>> out;
  for (const auto& [unused, sites] : groups) out.push_back(sites);
  return out;
}

Program without(Program program, const std::set<Site>& group) {
  for (const Site& site : group) {
    const std::uint64_t keep = ~(std::uint64_t{1} << site.semaphore);
    Instruction& in = program.code[static_cast<std::size_t>(site.code)];
    if (site.takes)
      in.wait &= keep;
    else
      in.signal &= keep, in.release &= keep;
  }
  return program;
}

bool same(const Handover& a, const Handover& b) {
  return a.from == b.from && a.to == b.to && a.semaphore == b.semaphore && a.signal == b.signal;
}

std::string text_of(const Handover& h) {
  return std::to_string(h.from.code) + " -> " + std::to_string(h.to.code) + " by semaphore " +
         std::to_string(h.semaphore);
}
std::string text_of(const std::vector<Handover>& path) {
  std::string text;
  for (const Handover& h : path) text += (text.empty() ? "" : ", then ") + text_of(h);
  return text.empty() ? "the order of their unit" : text;
}

/// Two executed instructions of different units that touch a byte, one of them writing, with nothing written in
/// between.
struct Conflict {
  Executed earlier, later;
  bool results;                                     ///< the earlier one writes
  std::int64_t place_earlier = 0, place_later = 0;  ///< in the queues of their units
};

/// All conflicts of a program, by the units of the earlier and the later instruction.
class Conflicts {
 public:
  explicit Conflicts(const Program& program) : program_(program), executions_(program.code.size()) {
    for (Walker walker(program); !walker.done(); walker.next()) {
      const int unit = static_cast<int>(walker.instruction().unit);
      const Event now{{walker.index(), executions_[static_cast<std::size_t>(walker.index())]++}, places_[unit]++, unit};
      for (const Access& access : accesses(walker.instruction(), walker.addresses(), program.kernels)) {
        for (std::int64_t r = 0; r < access.rows; ++r) {
          for (std::int64_t b = 0; b < access.bytes; ++b) touch(access, access.address + r * access.stride + b, now);
        }
      }
    }
  }

  /// The conflict between what a token's poster, or an instruction before it, does and what its taker, or one after it,
  /// does: the one that stands closest to the token.
  std::optional<Conflict> guarded_by(const Handover& h, const Conflict& places) const {
    const auto list = pairs_.find({program_.code[static_cast<std::size_t>(h.from.code)].unit,
                                   program_.code[static_cast<std::size_t>(h.to.code)].unit});
    std::optional<Conflict> closest;
    if (list == pairs_.end()) return closest;
    const auto distance = [&](const Conflict& c) {
      return places.place_earlier - c.place_earlier + c.place_later - places.place_later;
    };
    for (const auto& [key, c] : list->second) {
      if (c.place_earlier > places.place_earlier || c.place_later < places.place_later || (c.results && !h.signal))
        continue;
      if (!closest || distance(c) < distance(*closest)) closest = c;
    }
    return closest;
  }

 private:
  struct Event {
    Executed what;
    std::int64_t place = -1;
    int unit = -1;
  };
  struct History {
    Event writer;
    std::array<Event, kUnits> readers;
  };

  void touch(const Access& access, std::int64_t byte, const Event& now) {
    auto& bytes = bytes_[static_cast<std::size_t>(access.space)];
    if (static_cast<std::int64_t>(bytes.size()) <= byte) bytes.resize(static_cast<std::size_t>(byte) + 1);
    History& history = bytes[static_cast<std::size_t>(byte)];
    note(history.writer, now, true);
    if (!access.write) {
      history.readers[static_cast<std::size_t>(now.unit)] = now;
      return;
    }
    for (const Event& reader : history.readers) note(reader, now, false);
    history = {now, {}};
  }

  void note(const Event& earlier, const Event& now, bool results) {
    if (earlier.unit < 0 || earlier.unit == now.unit) return;
    pairs_[{static_cast<Unit>(earlier.unit), static_cast<Unit>(now.unit)}].try_emplace(
        {earlier.place, now.place, results}, Conflict{earlier.what, now.what, results, earlier.place, now.place});
  }

  const Program& program_;
  std::vector<std::int64_t> executions_;
  std::array<std::int64_t, kUnits> places_{};
  std::array<std::vector<History>, kSpaces> bytes_;
  std::map<std::pair<Unit, Unit>, std::map<std::tuple<std::int64_t, std::int64_t, bool>, Conflict>> pairs_;
};

struct Tally {
  int programs = 0, removals = 0, races = 0, other_chain = 0, conflicts_apart = 0, idle = 0;
  std::string example;  ///< of another chain
};

// What became of one token's order. Empty: nothing lies on both sides of it.
std::optional<std::vector<Handover>> other_chain(const Ordering& ordering, const Conflicts& conflicts,
                                                 const Handover& h, bool& same_pair) {
  if (auto path = ordering.path(h.from, h.to, h.signal)) return path;
  same_pair = false;
  const std::optional<Conflict> guarded =
      conflicts.guarded_by(h, {h.from, h.to, h.signal, ordering.place_of(h.from), ordering.place_of(h.to)});
  if (!guarded) return std::nullopt;
  const auto path = ordering.path(guarded->earlier, guarded->later, guarded->results);
  EXPECT_TRUE(path.has_value())
      << "without " << text_of(h) << " instructions " << guarded->earlier.code << " and " << guarded->later.code
      << " conflict, but the hazard checker found no race, and no chain of waits is between them";
  return path;
}

void take_out(const Program& program, const std::vector<Handover>& all, const std::set<Site>& group,
              const Conflicts& conflicts, Tally& tally) {
  ++tally.removals;
  const Program fewer = without(program, group);
  std::vector<Handover> removed, kept;
  for (const Handover& h : all) (group.count({h.semaphore, h.from.code, false}) ? removed : kept).push_back(h);
  const std::vector<Handover> now = handovers(fewer);
  ASSERT_TRUE(std::equal(now.begin(), now.end(), kept.begin(), kept.end(), same)) << "another wait lost its token";
  if (!find_hazards(fewer).empty()) {
    if (tally.removals % 4 == 0) {
      EXPECT_FALSE(find_hazards(fewer, LoopsFollowed::a_few_times).empty()) << "only in later iterations";
    }
    ++tally.races;
    return;
  }
  const Ordering ordering(fewer);
  bool same_pair = true, any = false;
  for (const Handover& h : removed) {
    const auto path = other_chain(ordering, conflicts, h, same_pair);
    any |= path.has_value();
    if (path && path->size() > 1 && tally.example.empty())
      tally.example = text_of(h) + " can go because of " + text_of(*path);
  }
  ++(same_pair ? tally.other_chain : any ? tally.conflicts_apart : tally.idle);
}

TEST(Semaphores, EveryWaitIsNeededOrAnotherChainOfWaitsDoesItsWork) {
  Tally tally;
  for (std::uint64_t seed = 1; tally.programs < kPrograms && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::string path =
        (std::filesystem::temp_directory_path() / ("rondo_semaphores_" + std::to_string(seed) + ".yaml")).string();
    const Network network = load_text(random_network(dice), path);
    std::remove(path.c_str());
    const ChipParams chip = random_chip_for_networks(dice);
    Program program;
    try {
      program = compile(network.graph, chip.machine, random_mapping(dice), {8, 16}, nullptr, nullptr).program;
    } catch (const Error&) {
      continue;
    }
    ASSERT_EQ(find_hazards(program), std::vector<std::string>{});
    ++tally.programs;
    const std::vector<Handover> all = handovers(program);
    const Conflicts conflicts(program);
    for (const auto& group : groups_of(all)) take_out(program, all, group, conflicts, tally);
  }
  std::cout << tally.programs << " programs, " << tally.removals << " removals: the hazard checker flags "
            << tally.races << "; for " << tally.other_chain
            << " another chain of waits joins the same two instructions, for " << tally.conflicts_apart
            << " it joins those that conflict, and no bytes conflict across " << tally.idle << "\n"
            << tally.example << "\n";
  EXPECT_EQ(tally.races + tally.other_chain + tally.conflicts_apart + tally.idle, tally.removals);
  EXPECT_GT(tally.races, tally.removals / 2);
  EXPECT_LT(tally.idle, tally.removals / 50);
}

}  // namespace
}  // namespace rondo::testing

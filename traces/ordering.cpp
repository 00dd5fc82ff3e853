#include "traces/ordering.hpp"

#include <algorithm>
#include <deque>

#include "models/isa/walker.hpp"

namespace rondo {

std::vector<Handover> handovers(const Program& program) {
  struct Token {
    Executed from;
    bool signal;
  };
  std::vector<std::deque<Token>> tokens;
  for (const Semaphore& s : program.semaphores)
    tokens.emplace_back(static_cast<std::size_t>(s.initial), Token{{}, false});
  std::vector<std::int64_t> executions(program.code.size());
  std::vector<Handover> out;
  for (Walker walker(program); !walker.done(); walker.next()) {
    const Instruction& in = walker.instruction();
    const Executed now{walker.index(), executions[static_cast<std::size_t>(walker.index())]++};
    for (std::size_t s = 0; s < tokens.size(); ++s) {
      if ((in.wait >> s & 1) == 0 || tokens[s].empty()) continue;
      const Token token = tokens[s].front();
      tokens[s].pop_front();
      if (token.from.code >= 0) out.push_back({token.from, now, static_cast<int>(s), token.signal});
    }
    for (std::size_t s = 0; s < tokens.size(); ++s) {
      if (in.signal >> s & 1) tokens[s].push_back({now, true});
      if (in.release >> s & 1) tokens[s].push_back({now, false});
    }
  }
  return out;
}

std::vector<Handover> streams(const Program& program) {
  std::array<std::deque<Handover>, kMaxArrays> open;
  std::vector<std::int64_t> executions(program.code.size());
  std::vector<Handover> out;
  for (Walker walker(program); !walker.done(); walker.next()) {
    const Instruction& in = walker.instruction();
    const Executed now{walker.index(), executions[static_cast<std::size_t>(walker.index())]++};
    if (in.opcode == Opcode::mmul && in.fields[field::mmul::stream] == 1)
      open[array_of(in.unit)].push_back({now, {}, -1, false});
    for (int a = 0; a < kMaxArrays && in.opcode == Opcode::gate; ++a) {
      const std::int64_t column =
          last_column(program.kernels[in.fields[field::gate::kernel]], a, in.fields[field::gate::elements]);
      if (column < 0 || open[a].empty()) continue;
      Handover popped = open[a].front();
      open[a].pop_front();
      popped.to = now;
      popped.signal = column == program.machine.cols - 1;
      out.push_back(popped);
    }
  }
  return out;
}

Ordering::Ordering(const Program& program)
    : program_(program), handovers_(handovers(program)), places_(program.code.size()) {
  const std::vector<Handover> popped = streams(program);
  handovers_.insert(handovers_.end(), popped.begin(), popped.end());
  std::array<std::int64_t, kUnits> next{};
  for (Walker walker(program); !walker.done(); walker.next()) {
    places_[static_cast<std::size_t>(walker.index())].push_back(
        next[static_cast<std::size_t>(walker.instruction().unit)]++);
  }
  for (std::size_t h = 0; h < handovers_.size(); ++h) {
    const Handover& handover = handovers_[h];
    const Unit poster = program.code[static_cast<std::size_t>(handover.from.code)].unit;
    const Unit taker = program.code[static_cast<std::size_t>(handover.to.code)].unit;
    taken_[static_cast<std::size_t>(taker)].push_back({place_of(handover.to), place_of(handover.from), poster, h});
  }
  for (auto& list : taken_) {
    std::stable_sort(list.begin(), list.end(), [](const Taken& a, const Taken& b) { return a.at < b.at; });
  }
}

// Backwards from `later`, fewest tokens first. A unit is looked at again only as far as it was not known before.
std::optional<std::vector<Handover>> Ordering::path(Executed earlier, Executed later, bool results) const {
  struct Step {
    Unit unit;
    std::int64_t place;     ///< all tokens taken up to here count
    std::ptrdiff_t token;   ///< the token by which the search came here; -1: it began here
    std::ptrdiff_t before;  ///< the step it came from
  };
  const Unit goal = program_.code[static_cast<std::size_t>(earlier.code)].unit;
  const Unit start = program_.code[static_cast<std::size_t>(later.code)].unit;
  if (goal == start) return std::vector<Handover>{};
  std::array<std::size_t, kUnits> seen{};  // tokens of each unit that were looked at
  std::vector<Step> steps = {{start, place_of(later), -1, -1}};
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const Step step = steps[s];
    const auto& taken = taken_[static_cast<std::size_t>(step.unit)];
    std::size_t& first = seen[static_cast<std::size_t>(step.unit)];
    std::size_t last = first;
    while (last < taken.size() && taken[last].at <= step.place) ++last;
    for (std::size_t t = first; t < last; ++t) {
      const Handover& handover = handovers_[taken[t].handover];
      // A later instruction's release says that earlier ones have read, not that their results are there. A gate
      // instruction that is `later` itself only knows that the product has started.
      const bool starting = handover.semaphore < 0 && s == 0 && taken[t].at == step.place;
      const bool enough = starting ? !results && taken[t].posted_at > place_of(earlier) : handover.signal || !results;
      steps.push_back({taken[t].poster, taken[t].posted_at, static_cast<std::ptrdiff_t>(taken[t].handover),
                       static_cast<std::ptrdiff_t>(s)});
      if (taken[t].poster != goal || taken[t].posted_at < place_of(earlier) || !enough) continue;
      std::vector<Handover> path;
      for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(steps.size()) - 1;
           steps[static_cast<std::size_t>(at)].token >= 0; at = steps[static_cast<std::size_t>(at)].before) {
        path.push_back(handovers_[static_cast<std::size_t>(steps[static_cast<std::size_t>(at)].token)]);
      }
      return path;
    }
    first = std::max(first, last);
  }
  return std::nullopt;
}

}  // namespace rondo

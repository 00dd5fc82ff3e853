#include "traces/hazards.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "models/base/bits.hpp"
#include "models/isa/walker.hpp"

namespace rondo {
namespace {

/// At most so many executed instructions are followed (see find_hazards) ...
constexpr std::int64_t kMostFollowed = 300000;
/// ... but at least so many iterations of every loop ...
constexpr std::int64_t kFewestIterations = 5;
/// ... and of a worker's programs these.
constexpr std::int64_t kSweepIterations = 16;

/// One executed instruction: its number among those of its unit, where it stands in the program, the address of its
/// first row.
struct Event {
  std::int64_t number = -1;
  int code = -1;
  std::int64_t begin = 0;
  std::size_t stream = 0;  ///< of an mmul: how many products of its array streamed before it
};

/// What is known about the other units when an instruction starts: how many of each unit's instructions have left their
/// results, and how many have read their operands. Everything a unit knew when it signalled is known to who waits.
struct Knowledge {
  std::array<std::int64_t, kUnits> done{};
  std::array<std::int64_t, kUnits> released{};
  std::array<std::size_t, kMaxArrays>
      popped{};  ///< how many of each array's streamed products gate instructions have popped

  void learn(const Knowledge& other) {
    for (int u = 0; u < kUnits; ++u) {
      done[u] = std::max(done[u], other.done[u]);
      released[u] = std::max(released[u], other.released[u]);
    }
    for (int a = 0; a < kMaxArrays; ++a) popped[a] = std::max(popped[a], other.popped[a]);
  }
};

/// Who last wrote a run of bytes, and who has read it since.
struct History {
  int writer = -1;
  Event write;
  std::array<Event, kUnits> reads;
};

/// Bytes of one memory, cut into runs of equal history; a key is the first byte of its run.
class Ledger {
 public:
  using Run = std::map<std::int64_t, History>::iterator;

  Ledger() { runs_[0] = {}; }

  /// The runs that make up [begin, end), which is not empty: the first one, and the one behind the last.
  std::pair<Run, Run> runs(std::int64_t begin, std::int64_t end) {
    const Run behind = cut(end);
    return {cut(begin), behind};
  }

  /// Makes these runs one.
  void replace(std::pair<Run, Run> runs, const History& history) {
    runs.first->second = history;
    runs_.erase(std::next(runs.first), runs.second);
  }

 private:
  Run cut(std::int64_t at) {
    const Run after = runs_.upper_bound(at), run = std::prev(after);
    return run->first == at ? run : runs_.emplace_hint(after, at, run->second);
  }

  std::map<std::int64_t, History> runs_;
};

class Checker {
 public:
  explicit Checker(const Program& program) : program_(program), tokens_(program.semaphores.size()) {
    for (std::size_t s = 0; s < tokens_.size(); ++s) tokens_[s].resize(program.semaphores[s].initial);
    for (const Kernel& kernel : program.kernels) pops_.push_back(summarise(kernel).pops);
  }

  std::vector<std::string> run(std::int64_t trip_limit) {
    refuse_mixed_semaphores();
    for (Walker walker(program_, trip_limit); !walker.done() && findings_.size() < 50; walker.next()) {
      const Instruction& in = walker.instruction();
      const int unit = static_cast<int>(in.unit);
      const Event event{count_[unit]++, walker.index(), 0, streamed_[array_of(in.unit)]};
      take(in, walker.index());
      if (in.opcode == Opcode::mmul && in.fields[field::mmul::stream]) start_stream(unit, event);
      if (in.opcode == Opcode::gate) start_pops(in);
      for (const Access& access : accesses(in, walker.addresses(), program_.kernels)) note(access, unit, event);
      if (in.opcode == Opcode::gate) end_pops(in);
      for_each_bit(in.signal | in.release,
                   [&](int s) { tokens_[s].push_back(token(unit, event, in.signal >> s & 1)); });
    }
    return findings_;
  }

 private:
  // A release may come before an earlier instruction's signal: only tokens of one kind come in program order.
  void refuse_mixed_semaphores() {
    std::uint64_t signalled = 0, released = 0;
    for (const Instruction& in : program_.code) signalled |= in.signal, released |= in.release;
    for (std::size_t s = 0; s < tokens_.size(); ++s) {
      if ((signalled & released) >> s & 1) {
        add("semaphore " + std::to_string(s) +
            " is posted by signal and by release, so nobody knows which token a wait takes; allowed: one of the two");
      }
    }
  }

  Knowledge token(int unit, const Event& event, bool done) const {
    Knowledge told = known_[unit];
    if (done) told.done[unit] = event.number + 1;
    told.released[unit] = event.number + 1;
    return told;
  }

  // The k-th wait on a semaphore takes the k-th token: both ends are in order.
  void take(const Instruction& in, int code) {
    for_each_bit(in.wait, [&](int s) {
      if (tokens_[s].empty()) {
        add("instruction " + name(code) + " waits for semaphore " + std::to_string(s) +
            ", which nothing before it in the program signals once more");
        return;
      }
      known_[static_cast<int>(in.unit)].learn(tokens_[s].front());
      tokens_[s].pop_front();
    });
  }

  // A gate instruction that pops starts after the mmul, and its window ends after the mmul's: until then the mmul has
  // read its vectors. Its results need not all be out: only those that the gate instruction pops are, and before them
  // those of earlier products in the same columns.
  void start_stream(int unit, const Event& event) {
    Knowledge started = known_[unit];
    started.released[unit] = std::max(started.released[unit], event.number);  // one window after the other
    const int array = array_of(static_cast<Unit>(unit));
    streams_[array].push_back({started, event.number});
    ++streamed_[array];
  }
  std::uint8_t pops_of(const Instruction& gate) const {
    return pops_[static_cast<std::size_t>(gate.fields[field::gate::kernel])];
  }
  void start_pops(const Instruction& gate) {
    for (int a = 0; pops_of(gate) >> a != 0; ++a) {
      if ((pops_of(gate) >> a & 1) && !streams_[a].empty())
        known_[static_cast<int>(Unit::gate)].learn(streams_[a].front().started);
    }
  }
  void end_pops(const Instruction& gate) {
    for (int a = 0; pops_of(gate) >> a != 0; ++a) {
      if (!(pops_of(gate) >> a & 1) || streams_[a].empty()) continue;
      Knowledge& known = known_[static_cast<int>(Unit::gate)];
      const int unit = static_cast<int>(matrix_unit(a));
      const std::int64_t products = streams_[a].front().number + 1;
      known.released[unit] = std::max(known.released[unit], products);
      const Kernel& kernel = program_.kernels[static_cast<std::size_t>(gate.fields[field::gate::kernel])];
      columns_[a].push_back(last_column(kernel, a, gate.fields[field::gate::elements]) + 1);
      known.popped[a] = columns_[a].size();
      if (columns_[a].back() == program_.machine.cols) known.done[unit] = std::max(known.done[unit], products);
      streams_[a].pop_front();
    }
  }

  void note(const Access& access, int unit, Event event) {
    event.begin = access.address;
    Ledger& ledger = ledgers_[static_cast<int>(access.space)];
    const bool joined = access.stride == access.bytes;
    for (std::int64_t row = 0; row < (joined ? 1 : access.rows); ++row) {
      const std::int64_t begin = access.address + row * access.stride;
      const std::int64_t end = begin + access.bytes * (joined ? access.rows : 1);
      const auto runs = ledger.runs(begin, end);
      for (auto run = runs.first; run != runs.second; ++run) {
        judge(run->second, access, unit, event, begin, end);
        if (!access.write) run->second.reads[unit] = event;
      }
      if (!access.write) continue;
      History fresh;
      fresh.writer = unit, fresh.write = event;
      ledger.replace(runs, fresh);
    }
  }

  void judge(const History& history, const Access& access, int unit, const Event& event, std::int64_t begin,
             std::int64_t end) {
    const Knowledge& known = known_[unit];
    const bool sums = access.space == Space::accumulator;
    if (sums && is_matrix(unit)) judge_columns(history, access, unit, event, begin, end);
    if (history.writer >= 0 && history.writer != unit && known.done[history.writer] <= history.write.number) {
      race(history.write.code, "writing", event.code, access, begin, end);
    }
    if (!access.write) return;
    for (int u = 0; u < kUnits; ++u) {
      const Event& read = history.reads[u];
      if (u == unit || read.code < 0) continue;
      const bool late =
          sums && is_matrix(u);  // the array adds an old sum when the new one comes out, long after its window
      if ((late || known.released[u] <= read.number) && known.done[u] <= read.number)
        race(read.code, "reading", event.code, access, begin, end);
    }
  }

  static bool is_matrix(int unit) { return kind_of(static_cast<Unit>(unit)) == Unit::matrix; }

  // Products of one array follow each other without a gap, a column a cycle behind the one before it: they meet in the
  // same bytes in the right order only where both have them in the same column.
  void judge_columns(const History& history, const Access& access, int unit, const Event& event, std::int64_t begin,
                     std::int64_t end) {
    const auto judge_one = [&](const Event& earlier, const char* doing) {
      if (earlier.code < 0 || known_[unit].done[unit] > earlier.number || same_columns(earlier, event)) return;
      const int array = array_of(static_cast<Unit>(unit));  // out is what comes before a word that was popped
      const std::int64_t cols = program_.code[earlier.code].fields[field::mmul::cols];
      if (earlier.stream < known_[unit].popped[array] && cols <= columns_[array][earlier.stream]) return;
      race(earlier.code, doing, event.code, access, begin, end);
    };
    if (history.writer == unit) judge_one(history.write, "writing in other columns");
    if (access.write) judge_one(history.reads[unit], "reading in other columns");
  }

  bool same_columns(const Event& a, const Event& b) const {
    const auto& f = program_.code[a.code].fields;
    const auto& g = program_.code[b.code].fields;
    const bool one = f[field::mmul::vectors] == 1, other = g[field::mmul::vectors] == 1;
    const std::int64_t stride = one ? g[field::mmul::dst_stride] : f[field::mmul::dst_stride];
    if (!one && !other && stride != g[field::mmul::dst_stride]) return false;
    return a.begin == b.begin || ((!one || !other) && stride != 0 && (a.begin - b.begin) % stride == 0);
  }

  void race(int earlier, const char* doing, int later, const Access& access, std::int64_t begin, std::int64_t end) {
    if (!pairs_.insert({earlier, later, access.write}).second) return;
    add("instruction " + name(later) + (access.write ? " writes" : " reads") + " bytes " + std::to_string(begin) +
        ".." + std::to_string(end - 1) + " of the " + std::string(kSpaceNames[static_cast<int>(access.space)]) +
        " memory while instruction " + name(earlier) + " may still be " + doing +
        " them; allowed: a wait for it in between");
  }

  void add(const std::string& finding) {
    if (findings_.size() < 50) findings_.push_back(finding);
  }

  std::string name(int code) const {
    const Instruction& in = program_.code[code];
    std::string text = std::to_string(code) + " (" + std::string(info(in.opcode).name) + " on " +
                       std::string(kUnitNames[static_cast<int>(in.unit)]);
    if (in.layer >= 0) text += ", layer '" + program_.layers[in.layer] + "'";
    return text + ")";
  }

  /// An mmul whose sums are in a stream: what was known when it started, and its number.
  struct Streamed {
    Knowledge started;
    std::int64_t number;
  };

  const Program& program_;
  std::vector<std::uint8_t> pops_;  ///< by kernel: the arrays whose streams it pops
  std::array<std::deque<Streamed>, kMaxArrays> streams_;
  std::array<std::size_t, kMaxArrays> streamed_{};             ///< products that went into each
  std::array<std::vector<std::int64_t>, kMaxArrays> columns_;  ///< that were popped of each
  std::array<std::int64_t, kUnits> count_{};
  std::array<Knowledge, kUnits> known_{};
  std::array<Ledger, kSpaces> ledgers_;
  std::vector<std::deque<Knowledge>> tokens_;
  std::set<std::tuple<int, int, bool>> pairs_;
  std::vector<std::string> findings_;
};

/// Executed instructions, every loop followed `trip_limit` times at most; kMostFollowed + 1 for more than that.
std::int64_t executed(const Program& program, std::int64_t trip_limit) {
  std::int64_t total = 0;
  std::vector<std::int64_t> times = {1};
  for (const Instruction& in : program.code) {
    if (in.opcode == Opcode::loop) {
      times.push_back(std::min(kMostFollowed + 1, times.back() * std::min(trip_limit, in.fields[field::loop::count])));
    } else if (in.opcode == Opcode::end) {
      times.pop_back();
    } else {
      total += times.back();
    }
    if (total > kMostFollowed) return kMostFollowed + 1;
  }
  return total;
}

/// The most iterations of every loop that stay within kMostFollowed instructions.
std::int64_t iterations_followed(const Program& program) {
  std::int64_t enough = kFewestIterations, too_many = kMostFollowed + 1;
  if (executed(program, too_many) <= kMostFollowed) return too_many;
  while (too_many - enough > 1) {
    const std::int64_t middle = enough + (too_many - enough) / 2;
    (executed(program, middle) <= kMostFollowed ? enough : too_many) = middle;
  }
  return enough;
}

}  // namespace

// Short programs are followed to the last instruction. In long ones every loop is cut to its first iterations:
// semaphores and strides repeat, so a race between neighbouring iterations shows there as it would later.
std::vector<std::string> find_hazards(const Program& program, LoopsFollowed loops) {
  return Checker(program).run(loops == LoopsFollowed::a_few_times ? kSweepIterations : iterations_followed(program));
}

}  // namespace rondo

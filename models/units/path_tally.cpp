#include "models/units/path_tally.hpp"

#include <algorithm>

#include "models/base/error.hpp"

namespace rondo {
namespace {

constexpr std::array<ReasonInfo, kReasons> kReasonTable = {{
    {"start", "nothing: cycle 0"},
    {"taken", "the unit, stage, bus or slot was taken by the one before"},
    {"in_flight", "as many descriptors were in flight as may be, or a gather waited for all before it"},
    {"dispatch", "the instruction came through the queue in the cycle before"},
    {"queue_room", "the queue had no room until an instruction left it"},
    {"semaphore", "a semaphore was at zero until it was posted"},
    {"tile", "the tile was not usable yet"},
    {"tile_room", "the array had no room for a tile until one was freed"},
    {"stream", "sums came through a stream: earlier, one of them would have been late"},
    {"stream_room", "the stream had no room for the sums until a gate instruction had read others"},
    {"bank", "the port of an SRAM bank was held"},
    {"turn", "an older request for the port of an SRAM bank came first"},
    {"request", "the DRAM sees a request one cycle after the front stage"},
    {"latency", "the DRAM's latency"},
    {"reply", "the DRAM's data had not arrived"},
    {"end", "the last result of the run"},
}};

constexpr std::array<StageInfo, 7> kStageTable = {{
    {"slot", "dispatch", "a slot of the sequencer", "", ""},
    {"window", "window", "the window of an instruction of a weights, matrix or gate unit", "drain",
     "from the end of the window to the last result"},
    {"front", "front", "the front stage of a descriptor: set-up, and reading the SRAM", "", ""},
    {"request", "latency", "the DRAM's latency", "", ""},
    {"transfer", "transfer", "data on the DRAM's bus", "overhead",
     "the DRAM works for a request, but moves no data of it"},
    {"back", "back", "the back stage of a descriptor: writing the SRAM, or a store's acknowledgement", "", ""},
    {"end", "", "the end of the run", "", ""},
}};

// Code indices take 21 bits each: a program has at most 2^20 instructions.
constexpr int kCodeBits = 21;
constexpr std::uint64_t kCodeMask = (std::uint64_t{1} << kCodeBits) - 1;

std::uint64_t key_of(const Step& before, const Step& after) {
  const auto code = [](const Step& step) { return static_cast<std::uint64_t>(step.code + 1) & kCodeMask; };
  std::uint64_t key = code(after);
  key = key << 3 | static_cast<std::uint64_t>(after.stage);
  key = key << kCodeBits | code(before);
  key = key << 3 | static_cast<std::uint64_t>(before.stage);
  key = key << 5 | static_cast<std::uint64_t>(after.reason);
  return key << 4 | static_cast<std::uint64_t>(after.port + 1);
}

PathLink link_of(std::uint64_t key) {
  PathLink link;
  link.port = static_cast<int>(key & 15) - 1;
  key >>= 4;
  link.reason = static_cast<Reason>(key & 31);
  link.stage_before = static_cast<Stage>(key >> 5 & 7);
  link.before = static_cast<std::int32_t>(key >> 8 & kCodeMask) - 1;
  link.stage = static_cast<Stage>(key >> (8 + kCodeBits) & 7);
  link.code = static_cast<std::int32_t>(key >> (11 + kCodeBits) & kCodeMask) - 1;
  return link;
}

}  // namespace

const StageInfo& info(Stage stage) { return kStageTable[static_cast<std::size_t>(stage)]; }
const ReasonInfo& info(Reason reason) { return kReasonTable[static_cast<std::size_t>(reason)]; }

bool hands_over(Reason reason) {
  switch (reason) {
    case Reason::queue_room:
    case Reason::semaphore:
    case Reason::tile_room:
    case Reason::stream_room:
    case Reason::turn:
    case Reason::request:
    case Reason::reply: return true;
    default: return false;
  }
}

void PathTally::add(const Step& before, const Step& after) {
  const Cycle cycles = after.at - before.at;
  const Cycle worked = cycles - hands_over(after.reason);
  const Cycle drain = std::max<Cycle>(0, worked - before.window);
  check(worked >= 0 && drain <= before.drain, "a link of the critical path takes longer than what it waits for");
  Entry& entry = at(key_of(before, after));
  ++entry.times;
  entry.cycles += cycles;
  entry.drain += drain;
}

void PathTally::add(const PathTally& other) {
  for (const Entry& entry : other.entries_) {
    if (entry.times == 0) continue;
    Entry& mine = at(entry.key);
    mine.times += entry.times;
    mine.cycles += entry.cycles;
    mine.drain += entry.drain;
  }
}

// The entry is new when its `times` is 0; the caller raises it.
PathTally::Entry& PathTally::at(std::uint64_t key) {
  if (4 * used_ >= 3 * entries_.size()) grow();
  const std::size_t mask = entries_.size() - 1;
  for (std::size_t place = (key * 0x9e3779b97f4a7c15u) >> 32 & mask;; place = (place + 1) & mask) {
    Entry& entry = entries_[place];
    if (entry.times != 0 && entry.key != key) continue;
    used_ += entry.times == 0;
    entry.key = key;
    return entry;
  }
}

void PathTally::grow() {
  std::vector<Entry> old(std::max<std::size_t>(16, 2 * entries_.size()));
  old.swap(entries_);
  used_ = 0;
  for (const Entry& entry : old) {
    if (entry.times != 0) at(entry.key) = entry;
  }
}

std::vector<PathLink> PathTally::links() const {
  std::vector<Entry> entries;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(entries),
               [](const Entry& entry) { return entry.times != 0; });
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  std::vector<PathLink> links;
  for (const Entry& entry : entries) {
    PathLink link = link_of(entry.key);
    link.times = entry.times;
    link.drain = entry.drain;
    link.hand_over = hands_over(link.reason) ? entry.times : 0;
    link.window = entry.cycles - link.drain - link.hand_over;
    links.push_back(link);
  }
  return links;
}

}  // namespace rondo

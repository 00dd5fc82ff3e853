#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/units/cause.hpp"

namespace rondo {

/// What begins in a step of the critical path.
enum class Stage : std::uint8_t {
  slot,      ///< a slot of the sequencer
  window,    ///< the window of an instruction
  front,     ///< the front stage of a DMA descriptor
  request,   ///< the DRAM sees a request: its latency begins
  transfer,  ///< its data on the DRAM's bus
  back,      ///< the back stage of a DMA descriptor
  end        ///< the end of the run
};

struct StageInfo {
  std::string_view name;
  std::string_view kind;  ///< what the cycles of its window are spent on
  std::string_view sentence;
  std::string_view drain_kind;  ///< and those of its drain
  std::string_view drain_sentence;
};
const StageInfo& info(Stage stage);

/// The last condition of a step to become true. Of several that did in the same cycle, the one counts that
/// the timing contract examines first, which is their order here.
enum class Reason : std::uint8_t {
  start,        ///< nothing: cycle 0
  taken,        ///< the unit, stage, bus or slot was taken by the one before
  in_flight,    ///< as many descriptors were in flight as may be; a gather waits for all
  dispatch,     ///< the instruction came through the queue in the cycle before
  queue_room,   ///< its queue had no room
  semaphore,    ///< a semaphore was at zero
  tile,         ///< the tile was not usable yet
  tile_room,    ///< the array had no room for a tile
  stream,       ///< a sum would have come too late through a stream
  stream_room,  ///< the stream had no room for the sums
  bank,         ///< a bank's port was held
  turn,         ///< an older request for a bank's port was granted in the cycle before
  request,      ///< the DRAM sees a request one cycle after the front stage
  latency,      ///< the DRAM's latency
  reply,        ///< the DRAM's data had not arrived
  end,          ///< the last result
  several       ///< a stretch of the path with steps of many kinds
};
inline constexpr int kReasons = 16;  ///< `several` is none that a finished path has

struct ReasonInfo {
  std::string_view name;
  std::string_view sentence;
};
const ReasonInfo& info(Reason reason);

/// Whether this reason takes a cycle of its own: what one unit writes, another sees in the next cycle.
bool hands_over(Reason reason);

/// A step of the path: something that begins in cycle `at` and why not earlier.
struct Step {
  Cycle at = 0;
  Cycle window = 0;        ///< cycles that the stage takes
  std::int32_t drain = 0;  ///< cycles after it until every result is there
  std::int32_t code = -1;  ///< whose it is; -1: of no instruction
  std::uint32_t before = 0;
  Stage stage = Stage::slot;
  Reason reason = Reason::start;
  std::int8_t port = -1;  ///< the kind of port, where the reason is one
};

/// A step and the one before it: every cycle between the two starts, which belong first to the earlier step's
/// window, then to its drain, then, where the reason says so, one to the handing over.
struct PathLink {
  std::int32_t code = -1, before = -1;
  Stage stage = Stage::slot, stage_before = Stage::slot;
  Reason reason = Reason::start;
  int port = -1;  ///< its kind, where the reason is that it was held, or an older request came first
  std::int64_t times = 0;
  std::int64_t window = 0, drain = 0, hand_over = 0;  ///< cycles, over all times

  std::int64_t cycles() const { return window + drain + hand_over; }
};

/// Links of equal kind between the same two instructions, counted together.
class PathTally {
 public:
  /// The way from step `before` to the step `after` that it let start.
  void add(const Step& before, const Step& after);
  void add(const PathTally& other);
  /// In a fixed order.
  std::vector<PathLink> links() const;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t times = 0;  ///< 0: the place is free
    std::int64_t cycles = 0;
    std::int64_t drain = 0;
  };

  Entry& at(std::uint64_t key);
  void grow();

  std::vector<Entry> entries_;  ///< a hash table, open; its size is 0 or a power of two
  std::size_t used_ = 0;
};

}  // namespace rondo

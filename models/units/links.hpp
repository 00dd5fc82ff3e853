#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/bits.hpp"
#include "models/isa/instruction.hpp"
#include "models/units/wakes.hpp"

/// What units share besides queues. All of it is registered: written in cycle t, seen in t + 1.
namespace rondo {

/// The counting semaphores. Only the unit a semaphore leads to takes from it, at most once per cycle.
class Semaphores {
 public:
  Semaphores(Wakes& wakes, const std::vector<Semaphore>& declared);

  /// Those of `mask` that are at zero. The waiting unit is called when one of them is posted.
  std::uint64_t lacking(Cycle now, std::uint64_t mask);
  void take(std::uint64_t mask) {
    for_each_bit(mask, [this](int s) { --state_[s].count; });
  }
  void post(Cycle now, std::uint64_t mask);

  Unit producer(int semaphore) const { return declared_[semaphore].from; }

 private:
  struct State {
    std::int64_t count = 0;  ///< with everything posted so far
    std::int64_t fresh = 0;  ///< posted in cycle `posted`: not to be seen in it
    Cycle posted = -1;
  };

  Wakes& wakes_;
  const std::vector<Semaphore>& declared_;
  std::array<State, kMaxSemaphores> state_{};
  std::uint64_t awaited_ = 0;
};

/// The weight tiles inside an array, oldest first. A tile takes its place when its load starts, can be used
/// from the cycle that the weights unit states, and gives its place back one cycle after it was freed.
class TileFifo {
 public:
  struct Tile {
    Cycle usable = 0;
    std::int64_t bits = 0;
  };

  TileFifo(Wakes& wakes, int array, std::int64_t tiles)
      : wakes_(wakes),
        weights_(static_cast<int>(weights_unit(array))),
        matrix_(static_cast<int>(matrix_unit(array))),
        ring_(static_cast<std::size_t>(tiles)) {}

  bool room(Cycle now);
  void push(Cycle usable, std::int64_t bits);
  /// The oldest tile if it can be used now.
  const Tile* head(Cycle now);
  void free(Cycle now);

 private:
  Wakes& wakes_;
  const int weights_, matrix_;  ///< the array's units
  std::vector<Tile> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  Cycle last_free_ = -1;
  bool weights_wait_ = false;
  bool matrix_waits_ = false;
};

/// The sums that an array's mmuls give to the gate unit without a detour through the accumulators, oldest first. An
/// mmul takes room for its rows when it starts; a gate instruction takes the sums of the oldest mmul when it starts,
/// and their room can be used again one cycle after it was freed.
class Stream {
 public:
  /// Of one mmul: the sum in column c of row v can be read from cycle first + v * step + c on.
  struct Sums {
    Cycle started = 0;
    Cycle first = 0;
    Cycle step = 0;
  };

  Stream(Wakes& wakes, int array, std::int64_t rows)
      : wakes_(wakes),
        matrix_(static_cast<int>(matrix_unit(array))),
        rows_(rows),
        ring_(static_cast<std::size_t>(rows)) {}

  /// Whether so many rows have room. In vain: the matrix unit is called.
  bool room(Cycle now, std::int64_t rows);
  void push(std::int64_t rows, const Sums& sums);
  /// The oldest sums if their mmul started in an earlier cycle. In vain: the gate unit is called.
  const Sums* head(Cycle now);
  void pop();
  void free(Cycle now, std::int64_t rows);

 private:
  Wakes& wakes_;
  const int matrix_;  ///< the array's unit
  const std::int64_t rows_;
  std::int64_t used_ = 0;
  std::int64_t fresh_ = 0;  ///< rows freed in cycle `last_free_`: not to be used in it
  Cycle last_free_ = -1;
  std::vector<Sums> ring_;  ///< an mmul has at least one row
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool matrix_waits_ = false;
  bool gate_waits_ = false;
};

/// The sequencer's halt: everybody may know it one cycle later.
class Halt {
 public:
  explicit Halt(Wakes& wakes) : wakes_(wakes) {}

  void set(Cycle now);
  bool seen(Cycle now) const { return at_ < now; }
  bool set() const { return at_ != kNever; }

 private:
  Wakes& wakes_;
  Cycle at_ = kNever;
};

/// Descriptors that the DRAM has served, a flag per place in the DMA unit.
class Replies {
 public:
  Replies(Wakes& wakes, int consumer, std::int64_t slots)
      : wakes_(wakes), consumer_(consumer), served_(static_cast<std::size_t>(slots), kNever) {}

  void clear(int slot) { served_[slot] = kNever; }
  void set(int slot, Cycle now);
  bool seen(int slot, Cycle now);

 private:
  Wakes& wakes_;
  const int consumer_;
  std::vector<Cycle> served_;
};

}  // namespace rondo

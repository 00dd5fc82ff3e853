#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// One execution of an instruction: the `execution`-th, from 0, of the instruction with this number.
struct Executed {
  int code = -1;
  std::int64_t execution = 0;

  bool operator==(const Executed& o) const { return code == o.code && execution == o.execution; }
};

/// A token of a semaphore on its way: posted by `from`, taken by `to`. Or a stream: `to` has popped the sums of `from`
/// when it is through, so that its posts and all that come after it count.
struct Handover {
  Executed from, to;
  int semaphore = -1;   ///< -1: a stream
  bool signal = false;  ///< posted when every result of `from` is visible; else when its operands have been read
};

/// Every token that a wait takes, in program order of the waits: the k-th wait on a semaphore takes its k-th token.
/// Tokens that were there at the start, and those that nobody takes, are left out. Loops are followed to their end.
std::vector<Handover> handovers(const Program& program);
/// Every product that streams and the gate instruction that pops its sums; `signal`: to the array's last column, so
/// that nothing of it or of a product before it is still to come out.
std::vector<Handover> streams(const Program& program);

/// Who must wait for whom, along semaphores, streams and the order of each unit's queue.
class Ordering {
 public:
  explicit Ordering(const Program& program);

  /// The shortest chain of tokens that keeps `later` from starting before `earlier` has left its results (`results`) or
  /// only read its operands: the first token is posted by `earlier` or a later instruction of its unit, each next one
  /// by a unit after it has taken the one before, and the last is taken by `later` or an earlier instruction of its
  /// unit. Empty chain: the two are on the same unit. Nothing: no chain keeps them in order.
  std::optional<std::vector<Handover>> path(Executed earlier, Executed later, bool results) const;

  /// How many instructions of its unit come before it.
  std::int64_t place_of(Executed e) const {
    return places_[static_cast<std::size_t>(e.code)][static_cast<std::size_t>(e.execution)];
  }

 private:
  /// A taken token, seen from who takes it.
  struct Taken {
    std::int64_t at = 0;         ///< place of the taker in its unit's queue
    std::int64_t posted_at = 0;  ///< place of the poster in its unit's queue
    Unit poster = Unit::weights;
    std::size_t handover = 0;
  };

  const Program& program_;
  std::vector<Handover> handovers_;
  std::vector<std::vector<std::int64_t>> places_;  ///< [code][execution]: place in its unit's queue
  std::array<std::vector<Taken>, kUnits> taken_;   ///< by the unit that takes, in order
};

}  // namespace rondo

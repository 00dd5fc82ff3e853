#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/units/path_tally.hpp"

namespace rondo {

/// A condition that a later step may have to wait for: it holds from cycle `ready` on, because of step
/// `step`.
struct Pin {
  Cycle ready = -1;
  std::uint32_t step = 0xffffffff;
};

/// Every step that the end of the run may still lead back to, each pointing to the one before it. Paths soon
/// have a past in common, and what all of them share is counted and forgotten: memory is bounded by what can
/// be waited for at once, not by the length of the run.
///
/// Who holds ids of steps calls keep() for each of them when crowded() says so, then collect(), and then
/// replaces each of them by moved().
class PathTree {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xffffffff;
  static constexpr std::size_t kCapacity = 1 << 15;  ///< 1 MiB of steps, which a processor's cache holds
  /// `capacity`: steps to hold before the first collection.
  explicit PathTree(std::size_t capacity);

  Id add(const Step& step) {
    steps_.push_back(step);
    return static_cast<Id>(steps_.size() - 1);
  }
  const Step& operator[](Id id) const { return steps_[id]; }
  Id origin() const { return 0; }  ///< cycle 0; before the first collection

  /// Whether fewer than `more` steps have room.
  bool crowded(std::size_t more) const { return steps_.size() + more > capacity_; }
  /// This step, and all that lead to it, must stay.
  void keep(Id id);
  void collect();
  Id moved(Id id) const { return moved_[id]; }

  /// The whole path from cycle 0 to a step.
  PathTally path_to(Id id) const;

  std::size_t capacity() const { return capacity_; }

 private:
  struct Mark {
    bool kept = false;
    bool pinned = false;
    std::uint8_t followers = 0;  ///< kept steps that point here; 2: two or more
  };

  void count_followers();
  std::size_t kept() const;
  void fold_root();
  void join_stretches();
  void slide();
  void add_way(PathTally& tally, Id id) const;

  std::size_t capacity_;
  std::vector<Step> steps_;  ///< a step lies behind the one it points to; the first is the root
  std::vector<Mark> marks_;
  std::vector<Id> moved_;
  PathTally before_root_;                        ///< from cycle 0 to the root
  std::unordered_map<Id, PathTally> stretches_;  ///< of steps with Reason::several: the way from `before`
};

}  // namespace rondo

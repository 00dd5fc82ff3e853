#include "models/units/path_tree.hpp"

#include <algorithm>
#include <utility>

namespace rondo {

PathTree::PathTree(std::size_t capacity) : capacity_(capacity) {
  steps_.reserve(capacity_);
  marks_.resize(capacity_);
  Step origin;
  origin.before = kNone;
  add(origin);
}

void PathTree::keep(Id id) {
  marks_[id].pinned = true;
  for (; id != kNone && !marks_[id].kept; id = steps_[id].before) marks_[id].kept = true;
}

void PathTree::collect() {
  marks_[0].kept = true;
  count_followers();
  fold_root();
  std::size_t left = kept();
  if (2 * left > capacity_) {
    join_stretches();
    left = kept();
  }
  slide();
  while (2 * left > capacity_) capacity_ *= 2;
  steps_.reserve(capacity_);
  marks_.assign(capacity_, {});
}

void PathTree::count_followers() {
  for (std::size_t i = 1; i < steps_.size(); ++i) {
    std::uint8_t& followers = marks_[steps_[i].before].followers;
    if (marks_[i].kept && followers < 2) ++followers;
  }
}

std::size_t PathTree::kept() const {
  return static_cast<std::size_t>(std::count_if(marks_.begin(), marks_.end(), [](const Mark& m) { return m.kept; }));
}

// While only one step follows the root, the way there is common to all paths: it is counted, and that step is
// the root.
void PathTree::fold_root() {
  Id root = 0;
  for (Id i = 1; i < steps_.size() && !marks_[root].pinned && marks_[root].followers == 1; ++i) {
    if (!marks_[i].kept) continue;  // the first kept step behind the root is the one that follows it
    add_way(before_root_, i);
    marks_[root].kept = false;
    steps_[i].before = kNone;
    root = i;
  }
}

// The same in the middle, where paths stay apart for long: a step that one other follows, and that nobody
// asks for, becomes a part of the way to that other.
void PathTree::join_stretches() {
  for (Id i = 1; i < steps_.size(); ++i) {
    const Id before = steps_[i].before;
    if (!marks_[i].kept || before == kNone || steps_[before].before == kNone) continue;
    if (marks_[before].pinned || marks_[before].followers != 1) continue;
    PathTally way;
    if (steps_[before].reason == Reason::several) {
      way = std::move(stretches_.at(before));
    } else {
      add_way(way, before);
    }
    add_way(way, i);
    stretches_[i] = std::move(way);
    steps_[i].reason = Reason::several;
    steps_[i].before = steps_[before].before;
    stretches_.erase(before);
    marks_[before].kept = false;
  }
}

void PathTree::add_way(PathTally& tally, Id id) const {
  if (steps_[id].reason == Reason::several) {
    tally.add(stretches_.at(id));
  } else {
    tally.add(steps_[steps_[id].before], steps_[id]);
  }
}

void PathTree::slide() {
  moved_.assign(steps_.size(), kNone);
  std::unordered_map<Id, PathTally> stretches;
  Id next = 0;
  for (Id i = 0; i < steps_.size(); ++i) {
    if (!marks_[i].kept) continue;
    Step step = steps_[i];
    if (step.before != kNone) step.before = moved_[step.before];
    if (step.reason == Reason::several && step.before != kNone) stretches[next] = std::move(stretches_[i]);
    moved_[i] = next;
    steps_[next++] = step;
  }
  steps_.resize(next);
  stretches_ = std::move(stretches);
}

PathTally PathTree::path_to(Id id) const {
  PathTally path = before_root_;
  for (; steps_[id].before != kNone; id = steps_[id].before) add_way(path, id);
  return path;
}

}  // namespace rondo

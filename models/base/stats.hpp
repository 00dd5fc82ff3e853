#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

class Statistics;

/// Something a unit does that costs energy: counted by a plain increment, priced by models/cost.
class Action {
 public:
  Action(Statistics& owner, const char* name, const char* sentence);
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;

  void operator+=(std::int64_t times) { count_ += times; }
  void operator++() { ++count_; }
  std::int64_t count() const { return count_; }
  const char* name() const { return name_; }
  const char* sentence() const { return sentence_; }

 private:
  const char* name_;
  const char* sentence_;
  std::int64_t count_ = 0;
};

/// Something that is there and costs area and leakage: so many of them.
class Part {
 public:
  Part(Statistics& owner, const char* name, std::int64_t count, const char* sentence);
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  std::int64_t count() const { return count_; }
  const char* name() const { return name_; }
  const char* sentence() const { return sentence_; }

 private:
  const char* name_;
  const char* sentence_;
  std::int64_t count_;
};

/// Information without a price.
class Counter {
 public:
  Counter(Statistics& owner, const char* name, const char* sentence);
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void operator+=(std::int64_t n) { count_ += n; }
  void operator++() { ++count_; }
  std::int64_t count() const { return count_; }
  const char* name() const { return name_; }
  const char* sentence() const { return sentence_; }

 private:
  const char* name_;
  const char* sentence_;
  std::int64_t count_ = 0;
};

/// Everything one unit declares; members of the unit register themselves here when they are constructed, so
/// that reports, prices and `describe` walk one list. Declare it before the members that register.
class Statistics {
 public:
  explicit Statistics(std::string unit) : Statistics(unit, unit) {}
  /// One of several units of a kind.
  Statistics(std::string unit, std::string kind) : unit_(std::move(unit)), kind_(std::move(kind)) {}
  Statistics(const Statistics&) = delete;
  Statistics& operator=(const Statistics&) = delete;

  const std::string& unit() const { return unit_; }
  const std::string& kind() const { return kind_; }
  const std::vector<const Action*>& actions() const { return actions_; }
  const std::vector<const Part*>& parts() const { return parts_; }
  const std::vector<const Counter*>& counters() const { return counters_; }

 private:
  friend class Action;
  friend class Part;
  friend class Counter;

  std::string unit_;
  std::string kind_;
  std::vector<const Action*> actions_;
  std::vector<const Part*> parts_;
  std::vector<const Counter*> counters_;
};

inline Action::Action(Statistics& owner, const char* name, const char* sentence) : name_(name), sentence_(sentence) {
  owner.actions_.push_back(this);
}
inline Part::Part(Statistics& owner, const char* name, std::int64_t count, const char* sentence)
    : name_(name), sentence_(sentence), count_(count) {
  owner.parts_.push_back(this);
}
inline Counter::Counter(Statistics& owner, const char* name, const char* sentence) : name_(name), sentence_(sentence) {
  owner.counters_.push_back(this);
}

}  // namespace rondo

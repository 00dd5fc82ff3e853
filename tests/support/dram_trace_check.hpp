#pragma once

#include <set>

#include "tests/support/dram_reference.hpp"

/// Whether a list of commands is one that a DRAM could obey, whoever gave them.
namespace rondo::dram::testing {

/// Replays the commands of one channel, in order of time, and says what is wrong with the first bad one: a
/// constraint row, a command bus taken, a bank in the wrong state, data that meet on the bus, a refresh that
/// comes too late.
class TraceCheck {
 public:
  TraceCheck(const Device& device, const Policy& policy)
      : device_(device),
        policy_(policy),
        rules_(device),
        open_(static_cast<std::size_t>(policy.ranks * device.banks()), -1),
        refreshed_(static_cast<std::size_t>(policy.ranks)) {}

  std::string first_fault(const std::vector<Given>& list, Clock end) {
    for (const Given& given : list) {
      std::string fault = fault_of(given);
      if (!fault.empty()) return text(given) + ": " + fault;
      past_.push_back(given);
    }
    for (std::size_t rank = 0; rank < refreshed_.size(); ++rank) {
      if (late(rank, end)) return "rank " + std::to_string(rank) + " is not refreshed in time";
    }
    return "";
  }
  std::int64_t bursts() const { return bursts_; }

 private:
  std::string fault_of(const Given& given) {
    if (!past_.empty() && given.at < past_.back().at) return "out of order";
    if (rules_.bus_taken(past_, given.command, given.at)) return "the command bus is taken";
    if (rules_.broken(past_, given.command, given.bank, given.at) != nullptr) return "a constraint is broken";
    return is_column(given.command) ? column(given) : row(given);
  }

  std::string column(const Given& given) {
    int& open = open_[static_cast<std::size_t>(given.bank)];
    if (open != given.row) return "another row is open";
    const bool read = given.command == Command::read || given.command == Command::read_precharge;
    const Clock begin =
        given.at + rules_.length(given.command) - 1 + (read ? device_.read_latency : device_.write_latency);
    for (const Clock other : data_) {
      if (begin < other + device_.burst_clocks() && other < begin + device_.burst_clocks())
        return "data meet on the bus";
    }
    data_.insert(begin);
    while (data_.size() > 64) data_.erase(data_.begin());
    ++bursts_;
    if (given.command == Command::read_precharge || given.command == Command::write_precharge) open = -1;
    return "";
  }

  std::string row(const Given& given) {
    const auto bank = static_cast<std::size_t>(given.bank);
    const std::size_t first =
        bank / static_cast<std::size_t>(device_.banks()) * static_cast<std::size_t>(device_.banks());
    const std::size_t rank = first / static_cast<std::size_t>(device_.banks());
    switch (given.command) {
      case Command::activate:
        if (open_[bank] >= 0) return "a row is open already";
        open_[bank] = given.row;
        return "";
      case Command::precharge:
        if (open_[bank] < 0) return "nothing to close";
        open_[bank] = -1;
        return "";
      case Command::precharge_all:
        std::fill_n(open_.begin() + static_cast<std::ptrdiff_t>(first), device_.banks(), -1);
        return "";
      case Command::refresh:
        for (std::size_t b = first; b < first + static_cast<std::size_t>(device_.banks()); ++b) {
          if (open_[b] >= 0) return "a row is open during a refresh";
        }
        break;
      default:
        if (open_[bank] >= 0) return "a row is open during a refresh";
        if (!round_.insert(given.bank).second) return "refreshed twice in a round";
        if (std::count_if(round_.begin(), round_.end(),
                          [&](int b) { return rules_.rank(b) == rules_.rank(given.bank); }) == device_.banks()) {
          for (std::size_t b = first; b < first + static_cast<std::size_t>(device_.banks()); ++b)
            round_.erase(static_cast<int>(b));
        }
    }
    const bool was_late = late(rank, given.at);
    ++refreshed_[rank];
    return was_late ? "a refresh comes too late" : "";
  }

  // JEDEC lets eight be postponed; the controller means to postpone none, but a bank may have to finish
  // first.
  bool late(std::size_t rank, Clock now) const {
    if (policy_.refresh == RefreshMode::none) return false;
    const Clock interval =
        policy_.refresh == RefreshMode::per_bank ? device_.refresh_bank_interval : device_.refresh_interval;
    const Clock shifted = now - interval * static_cast<Clock>(rank) / policy_.ranks;
    return shifted / interval > refreshed_[rank] + 8;
  }

  const Device& device_;
  const Policy& policy_;
  const Rules rules_;
  std::vector<Given> past_;
  std::vector<int> open_;
  std::vector<std::int64_t> refreshed_;
  std::set<int> round_;   ///< per-bank refresh: banks refreshed in this round
  std::set<Clock> data_;  ///< begins of the last bursts' data
  std::int64_t bursts_ = 0;
};

}  // namespace rondo::dram::testing

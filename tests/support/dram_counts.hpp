#pragma once

#include <algorithm>
#include <vector>

#include "tests/support/dram_reference.hpp"

/// What the commands of the reference come to, from the list alone and models/dram/README.md ("What is counted").
namespace rondo::dram::testing {

/// Counts of one channel from its commands, in order of time, up to clock `end`.
class CountsOf {
 public:
  CountsOf(const Device& device, const Policy& policy, const std::vector<Given>& given, Clock end)
      : device_(device), end_(end), banks_(static_cast<std::size_t>(policy.ranks * device.banks())) {
    for (const Given& command : given) add(command);
    for (Bank& bank : banks_) {
      if (bank.open) bank.times.push_back({bank.given.front().at, end});
    }
    for (std::int64_t rank = 0; rank < policy.ranks; ++rank) counts.active_clocks += active(rank);
  }

  Counts counts;

 private:
  struct Bank {
    bool open = false;
    bool served = false;                         ///< since it was opened
    bool conflict = false;                       ///< last closed for a burst that wants another row
    std::vector<Given> given;                    ///< since it was opened
    std::vector<std::pair<Clock, Clock>> times;  ///< when it was open
  };

  void add(const Given& command) {
    Bank& bank = banks_[static_cast<std::size_t>(command.bank)];
    switch (command.command) {
      case Command::activate:
        ++counts.activates;
        bank.open = true, bank.served = false;
        bank.given = {command};
        break;
      case Command::precharge:
        close(bank, command.at);
        bank.conflict = !command.for_refresh;
        break;
      case Command::precharge_all:
        for (Bank& other : banks_) {
          const bool same_rank = (&other - banks_.data()) / device_.banks() == command.bank / device_.banks();
          if (same_rank && other.open) close(other, command.at), other.conflict = false;
        }
        break;
      case Command::refresh:
      case Command::refresh_bank: ++counts.refreshes; break;
      default: column(bank, command);
    }
  }

  void column(Bank& bank, Given command) {
    const bool write = command.command == Command::write || command.command == Command::write_precharge;
    const bool last = command.command == Command::read_precharge || command.command == Command::write_precharge;
    ++(write ? counts.written_bursts : counts.read_bursts);
    ++(bank.served ? counts.row_hits : bank.conflict ? counts.row_conflicts : counts.row_misses);
    bank.served = true;
    counts.turnarounds += write != writing_;
    writing_ = write;
    command.command = write ? Command::write : Command::read;
    bank.given.push_back(command);
    if (last) close(bank, precharge_after(bank)), bank.conflict = false;
  }

  void close(Bank& bank, Clock at) {
    bank.times.push_back({bank.given.front().at, at});
    bank.open = false;
  }

  // The first clock in which the rows of the bank allow a precharge after what was given since it was opened.
  Clock precharge_after(const Bank& bank) const {
    const auto length = [this](Command c) { return device_.length[static_cast<std::size_t>(c)]; };
    Clock at = 0;
    for (const Given& before : bank.given) {
      for (const Constraint& row : device_.constraints) {
        if (row.level != Level::bank || row.before != before.command || row.after != Command::precharge) continue;
        const Clock last = before.at + length(before.command) - 1;
        at = std::max(at, last + row.clocks - (length(Command::precharge) - 1));
      }
    }
    return at;
  }

  // Clocks before `end_` in which some bank of a rank is open.
  Clock active(std::int64_t rank) const {
    std::vector<std::pair<Clock, Clock>> times;
    for (std::int64_t b = rank * device_.banks(); b < (rank + 1) * device_.banks(); ++b) {
      const auto& more = banks_[static_cast<std::size_t>(b)].times;
      times.insert(times.end(), more.begin(), more.end());
    }
    std::sort(times.begin(), times.end());
    Clock sum = 0, counted = 0;
    for (const auto& [from, to] : times) {
      const Clock begin = std::max(from, counted), stop = std::min(to, end_);
      if (begin < stop) sum += stop - begin, counted = stop;
    }
    return sum;
  }

  const Device& device_;
  const Clock end_;
  std::vector<Bank> banks_;
  bool writing_ = false;
};

}  // namespace rondo::dram::testing

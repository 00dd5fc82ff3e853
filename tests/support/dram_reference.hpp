#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <tuple>
#include <vector>

#include "models/dram/controller.hpp"

/// The DRAM controller once more, clock by clock and burst by burst, from models/dram/README.md alone: slow
/// and obvious. Shares with the one under test only the plain data (Device, Policy, Transfer).
namespace rondo::dram::testing {

/// A command as it was given.
struct Given {
  Clock at = 0;
  int channel = 0;
  Command command = Command::activate;
  int bank = 0;
  int row = -1;              ///< of activations and column commands
  int transfer = -1;         ///< of column commands
  bool for_refresh = false;  ///< of precharges

  auto key() const { return std::tie(at, channel, command, bank, row, transfer); }
  bool operator==(const Given& other) const { return key() == other.key(); }
};

inline std::string text(const Given& g) {
  return "clock " + std::to_string(g.at) + " channel " + std::to_string(g.channel) + " " +
         std::string(kCommandNames[static_cast<std::size_t>(g.command)]) + " bank " + std::to_string(g.bank) + " row " +
         std::to_string(g.row) + " transfer " + std::to_string(g.transfer);
}

/// Whether the constraint rows allow a command, from the list of those given on the channel so far.
class Rules {
 public:
  explicit Rules(const Device& device) : device_(device) {
    for (const Constraint& row : device.constraints) longest_ = std::max(longest_, row.clocks + 32);
  }

  int rank(int bank) const { return bank / static_cast<int>(device_.banks()); }
  int group(int bank) const { return bank / static_cast<int>(device_.banks_per_group); }
  Clock length(Command c) const { return device_.length[static_cast<std::size_t>(c)]; }
  bool same_bus(Command a, Command b) const { return device_.command_buses == 1 || is_column(a) == is_column(b); }

  bool bound(const Constraint& row, int before, int after) const {
    switch (row.level) {
      case Level::channel: return true;
      case Level::rank: return rank(before) == rank(after);
      case Level::other_rank: return rank(before) != rank(after);
      case Level::bank_group: return group(before) == group(after);
      default: return before == after;
    }
  }

  /// The row that forbids `command` in clock `at`, or null. `past` is in order of time.
  const Constraint* broken(const std::vector<Given>& past, Command command, int bank, Clock at) const {
    for (const Constraint& row : device_.constraints) {
      if (row.after != command) continue;
      std::int64_t seen = 0;
      for (auto given = past.rbegin(); given != past.rend() && given->at > at - longest_; ++given) {
        if (given->command != row.before || !bound(row, given->bank, bank)) continue;
        if (++seen < row.window) continue;
        // The rows count from the last clock of one command to the last of the other.
        if (at + length(command) - 1 - (given->at + length(given->command) - 1) < row.clocks) return &row;
        break;
      }
    }
    return nullptr;
  }
  bool bus_taken(const std::vector<Given>& past, Command command, Clock at) const {
    for (auto given = past.rbegin(); given != past.rend() && given->at > at - 32; ++given) {
      if (same_bus(given->command, command) && given->at + length(given->command) > at) return true;
    }
    return false;
  }

 private:
  const Device& device_;
  Clock longest_ = 0;
};

/// Where a burst lies, by dividing its number by the sizes of the fields.
struct Place {
  int channel = 0, bank = 0, row = 0;
};
inline Place place_of(const Device& device, const Policy& policy, std::int64_t address) {
  std::vector<std::string> fields(1);
  for (const char c : policy.mapping) {
    if (c == '-')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  std::int64_t rest = address / device.burst_bytes();
  std::int64_t rank = 0, group = 0, bank = 0, row = 0, channel = 0, column = 0;
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    const auto take = [&](std::int64_t& part, std::int64_t size) { part = rest % size, rest /= size; };
    if (*field == "row") take(row, device.rows);
    if (*field == "rank") take(rank, policy.ranks);
    if (*field == "bank") take(bank, device.banks_per_group);
    if (*field == "column") take(column, device.columns / device.burst_length);
    if (*field == "bank_group") take(group, device.bank_groups);
    if (*field == "channel") take(channel, policy.channels);
  }
  return {static_cast<int>(channel),
          static_cast<int>((rank * device.bank_groups + group) * device.banks_per_group + bank), static_cast<int>(row)};
}

/// First byte of a transfer's row. Rows of a gather lie where models/README.md says, section 7.
inline std::int64_t address_of(const Transfer& transfer, std::int64_t row) {
  if (transfer.table_rows == 0) return transfer.address + row * transfer.stride;
  std::uint64_t spread = 0;
  for (std::int64_t i = 0; i <= row; ++i) spread += 0x9E3779B97F4A7C15u;
  const auto place = static_cast<std::int64_t>((spread >> 32) % static_cast<std::uint64_t>(transfer.table_rows));
  return transfer.address + place * transfer.bytes;
}

class ReferenceChannel {
 public:
  ReferenceChannel(const Device& device, const Policy& policy, int index)
      : device_(device),
        policy_(policy),
        index_(index),
        rules_(device),
        open_(static_cast<std::size_t>(policy.ranks * device.banks()), -1),
        owed_(static_cast<std::size_t>(policy.ranks)),
        chosen_(owed_.size()),
        left_(owed_.size()) {}

  void add(const Transfer& transfer, int id, Clock arrival) {
    for (std::int64_t row = 0; row < transfer.rows; ++row) {
      const std::int64_t first = address_of(transfer, row), last = first + transfer.bytes - 1;
      const std::int64_t size = device_.burst_bytes();
      for (std::int64_t at = first / size * size; at <= last; at += size) {
        const Place place = place_of(device_, policy_, at);
        if (place.channel == index_) coming_[side(transfer.direction)].push_back({place, id, arrival});
      }
    }
  }

  void clock(Clock now) {
    take_in(now);
    fall_due(now);
    while (give_one(now)) {
    }
  }
  bool empty() const { return coming_[0].empty() && coming_[1].empty() && queue_[0].empty() && queue_[1].empty(); }

  std::vector<Given> given;

 private:
  struct Burst {
    Place place;
    int transfer;
    Clock arrival;
  };

  static std::size_t side(Direction d) { return static_cast<std::size_t>(d); }
  std::deque<Burst>& queue() { return queue_[writing_]; }
  std::deque<Burst>& other() { return queue_[!writing_]; }
  int banks() const { return static_cast<int>(device_.banks()); }

  void fall_due(Clock now) {
    if (policy_.refresh == RefreshMode::none) return;
    const Clock interval = per_bank() ? device_.refresh_bank_interval : device_.refresh_interval;
    for (std::size_t rank = 0; rank < owed_.size(); ++rank) {
      const Clock shifted = now - interval * static_cast<Clock>(rank) / policy_.ranks;
      if (shifted > 0 && shifted % interval == 0 && ++owed_[rank] == 1) choose_bank(rank);
    }
  }
  // Of the banks not refreshed in this round the first that nobody wants, else the first.
  void choose_bank(std::size_t rank) {
    if (left_[rank].empty()) {
      for (int b = 0; b < banks(); ++b) left_[rank].push_back(static_cast<int>(rank) * banks() + b);
    }
    chosen_[rank] = left_[rank].front();
    for (const int bank : left_[rank]) {
      bool wanted = false;
      for (const auto& queue : queue_) {
        for (const Burst& burst : queue) wanted |= burst.place.bank == bank;
      }
      if (wanted) continue;
      chosen_[rank] = bank;
      return;
    }
  }
  bool per_bank() const { return policy_.refresh == RefreshMode::per_bank; }
  bool resting(int bank) const {
    const auto rank = static_cast<std::size_t>(rules_.rank(bank));
    return owed_[rank] > 0 && (!per_bank() || bank == chosen_[rank]);
  }

  void take_in(Clock now) {
    for (std::size_t s = 0; s < 2; ++s) {
      while (!coming_[s].empty() && coming_[s].front().arrival <= now &&
             static_cast<std::int64_t>(queue_[s].size()) < policy_.queue_depth) {
        queue_[s].push_back(coming_[s].front());
        coming_[s].pop_front();
      }
    }
    if (other().empty()) return;
    if (!queue().empty() && in_turn_ < policy_.overtakes) return;
    writing_ = !writing_;
    in_turn_ = 0;
  }

  bool legal(Command command, int bank, Clock now) const {
    return !rules_.bus_taken(given, command, now) && rules_.broken(given, command, bank, now) == nullptr;
  }

  bool give_one(Clock now) {
    take_in(now);
    return column(now) || refresh(now) || row(now);
  }

  void give(Command command, int bank, Clock now, int transfer = -1, bool for_refresh = false) {
    const bool has_row = command == Command::activate || is_column(command);
    const int row = has_row ? open_[static_cast<std::size_t>(bank)] : -1;
    given.push_back({now, index_, command, bank, row, transfer, for_refresh});
  }

  bool refresh(Clock now) {
    for (int rank = 0; rank < static_cast<int>(owed_.size()); ++rank) {
      if (owed_[static_cast<std::size_t>(rank)] == 0) continue;
      const auto r = static_cast<std::size_t>(rank);
      const int first = rank * banks(), bank = per_bank() ? chosen_[r] : first;
      bool open = false;
      for (int b = first; b < first + banks(); ++b)
        open |= (!per_bank() || b == bank) && open_[static_cast<std::size_t>(b)] >= 0;
      const Command close = per_bank() ? Command::precharge : Command::precharge_all;
      const Command command = open ? close : per_bank() ? Command::refresh_bank : Command::refresh;
      if (!legal(command, bank, now) || in_the_way(command, now)) continue;
      if (open) {
        for (int b = first; b < first + banks(); ++b) {
          if (!per_bank() || b == bank) open_[static_cast<std::size_t>(b)] = -1;
        }
      } else {
        if (per_bank()) left_[r].erase(std::find(left_[r].begin(), left_[r].end(), bank));
        if (--owed_[r] > 0 && per_bank()) choose_bank(r);
      }
      give(command, bank, now, -1, true);
      return true;
    }
    return false;
  }

  bool hit(const Burst& burst) const { return open_[static_cast<std::size_t>(burst.place.bank)] == burst.place.row; }
  // The oldest burst has been passed often enough: its bank is its own.
  bool must_yield(const Burst& burst) {
    return overtaken_[writing_] >= policy_.overtakes && &burst != &queue().front() &&
           burst.place.bank == queue().front().place.bank;
  }

  Command command_for(std::size_t i) {
    const Place place = queue()[i].place;
    bool last_hit = policy_.closed_page;
    for (std::size_t j = 0; j < queue().size(); ++j)
      last_hit = last_hit && (j == i || queue()[j].place.bank != place.bank || queue()[j].place.row != place.row);
    return writing_ ? (last_hit ? Command::write_precharge : Command::write)
                    : (last_hit ? Command::read_precharge : Command::read);
  }

  // A row command would still be on the bus when a column command becomes legal.
  bool in_the_way(Command command, Clock now) {
    if (device_.command_buses == 2) return false;
    for (Clock later = now + 1; later < now + rules_.length(command); ++later) {
      for (std::size_t i = 0; i < queue().size(); ++i) {
        const Burst& burst = queue()[i];
        if (hit(burst) && !resting(burst.place.bank) && !must_yield(burst) &&
            legal(command_for(i), burst.place.bank, later))
          return true;
      }
    }
    return false;
  }

  bool column(Clock now) {
    for (std::size_t i = 0; i < queue().size(); ++i) {
      const Burst burst = queue()[i];
      const int bank = burst.place.bank;
      if (!hit(burst) || resting(bank) || must_yield(queue()[i])) continue;
      const Command command = command_for(i);
      if (!legal(command, bank, now)) continue;
      give(command, bank, now, burst.transfer);
      if (command == Command::read_precharge || command == Command::write_precharge)
        open_[static_cast<std::size_t>(bank)] = -1;
      overtaken_[writing_] = i == 0 ? 0 : overtaken_[writing_] + 1;
      queue().erase(queue().begin() + static_cast<std::ptrdiff_t>(i));
      if (!other().empty()) ++in_turn_;
      return true;
    }
    return false;
  }

  bool row(Clock now) {
    for (std::size_t i = 0; i < queue().size(); ++i) {
      const Burst& burst = queue()[i];
      const int bank = burst.place.bank;
      int& open = open_[static_cast<std::size_t>(bank)];
      if (hit(burst) || resting(bank) || must_yield(burst)) continue;
      bool wanted = false, older = false;
      for (std::size_t j = 0; j < queue().size(); ++j) {
        if (queue()[j].place.bank != bank || must_yield(queue()[j])) continue;
        wanted |= hit(queue()[j]);
        older |= j < i;
      }
      if (wanted || older) continue;
      const Command command = open < 0 ? Command::activate : Command::precharge;
      if (!legal(command, bank, now) || in_the_way(command, now)) continue;
      open = command == Command::activate ? burst.place.row : -1;
      give(command, bank, now);
      return true;
    }
    return false;
  }

  const Device& device_;
  const Policy& policy_;
  const int index_;
  const Rules rules_;
  std::array<std::deque<Burst>, 2> coming_, queue_;
  bool writing_ = false;
  std::int64_t in_turn_ = 0;
  std::array<std::int64_t, 2> overtaken_{};
  std::vector<int> open_;
  std::vector<int> owed_;
  std::vector<int> chosen_;             ///< per-bank refresh: the bank whose turn it is, by rank
  std::vector<std::vector<int>> left_;  ///< and those that come in this round
};

}  // namespace rondo::dram::testing

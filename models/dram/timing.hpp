#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "models/dram/device.hpp"

namespace rondo::dram {

/// Earliest clocks for the commands of one channel, by the constraint rows of its device: one engine for
/// every standard. A command's clock is that in which it begins on the command bus. Banks are numbered
/// through all ranks: (rank x bank groups + group) x banks of a group + bank.
class Timing {
 public:
  /// `used`: a bit for each command that will ever be given; rows about others are left out.
  Timing(const Device& device, std::int64_t ranks, unsigned used);
  Timing(const Timing& other);
  Timing& operator=(const Timing&) = delete;

  /// The first clock in which no constraint forbids `command`; the command bus not considered. For a command
  /// to a rank, any of its banks will do.
  Clock legal(Command command, int bank) const {
    const Nodes& at = nodes_[static_cast<std::size_t>(bank)];
    const auto c = static_cast<std::size_t>(command);
    return std::max(std::max(channel_[c], (*at.rank_ready)[c]), std::max((*at.group_ready)[c], (*at.bank_ready)[c]));
  }
  /// The same by what was given to this bank alone.
  Clock own(Command command, int bank) const {
    return (*nodes_[static_cast<std::size_t>(bank)].bank_ready)[static_cast<std::size_t>(command)];
  }
  /// The first clock in which the command bus is free for it.
  Clock bus_free(Command command) const { return bus_free_[bus(command)]; }

  /// The command begins in clock `now`.
  void issue(Command command, int bank, Clock now);

  /// No row binds column commands to activations and precharges, but those of the same bank.
  bool rows_apart() const { return rows_apart_; }

  int bus(Command command) const { return two_buses_ && is_column(command); }
  bool one_bus() const { return !two_buses_; }
  int rank_of(int bank) const { return nodes_[static_cast<std::size_t>(bank)].rank; }
  int banks_per_rank() const { return banks_; }
  Clock length(Command command) const { return length_[static_cast<std::size_t>(command)]; }

  /// From one `command` to the next like it, when nothing else is in the way: to any bank of the same rank
  /// (the command bus included); to the same bank group or bank; at least, wherever it goes.
  Clock spacing(Command command) const { return spacing_[static_cast<std::size_t>(command)]; }
  Clock group_spacing(Command command) const { return group_spacing_[static_cast<std::size_t>(command)]; }
  Clock least_spacing(Command command) const { return least_spacing_[static_cast<std::size_t>(command)]; }

 private:
  using Node = std::array<Clock, kCommands>;  ///< by command: the first clock that the rows of a level allow
  struct Nodes {
    Node* rank_ready;
    Node* group_ready;
    Node* bank_ready;
    int rank;
  };
  struct Effect {
    std::int32_t after;
    std::int32_t clocks;  ///< from start to start
  };
  /// Of one command: those on the rank, then on the bank group, then on the bank; and the others.
  struct Effects {
    std::vector<Effect> own;
    std::size_t group = 0, bank = 0;  ///< where those on the bank group and on the bank begin
    std::vector<Effect> channel, other_ranks;
    bool opens_window = false;
  };
  struct Window {
    Command before, after;
    Clock clocks;
    std::size_t length;
    std::vector<Clock> past;  ///< `length` for each rank, a ring
    std::vector<std::size_t> next;
  };

  using ByLevel = std::array<std::vector<Effect>, kLevels>;
  void add(Level level, const Constraint& row, Clock clocks, ByLevel& effects);
  void measure_spacing(std::size_t command, const ByLevel& effects);
  static void raise(Node& node, const Effect* effect, const Effect* end, Clock now) {
    for (; effect != end; ++effect) {
      Clock& ready = node[static_cast<std::size_t>(effect->after)];
      ready = std::max(ready, now + effect->clocks);
    }
  }
  void issue_to_others(const Effects& effects, int rank, Clock now);
  void issue_window(Window& window, int rank, Clock now);

  const int banks_;
  const int ranks_;
  const bool two_buses_;
  std::array<Clock, kCommands> length_{};
  std::array<Clock, kCommands> spacing_{}, group_spacing_{}, least_spacing_{};
  bool rows_apart_ = true;
  std::array<Clock, 2> bus_free_{};
  std::array<Effects, kCommands> effects_;  ///< by command before
  std::vector<Window> windows_;
  Node channel_{};
  std::vector<Node> node_list_;  ///< ranks, bank groups, banks
  std::vector<Nodes> nodes_;     ///< by bank
};

}  // namespace rondo::dram

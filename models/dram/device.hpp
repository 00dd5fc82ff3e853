#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a kind of DRAM is, as data: its organisation, its commands, its timing constraints as rows, its
/// currents. A preset of configs/dram becomes one Device; sim/ reads it.
namespace rondo::dram {

using Clock = std::int64_t;  ///< cycles of the DRAM's clock
inline constexpr Clock kNever = std::numeric_limits<Clock>::max();

enum class Command : std::uint8_t {
  activate,
  precharge,
  precharge_all,
  read,
  read_precharge,
  write,
  write_precharge,
  refresh,
  refresh_bank
};
inline constexpr int kCommands = 9;
inline constexpr std::array<std::string_view, kCommands> kCommandNames = {
    "activate", "precharge",       "precharge_all", "read",        "read_precharge",
    "write",    "write_precharge", "refresh",       "refresh_bank"};

inline constexpr bool is_column(Command command) {
  return command >= Command::read && command <= Command::write_precharge;
}
/// Commands to a whole rank; all others name a bank.
inline constexpr bool is_for_rank(Command command) {
  return command == Command::precharge_all || command == Command::refresh;
}

/// Whom a constraint binds, seen from the bank (or rank) that the preceding command went to. `other_rank`:
/// all ranks of the channel but that one.
enum class Level : std::uint8_t { channel, rank, other_rank, bank_group, bank };
inline constexpr int kLevels = 5;
inline constexpr std::array<std::string_view, kLevels> kLevelNames = {"channel", "rank", "other_rank", "bank_group",
                                                                      "bank"};

/// After the `window`-last `before`, no `after` for `clocks` clocks, counted from the last clock of one
/// command to the last clock of the other, as JEDEC counts. window 4 with activate is the four-activate
/// window.
struct Constraint {
  Level level = Level::bank;
  Command before = Command::activate;
  Command after = Command::activate;
  Clock clocks = 0;
  std::int64_t window = 1;
};

/// Currents of one device from one supply, in mA. Named as JEDEC names them.
struct Rail {
  std::string name;
  double volts = 0;
  double idd0 = 0;       ///< activate and precharge once per row cycle
  double idd2n = 0;      ///< every row closed
  double idd3n = 0;      ///< a row open
  double idd4r = 0;      ///< reading without a gap
  double idd4w = 0;      ///< writing without a gap
  double idd5 = 0;       ///< during an all-bank refresh
  double idd5_bank = 0;  ///< mean, with a per-bank refresh every refresh_bank_interval
};

struct Device {
  std::string name;
  std::string standard;
  std::int64_t clock_mhz = 0;

  // Organisation of one rank of one channel.
  std::int64_t bank_groups = 0;
  std::int64_t banks_per_group = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t device_bits = 0;
  std::int64_t devices = 0;  ///< side by side on the data bus
  std::int64_t burst_length = 0;

  // Commands.
  std::int64_t command_buses = 0;         ///< 2: one for rows, one for columns
  std::array<Clock, kCommands> length{};  ///< clocks on the command bus
  std::vector<Constraint> constraints;
  std::vector<std::pair<std::string, Clock>> timings;  ///< the named clocks from which the rows were worked out

  // What the rows do not say: from the last clock of a command to its data, and refresh.
  Clock read_latency = 0;
  Clock write_latency = 0;
  Clock refresh_interval = 0;
  Clock refresh_bank_interval = 0;  ///< 0: the device has no per-bank refresh
  Clock row_open = 0;               ///< tRAS, tRP and tRFC, for energy
  Clock row_closed = 0;
  Clock refresh_clocks = 0;
  std::vector<Rail> rails;

  std::int64_t banks() const { return bank_groups * banks_per_group; }
  Clock burst_clocks() const { return burst_length / 2; }
  std::int64_t burst_bytes() const { return device_bits * devices * burst_length / 8; }
  std::int64_t rank_bytes() const { return banks() * rows * columns * device_bits * devices / 8; }

  /// Calls visit(name, value, unit, sentence, least, most) for every whole number of the organisation; each
  /// but `devices` is a power of two.
  template <class Visit>
  void organisation(Visit&& visit) {
    visit("bank_groups", bank_groups, "bank groups", "groups of banks; 1 where the standard has none", 1, 16);
    visit("banks_per_group", banks_per_group, "banks", "banks of a group", 1, 64);
    visit("rows", rows, "rows", "rows of a bank", 1, 1 << 24);
    visit("columns", columns, "columns", "columns of a row, each one data word wide", 1, 1 << 20);
    visit("device_bits", device_bits, "bits", "data pins of one device", 1, 1024);
    visit("devices", devices, "devices", "devices side by side on a channel's data bus", 1, 64);
    visit("burst_length", burst_length, "words", "data words of one read or write, two a clock", 2, 64);
  }

  /// What no engine could work with, as sentences that begin with where the fault lies ("organisation.rows: ...",
  /// "clocks.refresh_interval: ..."); empty when the device is sound.
  std::vector<std::string> findings() const;
};

/// Energy of one occurrence of an action of one rank of one channel, from currents: V x I x time.
struct ActionEnergy {
  std::string name;
  double pj = 0;
  std::string formula;
};

/// The price of each action that a DRAM of this device declares (see Counts).
std::vector<ActionEnergy> action_energies(const Device& device, bool per_bank_refresh);

}  // namespace rondo::dram

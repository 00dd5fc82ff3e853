#include "models/dram/device.hpp"

#include <algorithm>

namespace rondo::dram {
namespace {

bool power_of_two(std::int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

/// Sum over the supplies of V x (a current), in mW of all devices of a rank.
template <class Current>
double milliwatts(const Device& device, Current&& current) {
  double sum = 0;
  for (const Rail& rail : device.rails) sum += rail.volts * current(rail);
  return sum * static_cast<double>(device.devices);
}

/// The longest that `before` keeps `after` waiting, on any level.
Clock longest(const Device& device, Command before, Command after) {
  Clock clocks = 0;
  for (const Constraint& row : device.constraints) {
    if (row.before == before && row.after == after) clocks = std::max(clocks, row.clocks);
  }
  return clocks;
}

// A rank that owes refreshes serves nobody: with less than this between them it might never serve anybody.
void check_refresh(const Device& device, const char* name, Clock interval, Command refresh,
                   std::vector<std::string>& findings) {
  const Clock rest = std::max(longest(device, refresh, refresh), longest(device, refresh, Command::activate));
  const Clock cycle = device.row_open + device.row_closed;
  if (interval >= rest + cycle) return;
  findings.push_back(std::string("clocks.") + name + ": " + std::to_string(interval) + " is less than a refresh (" +
                     std::to_string(rest) + ") and one cycle of a row (" + std::to_string(cycle) + ") take");
}

void check_energy(const Device& device, bool per_bank_refresh, std::vector<std::string>& findings) {
  for (const ActionEnergy& action : action_energies(device, per_bank_refresh)) {
    if (action.pj >= 0) continue;
    const std::string finding = "rails: the energy of " + action.name + ", " + action.formula + ", is negative";
    if (std::find(findings.begin(), findings.end(), finding) == findings.end()) findings.push_back(finding);
  }
}

}  // namespace

std::vector<std::string> Device::findings() const {
  std::vector<std::string> out;
  const auto expect = [&](bool holds, const std::string& sentence) {
    if (!holds) out.push_back(sentence);
  };
  for (const auto& [what, value] : {std::pair<const char*, std::int64_t>{"bank_groups", bank_groups},
                                    {"banks_per_group", banks_per_group},
                                    {"rows", rows},
                                    {"columns", columns},
                                    {"burst_length", burst_length}}) {
    expect(power_of_two(value),
           std::string("organisation.") + what + ": " + std::to_string(value) + " is no power of two");
  }
  expect(power_of_two(device_bits * devices),
         "organisation.devices: the data bus (device_bits x devices) is no power of two of bits");
  expect(columns >= burst_length, "organisation.columns: a row holds less than one burst");
  expect(burst_bytes() >= 1, "organisation.burst_length: a burst is less than one byte");
  expect(banks() <= 64, "organisation.banks_per_group: makes more than 64 banks in all groups");
  for (const Constraint& row : constraints) {
    const std::string name = "constraints: " + std::string(kLevelNames[static_cast<std::size_t>(row.level)]) + " " +
                             std::string(kCommandNames[static_cast<std::size_t>(row.before)]) + " -> " +
                             std::string(kCommandNames[static_cast<std::size_t>(row.after)]);
    const bool wide = row.level == Level::channel || row.level == Level::rank || row.level == Level::other_rank;
    expect(wide || (!is_for_rank(row.before) && !is_for_rank(row.after)),
           name + ": a command to a whole rank has no bank or bank group");
    expect(row.window == 1 || row.level == Level::rank, name + ": a window belongs to a rank");
  }
  check_refresh(*this, "refresh_interval", refresh_interval, Command::refresh, out);
  const bool per_bank = refresh_bank_interval > 0;
  if (per_bank) check_refresh(*this, "refresh_bank_interval", refresh_bank_interval, Command::refresh_bank, out);
  expect(std::any_of(rails.begin(), rails.end(), [](const Rail& r) { return r.volts > 0 && r.idd2n > 0; }),
         "rails: no supply with a voltage and a standby current");
  check_energy(*this, false, out);
  if (per_bank) check_energy(*this, true, out);
  return out;
}

std::vector<ActionEnergy> action_energies(const Device& device, bool per_bank_refresh) {
  const double ns = 1e3 / static_cast<double>(device.clock_mhz);  // of a clock; mW x ns = pJ
  const double burst = static_cast<double>(device.burst_clocks()) * ns / static_cast<double>(device.burst_bytes());
  const double open = static_cast<double>(device.row_open), closed = static_cast<double>(device.row_closed);
  const auto power = [&](auto&& current) { return milliwatts(device, current); };
  const auto refresh_time =
      static_cast<double>(per_bank_refresh ? device.refresh_bank_interval : device.refresh_clocks);
  return {
      {"activate",
       ns * power([&](const Rail& r) { return r.idd0 * (open + closed) - r.idd3n * open - r.idd2n * closed; }),
       "V x (idd0 x tRC - idd3n x tRAS - idd2n x tRP)"},
      {"read", burst * power([](const Rail& r) { return r.idd4r - r.idd3n; }),
       "V x (idd4r - idd3n) x clocks of a burst, per byte"},
      {"write", burst * power([](const Rail& r) { return r.idd4w - r.idd3n; }),
       "V x (idd4w - idd3n) x clocks of a burst, per byte"},
      {"refresh",
       ns * refresh_time * power([&](const Rail& r) { return (per_bank_refresh ? r.idd5_bank : r.idd5) - r.idd2n; }),
       per_bank_refresh ? "V x (idd5_bank - idd2n) x tREFI of a bank" : "V x (idd5 - idd2n) x tRFC"},
      {"active_standby", ns * power([](const Rail& r) { return r.idd3n; }), "V x idd3n x one clock"},
      {"precharged_standby", ns * power([](const Rail& r) { return r.idd2n; }), "V x idd2n x one clock"},
  };
}

}  // namespace rondo::dram

#include "models/units/params.hpp"

#include <string>

#include "models/dram/address_map.hpp"

namespace rondo {
namespace {

bool power_of_two(std::int64_t n) { return (n & (n - 1)) == 0; }

// What the device, the controller and the program's shape ask of each other.
void check_dram(const DramParams& dram, const Machine& machine, std::vector<std::string>& broken) {
  const std::string wrong_order = dram::AddressMap::wrong_order(dram.mapping);
  if (!wrong_order.empty()) broken.push_back("dram.mapping: " + wrong_order);
  const auto expect = [&](bool holds, const char* field, std::int64_t value, const std::string& what) {
    if (!holds) broken.push_back(std::string("dram.") + field + ": " + std::to_string(value) + what);
  };
  expect(power_of_two(dram.channels), "channels", dram.channels, " is no power of two");
  expect(power_of_two(dram.ranks), "ranks", dram.ranks, " is no power of two");
  if (dram.device == nullptr) return;
  const dram::Device& device = *dram.device;
  expect(dram.ranks * device.banks() <= 64, "ranks", dram.ranks, " make more than 64 banks on a channel");
  if (dram.refresh == "per_bank" && device.refresh_bank_interval == 0)
    broken.push_back("dram.refresh: per_bank; " + device.name +
                     " has no refresh of single banks; allowed all_bank, none");
  const std::int64_t bytes = device.rank_bytes() * dram.ranks * dram.channels;
  if (machine.dram_bytes > bytes) {
    broken.push_back("machine.dram_bytes: " + std::to_string(machine.dram_bytes) + " are more than the " +
                     std::to_string(bytes) + " of " + device.name + " on this chip's channels and ranks");
  }
}

}  // namespace

dram::Policy DramParams::policy() const {
  dram::Policy policy;
  policy.channels = channels;
  policy.ranks = ranks;
  policy.mapping = mapping;
  policy.closed_page = page == "closed";
  policy.refresh = refresh == "all_bank"   ? dram::RefreshMode::all_bank
                   : refresh == "per_bank" ? dram::RefreshMode::per_bank
                                           : dram::RefreshMode::none;
  policy.queue_depth = queue_bursts;
  policy.overtakes = overtakes;
  return policy;
}

double DramParams::peak_bytes_per_s(std::int64_t chip_mhz) const {
  if (device == nullptr) return 1e6 * static_cast<double>(bytes_per_cycle) * static_cast<double>(chip_mhz);
  return 1e6 * static_cast<double>(channels * device->burst_bytes() * device->clock_mhz) /
         static_cast<double>(device->burst_clocks());
}

std::vector<std::string> ChipParams::cross_checks() const {
  std::vector<std::string> broken = machine.cross_checks();
  if (matrix.operand_bits != 8 && matrix.operand_bits != 16) {
    broken.push_back("matrix.operand_bits: " + std::to_string(matrix.operand_bits) + " is not 8 or 16");
  }
  check_dram(dram, machine, broken);
  return broken;
}

const SramParams& ChipParams::sram(Space space) const {
  switch (space) {
    case Space::weight: return weight_sram;
    case Space::activation: return activation_sram;
    case Space::parameter: return parameter_sram;
    default: return accumulators;
  }
}

}  // namespace rondo

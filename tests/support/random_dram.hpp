#pragma once

#include "models/dram/address_map.hpp"
#include "models/units/chip.hpp"
#include "sim/dram_file.hpp"
#include "tests/support/random_chips.hpp"

/// Random DRAMs: the presets, with few rows and columns, so that few bursts meet everything that can happen.
namespace rondo::testing {

inline dram::Device random_device(Dice& dice) {
  static const std::array<dram::Device, 4> presets = {read_dram_device("ddr4_2400"), read_dram_device("ddr4_3200"),
                                                      read_dram_device("lpddr4_3200"), read_dram_device("hbm2")};
  dram::Device device = presets[static_cast<std::size_t>(dice.number(0, 3))];
  device.rows = dice.one_of<std::int64_t>({4, 16, 65536});
  device.columns = device.burst_length * dice.one_of<std::int64_t>({1, 4, 16, 64});
  if (dice.chance(70)) {
    device.refresh_interval = device.refresh_clocks + dice.number(400, 3000);
    if (device.refresh_bank_interval > 0) device.refresh_bank_interval = dice.number(400, 900);
  }
  return device;
}

inline std::string random_mapping(Dice& dice) {
  if (dice.chance(40)) return "row-rank-bank-column-bank_group-channel";
  std::vector<std::string_view> fields(dram::kAddressFields.begin(), dram::kAddressFields.end());
  for (std::size_t i = fields.size() - 1; i > 0; --i)
    std::swap(fields[i], fields[static_cast<std::size_t>(dice.number(0, static_cast<std::int64_t>(i)))]);
  std::string mapping;
  for (const std::string_view field : fields) mapping += (mapping.empty() ? "" : "-") + std::string(field);
  return mapping;
}

/// Puts a random device behind the DMA units.
inline void give_device(ChipParams& chip, Dice& dice) {
  DramParams& d = chip.dram;
  d.device = std::make_shared<const dram::Device>(random_device(dice));
  d.channels = dice.one_of<std::int64_t>({1, 1, 2, 4});
  d.ranks = dice.one_of<std::int64_t>({1, 1, 2});
  d.mapping = random_mapping(dice);
  d.page = dice.chance(30) ? "closed" : "open";
  const bool per_bank = d.device->refresh_bank_interval > 0 && dice.chance(40);
  d.refresh = dice.chance(15) ? "none" : per_bank ? "per_bank" : "all_bank";
  d.queue_bursts = dice.one_of<std::int64_t>({1, 2, 4, 8, 16, 32});
  d.overtakes = dice.one_of<std::int64_t>({1, 2, 5, 16, 100});
  d.controller_latency = dice.number(0, 20);
}

}  // namespace rondo::testing

#pragma once

#include <string>
#include <vector>

#include "models/cost/cost.hpp"
#include "models/units/params.hpp"

namespace rondo {

/// Reads a DRAM preset, configs/dram/NAME.yaml (or a path), and the constraint rows of its standard,
/// configs/dram/standards/STANDARD.yaml; works out the rows' formulas. Throws Error with every mistake of
/// the preset, or if it has none, of the standard.
dram::Device read_dram_device(const std::string& name);

/// Prices the DRAM's actions from the currents of its device, in place of a technology's prices.
void price_device(const DramParams& params, Prices& prices);

/// One line of what a device is: everything that a preset and its standard say, worked out.
struct DeviceFact {
  std::string section;  ///< "organisation", "timing", "rails", "constraints" ...; empty: none
  std::string name;
  std::string value;
};
std::vector<DeviceFact> facts_of(dram::Device device);

}  // namespace rondo

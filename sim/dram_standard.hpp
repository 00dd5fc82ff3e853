#pragma once

#include <string>

#include "models/base/error.hpp"
#include "models/dram/device.hpp"
#include "sim/yaml.hpp"

namespace rondo {

/// The standard of a DRAM preset: rows whose clocks are sums of the preset's timings, worked out for a device whose
/// organisation and timings have been read. What a formula lacks is found missing in the preset.
void read_dram_standard(const YamlValue& standard, const YamlValue& preset, dram::Device& device, Findings& findings);

/// Where the fault lies of which a sentence of Device::findings() tells: the line of the preset that says it, for
/// clocks that the standard works out the preset's timing that it begins with, else the line of the standard.
std::string place_of_finding(const std::string& finding, const YamlValue& preset, const YamlValue& standard);

}  // namespace rondo

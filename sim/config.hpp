#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/base/params.hpp"
#include "models/cost/cost.hpp"
#include "models/units/params.hpp"
#include "traces/compile.hpp"

namespace rondo {

/// Everything that a run depends on besides its network: one chip, fully stated.
struct RunConfig {
  std::string name;
  std::string technology;  ///< a file of configs/technology, or a path
  ChipParams chip;
  MappingParams mapping;
  NumbersParams numbers;
  std::map<std::string, std::string>
      network;  ///< "batch" -> "8": sizes that `--set network.batch=8` changes; not in the chip file

  /// Calls visit(section, params) for each section of a chip file, in order.
  template <class Visit>
  void sections(Visit&& visit) {
    chip.sections(visit);
    visit("mapping", mapping);
    visit("numbers", numbers);
  }
};

/// Reads a chip file (and what it extends) with `set` on top: `section.field=value` for the chip,
/// `network.batch=8` for the network's sizes. Every mistake of all of them is reported in one Error.
RunConfig read_config(const std::string& chip_path, const std::vector<std::string>& set);

/// Every field with its unit, range, sentence and present value, in the order of the file.
std::vector<FieldInfo> list_fields(RunConfig config);

/// The whole configuration as a chip file that says what each field means; read again, it gives the same
/// configuration.
std::string to_yaml(const RunConfig& config);

/// Reads configs/technology/NAME.yaml (or a path) and takes the prices of this kind of DRAM.
Prices read_technology(const std::string& name, const std::string& dram_kind);

}  // namespace rondo

#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

#include "models/units/params.hpp"
#include "sv_constants.hpp"
#include "tests/rtl/rtl_chip.hpp"

/// The registers that set the RTL's pace: one row each, in the order of chip_types::pace_t.
namespace rondo::rtl {

struct PaceRow {
  std::string_view path;     ///< of the parameter
  std::string_view section;  ///< what the register's name leaves out of the path
  std::int64_t most;         ///< that the RTL runs with
  std::int64_t (*value)(const ChipParams&);
};

#define RONDO_PACE(section, field, left_out, most)                                           \
  {                                                                                          \
#section "." #field, left_out, most, [](const ChipParams& c) { return c.section.field; } \
  }
#define RONDO_PACE_OF_SRAM(sram)                                                                                  \
  RONDO_PACE(sram, bytes_per_cycle, "", kLimits.bytes_per_cycle), RONDO_PACE(sram, latency, "", kLimits.latency), \
      RONDO_PACE(sram, read_ports, "", kLimits.ports), RONDO_PACE(sram, write_ports, "", kLimits.ports)

inline constexpr PaceRow kPaceTable[] = {
    RONDO_PACE(sequencer, dispatch_width, "sequencer.", kLimits.dispatch_width),
    RONDO_PACE(weights, queue_depth, "", kLimits.queue_depth),
    RONDO_PACE(weights, rows_per_cycle, "weights.", kLimits.rows_per_cycle),
    RONDO_PACE(matrix, queue_depth, "", kLimits.queue_depth),
    RONDO_PACE(matrix, operand_bits, "matrix.", 16),
    RONDO_PACE(matrix, accumulate_latency, "matrix.", kLimits.latency),
    RONDO_PACE(gate, queue_depth, "", kLimits.queue_depth),
    RONDO_PACE(gate, adders, "gate.", kLimits.functional_units),
    RONDO_PACE(gate, multipliers, "gate.", kLimits.functional_units),
    RONDO_PACE(gate, tables, "gate.", kLimits.functional_units),
    RONDO_PACE(gate, add_latency, "gate.", kLimits.gate_latency),
    RONDO_PACE(gate, multiply_latency, "gate.", kLimits.gate_latency),
    RONDO_PACE(gate, table_latency, "gate.", kLimits.gate_latency),
    RONDO_PACE(gate, divide_cycles, "gate.", kLimits.gate_latency),
    RONDO_PACE(gate, reduce_latency, "gate.", kLimits.gate_latency),
    RONDO_PACE(load, queue_depth, "", kLimits.queue_depth),
    RONDO_PACE(load, outstanding, "", kLimits.outstanding),
    RONDO_PACE(load, setup_cycles, "", kLimits.setup_cycles),
    RONDO_PACE(store, queue_depth, "", kLimits.queue_depth),
    RONDO_PACE(store, outstanding, "", kLimits.outstanding),
    RONDO_PACE(store, setup_cycles, "", kLimits.setup_cycles),
    RONDO_PACE_OF_SRAM(weight_sram),
    RONDO_PACE_OF_SRAM(activation_sram),
    RONDO_PACE_OF_SRAM(parameter_sram),
    RONDO_PACE_OF_SRAM(accumulators),
    RONDO_PACE(dram, latency, "", kLimits.dram_latency),
    RONDO_PACE(dram, bytes_per_cycle, "", kLimits.bytes_per_cycle),
    RONDO_PACE(dram, burst_bytes, "", kLimits.burst_bytes),
};
#undef RONDO_PACE
#undef RONDO_PACE_OF_SRAM

// Row k is register k of the RTL, which is wide enough.
constexpr bool rows_are_registers() {
  if (std::size(kPaceTable) != std::size(sv::kPace)) return false;
  for (std::size_t k = 0; k < std::size(kPaceTable); ++k) {
    const PaceRow& row = kPaceTable[k];
    const sv::Register& there = sv::kPace[k];
    const std::string_view name = row.path.substr(row.section.size());
    if (name.size() != there.name.size()) return false;
    for (std::size_t c = 0; c < name.size(); ++c) {  // weights.queue_depth is weights_queue_depth there
      if (name[c] != there.name[c] && !(name[c] == '.' && there.name[c] == '_')) return false;
    }
    if (row.most >= std::int64_t{1} << there.bits) return false;
  }
  return true;
}
static_assert(rows_are_registers(), "the rows, chip_types::pace_t and Limits must fit together");

}  // namespace rondo::rtl

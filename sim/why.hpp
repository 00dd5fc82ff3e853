#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/simulation.hpp"
#include "sim/text_style.hpp"

namespace rondo {

/// The critical path of a run that looked for it, as a part of the report: its cycles by unit and kind, by layer, and
/// its links, longest first. Each of the three adds up to the run's total_cycles. With it, what chaining gained.
nlohmann::ordered_json why_tree(const Prepared& prepared, const RunResult& result);

/// The same for people, in 80 columns, from the report's tree.
std::string why_text(const nlohmann::ordered_json& report, const Style& style);

}  // namespace rondo

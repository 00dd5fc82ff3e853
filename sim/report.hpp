#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/simulation.hpp"

namespace rondo {

/// The version of the tree that make_report builds; raised when a name changes its meaning or goes away.
inline constexpr int kReportSchema = 1;

/// The one result tree. report.json is this tree as it is, counters.csv and the terminal's text are walks
/// over it. Counts are integers, quantities have their SI unit in the name, and nothing in it depends on when
/// or where the run was made.
nlohmann::ordered_json make_report(const Prepared& prepared, const RunResult& result);

/// The resolved configuration as a tree: section -> field -> value.
nlohmann::ordered_json config_tree(const RunConfig& config);

/// report.json: the tree with two spaces of indent and a line feed at its end.
std::string report_json(const nlohmann::ordered_json& report);

/// Every count as `owner,kind,name,count`: cycles by cause, actions, counters, bytes.
std::string counters_csv(const nlohmann::ordered_json& report);

/// The report for people, in 80 columns.
std::string report_text(const nlohmann::ordered_json& report, bool colour);

}  // namespace rondo

#include "sim/why.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "models/units/path_gains.hpp"
#include "models/units/ports.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNoLayer = "(no layer)";

/// Cycles of the path that one instruction spent on one thing.
struct Share {
  int unit = 0;  ///< index into kChipUnitNames
  std::string_view kind;
  std::int32_t code = -1;
  std::int64_t cycles = 0;
};

int unit_of(const Program& program, std::int32_t code, Stage stage) {
  if (stage == Stage::slot) return kSequencer;
  if (stage == Stage::request || stage == Stage::transfer) return kDram;
  return static_cast<int>(program.code[static_cast<std::size_t>(code)].unit);
}

// Window and drain are the work of the earlier step; the handing over is the later one's.
std::vector<Share> shares_of(const Program& program, const std::vector<PathLink>& links) {
  std::vector<Share> shares;
  const auto add = [&](std::int32_t code, Stage stage, std::string_view kind, std::int64_t cycles) {
    if (cycles != 0) shares.push_back({unit_of(program, code, stage), kind, code, cycles});
  };
  for (const PathLink& link : links) {
    add(link.before, link.stage_before, info(link.stage_before).kind, link.window);
    add(link.before, link.stage_before, info(link.stage_before).drain_kind, link.drain);
    add(link.code, link.stage, info(link.reason).name, link.hand_over);
  }
  return shares;
}

// Cycles by unit and kind: units in their order, within a unit the most first.
Json units_tree(const std::vector<Share>& shares) {
  std::map<int, std::map<std::string_view, std::int64_t>> sums;
  for (const Share& share : shares) sums[share.unit][share.kind] += share.cycles;
  Json tree = Json::object();
  for (const auto& [unit, kinds] : sums) {
    std::vector<std::pair<std::string_view, std::int64_t>> rows(kinds.begin(), kinds.end());
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    Json one = Json::object();
    for (const auto& [kind, cycles] : rows) one[std::string(kind)] = cycles;
    tree[std::string(kChipUnitNames[static_cast<std::size_t>(unit)])] = one;
  }
  return tree;
}

std::int64_t sum_of(const std::vector<Share>& shares) {
  std::int64_t sum = 0;
  for (const Share& share : shares) sum += share.cycles;
  return sum;
}

// The steps of a recurrent layer; 0 for others.
std::int64_t steps_of(const Prepared& prepared, const std::string& layer) {
  if (!prepared.shape()) return 0;
  for (const NetworkShape::Layer& one : prepared.shape()->layers) {
    if (one.name == layer && one.cell != "dense") return one.steps;
  }
  return 0;
}

Json layers_tree(const Prepared& prepared, const std::vector<Share>& shares) {
  std::map<std::int32_t, std::vector<Share>> layers;
  for (const Share& share : shares) {
    layers[prepared.program().code[static_cast<std::size_t>(share.code)].layer].push_back(share);
  }
  Json tree = Json::object();
  for (const auto& [layer, own] : layers) {
    const std::string name = layer < 0 ? kNoLayer : prepared.program().layers[static_cast<std::size_t>(layer)];
    const std::int64_t cycles = sum_of(own), steps = steps_of(prepared, name);
    Json one = {{"cycles", cycles}};
    if (steps > 0) {
      one["steps"] = steps;
      one["cycles_per_step"] = static_cast<double>(cycles) / static_cast<double>(steps);
    }
    one["units"] = units_tree(own);
    tree[name] = one;
  }
  return tree;
}

Json step_tree(const Program& program, std::int32_t code, Stage stage) {
  if (code < 0) return {{"stage", info(stage).name}};
  const Instruction& in = program.code[static_cast<std::size_t>(code)];
  const bool kernel = in.opcode == Opcode::gate;
  const std::string name = kernel ? program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])].name
                                  : std::string(info(in.opcode).name);
  return {{"instruction", code},
          {"name", name},
          {"unit", kChipUnitNames[static_cast<std::size_t>(unit_of(program, code, stage))]},
          {"stage", info(stage).name}};
}

Json links_tree(const Program& program, std::vector<PathLink> links) {
  std::stable_sort(links.begin(), links.end(),
                   [](const PathLink& a, const PathLink& b) { return a.cycles() > b.cycles(); });
  Json list = Json::array();
  for (const PathLink& link : links) {
    if (link.reason == Reason::start) continue;
    Json one = {{"what", step_tree(program, link.code, link.stage)},
                {"waited_for", step_tree(program, link.before, link.stage_before)},
                {"reason", info(link.reason).name}};
    if (link.port >= 0) one["port"] = ports_parameter(link.port);
    one["times"] = link.times;
    one["cycles"] = link.cycles();
    one["window"] = link.window;
    one["drain"] = link.drain;
    one["hand_over"] = link.hand_over;
    list.push_back(std::move(one));
  }
  return list;
}

// Those that the path passes through, by their number.
Json instructions_tree(const Program& program, const std::vector<PathLink>& links) {
  const std::vector<std::string> statements = assembly_statements(program);
  std::map<std::int32_t, std::string> passed;
  for (const PathLink& link : links) {
    for (const std::int32_t code : {link.code, link.before}) {
      if (code >= 0) passed[code] = statements[static_cast<std::size_t>(code)];
    }
  }
  Json tree = Json::object();
  for (const auto& [code, text] : passed) tree[std::to_string(code)] = text;
  return tree;
}

Json gains_tree(const Prepared& prepared, const std::vector<PathLink>& links) {
  Json list = Json::array();
  for (const PathGain& gain : path_gains(prepared.config.chip, prepared.program(), links)) {
    Json changes = Json::array();
    for (const PathGain::Change& change : gain.changes) {
      changes.push_back({{"parameter", change.parameter}, {"from", change.from}, {"to", change.to}});
    }
    list.push_back({{"cycles", gain.cycles}, {"changes", changes}});
  }
  return list;
}

// Links that ended with a port that was free at last, by the kind of port: most cycles first.
Json ports_tree(const std::vector<PathLink>& links) {
  std::map<int, std::pair<std::int64_t, std::int64_t>> sums;
  for (const PathLink& link : links) {
    if (link.port < 0) continue;
    sums[link.port].first += link.cycles();
    sums[link.port].second += link.times;
  }
  std::vector<std::pair<int, std::pair<std::int64_t, std::int64_t>>> rows(sums.begin(), sums.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Json list = Json::array();
  for (const auto& [port, sum] : rows)
    list.push_back({{"parameter", ports_parameter(port)}, {"cycles", sum.first}, {"times", sum.second}});
  return list;
}

// What no gain is worked out for, because the chip would need another program or another DRAM: cycles of the path, most
// first.
Json other_tree(const Prepared& prepared, const std::vector<Share>& shares) {
  const bool device = prepared.config.chip.dram.device != nullptr;
  std::int64_t dram = 0, drain = 0;
  for (const Share& share : shares) {
    if (device && share.unit == kDram) dram += share.cycles;
    const bool array = share.unit < kUnits && kind_of(static_cast<Unit>(share.unit)) == Unit::matrix;
    if (array && share.kind == info(Stage::window).drain_kind) drain += share.cycles;
  }
  std::vector<std::pair<std::int64_t, Json>> rows = {
      {dram, {{"what", "dram"}, {"parameters", {"dram.channels", "dram.model"}}}},
      {drain, {{"what", "drain of the arrays"}, {"parameters", {"machine.rows", "machine.cols"}}}}};
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Json list = Json::array();
  for (auto& [cycles, row] : rows) {
    if (cycles == 0) continue;
    row["cycles"] = cycles;
    list.push_back(row);
  }
  return list;
}

// The run beside that of the same network without chaining; below 0 where chaining loses.
Json chaining_tree(const Prepared& prepared, const RunResult& result) {
  const std::int64_t gain = *result.unchained_cycles - result.chip.total_cycles;
  return {{"cycles_with", result.chip.total_cycles},
          {"cycles_without", *result.unchained_cycles},
          {"gain", gain},
          {"gain_per_step", static_cast<double>(gain) / static_cast<double>(prepared.shape()->steps)}};
}

}  // namespace

Json why_tree(const Prepared& prepared, const RunResult& result) {
  const std::vector<PathLink>& links = *result.why;
  const std::vector<Share> shares = shares_of(prepared.program(), links);
  Json tree = {{"cycles", sum_of(shares)}, {"units", units_tree(shares)}, {"layers", layers_tree(prepared, shares)}};
  if (result.unchained_cycles) tree["chaining"] = chaining_tree(prepared, result);
  tree["gains"] = gains_tree(prepared, links);
  tree["ports"] = ports_tree(links);
  tree["not_estimated"] = other_tree(prepared, shares);
  tree["links"] = links_tree(prepared.program(), links);
  tree["instructions"] = instructions_tree(prepared.program(), links);
  return tree;
}

}  // namespace rondo

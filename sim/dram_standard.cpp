#include "sim/dram_standard.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "sim/settings.hpp"
#include "sim/yaml_fields.hpp"

namespace rondo {
namespace {

using dram::Clock;
using dram::Command;
using Clocks = std::map<std::string, Clock>;
using Commands = std::vector<Command>;

template <class Names>
std::string joined(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

// Where a preset says the first timing that a formula names; empty: it names none.
std::string place_of_timing(const YamlValue& formula, const YamlValue& timing) {
  std::istringstream words(formula.text);
  for (std::string word; words >> word;) {
    const YamlValue* entry = timing.find(word);
    const YamlValue* clocks = entry != nullptr ? entry->find("clocks") : nullptr;
    if (clocks != nullptr) return clocks->place;
  }
  return "";
}

/// The standard: rows whose clocks are sums of names, worked out for a device.
class StandardReader : private YamlFields {
 public:
  StandardReader(Findings& findings, dram::Device& device, const YamlValue& timing)
      : YamlFields(findings), device_(device), timing_(timing) {
    for (const auto& [name, clocks] : device.timings) names_[name] = clocks;
    names_["burst"] = device.burst_clocks();
  }

  void read(const YamlValue& root) {
    expect_keys(root, "", {"name", "sources", "command_buses", "command_clocks", "clocks", "constraints"});
    need(root, "", "sources", YamlValue::Kind::map);
    device_.command_buses = integer(root, "", "command_buses", 1, 2);
    if (const YamlValue* lengths = need(root, "", "command_clocks", YamlValue::Kind::map)) read_lengths(*lengths);
    if (const YamlValue* clocks = need(root, "", "clocks", YamlValue::Kind::map)) read_clocks(*clocks);
    if (const YamlValue* rows = need(root, "", "constraints", YamlValue::Kind::list)) {
      for (const YamlValue& row : rows->items) read_row(row);
    }
  }

 private:
  void read_lengths(const YamlValue& map) {
    for (std::size_t c = 0; c < dram::kCommands; ++c)
      device_.length[c] = integer(map, "command_clocks", std::string(dram::kCommandNames[c]), 1, 16);
    expect_keys(map, "command_clocks", {dram::kCommandNames.begin(), dram::kCommandNames.end()});
  }

  void read_clocks(const YamlValue& map) {
    const std::vector<std::pair<std::string, Clock*>> roles = {
        {"read_latency", &device_.read_latency},
        {"write_latency", &device_.write_latency},
        {"refresh_interval", &device_.refresh_interval},
        {"row_open", &device_.row_open},
        {"row_closed", &device_.row_closed},
        {"refresh", &device_.refresh_clocks},
        {"refresh_bank_interval", &device_.refresh_bank_interval}};
    std::vector<std::string> keys;
    for (const auto& [key, clocks] : roles) {
      keys.push_back(key);
      const bool optional = clocks == &device_.refresh_bank_interval;
      if (optional && map.find(key) == nullptr) continue;
      const YamlValue* formula = need(map, "clocks", key, YamlValue::Kind::scalar);
      if (formula == nullptr) continue;
      const std::optional<Clock> sum = clocks_of(*formula, "clocks." + key);
      *clocks = sum.value_or(1);
      if (*clocks < 1) add_fault(*formula, "clocks." + key, "comes to less than one clock");
    }
    expect_keys(map, "clocks", keys);
  }

  void read_row(const YamlValue& row) {
    const bool list = row.kind == YamlValue::Kind::list && (row.items.size() == 4 || row.items.size() == 5) &&
                      std::all_of(row.items.begin(), row.items.end(),
                                  [](const YamlValue& v) { return v.kind == YamlValue::Kind::scalar; });
    if (!list) return add(row, "constraints", "[level, before, after, clocks] or [..., count] is expected");
    dram::Constraint constraint;
    const auto level = std::find(dram::kLevelNames.begin(), dram::kLevelNames.end(), row.items[0].text);
    if (level == dram::kLevelNames.end())
      return add(row.items[0], "constraints", row.items[0].text + " is no level; allowed " + joined(dram::kLevelNames));
    constraint.level = static_cast<dram::Level>(level - dram::kLevelNames.begin());
    constraint.clocks = clocks_of(row.items[3], "constraints").value_or(0);
    if (row.items.size() == 5 &&
        (!parse_plain_integer(row.items[4].text, constraint.window) || constraint.window < 2 || constraint.window > 64))
      add(row.items[4], "constraints", row.items[4].text + " is no count of 2..64");
    for (const Command before : commands_of(row.items[1])) {
      for (const Command after : commands_of(row.items[2])) {
        constraint.before = before, constraint.after = after;
        device_.constraints.push_back(constraint);
      }
    }
  }

  Commands commands_of(const YamlValue& value) {
    static const std::map<std::string, Commands> kGroups = {
        {"reads", {Command::read, Command::read_precharge}},
        {"writes", {Command::write, Command::write_precharge}},
        {"columns", {Command::read, Command::read_precharge, Command::write, Command::write_precharge}}};
    const auto group = kGroups.find(value.text);
    if (group != kGroups.end()) return group->second;
    const auto name = std::find(dram::kCommandNames.begin(), dram::kCommandNames.end(), value.text);
    if (name != dram::kCommandNames.end()) return {static_cast<Command>(name - dram::kCommandNames.begin())};
    add(value, "constraints",
        value.text + " is no command; allowed reads, writes, columns, " + joined(dram::kCommandNames));
    return {};
  }

  // "rl + burst + 2 - wl"; none, with a finding, when it cannot be worked out.
  std::optional<Clock> clocks_of(const YamlValue& formula, const std::string& path) {
    std::istringstream words(formula.text);
    Clock sum = 0, sign = 1;
    bool wants_term = true;
    for (std::string word; words >> word; wants_term = !wants_term) {
      std::int64_t term = 0;
      const auto name = names_.find(word);
      if (!wants_term && (word == "+" || word == "-")) {
        sign = word == "+" ? 1 : -1;
      } else if (wants_term && (name != names_.end() || parse_plain_integer(word, term))) {
        sum += sign * (name != names_.end() ? name->second : term);
      } else if (wants_term) {
        // A name that the preset forgot, or a slip of the standard: both places are named, once for each name.
        if (missing_.insert(word).second)
          add(timing_, "timing." + word, "missing; " + formula.place + " asks for it: " + formula.text);
        return std::nullopt;
      } else {
        add(formula, path, formula.text + ": '" + word + "' is no + or -");
        return std::nullopt;
      }
    }
    if (!wants_term) return sum;
    add(formula, path, formula.text + ": a name or number is missing at its end");
    return std::nullopt;
  }

  // At the timing of the preset that the formula begins with, if it has one.
  void add_fault(const YamlValue& formula, const std::string& path, const std::string& what) {
    const std::string place = place_of_timing(formula, timing_);
    if (place.empty()) return add(formula, path, what);
    YamlValue at;
    at.place = place;
    add(at, path, "(" + formula.text + ", " + formula.place + ") " + what);
  }

  dram::Device& device_;
  const YamlValue& timing_;
  Clocks names_;
  std::set<std::string> missing_;
};

}  // namespace

void read_dram_standard(const YamlValue& standard, const YamlValue& preset, dram::Device& device, Findings& findings) {
  StandardReader(findings, device, *preset.find("timing")).read(standard);
}

std::string place_of_finding(const std::string& finding, const YamlValue& preset, const YamlValue& standard) {
  std::istringstream keys(finding.substr(0, finding.find(':')));
  const YamlValue* at = nullptr;
  const YamlValue* below = nullptr;
  for (std::string key; std::getline(keys, key, '.'); at = below) {
    if (at != nullptr)
      below = at->find(key);
    else
      below = preset.find(key) != nullptr ? preset.find(key) : standard.find(key);
    if (below == nullptr) break;
  }
  if (at == nullptr) return preset.place;
  const std::string timing = place_of_timing(*at, *preset.find("timing"));
  return timing.empty() ? at->place : timing;
}

}  // namespace rondo

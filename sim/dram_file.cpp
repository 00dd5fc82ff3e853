#include "sim/dram_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "sim/repository.hpp"
#include "sim/settings.hpp"
#include "sim/text_file.hpp"
#include "sim/yaml_fields.hpp"

namespace rondo {
namespace {

using dram::Clock;
using dram::Command;
using Clocks = std::map<std::string, Clock>;
using Commands = std::vector<Command>;

constexpr std::int64_t kMostClocks = 1'000'000;

YamlValue read_map(const std::string& path, const char* what, Findings& findings) {
  YamlValue root = parse_strict_yaml(read_text_file(path), display_path(path), findings);
  if (root.kind != YamlValue::Kind::map) {
    throw Error(root.place + ": " + what + " holds sections, not " + root.kind_name());
  }
  return root;
}

template <class Names>
std::string joined(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

/// The preset: what is particular to one speed and size.
class PresetReader : private YamlFields {
 public:
  PresetReader(Findings& findings, dram::Device& device) : YamlFields(findings), device_(device) {}

  void read(const YamlValue& root) {
    expect_keys(root, "", {"name", "standard", "sources", "clock_mhz", "organisation", "timing", "rails"});
    if (const YamlValue* name = need(root, "", "name", YamlValue::Kind::scalar)) device_.name = name->text;
    if (const YamlValue* standard = need(root, "", "standard", YamlValue::Kind::scalar))
      device_.standard = standard->text;
    need(root, "", "sources", YamlValue::Kind::map);
    device_.clock_mhz = integer(root, "", "clock_mhz", 1, 100000);
    if (const YamlValue* organisation = need(root, "", "organisation", YamlValue::Kind::map))
      read_organisation(*organisation);
    if (const YamlValue* timing = need(root, "", "timing", YamlValue::Kind::map)) read_timing(*timing);
    if (const YamlValue* rails = need(root, "", "rails", YamlValue::Kind::map)) {
      for (const auto& rail : rails->entries) read_rail(rail.key, rail.value);
    }
  }

 private:
  void read_organisation(const YamlValue& map) {
    std::vector<std::string> keys;
    device_.organisation(
        [&](const char* name, std::int64_t& value, const char*, const char*, std::int64_t least, std::int64_t most) {
          keys.push_back(name);
          const std::string path = "organisation." + keys.back();
          const YamlValue* entry = need(map, "organisation", name, YamlValue::Kind::map);
          if (entry == nullptr) return;
          expect_keys(*entry, path, {"value", "source"});
          need(*entry, path, "source", YamlValue::Kind::scalar);
          value = integer(*entry, path, "value", least, most);
        });
    expect_keys(map, "organisation", keys);
  }

  void read_timing(const YamlValue& map) {
    for (const auto& entry : map.entries) {
      const std::string path = "timing." + entry.key;
      if (need(map, "timing", entry.key, YamlValue::Kind::map) == nullptr) continue;
      expect_keys(entry.value, path, {"clocks", "source"});
      need(entry.value, path, "source", YamlValue::Kind::scalar);
      device_.timings.emplace_back(entry.key, integer(entry.value, path, "clocks", 0, kMostClocks));
    }
  }

  void read_rail(const std::string& name, const YamlValue& map) {
    const std::string path = "rails." + name;
    if (map.kind != YamlValue::Kind::map) return add(map, path, "a section of currents is expected");
    expect_keys(map, path, {"volts", "idd0", "idd2n", "idd3n", "idd4r", "idd4w", "idd5", "idd5_bank", "source"});
    need(map, path, "source", YamlValue::Kind::scalar);
    dram::Rail rail;
    rail.name = name;
    for (const auto& [key, value] : {std::pair<const char*, double*>{"volts", &rail.volts},
                                     {"idd0", &rail.idd0},
                                     {"idd2n", &rail.idd2n},
                                     {"idd3n", &rail.idd3n},
                                     {"idd4r", &rail.idd4r},
                                     {"idd4w", &rail.idd4w},
                                     {"idd5", &rail.idd5}}) {
      *value = number(map, path, key);
    }
    if (map.find("idd5_bank") != nullptr) rail.idd5_bank = number(map, path, "idd5_bank");
    device_.rails.push_back(rail);
  }

  dram::Device& device_;
};

/// The standard: rows whose clocks are sums of names, worked out for a device.
class StandardReader : private YamlFields {
 public:
  StandardReader(Findings& findings, dram::Device& device) : YamlFields(findings), device_(device) {
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
      *clocks = clocks_of(*formula, "clocks." + key);
      if (*clocks < 1) add(*formula, "clocks." + key, "comes to less than one clock");
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
    constraint.clocks = clocks_of(row.items[3], "constraints");
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

  // "rl + burst + 2 - wl"
  Clock clocks_of(const YamlValue& formula, const std::string& path) {
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
      } else {
        add(formula, path,
            formula.text + ": '" + word + "' is " +
                (wants_term ? "neither a whole number nor a name of " + device_.name + "'s timing (or burst)"
                            : "no + or -"));
        return 0;
      }
    }
    if (wants_term) add(formula, path, formula.text + ": a name or number is missing at its end");
    return sum;
  }

  dram::Device& device_;
  Clocks names_;
};

}  // namespace

dram::Device read_dram_device(const std::string& name) {
  const std::string path = find_config("dram", "DRAM preset", name);
  Findings findings;
  dram::Device device;
  PresetReader(findings, device).read(read_map(path, "a DRAM preset", findings));
  findings.raise();
  const std::string standard = find_config("dram/standards", "DRAM standard", device.standard);
  StandardReader(findings, device).read(read_map(standard, "a DRAM standard", findings));
  findings.raise();
  for (const std::string& finding : device.findings()) findings.add(display_path(path) + ": " + finding);
  findings.raise();
  return device;
}

void price_device(const DramParams& params, Prices& prices) {
  auto& dram = prices.energy_pj["dram"];
  dram.clear();
  for (const dram::ActionEnergy& action : dram::action_energies(*params.device, params.refresh == "per_bank")) {
    Price price;
    price.value = action.pj;
    price.source = action.formula;
    price.where = "DRAM preset " + params.device->name;
    dram[action.name] = price;
  }
}

std::vector<DeviceFact> facts_of(dram::Device device) {
  std::vector<DeviceFact> facts = {{"", "name", device.name},
                                   {"", "standard", device.standard},
                                   {"", "clock_mhz", std::to_string(device.clock_mhz)}};
  const auto add = [&](const char* section, const std::string& name, std::int64_t value) {
    facts.push_back({section, name, std::to_string(value)});
  };
  device.organisation([&](const char* name, std::int64_t value, const char*, const char*, std::int64_t, std::int64_t) {
    add("organisation", name, value);
  });
  for (const auto& [name, clocks] : device.timings) add("timing", name, clocks);
  add("timing", "read_latency", device.read_latency);
  add("timing", "write_latency", device.write_latency);
  for (const dram::Rail& rail : device.rails) {
    facts.push_back(
        {"rails", rail.name,
         fmt::format("{} V, idd0 {} idd2n {} idd3n {} idd4r {} idd4w {} idd5 {} idd5_bank {} mA", rail.volts, rail.idd0,
                     rail.idd2n, rail.idd3n, rail.idd4r, rail.idd4w, rail.idd5, rail.idd5_bank)});
  }
  add("commands", "buses", device.command_buses);
  for (std::size_t c = 0; c < dram::kCommands; ++c)
    add("commands", std::string(dram::kCommandNames[c]), device.length[c]);
  for (const dram::Constraint& row : device.constraints) {
    const auto name = [](Command command) { return dram::kCommandNames[static_cast<std::size_t>(command)]; };
    std::string pair = fmt::format("{} {} -> {}", dram::kLevelNames[static_cast<std::size_t>(row.level)],
                                   name(row.before), name(row.after));
    if (row.window > 1) pair += fmt::format(" ({}th last)", row.window);
    add("constraints", pair, row.clocks);
  }
  return facts;
}

}  // namespace rondo

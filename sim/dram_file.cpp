#include "sim/dram_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "sim/dram_standard.hpp"
#include "sim/repository.hpp"
#include "sim/text_file.hpp"
#include "sim/yaml_fields.hpp"
#include "sim/yaml_file.hpp"

namespace rondo {
namespace {

using dram::Command;

constexpr std::int64_t kMostClocks = 1'000'000;

YamlValue read_map(const std::string& path, const char* what, Findings& findings) {
  YamlValue root = read_yaml_file(path, findings);
  if (root.kind != YamlValue::Kind::map) {
    throw Error(root.place + ": " + what + " holds sections, not " + root.kind_name());
  }
  return root;
}

// A word that formulas and messages can use.
bool is_name(const std::string& text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
         text.find_first_of("0123456789_") != 0;
}

/// Whoever copies a file gives the copy its own name.
void expect_own_name(const YamlValue& root, const std::string& path, Findings& findings) {
  const std::string own = std::filesystem::path(path).stem().string();
  const YamlValue* name = root.find("name");
  if (name != nullptr && name->kind == YamlValue::Kind::scalar && name->text != own)
    findings.add(name->place + ": name: is " + name->text + "; allowed " + own + ", the name of the file");
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
      if (!is_name(entry.key)) add(entry.value, path, "is no name of small letters, digits and _");
      if (entry.key == "burst") add(entry.value, path, "is worked out from burst_length; no timing may have its name");
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

// One of configs/dram/standards, or a file of that name beside the preset; a word, never a path.
std::string standard_path(const YamlValue& preset, const std::string& path) {
  const YamlValue& standard = *preset.find("standard");
  const std::string file = standard.text + ".yaml";
  if (is_name(standard.text)) {
    const std::filesystem::path known = repository_root() + "/configs/dram/standards/" + file;
    for (const auto& candidate : {known, std::filesystem::path(path).parent_path() / file}) {
      std::error_code ignored;
      if (std::filesystem::exists(candidate, ignored)) return candidate.string();
    }
  }
  const std::vector<std::string> all = known_configs("dram/standards");
  throw Error(standard.place + ": standard: '" + standard.text + "' is no DRAM standard" +
              did_you_mean(standard.text, all) + "; allowed " + fmt::format("{}", fmt::join(all, ", ")) +
              ", or a file NAME.yaml beside the preset");
}

}  // namespace

dram::Device read_dram_device(const std::string& name) {
  const std::string path = find_config("dram", "DRAM preset", name);
  Findings findings;
  dram::Device device;
  const YamlValue preset = read_map(path, "a DRAM preset", findings);
  expect_own_name(preset, path, findings);
  PresetReader(findings, device).read(preset);
  findings.raise();
  const std::string rows = standard_path(preset, path);
  const YamlValue standard = read_map(rows, "a DRAM standard", findings);
  expect_own_name(standard, rows, findings);
  read_dram_standard(standard, preset, device, findings);
  findings.raise();
  for (const std::string& finding : device.findings())
    findings.add(place_of_finding(finding, preset, standard) + ": " + finding);
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

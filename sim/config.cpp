#include "sim/config.hpp"

#include <algorithm>

#include "sim/dram_file.hpp"
#include "sim/settings.hpp"
#include "sim/text_file.hpp"

namespace rondo {
namespace {

constexpr const char* kNameSentence = "what reports call this chip";
constexpr const char* kTechnologySentence = "file of prices: a name in configs/technology, or a path";
const std::string kNetwork = "network.";

// A rule between fields is a sentence "section.field: ..."; the file and line come from where that field was
// set.
void add_cross_checks(RunConfig& config, Settings& settings, Findings& findings) {
  std::vector<std::string> broken = config.chip.cross_checks();
  const auto bits = [&](const char* name, std::int64_t value) {
    if (value != 8 && value != 16)
      broken.push_back(std::string("numbers.") + name + ": " + std::to_string(value) + "; allowed 8 or 16");
  };
  bits("weight_bits", config.numbers.weight_bits);
  bits("activation_bits", config.numbers.activation_bits);
  for (const std::string& sentence : broken) {
    const YamlValue* value = settings.take(sentence.substr(0, sentence.find(':')));
    findings.add((value != nullptr ? value->place : settings.place_of("")) + ": " + sentence);
  }
}

// `dram.model` names a file of its own.
void find_dram_device(DramParams& params, Settings& settings, Findings& findings) {
  if (params.model == "ideal") return;
  try {
    params.device = std::make_shared<const dram::Device>(read_dram_device(params.model));
  } catch (const Error& wrong) {
    for (const std::string& finding : wrong.findings())
      findings.add(settings.take("dram.model")->place + ": dram.model: " + finding);
  }
}

// A chip states both models of the DRAM; who sets a field on the command line expects it to matter.
void refuse_idle_sets(const RunConfig& config, const std::vector<std::string>& set, Findings& findings) {
  const std::string idle = config.chip.dram.device != nullptr ? "ideal:" : "device:";
  for (const FieldInfo& field : list_fields(config)) {
    if (field.sentence.compare(0, idle.size(), idle) != 0) continue;
    for (const std::string& assignment : set) {
      if (assignment.compare(0, assignment.find('='), field.path) != 0) continue;
      findings.add("--set " + assignment + ": " + field.path + ": no effect while dram.model is " +
                   config.chip.dram.model + "; it belongs to " +
                   (config.chip.dram.device != nullptr ? "dram.model=ideal" : "the devices of configs/dram"));
    }
  }
}

// Takes `network.size=value`; false when the assignment is about the chip.
bool take_network_size(const std::string& assignment, RunConfig& config, Findings& findings) {
  const std::size_t equals = assignment.find('=');
  if (assignment.compare(0, kNetwork.size(), kNetwork) != 0 || equals == std::string::npos) return false;
  const std::string size = assignment.substr(kNetwork.size(), equals - kNetwork.size());
  if (!config.network.emplace(size, assignment.substr(equals + 1)).second) {
    findings.add("--set " + assignment + ": network." + size + ": set twice on the command line");
  }
  return true;
}

}  // namespace

RunConfig read_config(const std::string& chip_path, const std::vector<std::string>& set) {
  Findings findings;
  Settings settings(findings);
  settings.read_chip_file(chip_path);
  RunConfig config;
  for (const std::string& assignment : set) {
    if (!take_network_size(assignment, config, findings)) settings.set(assignment);
  }
  FieldReader top("", settings, findings);
  top.word("name", config.name, kNameSentence);
  top.word("technology", config.technology, kTechnologySentence);
  config.chip.fields(top);
  std::vector<std::string> known = top.known();
  known.push_back("extends");
  config.sections([&](const char* section, auto& params) {
    FieldReader reader(section, settings, findings);
    params.fields(reader);
    known.insert(known.end(), reader.known().begin(), reader.known().end());
  });
  settings.refuse_unused(known);
  // Rules between fields say something only once each field is sound by itself.
  if (findings.empty()) find_dram_device(config.chip.dram, settings, findings);
  if (findings.empty()) {
    add_cross_checks(config, settings, findings);
    refuse_idle_sets(config, set, findings);
  }
  findings.raise();
  return config;
}

std::vector<FieldInfo> list_fields(RunConfig config) {
  std::vector<FieldInfo> all = {{"name", "", kNameSentence, 0, 0, {}, config.name},
                                {"technology", "", kTechnologySentence, 0, 0, {}, config.technology}};
  const auto take = [&](const char* section, auto& params) {
    FieldList list(section);
    params.fields(list);
    all.insert(all.end(), list.list().begin(), list.list().end());
  };
  take("", config.chip);
  all.back().path = "clock_mhz";
  config.sections(take);
  return all;
}

std::string to_yaml(const RunConfig& config) {
  std::string text = "# A whole chip: every field stated, nothing inherited.\n";
  std::string section;
  for (const FieldInfo& field : list_fields(config)) {
    const std::size_t dot = field.path.find('.');
    std::string line = field.path.substr(dot + 1);  // npos + 1 is 0: the whole name
    if (dot != std::string::npos) {
      if (field.path.substr(0, dot) != section) text += (section = field.path.substr(0, dot)) + ":\n";
      line = "  " + line;
    }
    line += ": " + field.value;
    if (line.size() < 32) line.resize(32, ' ');
    text += line + "  # " + (field.unit.empty() ? "" : field.unit + ": ") + field.sentence + "\n";
  }
  if (config.chip.dram.device != nullptr) {
    text += "\n# dram.model " + config.chip.dram.model + " is\n";
    for (const DeviceFact& fact : facts_of(*config.chip.dram.device)) {
      text += "#   " + (fact.section.empty() ? "" : fact.section + ".") + fact.name + ": " + fact.value + "\n";
    }
  }
  return text;
}

}  // namespace rondo

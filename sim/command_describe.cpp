#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "models/base/error.hpp"
#include "models/isa/instruction.hpp"
#include "models/units/chip.hpp"
#include "models/units/path_tally.hpp"
#include "sim/commands.hpp"
#include "sim/config.hpp"
#include "sim/dram_file.hpp"
#include "sim/repository.hpp"
#include "sim/text_file.hpp"
#include "sim/text_style.hpp"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

// One line of a table: what it is called, what it is worth, what it may be, and what it means.
struct Row {
  std::string name;
  std::string value;
  std::string allowed;
  std::string sentence;
};
struct Table {
  std::string name;
  std::vector<Row> rows;
};

std::string allowed_of(const FieldInfo& field) {
  std::string text;
  for (const std::string& word : field.words) text += (text.empty() ? "" : " | ") + word;
  if (text.empty() && field.most > field.least) text = std::to_string(field.least) + ".." + std::to_string(field.most);
  return field.unit.empty() ? text : text + " " + field.unit;
}

std::vector<Table> parameter_tables(const RunConfig& config) {
  std::vector<Table> tables = {{"chip", {}}};
  for (const FieldInfo& field : list_fields(config)) {
    const std::size_t dot = field.path.find('.');
    const std::string section = dot == std::string::npos ? "chip" : field.path.substr(0, dot);
    if (tables.back().name != section) tables.push_back({section, {}});
    tables.back().rows.push_back({field.path.substr(dot + 1), field.value, allowed_of(field), field.sentence});
  }
  return tables;
}

Table instruction_table() {
  Table table{"instructions", {}};
  for (const OpcodeInfo& row : opcode_table()) {
    table.rows.push_back({std::string(row.name), "", "unit " + std::string(row.unit), std::string(row.sentence)});
    for (const PlaceInfo& place : row.places) {
      table.rows.push_back(
          {"  " + std::string(place.name), "", "place in " + std::string(place.spaces), std::string(place.sentence)});
    }
    for (const FieldRow& field : row.fields) {
      table.rows.push_back({"  " + std::string(field.name), "",
                            std::to_string(field.least) + ".." + std::to_string(field.most),
                            std::string(field.sentence)});
    }
  }
  return table;
}

Table micro_operation_table() {
  Table table{"micro_operations", {}};
  for (const MicroOpInfo& row : micro_op_table()) {
    const std::string user(kFunctionalUnitNames[static_cast<std::size_t>(row.functional_unit)]);
    table.rows.push_back({std::string(row.name), std::string(row.operands), user, std::string(row.sentence)});
  }
  return table;
}

Table cause_table() {
  Table table{"causes", {}};
  for (const CauseInfo& cause : kCauseTable)
    table.rows.push_back({std::string(cause.name), "", "", std::string(cause.sentence)});
  return table;
}

// What the cycles of the critical path are spent on, and what a step of it can have waited for.
Table path_cycles_table() {
  Table table{"path_cycles", {}};
  for (const Stage stage : {Stage::slot, Stage::window, Stage::front, Stage::back, Stage::request, Stage::transfer}) {
    const StageInfo& row = info(stage);
    table.rows.push_back({std::string(row.kind), "", "", std::string(row.sentence)});
    if (row.drain_kind.empty()) continue;
    table.rows.push_back({std::string(row.drain_kind), "", "", std::string(row.drain_sentence)});
  }
  for (int r = 0; r < kReasons; ++r) {
    const ReasonInfo& reason = info(static_cast<Reason>(r));
    if (!hands_over(static_cast<Reason>(r))) continue;
    table.rows.push_back(
        {std::string(reason.name), "", "", "one cycle to hand over, where " + std::string(reason.sentence)});
  }
  return table;
}

Table path_reason_table() {
  Table table{"path_reasons", {}};
  for (int r = 0; r < kReasons; ++r) {
    const ReasonInfo& reason = info(static_cast<Reason>(r));
    table.rows.push_back({std::string(reason.name), "", "", std::string(reason.sentence)});
  }
  return table;
}

// Every preset, by what a channel of it is.
Table preset_table() {
  Table table{"dram_presets", {}};
  for (const std::string& name : known_configs("dram")) {
    dram::Device device;
    try {
      device = read_dram_device(name);
    } catch (const Error& wrong) {
      table.rows.push_back({name, "", "", wrong.what()});
      continue;
    }
    const std::int64_t row_bytes = device.columns * device.device_bits * device.devices / 8;
    const double bytes_per_s =
        1e6 * static_cast<double>(device.clock_mhz * device.burst_bytes()) / static_cast<double>(device.burst_clocks());
    table.rows.push_back({name, si(bytes_per_s, "B/s"), "",
                          device.standard + " at " + std::to_string(device.clock_mhz) + " MHz, a channel of " +
                              capacity_text(device.rank_bytes()) + ": " + std::to_string(device.banks()) +
                              " banks, rows of " + capacity_text(row_bytes) + ", bursts of " +
                              std::to_string(device.burst_bytes()) + " bytes, refresh of all banks" +
                              (device.refresh_bank_interval > 0 ? " or of one" : "")});
  }
  return table;
}

void add_rows(Table& table, const std::string& owner, const std::vector<Quantity>& quantities, bool counts) {
  for (const Quantity& one : quantities) {
    table.rows.push_back({owner + "." + one.name, counts ? grouped(one.count) : "", "", one.sentence});
  }
}

// What the chip's units and memories declare.
std::vector<Table> declared_tables(const RunConfig& config) {
  std::vector<Table> tables = {{"actions", {}}, {"parts", {}}, {"counters", {}}};
  for (const Counted& counted : declare_chip(config.chip).counted()) {
    add_rows(tables[0], counted.owner, counted.actions, false);
    add_rows(tables[1], counted.owner, counted.parts, true);
    add_rows(tables[2], counted.owner, counted.counters, false);
  }
  return tables;
}

std::string table_text(const Table& table, const Style& style) {
  std::string text = "\n" + style.bold(table.name) + "\n";
  for (const Row& row : table.rows) {
    std::string line = "  " + left(row.name, 26) + right(row.value, 13);
    if (!row.allowed.empty()) line += "   " + row.allowed;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n" + style.dim(wrapped(row.sentence, 6, 80));
  }
  return text;
}

Json table_tree(const Table& table) {
  Json rows = Json::array();
  for (const Row& row : table.rows) {
    rows.push_back({{"name", row.name}, {"value", row.value}, {"allowed", row.allowed}, {"sentence", row.sentence}});
  }
  return rows;
}

void keep_only(const std::vector<std::string>& sections, std::vector<Table>& tables) {
  if (sections.empty()) return;
  tables.erase(std::remove_if(tables.begin(), tables.end(),
                              [&](const Table& table) {
                                return std::find(sections.begin(), sections.end(), table.name) == sections.end();
                              }),
               tables.end());
}

bool is_section(const std::string& word, const std::vector<Table>& tables) {
  return std::any_of(tables.begin(), tables.end(), [&](const Table& table) { return table.name == word; });
}

std::vector<Table> all_tables(const RunConfig& config) {
  std::vector<Table> tables = parameter_tables(config);
  tables.push_back(instruction_table());
  tables.push_back(micro_operation_table());
  tables.push_back(cause_table());
  tables.push_back(preset_table());
  tables.push_back(path_cycles_table());
  tables.push_back(path_reason_table());
  for (Table& table : declared_tables(config)) tables.push_back(std::move(table));
  return tables;
}

// Words name sections of the tables, and at most one chip.
std::string chip_of(const Arguments& arguments, std::vector<std::string>& sections, const std::vector<Table>& tables) {
  std::string chip = "base";
  for (const std::string& word : arguments.words) {
    if (is_section(word, tables)) {
      sections.push_back(word);
    } else if (chip == "base") {
      std::vector<std::string> known = known_configs("chips");
      for (const Table& table : tables) known.push_back(table.name);
      chip = word;
      std::string list;
      for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
      try {
        find_config("chips", "chip", word);
      } catch (const Error&) {
        throw Error("'" + word + "': neither a section nor a chip" + did_you_mean(word, known) + "; known are " + list);
      }
    } else {
      throw Error("'" + word + "': one chip at a time, beside " + chip);
    }
  }
  return chip;
}

}  // namespace

int describe_command(const Arguments& arguments) {
  const RunConfig base = read_config(find_config("chips", "chip", "base"), {});
  std::vector<std::string> sections;
  const std::string chip = chip_of(arguments, sections, all_tables(base));
  const RunConfig config = read_config(find_config("chips", "chip", chip), arguments.set);
  if (arguments.yaml) {
    std::cout << to_yaml(config);
    return 0;
  }
  std::vector<Table> tables = all_tables(config);
  keep_only(sections, tables);
  if (arguments.json) {
    Json tree = Json::object();
    for (const Table& table : tables) tree[table.name] = table_tree(table);
    std::cout << tree.dump(2) << "\n";
    return 0;
  }
  const Style style(wants_colour(1));
  for (const Table& table : tables) std::cout << table_text(table, style);
  std::cout << "\n";
  return 0;
}

}  // namespace rondo

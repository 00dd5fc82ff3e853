#include "sim/report.hpp"

#include <nlohmann/json.hpp>

#include "sim/dram_file.hpp"
#include "sim/why.hpp"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

Json object() { return Json::object(); }

Json counts_of(const std::vector<Quantity>& quantities) {
  Json tree = object();
  for (const Quantity& quantity : quantities) tree[quantity.name] = quantity.count;
  return tree;
}

Json units_tree(const ChipRun& run) {
  Json tree = object();
  for (const UnitReport& unit : run.units) {
    Json cycles = object();
    for (int c = 0; c < kCauses; ++c)
      cycles[std::string(kCauseTable[static_cast<std::size_t>(c)].name)] = unit.cycles[static_cast<std::size_t>(c)];
    tree[unit.name] = {{"cycles", cycles},
                       {"actions", counts_of(unit.counted.actions)},
                       {"counters", counts_of(unit.counted.counters)}};
  }
  return tree;
}

Json memories_tree(const ChipRun& run, double seconds, double dram_peak) {
  Json tree = object();
  for (const MemoryReport& memory : run.memories) {
    const double bytes = static_cast<double>(memory.read_bytes + memory.written_bytes);
    Json one = {{"read_bytes", memory.read_bytes},
                {"written_bytes", memory.written_bytes},
                {"capacity_bytes", memory.capacity_bytes},
                {"mean_bytes_per_s", seconds > 0 ? bytes / seconds : 0.0}};
    if (!memory.counted.actions.empty()) one["actions"] = counts_of(memory.counted.actions);
    if (!memory.counted.counters.empty()) one["counters"] = counts_of(memory.counted.counters);
    if (memory.name == "dram") {
      one["peak_bytes_per_s"] = dram_peak;
      one["bus_utilisation"] = seconds > 0 ? bytes / seconds / dram_peak : 0.0;
    }
    tree[memory.name] = one;
  }
  return tree;
}

Json energy_tree(const Bill& bill) {
  Json units = object();
  Json leakage = object();
  for (const Bill::Owner& owner : bill.owners) {
    Json actions = object();
    for (const Bill::Line& line : owner.energy_j) actions[line.name] = line.amount;
    units[owner.name] = actions;
    leakage[owner.name] = owner.leakage_j;
  }
  return {{"total", bill.energy_j},
          {"dynamic", bill.dynamic_j},
          {"leakage", bill.leakage_j},
          {"units", units},
          {"leakage_units", leakage}};
}

Json area_tree(const Bill& bill) {
  Json units = object();
  for (const Bill::Owner& owner : bill.owners) {
    double area = 0;
    for (const Bill::Line& line : owner.area_mm2) area += line.amount;
    units[owner.name] = area;
  }
  return {{"total", bill.area_mm2}, {"units", units}};
}

Json shape_tree(const NetworkShape& shape, std::int64_t weight_bits) {
  Json recurrent = Json::array();
  Json dense = Json::array();
  for (const NetworkShape::Layer& layer : shape.layers) {
    if (layer.cell == "dense") {
      dense.push_back({{"inputs", layer.inputs}, {"outputs", layer.hidden}, {"times", layer.steps * layer.batch}});
    } else {
      recurrent.push_back({{"cell", layer.cell},
                           {"input", layer.inputs},
                           {"hidden", layer.hidden},
                           {"directions", layer.directions},
                           {"steps", layer.steps},
                           {"batch", layer.batch},
                           {"skip_input", layer.skip_input}});
    }
  }
  return {{"steps", shape.steps},
          {"batch", shape.batch},
          {"recurrent_layers", recurrent},
          {"dense_layers", dense},
          {"macs", shape.multiply_accumulates},
          {"weight_bytes", shape.parameters * weight_bits / 8},
          {"parameters", shape.parameters}};
}

// What the compiler made of the mapping.
Json mapping_tree(const Prepared& prepared) {
  const Mapped& mapped = *prepared.executable->mapped;
  const Machine& machine = prepared.config.chip.machine;
  Json unchained = Json::array();
  for (int c = 0; c < kChainings; ++c) {
    const auto chaining = static_cast<Chaining>(c);
    const std::int64_t passes = mapped.passes[static_cast<std::size_t>(c)];
    if (chaining == Chaining::streams || passes == 0) continue;
    std::string because(words(chaining));
    if (chaining == Chaining::little_room) because += ", " + std::to_string(mapped.stream_rows) + " would help";
    unchained.push_back({{"passes", passes}, {"because", because}});
  }
  return {{"arrays", mapped.arrays},
          {"available_arrays", machine.arrays},
          {"fewer_arrays_because", mapped.fewer_arrays},
          {"dataflow", kDataflowNames[static_cast<std::size_t>(machine.dataflow)]},
          {"passes", mapped.all_passes()},
          {"chained_passes", mapped.streamed_passes()},
          {"unchained_passes", unchained},
          {"slices", mapped.slices},
          {"chained_slices", mapped.streamed_slices},
          {"sum_buffers", mapped.sum_buffers}};
}

// Multiply-accumulates that the array did, for a trace, whose network is not known.
std::int64_t counted_macs(const ChipRun& run) {
  std::int64_t macs = 0;
  for (const UnitReport& unit : run.units) {
    for (const Quantity& action : unit.counted.actions) {
      if (unit.counted.priced_as() == "matrix" && action.name.compare(0, 3, "mac") == 0) macs += action.count;
    }
  }
  return macs;
}

void add_speed(const Prepared& prepared, const RunResult& result, Json& report) {
  const std::int64_t macs = prepared.shape() ? prepared.shape()->multiply_accumulates : counted_macs(result.chip);
  const Machine& machine = prepared.config.chip.machine;
  const double peak = 2e6 * static_cast<double>(machine.arrays * machine.rows * machine.cols) *
                      static_cast<double>(prepared.config.chip.clock_mhz);
  const double effective = result.seconds > 0 ? 2 * static_cast<double>(macs) / result.seconds : 0;
  report["operations"] = 2 * macs;
  report["effective_ops_per_s"] = effective;
  report["peak_ops_per_s"] = peak;
  report["utilisation"] = effective / peak;
}

Json accuracy_tree(const Accuracy& accuracy) {
  Json outputs = object();
  for (const Accuracy::Output& output : accuracy.outputs) {
    outputs[output.name] = {{"sqnr_db", output.distance.sqnr_db},
                            {"max_abs_error", output.distance.max_abs_error},
                            {"shape", output.shape}};
  }
  return {{"sqnr_db", accuracy.total.sqnr_db}, {"max_abs_error", accuracy.total.max_abs_error}, {"outputs", outputs}};
}

Json saturation_tree(const Values& values, const Program& program) {
  Values::Saturation total;
  Json layers = object();
  for (std::size_t row = 0; row < values.saturation.size(); ++row) {
    const Values::Saturation& one = values.saturation[row];
    total.accumulator += one.accumulator;
    total.gate += one.gate;
    if (one.accumulator + one.gate == 0) continue;
    layers[row == 0 ? "(no layer)" : program.layers[row - 1]] = {{"accumulator", one.accumulator}, {"gate", one.gate}};
  }
  return {{"accumulator", total.accumulator}, {"gate", total.gate}, {"layers", layers}};
}

void add_values(const Prepared& prepared, const RunResult& result, Json& report) {
  if (prepared.without_values == WithoutValues::asked) report["without_values"] = "timing only";
  if (prepared.without_values == WithoutValues::no_weights)
    report["without_values"] = prepared.from_trace ? "the trace holds no data" : "the network has no weights";
  if (result.accuracy) report["accuracy"] = accuracy_tree(*result.accuracy);
  if (result.bits_per_character) {
    report["bits_per_character"] = {{"float", result.bits_per_character->float_bits},
                                    {"chip", result.bits_per_character->chip_bits}};
  }
  if (result.values) report["saturation"] = saturation_tree(*result.values, prepared.program());
}

}  // namespace

Json config_tree(const RunConfig& config) {
  Json tree = object();
  for (const FieldInfo& field : list_fields(config)) {
    const std::size_t dot = field.path.find('.');
    Json& place =
        dot == std::string::npos ? tree[field.path] : tree[field.path.substr(0, dot)][field.path.substr(dot + 1)];
    const bool integer = field.words.empty() && field.most > field.least;
    if (integer) {
      place = std::stoll(field.value);
    } else {
      place = field.value;
    }
  }
  if (config.chip.dram.device != nullptr) {
    Json& device = tree["dram"]["device"] = object();
    for (const DeviceFact& fact : facts_of(*config.chip.dram.device)) {
      if (fact.section == "constraints")
        device[fact.section].push_back(fact.name + ": " + fact.value);
      else
        (fact.section.empty() ? device : device[fact.section])[fact.name] = fact.value;
    }
  }
  return tree;
}

Json make_report(const Prepared& prepared, const RunResult& result) {
  Json report = {{"schema", kReportSchema},           {"rondo_version", RONDO_VERSION},
                 {"chip", prepared.config.name},      {"network", prepared.network},
                 {"from_trace", prepared.from_trace}, {"total_cycles", result.chip.total_cycles},
                 {"time_s", result.seconds},          {"clock_mhz", prepared.config.chip.clock_mhz}};
  if (prepared.shape()) {
    report["steps"] = prepared.shape()->steps;
    report["cycles_per_step"] =
        static_cast<double>(result.chip.total_cycles) / static_cast<double>(prepared.shape()->steps);
  }
  if (prepared.executable->mapped) report["mapping"] = mapping_tree(prepared);
  report["instructions"] = result.chip.instructions;
  add_speed(prepared, result, report);
  report["units"] = units_tree(result.chip);
  report["memories"] = memories_tree(result.chip, result.seconds,
                                     prepared.config.chip.dram.peak_bytes_per_s(prepared.config.chip.clock_mhz));
  report["energy_j"] = energy_tree(result.bill);
  report["area_mm2"] = area_tree(result.bill);
  add_values(prepared, result, report);
  if (result.why) report["why"] = why_tree(prepared, result);
  if (prepared.shape()) report["network_shape"] = shape_tree(*prepared.shape(), prepared.config.numbers.weight_bits);
  Json sizes = object();
  for (const auto& [size, value] : prepared.config.network) sizes[size] = value;
  report["network_settings"] = sizes;
  report["resolved_config"] = config_tree(prepared.config);
  report["program_sha256"] = prepared.executable->sha256;
  return report;
}

std::string report_json(const Json& report) { return report.dump(2) + "\n"; }

std::string counters_csv(const Json& report) {
  std::string text = "owner,kind,name,count\n";
  const auto add = [&](const std::string& owner, const char* kind, const Json& counts) {
    for (const auto& [name, count] : counts.items())
      text += owner + "," + kind + "," + name + "," + std::to_string(count.get<std::int64_t>()) + "\n";
  };
  for (const auto& [name, unit] : report["units"].items()) {
    add(name, "cycles", unit["cycles"]);
    add(name, "action", unit["actions"]);
    add(name, "counter", unit["counters"]);
  }
  for (const auto& [name, memory] : report["memories"].items()) {
    for (const char* kind : {"read_bytes", "written_bytes", "capacity_bytes"})
      add(name, "bytes", {{kind, memory[kind]}});
    if (memory.contains("actions")) add(name, "action", memory["actions"]);
    if (memory.contains("counters")) add(name, "counter", memory["counters"]);
  }
  return text;
}

}  // namespace rondo

#include <filesystem>

#include "sim/config.hpp"
#include "sim/repository.hpp"
#include "sim/text_file.hpp"
#include "sim/yaml_fields.hpp"
#include "sim/yaml_file.hpp"

namespace rondo {
namespace {

// Reads one technology file; what is wrong goes to the findings, with the nearest word that would be right.
class TechnologyReader : private YamlFields {
 public:
  TechnologyReader(std::string dram_kind, Findings& findings)
      : YamlFields(findings), dram_kind_(std::move(dram_kind)), findings_(findings) {}

  Prices read(const YamlValue& root) {
    Prices prices;
    expect_keys(root, "", {"name", "node_nm", "voltage_v", "sources", "energy_pj", "area_um2", "leakage"});
    if (const YamlValue* name = need(root, "", "name", YamlValue::Kind::scalar)) prices.name = name->text;
    if (const YamlValue* energy = need(root, "", "energy_pj", YamlValue::Kind::map)) {
      for (const auto& owner : energy->entries) prices.energy_pj[owner.key] = owner_prices(owner, "energy_pj", "pj");
    }
    if (const YamlValue* area = need(root, "", "area_um2", YamlValue::Kind::map)) {
      for (const auto& owner : area->entries) prices.area_um2[owner.key] = owner_prices(owner, "area_um2", "um2");
    }
    if (const YamlValue* leakage = need(root, "", "leakage", YamlValue::Kind::map)) {
      expect_keys(*leakage, "leakage", {"logic_w_per_mm2", "sram_w_per_mm2"});
      prices.logic_leakage_w_per_mm2 = leak(*leakage, "logic_w_per_mm2");
      prices.sram_leakage_w_per_mm2 = leak(*leakage, "sram_w_per_mm2");
    }
    return prices;
  }

  // A file that extends another states only its name and factors on everything but DRAM, which is another chip.
  void scale(const YamlValue& root, Prices& prices) {
    expect_keys(root, "", {"extends", "name", "node_nm", "voltage_v", "sources", "scale"});
    if (const YamlValue* name = need(root, "", "name", YamlValue::Kind::scalar)) prices.name = name->text;
    const YamlValue* scale = need(root, "", "scale", YamlValue::Kind::map);
    if (scale == nullptr) return;
    expect_keys(*scale, "scale", {"energy", "area", "leakage"});
    const double energy = factor(*scale, "energy"), area = factor(*scale, "area"), leakage = factor(*scale, "leakage");
    for (auto& [owner, actions] : prices.energy_pj) {
      for (auto& [action, price] : actions) price.value *= owner == "dram" ? 1.0 : energy;
    }
    for (auto& [owner, parts] : prices.area_um2) {
      for (auto& [part, price] : parts) price.value *= area;
    }
    prices.logic_leakage_w_per_mm2 *= leakage;
    prices.sram_leakage_w_per_mm2 *= leakage;
  }

 private:
  double factor(const YamlValue& scale, const std::string& key) {
    const YamlValue* value = need(scale, "scale", key, YamlValue::Kind::map);
    if (value == nullptr) return 0;
    expect_keys(*value, "scale." + key, {"factor", "source"});
    need(*value, "scale." + key, "source", YamlValue::Kind::scalar);
    return number(*value, "scale." + key, "factor");
  }

  double leak(const YamlValue& leakage, const std::string& key) {
    const YamlValue* value = need(leakage, "leakage", key, YamlValue::Kind::map);
    return value == nullptr ? 0 : number(*value, "leakage." + key, "w");
  }

  Price read_price(const YamlValue::Entry& entry, const std::string& path, const std::string& unit) {
    Price price;
    price.where = entry.place;
    const YamlValue& value = entry.value;
    if (value.kind != YamlValue::Kind::map) {
      findings_.add(value.place + ": " + path + ": is " + value.kind_name() + "; {" + unit +
                    ": number, source: text} is expected");
      return price;
    }
    expect_keys(value, path, {unit, "per", "source", "law", "of", "reference"});
    price.value = number(value, path, unit);
    if (const YamlValue* source = need(value, path, "source", YamlValue::Kind::scalar)) price.source = source->text;
    if (value.find("law") != nullptr) read_law(value, path, price);
    return price;
  }

  void read_law(const YamlValue& value, const std::string& path, Price& price) {
    const YamlValue& law = *value.find("law");
    if (law.text != "sqrt") findings_.add(law.place + ": " + path + ".law: " + law.text + " is unknown; allowed sqrt");
    price.law = Price::Law::sqrt;
    if (const YamlValue* of = need(value, path, "of", YamlValue::Kind::scalar)) {
      price.of = of->text;
      if (of->text != "bank_bytes")
        findings_.add(of->place + ": " + path + ".of: " + of->text + " is unknown; allowed bank_bytes");
    }
    price.reference = number(value, path, "reference");
    if (price.reference <= 0) price.reference = 1;
  }

  std::map<std::string, Price> owner_prices(const YamlValue::Entry& owner, const std::string& path,
                                            const std::string& unit) {
    const std::string here = dotted(path, owner.key);
    std::map<std::string, Price> prices;
    if (owner.value.kind != YamlValue::Kind::map) {
      findings_.add(owner.value.place + ": " + here + ": is " + owner.value.kind_name() +
                    "; a section of prices is expected");
      return prices;
    }
    if (owner.key == "dram" && path == "energy_pj") return dram_prices(owner.value, here, unit);
    for (const auto& entry : owner.value.entries) prices[entry.key] = read_price(entry, dotted(here, entry.key), unit);
    return prices;
  }

  // One section for each kind of DRAM; all are read, so that a mistake shows whatever the chip, and one is
  // kept.
  std::map<std::string, Price> dram_prices(const YamlValue& kinds, const std::string& path, const std::string& unit) {
    std::map<std::string, Price> chosen;
    for (const auto& kind : kinds.entries) {
      std::map<std::string, Price> prices;
      for (const auto& entry : kind.value.entries)
        prices[entry.key] = read_price(entry, dotted(dotted(path, kind.key), entry.key), unit);
      if (kind.key == dram_kind_) chosen = prices;
    }
    if (kinds.find(dram_kind_) == nullptr)
      findings_.add(kinds.place + ": " + dotted(path, dram_kind_) + ": missing; the chip's dram.technology");
    return chosen;
  }

  std::string dram_kind_;
  Findings& findings_;
};

YamlValue read_sections(const std::string& path, Findings& findings) {
  YamlValue root = read_yaml_file(path, findings);
  if (root.kind != YamlValue::Kind::map)
    throw Error(root.place + ": a technology file holds sections, not " + root.kind_name());
  return root;
}

}  // namespace

Prices read_technology(const std::string& name, const std::string& dram_kind) {
  const std::string path = find_config("technology", "technology", name);
  Findings findings;
  const YamlValue root = read_sections(path, findings);
  TechnologyReader reader(dram_kind, findings);
  const YamlValue* base = root.find("extends");
  if (base == nullptr) {
    Prices prices = reader.read(root);
    findings.raise();
    return prices;
  }
  const std::string base_path = (std::filesystem::path(path).parent_path() / base->text).string();
  if (base->text.empty() || !std::filesystem::is_regular_file(base_path))
    throw Error(base->place + ": extends: there is no " + base_path + "; the file of another technology is expected");
  const YamlValue base_root = read_sections(base_path, findings);
  if (base_root.find("extends") != nullptr)
    throw Error(base->place + ": extends: " + base->text +
                " extends another itself; one that states its prices is expected");
  Prices prices = reader.read(base_root);
  reader.scale(root, prices);
  findings.raise();
  return prices;
}

}  // namespace rondo

#include "models/cost/cost.hpp"

#include <cmath>

#include "models/base/error.hpp"

namespace rondo {
namespace {

using Table = std::map<std::string, std::map<std::string, Price>>;

const Price* find(const Table& table, const std::string& owner, const std::string& name) {
  const auto row = table.find(owner);
  if (row == table.end()) return nullptr;
  const auto price = row->second.find(name);
  return price == row->second.end() ? nullptr : &price->second;
}

bool declares(const std::vector<Quantity>& list, const std::string& name) {
  for (const Quantity& item : list) {
    if (item.name == name) return true;
  }
  return false;
}

using List = std::vector<Quantity> Counted::*;

void find_unpriced(const std::vector<Counted>& counted, List list, const Table& table, const Prices& prices,
                   const char* section, Findings& findings) {
  for (const Counted& owner : counted) {
    if (owner.priced_as() != owner.owner) continue;  // the first of its kind is there too
    for (const Quantity& item : owner.*list) {
      if (find(table, owner.owner, item.name) != nullptr) continue;
      findings.add("technology " + prices.name + ": " + section + "." + owner.owner + "." + item.name +
                   " is missing; it must price \"" + item.sentence + "\"");
    }
  }
}

void find_unowned(const std::vector<Counted>& counted, List list, const Table& table, const Prices& prices,
                  const char* section, Findings& findings) {
  for (const auto& [owner, row] : table) {
    for (const auto& [name, price] : row) {
      bool owned = false;
      for (const Counted& unit : counted) owned = owned || (unit.owner == owner && declares(unit.*list, name));
      if (owned) continue;
      const std::string where = price.where.empty() ? "technology " + prices.name : price.where;
      findings.add(where + ": " + section + "." + owner + "." + name + " prices nothing that this chip has");
    }
  }
}

void find_bad_laws(const std::vector<Counted>& counted, const Table& table, Findings& findings) {
  for (const auto& [owner, row] : table) {
    for (const auto& [name, price] : row) {
      if (price.law != Price::Law::sqrt) continue;
      const std::string what = price.where + ": " + owner + "." + name + ": ";
      if (price.of != "bank_bytes") findings.add(what + "a law of '" + price.of + "'; allowed: bank_bytes");
      if (!(price.reference > 0)) findings.add(what + "reference must be above 0");
      for (const Counted& unit : counted) {
        if (unit.owner == owner && unit.bank_bytes == 0)
          findings.add(what + "a law of bank_bytes, but it has no banks");
      }
    }
  }
}

double unit_price(const Price& price, const Counted& owner) {
  if (price.law == Price::Law::constant) return price.value;
  return price.value * std::sqrt(static_cast<double>(owner.bank_bytes) / price.reference);
}

std::vector<Bill::Line> amounts(const Counted& owner, List list, const Table& table, double scale) {
  std::vector<Bill::Line> lines;
  for (const Quantity& item : owner.*list) {
    const Price* price = find(table, owner.priced_as(), item.name);
    check(price != nullptr, "an action or part without a price: check_prices was not called");
    lines.push_back({item.name, static_cast<double>(item.count) * unit_price(*price, owner) * scale});
  }
  return lines;
}

double sum(const std::vector<Bill::Line>& lines) {
  double total = 0;
  for (const Bill::Line& line : lines) total += line.amount;
  return total;
}

}  // namespace

void check_prices(const std::vector<Counted>& counted, const Prices& prices) {
  Findings findings;
  find_unpriced(counted, &Counted::actions, prices.energy_pj, prices, "energy_pj", findings);
  find_unpriced(counted, &Counted::parts, prices.area_um2, prices, "area_um2", findings);
  find_unowned(counted, &Counted::actions, prices.energy_pj, prices, "energy_pj", findings);
  find_unowned(counted, &Counted::parts, prices.area_um2, prices, "area_um2", findings);
  find_bad_laws(counted, prices.energy_pj, findings);
  find_bad_laws(counted, prices.area_um2, findings);
  findings.raise();
}

Bill price(const std::vector<Counted>& counted, const Prices& prices, double seconds) {
  Bill bill;
  for (const Counted& owner : counted) {
    Bill::Owner line;
    line.name = owner.owner;
    line.energy_j = amounts(owner, &Counted::actions, prices.energy_pj, 1e-12);
    line.area_mm2 = amounts(owner, &Counted::parts, prices.area_um2, 1e-6);
    const double watts = owner.bank_bytes != 0 ? prices.sram_leakage_w_per_mm2 : prices.logic_leakage_w_per_mm2;
    line.leakage_j = sum(line.area_mm2) * watts * seconds;
    bill.dynamic_j += sum(line.energy_j);
    bill.leakage_j += line.leakage_j;
    bill.area_mm2 += sum(line.area_mm2);
    bill.owners.push_back(std::move(line));
  }
  bill.energy_j = bill.dynamic_j + bill.leakage_j;
  return bill;
}

}  // namespace rondo

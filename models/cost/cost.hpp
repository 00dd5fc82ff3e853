#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/base/counted.hpp"

/// Energy = actions x prices, area = parts x prices, leakage = area x time. Units count; nobody else knows a
/// joule.
namespace rondo {

/// A price: a number, or a law of one quantity of its owner. `constant`: value. `sqrt`: value * sqrt(quantity
/// / reference), the form in which SRAM energy grows with capacity.
struct Price {
  enum class Law { constant, sqrt };
  Law law = Law::constant;
  double value = 0;  ///< pJ per action, um2 per part
  std::string of;    ///< quantity of a sqrt law; only "bank_bytes" exists
  double reference = 1;
  std::string source;  ///< where the number comes from
  std::string where;   ///< file:line:column, for messages
};

/// One technology: owner -> action or part -> price.
struct Prices {
  std::string name;
  std::map<std::string, std::map<std::string, Price>> energy_pj;
  std::map<std::string, std::map<std::string, Price>> area_um2;
  double logic_leakage_w_per_mm2 = 0;
  double sram_leakage_w_per_mm2 = 0;
};

struct Bill {
  struct Line {
    std::string name;
    double amount = 0;
  };
  struct Owner {
    std::string name;
    std::vector<Line> energy_j;  ///< per action
    std::vector<Line> area_mm2;  ///< per part
    double leakage_j = 0;
  };
  std::vector<Owner> owners;
  double dynamic_j = 0;
  double leakage_j = 0;
  double energy_j = 0;  ///< dynamic + leakage
  double area_mm2 = 0;
};

/// Every action and part must have exactly one price, and every price an owner: throws Error with all orphans
/// of both sides.
void check_prices(const std::vector<Counted>& counted, const Prices& prices);

/// Prices a finished run that took `seconds`. Owners whose name is a memory with banks leak as SRAM, all
/// others as logic.
Bill price(const std::vector<Counted>& counted, const Prices& prices, double seconds);

}  // namespace rondo

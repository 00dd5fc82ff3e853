#include "models/isa/machine.hpp"

#include "models/base/params.hpp"

namespace rondo {

std::vector<std::string> Machine::cross_checks() const {
  std::vector<std::string> broken;
  if ((table_entries & (table_entries - 1)) != 0) broken.push_back("machine.table_entries: must be a power of two");
  for (Space space : {Space::weight, Space::activation, Space::parameter, Space::accumulator}) {
    if (capacity(space) % (16 * banks(space)) != 0) {
      broken.push_back("machine." + std::string(kSpaceNames[int(space)]) + "_bytes: must be a multiple of 16 x banks");
    }
  }
  return broken;
}

std::string Machine::unit_names() const {
  std::string text;
  for (int u = 0; u < kUnits; ++u) {
    if (has(static_cast<Unit>(u))) text += (u == 0 ? "" : ", ") + std::string(kUnitNames[u]);
  }
  return text;
}

std::int64_t Machine::capacity(Space space) const {
  switch (space) {
    case Space::dram: return dram_bytes;
    case Space::weight: return weight_bytes;
    case Space::activation: return activation_bytes;
    case Space::parameter: return parameter_bytes;
    case Space::accumulator: return accumulator_bytes;
  }
  return 0;
}

std::int64_t Machine::banks(Space space) const {
  switch (space) {
    case Space::dram: return 1;
    case Space::weight: return weight_banks;
    case Space::activation: return activation_banks;
    case Space::parameter: return parameter_banks;
    case Space::accumulator: return accumulator_banks;
  }
  return 1;
}

bool Machine::operator==(const Machine& other) const {
  FieldList mine("machine"), theirs("machine");
  const_cast<Machine&>(*this).fields(mine);
  const_cast<Machine&>(other).fields(theirs);
  for (std::size_t i = 0; i < mine.list().size(); ++i) {
    if (mine.list()[i].value != theirs.list()[i].value) return false;
  }
  return true;
}

}  // namespace rondo

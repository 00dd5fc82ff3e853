#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "models/isa/check_parts.hpp"

namespace rondo::check_parts {
namespace {

bool is_space(Space space) { return static_cast<int>(space) < kSpaces; }

std::string count_of(std::size_t count, const char* what) { return std::to_string(count) + " " + what; }

void check_semaphores(const Program& program, List& found) {
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(program.machine.semaphores, 0, kMaxSemaphores));
  if (program.semaphores.size() > most) {
    found.add("the program declares " + count_of(program.semaphores.size(), "semaphores; allowed ") +
              std::to_string(most) + " (machine.semaphores)");
  }
  for (std::size_t s = 0; s < program.semaphores.size(); ++s) {
    const Semaphore& semaphore = program.semaphores[s];
    const std::string where = "semaphore " + std::to_string(s) + ": ";
    const auto exists = [&](Unit unit) { return static_cast<int>(unit) < kUnits && program.machine.has(unit); };
    if (!exists(semaphore.from) || !exists(semaphore.to)) {
      found.add(where + "names a unit that does not exist; allowed " + program.machine.unit_names());
    } else if (semaphore.from == semaphore.to) {
      found.add(where + "joins " + std::string(kUnitNames[int(semaphore.from)]) +
                " to itself; allowed two different units (a unit is in order anyway)");
    }
    if (semaphore.initial < 0 || semaphore.initial > INT32_MAX) {
      found.add(where + "starts at " + std::to_string(semaphore.initial) + "; allowed 0.." + std::to_string(INT32_MAX));
    }
  }
}

// True when `bytes` from `address` lie in `space`; else says how it does not.
bool check_range(const Program& program, const std::string& where, Space space, std::int64_t address, __int128 bytes,
                 List& found) {
  const std::int64_t capacity = program.machine.capacity(space);
  if (address >= 0 && bytes >= 0 && address <= capacity && bytes <= capacity - address) return true;
  found.add(where + "does not lie in " + std::string(kSpaceNames[int(space)]) + " memory (address " +
            std::to_string(address) + "); allowed addresses 0.." + std::to_string(capacity - 1));
  return false;
}

void check_port(const Program& program, const Port& port, List& found) {
  const std::string where = "port " + port.name + ": ";
  if (port.bits != 8 && port.bits != 16 && port.bits != 32) {
    found.add(where + "has words of " + std::to_string(port.bits) + " bits; allowed 8, 16 or 32");
  }
  if (!std::isfinite(port.scale) || port.scale <= 0)
    found.add(where + "its scale is no positive number; allowed above 0");
  __int128 bytes = port.bits / 8;
  for (std::int64_t size : port.shape) {
    if (size < 0) return found.add(where + "has a dimension of " + std::to_string(size) + "; allowed 0 or more");
    bytes = std::min<__int128>(bytes * size, INT64_MAX);
  }
  check_range(program, where, Space::dram, port.address, bytes, found);
}

void check_ports(const Program& program, List& found) {
  std::set<std::pair<std::string, bool>> names;
  for (const Port& port : program.ports) {
    if (port.name.empty()) found.add("a port has no name; allowed any text");
    if (!names.emplace(port.name, port.output).second) {
      found.add("port " + port.name + ": is declared twice; allowed one input and one output of a name");
    }
    check_port(program, port, found);
  }
}

void check_segments(const Program& program, List& found) {
  std::vector<const Segment*> order;
  for (std::size_t s = 0; s < program.data.size(); ++s) {
    const Segment& segment = program.data[s];
    const std::string where = "data segment " + std::to_string(s) + ": ";
    if (check_range(program, where, Space::dram, segment.address, static_cast<__int128>(segment.bytes.size()), found) &&
        !segment.bytes.empty()) {
      order.push_back(&segment);
    }
  }
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->address < b->address; });
  for (std::size_t s = 1; s < order.size(); ++s) {
    if (order[s - 1]->address + static_cast<std::int64_t>(order[s - 1]->bytes.size()) > order[s]->address) {
      found.add("data segments at " + std::to_string(order[s - 1]->address) + " and " +
                std::to_string(order[s]->address) + " overlap; allowed segments that share no byte");
    }
  }
}

void check_symbols(const Program& program, List& found) {
  std::set<std::pair<std::string, Space>> names;
  for (const Symbol& symbol : program.symbols) {
    const std::string where = "symbol " + symbol.name + ": ";
    if (symbol.name.empty()) found.add("a symbol has no name; allowed any text");
    if (!is_space(symbol.space)) {
      found.add(where + "names a memory that does not exist; allowed dram, weight, activation, parameter, accumulator");
      continue;
    }
    if (!names.emplace(symbol.name, symbol.space).second) {
      found.add(where + "is declared twice in " + std::string(kSpaceNames[int(symbol.space)]) +
                " memory; allowed once");
    }
    check_range(program, where, symbol.space, symbol.address, symbol.bytes, found);
  }
}

}  // namespace

void check_declarations(const Program& program, List& found) {
  check_semaphores(program, found);
  check_ports(program, found);
  check_segments(program, found);
  check_symbols(program, found);
}

}  // namespace rondo::check_parts

#pragma once

#include <array>

#include "models/base/stats.hpp"
#include "models/units/params.hpp"

namespace rondo {

/// What one SRAM counts and is made of. Its ports are in ports.hpp; its bytes are computed by models/values.
struct MemoryBooks {
  MemoryBooks(const char* name, const Machine& machine, Space space)
      : stats(name),
        byte(stats, "byte", machine.capacity(space), "one byte of capacity"),
        bank_bytes(machine.bank_bytes(space)) {}

  Statistics stats;
  Action read{stats, "read", "one byte read"};
  Action write{stats, "write", "one byte written"};
  Part byte;
  const std::int64_t bank_bytes;
};

struct Memories {
  explicit Memories(const Machine& machine)
      : weight("weight_sram", machine, Space::weight),
        activation("activation_sram", machine, Space::activation),
        parameter("parameter_sram", machine, Space::parameter),
        accumulator("accumulators", machine, Space::accumulator) {}

  MemoryBooks weight, activation, parameter, accumulator;

  std::array<MemoryBooks*, 4> all() { return {&weight, &activation, &parameter, &accumulator}; }
};

/// One unit's part of an SRAM's traffic: counted for the unit (information) and for the memory (priced).
class Traffic {
 public:
  Traffic(Statistics& unit, MemoryBooks& memory, bool write, const char* name)
      : counter_(unit, name, write ? "bytes this unit wrote there" : "bytes this unit read there"),
        action_(write ? memory.write : memory.read) {}

  void operator+=(std::int64_t bytes) {
    counter_ += bytes;
    action_ += bytes;
  }

 private:
  Counter counter_;
  Action& action_;
};

}  // namespace rondo

#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "models/isa/walker.hpp"
#include "tests/support/chip_programs.hpp"
#include "tests/support/contract_times.hpp"

/// Section 5 of the contract, checked on what was seen: from start and end of every instruction follows who
/// held which port when, and no bank may ever have more holders than ports.
namespace rondo::testing {

class PortCheck {
 public:
  PortCheck(const ChipParams& chip, const Program& program, const Recorder& seen) : chip_(chip), program_(program) {
    std::array<std::size_t, kUnits> count{};
    for (Walker walker(program); !walker.done(); walker.next()) {
      const auto unit = static_cast<std::size_t>(walker.instruction().unit);
      const Recorder::Ran& ran = seen.ran.at(static_cast<int>(unit)).at(count[unit]++);
      for (const Access& access : accesses(walker.instruction(), walker.addresses(), program.kernels)) {
        if (access.space != Space::dram) add(walker.instruction(), access, ran);
      }
    }
  }

  /// The first port with too many holders, in words; empty when there is none.
  std::string first_conflict() const {
    for (const auto& [port, edges] : edges_) {
      const auto& [space, write, bank] = port;
      const SramParams& sram = chip_.sram(space);
      const std::int64_t ports = write ? sram.write_ports : sram.read_ports;
      std::map<int, int> holds;
      for (const auto& [cycle, changes] : edges) {
        for (const auto& [client, change] : changes) {
          if ((holds[client] += change) == 0) holds.erase(client);
        }
        if (static_cast<std::int64_t>(holds.size()) > ports) {
          return std::string(kSpaceNames[static_cast<std::size_t>(space)]) + " bank " + std::to_string(bank) + ", " +
                 (write ? "write" : "read") + ": " + std::to_string(holds.size()) + " holders in cycle " +
                 std::to_string(cycle);
        }
      }
    }
    return "";
  }

 private:
  void add(const Instruction& in, const Access& access, const Recorder::Ran& ran) {
    const auto [from, to] = held(in, access, ran);
    const std::int64_t bank_bytes = program_.machine.capacity(access.space) / program_.machine.banks(access.space);
    const std::int64_t last_row = (access.rows - 1) * access.stride;
    const std::int64_t low = access.address + std::min<std::int64_t>(0, last_row);
    const std::int64_t high = access.address + std::max<std::int64_t>(0, last_row) + access.bytes - 1;
    const int client = static_cast<int>(in.unit);  // the load unit's two clients never want the same kind
    for (std::int64_t bank = low / bank_bytes; bank <= high / bank_bytes; ++bank) {
      auto& edges = edges_[{access.space, access.write, bank}];
      edges[from].emplace_back(client, 1);
      edges[to].emplace_back(client, -1);
    }
  }

  std::pair<Cycle, Cycle> held(const Instruction& in, const Access& access, const Recorder::Ran& ran) const {
    switch (in.opcode) {
      case Opcode::mload: return {ran.start, ran.end - chip_.weight_sram.latency};
      case Opcode::mmul:
        return {ran.start, access.space == Space::accumulator ? ran.end : ran.end - mmul_drain_of(chip_)};
      case Opcode::gate: return {ran.start, access.write ? ran.end : ran.start + gate_times(chip_, program_, in).first};
      default: {
        const auto [front, back] = dma_stages(chip_, in);
        if (access.write) return {ran.end - back, ran.end};
        return {ran.start, ran.start + front};
      }
    }
  }

  const ChipParams& chip_;
  const Program& program_;
  /// Per port: cycle -> clients that take (1) or give back (-1).
  std::map<std::tuple<Space, bool, std::int64_t>, std::map<Cycle, std::vector<std::pair<int, int>>>> edges_;
};

}  // namespace rondo::testing

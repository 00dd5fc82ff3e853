#pragma once

#include <string>

#include "models/units/instruction_unit.hpp"

namespace rondo {

/// A transfer between DRAM and a DMA unit's buffer: `rows` runs of `bytes`, `stride` apart.
struct DramRequest {
  bool scattered = false;  ///< a gather: the rows lie anywhere in a table of `table_rows`
  std::int64_t address = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t stride = 0;
  int slot = 0;  ///< place of the descriptor in the DMA unit: the reply names it
  std::int64_t table_rows = 0;
};

/// One DMA unit's connection to the DRAM: requests there, a flag per descriptor back. Requests can be in
/// flight together and be served in any order, at any time not known before.
struct DramLink {
  DramLink(Wakes& wakes, Unit unit, const DmaParams& params)
      : requests(wakes, static_cast<int>(unit), kDram, params.outstanding),
        replies(wakes, static_cast<int>(unit), params.outstanding) {}

  Queue<DramRequest> requests;
  Replies replies;
};

/// A memory behind the two DMA units.
class Dram : public ChipUnit {
 public:
  Dram(const sc_core::sc_module_name& name, const Wires& wires, DramLink& loads, DramLink& stores)
      : ChipUnit(name, kDram, wires.observer), wires_(wires), loads_(loads), stores_(stores) {}

 protected:
  const Wires wires_;
  DramLink& loads_;
  DramLink& stores_;

  Action read_{stats, "read", "one byte read from DRAM"};
  Action write_{stats, "write", "one byte written to DRAM"};
};

/// Bytes that a request moves: every row rounded up to whole bursts.
std::int64_t burst_bytes_of(const DramParams& params, const DramRequest& request);

/// Fixed latency, fixed bandwidth: a request that can be seen in cycle a occupies the data bus for as long as
/// its bytes need, from a + latency or from the end of the request before, whichever is later. Served in
/// order of arrival, loads before stores in the same cycle.
class IdealDram final : public Dram {
 public:
  IdealDram(const sc_core::sc_module_name& name, const Wires& wires, DramLink& loads, DramLink& stores);

  std::string plight(Cycle) override { return "dram has no request"; }

 private:
  struct Transfer {
    Cycle begin = 0;
    Cycle end = 0;
    DramLink* link = nullptr;
    int slot = 0;
  };

  Span tick(Cycle now) override;
  void accept(Cycle now, Unit unit, DramLink& link, Action& bytes);

  std::vector<Transfer> ring_;
  std::size_t first_ = 0, size_ = 0;
  Cycle bus_free_ = 0;
};

}  // namespace rondo

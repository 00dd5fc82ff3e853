#pragma once

#include <memory>

#include "models/units/dram.hpp"
#include "models/units/instruction_unit.hpp"

namespace rondo {

/// The load or the store unit: a row of descriptors between an SRAM and the DRAM. Each passes three stages in
/// order: front (set-up, and reading the SRAM: a store's data or a gather's index list), the DRAM, back
/// (writing a load's data to the SRAM; one cycle for a store's acknowledgement). Front and back each work on
/// one descriptor at a time, the DRAM on up to `outstanding`; descriptors enter the back stage and complete
/// in order.
class DmaUnit final : public InstructionUnit {
 public:
  DmaUnit(const sc_core::sc_module_name& name, Unit unit, const Wires& wires, const DmaParams& params, DramLink& dram);

  std::string plight(Cycle now) override;

 private:
  /// By code index: everything about a descriptor that does not move with the loops.
  struct Shape {
    Cycle front = 1;
    Cycle back = 1;
    DramRequest request;
  };
  struct Descriptor {
    std::int32_t code = -1;
    Cycle start = 0;
    bool passed_front = false;
    PortRequest back_ports;
    std::int64_t dram_address = 0;
  };

  Span tick(Cycle now) override;
  void settle() override;
  Shape shape_of(const Instruction& in) const;
  void end_front(Cycle now);
  void end_back(Cycle now);
  /// False when only a bank's port is lacking.
  bool start_back(Cycle now);
  bool start_front(Cycle now, Cause& cause);
  void hold(Client client, const PortRequest& ports, Cycle until);
  Descriptor& oldest() { return ring_[first_]; }
  std::size_t youngest() const { return (first_ + size_ - 1) % ring_.size(); }

  const Client front_client_;
  DramLink& dram_;
  std::vector<Shape> by_code_;
  std::vector<Descriptor> ring_;  ///< descriptors in flight, oldest first
  std::size_t first_ = 0, size_ = 0;
  bool in_front_ = false;  ///< the youngest descriptor is in the front stage
  bool in_back_ = false;   ///< the oldest descriptor is in the back stage
  Cycle front_ends_ = 0;
  Cycle back_ends_ = 0;

  Part channel_{stats, "channel", 1, "one DMA channel"};
  Action descriptor_{stats, "descriptor", "one descriptor worked out"};
  Action byte_{stats, "byte", "one byte through the channel's buffer"};
  std::array<std::unique_ptr<Traffic>, kPortKinds> traffic_;  ///< only the kinds that this unit uses
};

}  // namespace rondo

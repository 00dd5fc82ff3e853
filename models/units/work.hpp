#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// The kinds of port: reading and writing of each SRAM.
inline constexpr int kPortKinds = 2 * (kSpaces - 1);
inline int port_kind(Space space, bool write) { return 2 * (static_cast<int>(space) - 1) + (write ? 1 : 0); }
inline Space space_of_kind(int kind) { return static_cast<Space>(kind / 2 + 1); }
inline bool is_write_kind(int kind) { return kind % 2 == 1; }

/// One bit per bank of a memory.
using Banks = std::uint64_t;

/// The ports that one executed instruction needs: banks per kind; only the kinds of the bit set `kinds` are
/// valid.
struct PortRequest {
  std::uint32_t kinds = 0;
  std::array<Banks, kPortKinds> banks{};
};

/// What the sequencer hands to a unit: an instruction with its addresses worked out.
struct Work {
  std::int32_t code = -1;
  PortRequest ports;
  std::int64_t dram_address = 0;
};

/// Addresses and banks of every instruction, prepared once so that a dispatch is a few additions. An operand
/// touches every bank from that of its lowest to that of its highest byte, in each direction that it is used.
class AddressPlan {
 public:
  explicit AddressPlan(const Program& program);

  /// Fills `work` for instruction `code` in the given iterations of the loops around it.
  void resolve(int code, const std::array<std::int64_t, kMaxLoops>& iterations, Work& work) const {
    work.code = code;
    work.ports.kinds = 0;
    const Steps& steps = steps_[static_cast<std::size_t>(code)];
    for (std::int32_t r = steps.first; r != steps.last; ++r) add(reaches_[r], steps.depth, iterations, work);
  }

 private:
  struct Reach {             ///< a range of bytes that moves with the loops
    int kind = -1;           ///< port kind; -1: the DRAM address
    std::int64_t first = 0;  ///< lowest byte in iteration 0
    std::int64_t span = 0;   ///< from the lowest byte to the highest
    std::array<std::int64_t, kMaxLoops> stride{};
  };
  struct Steps {
    std::int32_t first = 0, last = 0, depth = 0;
  };
  struct Divider {  ///< bank_bytes; a shift when it is a power of two
    std::int64_t bytes = 1;
    int shift = -1;
    std::int64_t of(std::int64_t address) const { return shift >= 0 ? address >> shift : address / bytes; }
  };

  void add(const Reach& reach, int depth, const std::array<std::int64_t, kMaxLoops>& iterations, Work& work) const {
    std::int64_t address = reach.first;
    for (int d = 0; d < depth; ++d) address += reach.stride[d] * iterations[d];
    if (reach.kind < 0) {
      work.dram_address = address;
      return;
    }
    const Divider& bank = bank_[reach.kind / 2];
    const int low = static_cast<int>(bank.of(address)), high = static_cast<int>(bank.of(address + reach.span));
    const Banks banks = (~Banks{0} >> (63 - (high - low))) << low;
    const std::uint32_t bit = 1u << reach.kind;
    work.ports.banks[reach.kind] = (work.ports.kinds & bit) ? work.ports.banks[reach.kind] | banks : banks;
    work.ports.kinds |= bit;
  }
  void plan(const Program& program, std::size_t code, int depth);

  std::array<Divider, kSpaces - 1> bank_;
  std::vector<Reach> reaches_;
  std::vector<Steps> steps_;
};

}  // namespace rondo

#pragma once

#include <string>
#include <vector>

#include "traces/pass.hpp"

namespace rondo {

/// Weights of passes that run one after the other, again and again (a step's phases): those that fit stay on
/// chip, the rest of the tape streams, each group loaded while the one before it is in use. The loads run
/// ahead of the program: the last group of a round loads the first of the next round (a copy of it lies
/// behind the tape), so the array never waits for a round to begin.
class WeightRounds {
 public:
  /// `rounds[r]` is a sequence of passes; different rounds never run mixed. Earlier rounds keep more on chip.
  WeightRounds(Lowering& low, const std::vector<std::vector<Pass*>>& rounds, const std::string& name);
  /// Loads the first streamed group of round r: before its first execution, and after another round has used
  /// the ring.
  void begin(std::size_t r);

 private:
  struct Round {
    std::int64_t first_streamed = -1;  ///< DRAM address; -1: all resident
    std::int64_t bytes = 0;
  };
  void take_ring(const std::vector<std::vector<Pass*>>& rounds, const std::string& name);
  Round place_round(const std::vector<Pass*>& round, const std::string& name);
  static std::vector<std::uint8_t> packed(const std::vector<Pass*>& round, const Round& here, std::int64_t tape);

  Lowering& low_;
  Pass::Ring ring_;
  std::vector<Round> rounds_;
};

}  // namespace rondo

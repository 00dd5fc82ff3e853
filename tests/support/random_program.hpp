#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo::testing {

/// Seeded choices that are the same on every machine (the distributions of the standard library are not).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  /// least..most, both included.
  std::int64_t in(std::int64_t least, std::int64_t most) {
    const std::uint64_t span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + (span == 0 ? bits() : bits() % span));
  }
  bool one_in(int n) { return in(1, n) == 1; }
  template <class List>
  auto& pick(List& list) {
    return list[static_cast<std::size_t>(in(0, static_cast<std::int64_t>(list.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

/// A program with every field within its row's range, that need not make sense: strange names, extreme
/// addresses, any number of loops and ends. Fields and operands that an opcode does not have are left alone.
Program random_program(Dice& dice);

/// Where two programs differ first, in words; empty when they are equal.
std::string first_difference(const Program& a, const Program& b);

}  // namespace rondo::testing

#pragma once

#include <array>
#include <string>

#include "tests/rtl/verify_cases.hpp"
#include "tests/rtl/verify_compare.hpp"

namespace rondo::rtl {

/// What a comparison had in it that may or may not be there: cases are counted by it.
enum class Feature {
  random_program,
  gang,  // units that ask for ports in the same cycle
  stream_program,
  network,
  lstm,
  gru,
  rnn,
  several_layers,
  both_directions,
  weights_streamed,  // loads into the weight SRAM inside a loop
  products,
  several_arrays,     // products on arrays after the first
  output_stationary,  // products on such arrays
  sums_held,
  streams,
  gathers,
  bank_conflicts,
  loops,
  double_posts,  // a semaphore posted by signal and by release
  keeps_tile,
};
inline constexpr int kFeatures = 20;
std::string_view name_of(Feature feature);

/// Plain numbers, so that processes can share them.
struct Tally {
  static constexpr int kOpcodes = 16, kMicroOps = 48;

  std::int64_t cases = 0;
  std::int64_t instructions = 0;
  std::int64_t cycles = 0;
  std::array<std::int64_t, kFeatures> with{};       ///< cases, by feature
  std::array<std::int64_t, kOpcodes> opcodes{};     ///< executed, by opcode
  std::array<std::int64_t, kMicroOps> micro_ops{};  ///< gate instructions executed that have it
  std::array<std::int64_t, kCauses> waited{};       ///< cases in which a unit waited so

  void operator+=(const Tally& other);
};

/// What one case covered, from its program and what SystemC did with it.
Tally tally_of(const Case& made, const Outcome& systemc);

/// As lines of text: what was covered how often, what never.
std::string text_of(const Tally& tally);

}  // namespace rondo::rtl

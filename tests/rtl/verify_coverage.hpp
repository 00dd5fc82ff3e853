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
  deep_loops,              // five or more inside each other
  all_loops,               // as many as there can be
  deep_strides,            // operands that move with the fifth loop or one inside it
  high_semaphores,         // waits for one from 32 on
  same_cycle_posts,        // of one semaphore, by an instruction that signals and releases it at once
  weights_streamed_large,  // on arrays of 64 elements or more
  pops_in_chunks,          // three or more in a row, of two elements or more
  three_read_ports,
  three_write_ports,
};
inline constexpr int kFeatures = 29;
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

/// Cases from which on a run over all shapes must have covered everything.
inline constexpr std::int64_t kEnoughCases = 500;

/// What that many cases or more had too little of, as sentences: a feature in fewer cases than it should be (the table
/// in verify_coverage.cpp), a cause that units wait for in fewer than one of 20, an opcode or micro-operation executed
/// fewer times than in one of 10.
std::vector<std::string> too_rare(const Tally& tally);

/// As lines of text: what was covered how often, what never.
std::string text_of(const Tally& tally);

}  // namespace rondo::rtl

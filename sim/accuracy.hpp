#pragma once

#include <string>
#include <vector>

#include "models/isa/instruction.hpp"
#include "models/values/executor.hpp"
#include "traces/network.hpp"

namespace rondo {

/// How far numbers on the chip are from those of the float network.
struct Distance {
  double sqnr_db = 0;  ///< 10 log10(sum of squares / sum of squared errors), limited to -200 .. 200 (200: equal)
  double max_abs_error = 0;
};

struct Accuracy {
  struct Output {
    std::string name;
    Shape shape;
    Distance distance;
  };
  Distance total;  ///< over the elements of all outputs together
  std::vector<Output> outputs;
};

struct BitsPerCharacter {
  double float_bits = 0;
  double chip_bits = 0;
};

/// The real values that the program left in its output ports: integer x scale.
NamedTensors output_tensors(const Program& program, const Values& values);

/// Compares outputs of equal names.
Accuracy compare_outputs(const NamedTensors& chip, const NamedTensors& reference);

/// Mean of -log2 of the probability that was given to each target. Error when an output or target does not
/// fit.
BitsPerCharacter bits_per_character(const Network::BitsPerCharacter& task, const NamedTensors& chip,
                                    const NamedTensors& reference);

}  // namespace rondo

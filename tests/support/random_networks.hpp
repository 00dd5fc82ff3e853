#pragma once

#include <fstream>
#include <string>

#include "tests/support/random_chips.hpp"
#include "traces/compile.hpp"
#include "traces/network.hpp"

/// Small random networks as YAML text (the whole path from file to graph is used), and chips large enough for many of
/// them.
namespace rondo::testing {

inline std::string random_layer(Dice& dice, std::int64_t batch, std::int64_t steps) {
  const auto flag = [&](const char* key, int percent) {
    return dice.chance(percent) ? std::string(", ") + key + ": true" : std::string();
  };
  std::string options = "hidden: " + std::to_string(dice.number(1, 20));
  options += ", direction: " + std::string(dice.one_of({"forward", "forward", "reverse", "bidirectional"}));
  options += flag("initial_state", 40);
  if (dice.chance(20)) options += ", clip: 0.5";
  if (dice.chance(30)) {
    options += ", lengths: [";
    for (std::int64_t n = 0; n < batch; ++n) options += (n ? ", " : "") + std::to_string(dice.number(1, steps));
    options += "]";
  }
  switch (dice.number(0, 2)) {
    case 0: {
      options += flag("peepholes", 30) + flag("input_forget", 20);
      if (dice.chance(25)) options += ", projection: " + std::to_string(dice.number(1, 12));
      return "lstm: {" + options + "}";
    }
    case 1: return "gru: {" + options + flag("linear_before_reset", 50) + "}";
    default: return "rnn: {" + options + ", activation: " + dice.one_of({"tanh", "relu"}) + "}";
  }
}

inline std::string random_network(Dice& dice) {
  const std::int64_t steps = dice.number(1, 6), batch = dice.number(1, 4);
  std::string text = "name: random\ninput: {name: x, steps: " + std::to_string(steps) +
                     ", batch: " + std::to_string(batch) + ", features: " + std::to_string(dice.number(1, 24)) +
                     "}\nweights: {seed: " + std::to_string(dice.number(1, 1000000)) + "}\nlayers:\n";
  const std::int64_t layers = dice.number(1, 2);
  for (std::int64_t l = 0; l < layers; ++l) text += "  - " + random_layer(dice, batch, steps) + "\n";
  if (dice.chance(50)) text += "  - last_step: {}\n";
  if (dice.chance(60)) {
    text += "  - dense: {units: " + std::to_string(dice.number(1, 30)) +
            ", activation: " + dice.one_of({"none", "relu", "tanh", "softmax", "log_softmax"}) + "}\n";
  }
  return text;
}

inline Network load_text(const std::string& text, const std::string& path) {
  std::ofstream(path) << text;
  return load_network(path, {});
}

/// A random pace, and a shape that holds most small networks, some only by streaming their weights.
inline ChipParams random_chip_for_networks(Dice& dice) {
  ChipParams chip = random_chip(dice);
  Machine& m = chip.machine;
  m.rows = dice.number(1, 20), m.cols = dice.number(1, 20), m.tile_fifo = dice.number(1, 4);
  m.arrays = dice.chance(50) ? 1 : dice.number(2, kMaxArrays);
  m.dataflow = dice.chance(40) ? Dataflow::output_stationary : Dataflow::weight_stationary;
  const bool low =
      m.dataflow == Dataflow::output_stationary && dice.chance(60);  // fewer rows than vectors, weights that stream
  if (low) m.rows = dice.number(2, 3);
  m.stream_rows = dice.chance(40) ? 0 : dice.number(1, 12);
  m.semaphores = dice.one_of<std::int64_t>({kMaxSemaphores, 28}), m.loop_depth = kMaxLoops, m.dram_bytes = 1 << 24;
  const auto memory = [&](std::int64_t& bytes, std::int64_t& banks, std::int64_t least, std::int64_t most) {
    banks = dice.one_of<std::int64_t>({1, 2, 4, 8});
    bytes = (dice.number(least, most) / (16 * banks) + 1) * 16 * banks;
  };
  memory(m.weight_bytes, m.weight_banks, std::max<std::int64_t>(64, 2 * m.rows * m.cols * 2), low ? 1000 : 20000);
  memory(m.activation_bytes, m.activation_banks, 4000, 40000);
  memory(m.parameter_bytes, m.parameter_banks, 64, 8000);
  memory(m.accumulator_bytes, m.accumulator_banks, 2000, 20000);
  return chip;
}

inline MappingParams random_mapping(Dice& dice) {
  return {dice.one_of({"step", "hoisted"}),        dice.one_of({"sequential", "interleaved"}),
          dice.chance(70) ? 0 : dice.number(1, 4), dice.one_of({"on", "on", "off"}),
          dice.one_of({"tiles", "gates"}),         dice.number(1, 5)};
}

}  // namespace rondo::testing

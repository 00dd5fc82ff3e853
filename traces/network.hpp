#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "traces/graph.hpp"

namespace rondo {

/// What a network file asks for, together with the graph it describes.
struct Network {
  std::string name;
  std::string path;
  std::vector<std::string> files;  ///< all that it depends on, `path` first; timing only: those for its values, too
  Graph graph;
  bool without_weights = false;             ///< `weights: none`: it can be timed, and has no values
  NamedTensors inputs;                      ///< values for every graph input (given, or seeded); empty if timing only
  std::optional<NamedTensors> calibration;  ///< inputs that set the ranges; none: the run's own
  struct BitsPerCharacter {
    std::string output;  ///< graph output holding natural-log probabilities [T][1][V]
    Tensor targets;      ///< integers [T][1]
  };
  std::optional<BitsPerCharacter> bits_per_character;
};

struct NetworkOptions {
  std::map<std::string, std::string> set;          ///< "batch" -> "8": overrides of a YAML network's sizes
  std::map<std::string, std::int64_t> dimensions;  ///< ONNX symbolic dimensions
  std::string input_path;                          ///< npz with inputs; empty: the network file's, else seeded
  std::string calibration_path;
  bool timing_only = false;  ///< shapes suffice: no weights or inputs are made
};

/// Reads `path`: a YAML network (layers, or a reference to an ONNX file) or an ONNX file itself, told apart
/// by content, not by ending. Error lists all mistakes with file, line and column.
Network load_network(const std::string& path, const NetworkOptions& options);

/// Sizes that the comparison with a GPU needs; written to the report as `network_shape`.
struct NetworkShape {
  struct Layer {
    std::string name;  ///< as in Program::layers
    std::string cell;  ///< "lstm", "gru", "rnn", "dense"
    std::int64_t inputs = 0, hidden = 0, directions = 1, steps = 1, batch = 1;
    bool skip_input = false;
  };
  std::int64_t steps = 1, batch = 1;
  std::vector<Layer> layers;
  std::int64_t multiply_accumulates = 0;  ///< of one whole run
  std::int64_t parameters = 0;
};
NetworkShape shape_of(const Graph& graph);

}  // namespace rondo

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "traces/interpret.hpp"
#include "traces/network.hpp"

namespace rondo {

class Progress;

/// A network with what the float interpreter found out about it.
struct EvaluatedNetwork {
  Network network;
  std::optional<Ranges> ranges;  ///< none: timing only, or a network without weights
  NamedTensors reference;        ///< float values of the graph's outputs
};

/// Reads and evaluates networks, and keeps the last few: many points of a sweep differ in the chip alone.
class NetworkStore {
 public:
  std::shared_ptr<const EvaluatedNetwork> get(const std::string& path, const NetworkOptions& options,
                                              Progress& progress);

 private:
  std::vector<std::pair<std::string, std::shared_ptr<const EvaluatedNetwork>>> kept_;  // newest last
};

}  // namespace rondo

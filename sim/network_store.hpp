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

/// Reads and evaluates networks, and keeps the last few: many points of a sweep differ in the chip alone. One of whose
/// files has been written since is read again.
class NetworkStore {
 public:
  std::shared_ptr<const EvaluatedNetwork> get(const std::string& path, const NetworkOptions& options,
                                              Progress& progress);

 private:
  struct Kept {
    std::string key;
    std::string files;  ///< what they were like
    std::shared_ptr<const EvaluatedNetwork> network;
  };

  std::vector<Kept> kept_;  // newest last
};

}  // namespace rondo

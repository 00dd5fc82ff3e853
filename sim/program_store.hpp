#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "sim/config.hpp"
#include "sim/network_store.hpp"
#include "traces/compile.hpp"
#include "traces/hazards.hpp"
#include "traces/network.hpp"

namespace rondo {

/// A program that has been found fit to run, and what the compiler says about it.
struct Executable {
  Program program;
  std::string sha256;
  std::optional<Mapped> mapped;       ///< none for a trace
  std::optional<Program> unchained;   ///< the network without chaining, where some pass chains and both were asked for
  std::optional<NetworkShape> shape;  ///< none for a trace
  std::shared_ptr<const EvaluatedNetwork> network;  ///< none for a trace
};

/// Reads networks and compiles them, and keeps the programs that were used last. A program depends on the network, on
/// `machine`, `mapping` and `numbers` of the chip, and on nothing else: points of a sweep that differ in pace, memory
/// timing, clock or prices share one.
class ProgramStore {
 public:
  /// `loops`: how far the hazard check of a compiled program goes.
  explicit ProgramStore(LoopsFollowed loops = LoopsFollowed::far) : loops_(loops) {}

  /// The checked program of the network in the file. `both`: without chaining, too. Error as of load_network(),
  /// compile().
  std::shared_ptr<const Executable> get(const std::string& path, const NetworkOptions& options, const RunConfig& config,
                                        bool both, Progress& progress);

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const Executable> executable;
    std::size_t bytes = 0;
  };
  void keep(Kept one);

  LoopsFollowed loops_;
  NetworkStore networks_;
  std::list<Kept> kept_;  // used last first
};

}  // namespace rondo

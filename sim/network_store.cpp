#include "sim/network_store.hpp"

#include <algorithm>
#include <filesystem>

#include "sim/progress.hpp"

namespace rondo {
namespace {

constexpr std::size_t kMostKept = 4;

// Size and time of the last writing of each file: another network where they differ.
std::string stamp_of(const std::vector<std::string>& files) {
  std::string stamp;
  for (const std::string& file : files) {
    std::error_code ignored;
    stamp += std::to_string(std::filesystem::file_size(file, ignored)) + ' ' +
             std::to_string(std::filesystem::last_write_time(file, ignored).time_since_epoch().count()) + '\n';
  }
  return stamp;
}

// What a network was asked for by.
std::string key_of(const std::string& path, const NetworkOptions& options) {
  std::string key = path + '\n' + options.input_path + '\n' + options.calibration_path + '\n' +
                    (options.timing_only ? "timing only" : "values");
  for (const auto& [name, value] : options.set) key += "\nset " + name + "=" + value;
  for (const auto& [name, size] : options.dimensions) key += "\ndim " + name + "=" + std::to_string(size);
  return key;
}

std::shared_ptr<const EvaluatedNetwork> load(const std::string& path, const NetworkOptions& options,
                                             Progress& progress) {
  auto result = std::make_shared<EvaluatedNetwork>();
  progress.show("reading the network");
  result->network = load_network(path, options);
  const Graph& graph = result->network.graph;
  if (options.timing_only || !graph.has_weights) return result;
  progress.show("evaluating in floating point");
  Evaluation run = evaluate(graph, result->network.inputs);
  for (int output : graph.outputs) {
    result->reference[graph.values[static_cast<std::size_t>(output)].name] =
        run.values[static_cast<std::size_t>(output)];
  }
  result->ranges = std::move(run.ranges);
  if (!result->network.calibration) return result;
  progress.show("calibrating");
  result->ranges = evaluate(graph, *result->network.calibration).ranges;
  return result;
}

}  // namespace

std::shared_ptr<const EvaluatedNetwork> NetworkStore::get(const std::string& path, const NetworkOptions& options,
                                                          Progress& progress) {
  const std::string key = key_of(path, options);
  const auto same = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.key == key; });
  if (same != kept_.end()) {
    if (same->files == stamp_of(same->network->network.files)) return same->network;
    kept_.erase(same);
  }
  std::shared_ptr<const EvaluatedNetwork> network = load(path, options, progress);
  if (kept_.size() == kMostKept) kept_.erase(kept_.begin());
  kept_.push_back({key, stamp_of(network->network.files), network});
  return network;
}

}  // namespace rondo

#include "sim/accuracy.hpp"

#include <algorithm>
#include <cmath>

#include "models/base/error.hpp"

namespace rondo {
namespace {

struct Sums {
  double signal = 0;
  double noise = 0;
  double largest = 0;

  void add(double reference, double chip) {
    const double error = chip - reference;
    signal += reference * reference;
    noise += error * error;
    largest = std::max(largest, std::fabs(error));
  }
  Distance distance() const {
    constexpr double kMost = 200;
    if (noise == 0) return {kMost, largest};
    if (signal == 0) return {-kMost, largest};
    return {std::clamp(10 * std::log10(signal / noise), -kMost, kMost), largest};
  }
};

double real_at(const Tensor& tensor, std::size_t i) {
  return tensor.type == ElementType::real ? tensor.reals[i] : static_cast<double>(tensor.integers[i]);
}

double mean_bits(const Tensor& log_probabilities, const Tensor& targets, const std::string& name) {
  const std::int64_t words = log_probabilities.shape.empty() ? 0 : log_probabilities.shape.back();
  const std::int64_t count = element_count(targets.shape);
  if (count == 0 || words == 0 || element_count(log_probabilities.shape) != count * words) {
    throw Error("bits_per_character: output '" + name + "' " + to_string(log_probabilities.shape) +
                " does not hold one row of log probabilities for each target " + to_string(targets.shape));
  }
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double target = real_at(targets, static_cast<std::size_t>(i));
    if (!(target >= 0 && target < static_cast<double>(words))) {
      throw Error("bits_per_character: target " + std::to_string(i) + " is outside 0.." + std::to_string(words - 1));
    }
    sum -= log_probabilities.reals[static_cast<std::size_t>(i * words + static_cast<std::int64_t>(target))];
  }
  return sum / (static_cast<double>(count) * std::log(2.0));
}

const Tensor& output_of(const NamedTensors& outputs, const std::string& name) {
  const auto found = outputs.find(name);
  if (found == outputs.end()) throw Error("bits_per_character: the network has no output '" + name + "'");
  return found->second;
}

}  // namespace

NamedTensors output_tensors(const Program& program, const Values& values) {
  NamedTensors outputs;
  for (std::size_t p = 0; p < program.ports.size(); ++p) {
    const Port& port = program.ports[p];
    if (!port.output) continue;
    std::vector<double> reals;
    reals.reserve(values.ports[p].size());
    for (std::int32_t integer : values.ports[p]) reals.push_back(integer * port.scale);
    outputs[port.name] = real_tensor(port.shape, std::move(reals));
  }
  return outputs;
}

Accuracy compare_outputs(const NamedTensors& chip, const NamedTensors& reference) {
  Accuracy accuracy;
  Sums all;
  for (const auto& [name, expected] : reference) {
    const auto found = chip.find(name);
    if (found == chip.end() || !expected.has_values()) continue;
    const std::int64_t count = element_count(expected.shape);
    check(element_count(found->second.shape) == count, "an output of the chip has another size than the network's");
    Sums one;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      one.add(real_at(expected, i), real_at(found->second, i));
      all.add(real_at(expected, i), real_at(found->second, i));
    }
    accuracy.outputs.push_back({name, expected.shape, one.distance()});
  }
  accuracy.total = all.distance();
  return accuracy;
}

BitsPerCharacter bits_per_character(const Network::BitsPerCharacter& task, const NamedTensors& chip,
                                    const NamedTensors& reference) {
  return {mean_bits(output_of(reference, task.output), task.targets, task.output),
          mean_bits(output_of(chip, task.output), task.targets, task.output)};
}

}  // namespace rondo

#include "traces/onnx_inputs.hpp"

#include <algorithm>
#include <cmath>

#include "traces/network_seed.hpp"
#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

std::string quoted(const OnnxModel& model, const std::string& input) {
  return model.path + ": input '" + input.substr(0, 200) + "'";
}

void set_size(const OnnxModel& model, const std::string& input, const std::string& dimension, std::int64_t size,
              std::map<std::string, std::int64_t>& sizes, Findings& findings) {
  const auto [known, fresh] = sizes.emplace(dimension, size);
  if (!fresh && known->second != size) {
    findings.add(quoted(model, input) + ": dimension '" + dimension + "' is " + std::to_string(size) + " here and " +
                 std::to_string(known->second) + " elsewhere");
  }
}

// A nameless open size can be set by --dim too, as "x.0".
std::string dimension_name(const OnnxInput& input, std::size_t i) {
  return input.shape[i].name.empty() ? input.name + "." + std::to_string(i) : input.shape[i].name;
}

// Takes open sizes from a given array; the array's fixed sizes are compared when the shapes are made.
void learn_sizes(const OnnxModel& model, const OnnxInput& input, const Tensor& given,
                 std::map<std::string, std::int64_t>& sizes, Findings& findings) {
  if (!input.has_shape || given.shape.size() != input.shape.size()) return;
  for (std::size_t i = 0; i < input.shape.size(); ++i) {
    if (!input.shape[i].size) set_size(model, input.name, dimension_name(input, i), given.shape[i], sizes, findings);
  }
}

std::set<std::string> dimension_names(const OnnxModel& model) {
  std::set<std::string> names;
  for (const OnnxInput& input : model.inputs) {
    for (std::size_t i = 0; i < input.shape.size(); ++i) {
      if (!input.shape[i].size) names.insert(dimension_name(input, i));
    }
  }
  return names;
}

Shape input_shape(const OnnxModel& model, const OnnxInput& input, const Tensor* given,
                  const std::map<std::string, std::int64_t>& sizes, Findings& findings) {
  if (!input.has_shape) {
    if (given != nullptr) return given->shape;
    findings.add(quoted(model, input.name) +
                 ": the model does not say its shape; give the input with --input FILE.npz");
    return {};
  }
  Shape shape;
  for (std::size_t i = 0; i < input.shape.size(); ++i) {
    const auto known = sizes.find(dimension_name(input, i));
    if (input.shape[i].size) {
      shape.push_back(*input.shape[i].size);
    } else if (known != sizes.end()) {
      shape.push_back(known->second);
    } else {
      const std::string name = dimension_name(input, i);
      findings.add(quoted(model, input.name) + ": dimension '" + name + "' is open; set it with --dim " + name +
                   "=N or give the input with --input FILE.npz");
      shape.push_back(1);
    }
  }
  if (given != nullptr && given->shape != shape) {
    findings.add(quoted(model, input.name) + ": the given array has the shape " + to_string(given->shape) +
                 "; the model takes " + to_string(shape));
  }
  if (!fits(shape, std::int64_t{1} << 33))
    findings.add(quoted(model, input.name) + ": shape " + to_string(shape) + " is not possible");
  return shape;
}

// How often each value is read, counting graph outputs.
std::map<std::string, int> count_readers(const OnnxModel& model) {
  std::map<std::string, int> readers;
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& input : node.inputs) ++readers[input];
  }
  for (const std::string& output : model.outputs) ++readers[output];
  return readers;
}

}  // namespace

std::set<std::string> bound_onnx_inputs(const OnnxModel& model) {
  std::set<std::string> inputs, needed;
  for (const OnnxInput& input : model.inputs) inputs.insert(input.name);
  const std::map<std::string, int> readers = count_readers(model);
  for (std::size_t n = model.nodes.size(); n-- > 0;) {  // users before makers, so that needs travel back in one pass
    const OnnxNode& node = model.nodes[n];
    const OnnxOperator* op = node.domain.empty() ? find_onnx_operator(node.op) : nullptr;
    const bool wanted = std::any_of(node.outputs.begin(), node.outputs.end(),
                                    [&](const std::string& name) { return needed.count(name) != 0; });
    const bool only_shape = node.op == "Shape" || node.op == "Size";  // constant whatever its input is
    if (wanted && !only_shape) needed.insert(node.inputs.begin(), node.inputs.end());
    if (op == nullptr) continue;
    for (int i : op->constants) {
      if (i < static_cast<int>(node.inputs.size())) needed.insert(node.inputs[i]);
    }
    for (int i : op->weights) {
      if (i >= static_cast<int>(node.inputs.size()) || readers.at(node.inputs[i]) != 1) continue;
      const auto input = std::find_if(model.inputs.begin(), model.inputs.end(),
                                      [&](const OnnxInput& one) { return one.name == node.inputs[i]; });
      const bool table = node.op == "Gather" && model.initializers.count(node.inputs[1]) == 0;
      if (input != model.inputs.end() && (table || input->shape.size() <= 2) && (table || node.op != "Gather")) {
        needed.insert(node.inputs[i]);
      }
    }
  }
  std::set<std::string> bound;
  std::set_intersection(inputs.begin(), inputs.end(), needed.begin(), needed.end(), std::inserter(bound, bound.end()));
  return bound;
}

std::map<std::string, Shape> onnx_input_shapes(const OnnxModel& model, const ImportOptions& options,
                                               Findings& findings) {
  std::map<std::string, std::int64_t> sizes;
  const std::set<std::string> open = dimension_names(model);
  for (const auto& [name, size] : options.dimensions) {
    if (open.count(name) == 0) {
      std::string names;
      for (const std::string& one : open) names += (names.empty() ? "" : ", ") + one;
      findings.add(model.path + ": --dim " + name + ": the model has no open dimension of this name; it has " +
                   (names.empty() ? "none" : names));
    } else if (size < 1) {
      findings.add(model.path + ": --dim " + name + "=" + std::to_string(size) + ": a size must be positive");
    } else {
      sizes[name] = size;
    }
  }
  const auto given_for = [&](const OnnxInput& input) {
    const auto found = options.inputs.find(input.name);
    return found == options.inputs.end() ? nullptr : &found->second;
  };
  for (const OnnxInput& input : model.inputs) {
    if (const Tensor* given = given_for(input)) learn_sizes(model, input, *given, sizes, findings);
  }
  std::map<std::string, Shape> shapes;
  for (const OnnxInput& input : model.inputs) {
    shapes[input.name] = input_shape(model, input, given_for(input), sizes, findings);
  }
  return shapes;
}

Tensor onnx_bound_value(const OnnxModel& model, const OnnxInput& input, const Shape& shape,
                        const ImportOptions& options) {
  const auto given = options.inputs.find(input.name);
  if (given != options.inputs.end()) {
    if (given->second.type != *input.type || !given->second.has_values()) {
      throw Error(quoted(model, input.name) + ": the given array has another element type than the model");
    }
    return given->second;
  }
  if (!options.inputs.empty() || *input.type != ElementType::real || shape.empty()) {
    throw Error(quoted(model, input.name) +
                ": it must be known before the run (a weight, a shape or lengths); give it with --input FILE.npz");
  }
  if (!fits(shape, std::int64_t{1} << 28)) throw Error(quoted(model, input.name) + ": too large to be seeded");
  std::uint64_t stream = 0;
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    if (model.inputs[i].name == input.name) stream = i + 1;
  }
  const double last = static_cast<double>(std::max<std::int64_t>(1, shape.back()));
  return SeededValues(0, stream).reals(shape, 1.0 / std::sqrt(last));
}

}  // namespace rondo

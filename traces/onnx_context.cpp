#include "traces/onnx_context.hpp"

#include <algorithm>
#include <cmath>

namespace rondo {

using Kind = OnnxAttribute::Kind;

void OnnxContext::fail(const std::string& what) const { throw Error(node.origin + ": " + what); }

int OnnxContext::input(int i) const {
  if (!has(i)) fail("input " + std::to_string(i) + " is missing");
  return inputs_[i];
}

const Tensor& OnnxContext::constant(int i, const std::string& what) const {
  if (!is_constant(i)) {
    fail("input " + std::to_string(i) + " (" + what + ") must be constant; it depends on the network's inputs");
  }
  return builder.value(input(i)).data;
}

std::vector<std::int64_t> OnnxContext::integers(int i, const std::string& what) const {
  const Tensor& tensor = constant(i, what);
  if (tensor.type != ElementType::integer || tensor.shape.size() > 1) {
    fail("input " + std::to_string(i) + " (" + what + ") must be a list of integers");
  }
  return tensor.integers;
}

int OnnxContext::real_input(int i) const {
  const int v = input(i);
  if (builder.value(v).type != ElementType::real) {
    fail("input " + std::to_string(i) + " holds " +
         (builder.value(v).type == ElementType::integer ? "integers" : "booleans") +
         " that are only known at run time; this operator runs on reals");
  }
  return v;
}

const OnnxAttribute* OnnxContext::attribute(const std::string& name, Kind kind, const char* wanted) const {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return nullptr;
  if (found->second.kind != kind) fail("attribute '" + name + "' must be " + wanted);
  return &found->second;
}

std::int64_t OnnxContext::integer(const std::string& name, std::optional<std::int64_t> otherwise) const {
  const OnnxAttribute* a = attribute(name, Kind::integer, "an integer");
  if (a == nullptr && !otherwise) fail("attribute '" + name + "' is missing");
  return a == nullptr ? *otherwise : a->integer;
}

double OnnxContext::real(const std::string& name, std::optional<double> otherwise) const {
  const OnnxAttribute* a = attribute(name, Kind::real, "a number");
  if (a == nullptr && !otherwise) fail("attribute '" + name + "' is missing");
  const double value = a == nullptr ? *otherwise : a->real;
  if (!std::isfinite(value)) fail("attribute '" + name + "' is not a finite number");
  return value;
}

std::string OnnxContext::text(const std::string& name, const std::string& otherwise) const {
  const OnnxAttribute* a = attribute(name, Kind::text, "a text");
  return a == nullptr ? otherwise : a->text;
}

std::vector<std::int64_t> OnnxContext::integer_list(const std::string& name) const {
  const OnnxAttribute* a = attribute(name, Kind::integers, "a list of integers");
  return a == nullptr ? std::vector<std::int64_t>() : a->integers;
}

std::vector<double> OnnxContext::real_list(const std::string& name) const {
  const OnnxAttribute* a = attribute(name, Kind::reals, "a list of numbers");
  if (a == nullptr) return {};
  for (double value : a->reals) {
    if (!std::isfinite(value)) fail("attribute '" + name + "' holds a number that is not finite");
  }
  return a->reals;
}

std::vector<std::string> OnnxContext::text_list(const std::string& name) const {
  const OnnxAttribute* a = attribute(name, Kind::texts, "a list of texts");
  return a == nullptr ? std::vector<std::string>() : a->texts;
}

const Tensor& OnnxContext::tensor(const std::string& name) const {
  const OnnxAttribute* a = attribute(name, Kind::tensor, "a tensor");
  if (a == nullptr) fail("attribute '" + name + "' is missing");
  return a->tensor;
}

void OnnxContext::only_before(const std::string& attribute, std::int64_t version) const {
  if (opset >= version && has_attribute(attribute)) {
    fail("attribute '" + attribute + "' does not exist in operator set " + std::to_string(opset));
  }
}

std::optional<std::vector<std::int64_t>> OnnxContext::list(const std::string& name, int i, std::int64_t version) const {
  only_before(name, version);
  if (opset >= version) return has(i) ? std::optional(integers(i, name)) : std::nullopt;
  if (has(i)) fail("input " + std::to_string(i) + " does not exist in operator set " + std::to_string(opset));
  return has_attribute(name) ? std::optional(integer_list(name)) : std::nullopt;
}

int OnnxContext::axis(std::int64_t axis, int rank) const {
  if (axis < -rank || axis >= rank) {
    fail("axis " + std::to_string(axis) + " does not exist in a value of " + std::to_string(rank) + " axes");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int> OnnxContext::axes(const std::vector<std::int64_t>& list, int rank) const {
  std::vector<int> result;
  for (std::int64_t entry : list) {
    const int one = axis(entry, rank);
    if (std::find(result.begin(), result.end(), one) != result.end()) {
      fail("axis " + std::to_string(entry) + " is named twice");
    }
    result.push_back(one);
  }
  return result;
}

}  // namespace rondo

#include "traces/onnx_import.hpp"

#include <map>
#include <set>
#include <utility>

#include "traces/graph_builder.hpp"
#include "traces/onnx_inputs.hpp"
#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

constexpr int kUnknown = -2;  // a value whose node could not be converted: its users stay silent

class Importer {
 public:
  Importer(OnnxModel model, const ImportOptions& options)
      : model_(std::move(model)), options_(options), builder_(model_.path) {}

  Graph run() {
    refuse_unsupported();
    add_inputs();
    add_initializers();
    count_readers();
    for (const OnnxNode& node : model_.nodes) convert(node);
    for (const std::string& name : model_.outputs) add_output(name);
    findings_.raise();
    return builder_.finish(true);
  }

 private:
  // Before anything else: what the whole graph asks for and cannot get, node by node.
  void refuse_unsupported() {
    bool any = false;
    for (const OnnxNode& node : model_.nodes) {
      const OnnxOperator* op = node.domain.empty() ? find_onnx_operator(node.op) : nullptr;
      if (op == nullptr) {
        const std::string place = node.origin.substr(0, node.origin.rfind(" ("));
        const std::string domain = node.domain.empty() ? "" : node.domain + ".";
        findings_.add(place + ": operator " + domain + node.op + " is not supported");
        any = true;
        continue;
      }
      try {
        check_onnx_node(*op, node, model_.opset);
      } catch (const Error& error) {
        for (const std::string& finding : error.findings()) findings_.add(finding);
      }
    }
    if (any) findings_.add(model_.path + ": supported operators are " + onnx_operator_names());
    findings_.raise();
  }

  void add_inputs() {
    const std::set<std::string> bound = bound_onnx_inputs(model_);
    for (const OnnxInput& input : model_.inputs) {
      if (!input.type) {
        findings_.add(model_.path + ": input '" + input.name +
                      "': its type is not supported; tensors of reals, integers and booleans are");
      }
    }
    std::map<std::string, Shape> shapes = onnx_input_shapes(model_, options_, findings_);
    findings_.raise();
    for (const OnnxInput& input : model_.inputs) {
      builder_.begin(input.name, model_.path + ": input '" + input.name + "'");
      const Shape& shape = shapes.at(input.name);
      if (bound.count(input.name) == 0) {
        named_.insert(values_[input.name] = builder_.input(input.name, *input.type, shape));
        continue;
      }
      try {
        named_.insert(values_[input.name] = builder_.constant(onnx_bound_value(model_, input, shape, options_)));
      } catch (const Error& error) {
        findings_.add(error.what());
        values_[input.name] = kUnknown;
      }
    }
  }

  void add_initializers() {
    for (auto& [name, tensor] : model_.initializers) {
      builder_.begin(name, model_.path + ": initializer '" + name + "'");
      named_.insert(values_[name] = builder_.constant(std::move(tensor)));
    }
  }

  void count_readers() {
    for (const OnnxNode& node : model_.nodes) {
      for (const std::string& input : node.inputs) ++readers_[input];
    }
    for (const std::string& output : model_.outputs) readers_[output] += 2;  // an output stays what it is
  }

  void convert(const OnnxNode& node) {
    std::vector<int> inputs;
    bool known = true;
    for (const std::string& name : node.inputs) {
      const auto found = values_.find(name);
      if (name.empty()) {
        inputs.push_back(-1);
      } else if (found == values_.end()) {
        findings_.add(node.origin + ": input '" + name.substr(0, 200) + "' is made by no node before it");
        known = false;
      } else {
        inputs.push_back(found->second);
        known = known && found->second != kUnknown;
      }
    }
    std::vector<int> outputs(node.outputs.size(), kUnknown);
    if (known) {
      try {
        outputs = converted(node, inputs);
      } catch (const Error& error) {
        const std::string text = error.what();
        findings_.add(text.compare(0, node.origin.size(), node.origin) == 0 ? text : node.origin + ": " + text);
      }
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      if (!values_.emplace(node.outputs[i], outputs[i]).second) {
        findings_.add(node.origin + ": output '" + node.outputs[i].substr(0, 200) + "' is made twice");
      }
    }
  }

  std::vector<int> converted(const OnnxNode& node, std::vector<int> inputs) {
    const OnnxOperator& op = *find_onnx_operator(node.op);
    builder_.begin(node.name.empty() ? node.outputs[0] : node.name, node.origin);
    OnnxContext context(builder_, node, model_.opset, std::move(inputs));
    for (const std::string& name : node.inputs) context.only_reader.push_back(readers_[name] == 1);
    op.convert(context);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const int v = context.outputs()[i];
      if (v < 0 && !node.outputs[i].empty()) context.fail("output " + std::to_string(i) + " is not supported");
      if (v >= 0 && !node.outputs[i].empty() && named_.insert(v).second) builder_.set_name(v, node.outputs[i]);
    }
    return context.outputs();
  }

  void add_output(const std::string& name) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      findings_.add(model_.path + ": output '" + name.substr(0, 200) + "' is made by no node");
    } else if (!outputs_.insert(name).second) {
      findings_.add(model_.path + ": output '" + name.substr(0, 200) + "' is named twice");
    } else if (found->second != kUnknown) {
      builder_.begin(name, model_.path + ": output '" + name + "'");
      builder_.output(found->second, name);
    }
  }

  OnnxModel model_;
  const ImportOptions& options_;
  GraphBuilder builder_;
  Findings findings_;
  std::map<std::string, int> values_;
  std::map<std::string, int> readers_;
  std::set<int> named_;  // values that carry a name of the model
  std::set<std::string> outputs_;
};

}  // namespace

Graph import_onnx(const std::string& path, const ImportOptions& options) {
  return import_onnx_model(read_onnx_model(path), options);
}

Graph import_onnx_model(OnnxModel model, const ImportOptions& options) {
  return Importer(std::move(model), options).run();
}

}  // namespace rondo

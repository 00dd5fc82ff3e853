#include "traces/compile.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "models/base/error.hpp"
#include "traces/lowering.hpp"
#include "traces/sync.hpp"

namespace rondo {
namespace {

void lower(Lowering& low, const Node& node) {
  const auto nothing = [&](int v) { return v < 0 || element_count(low.shape(v)) == 0; };
  if (std::all_of(node.outputs.begin(), node.outputs.end(), nothing)) return;
  switch (node.op) {
    case Op::recurrent: return lower_recurrent(low, node);
    case Op::dense: return lower_dense(low, node);
    case Op::matmul: return lower_matmul(low, node);
    case Op::binary: return lower_binary(low, node);
    case Op::activation: return lower_activation(low, node);
    case Op::softmax:
    case Op::log_softmax: return lower_softmax(low, node);
    case Op::gather: return lower_gather(low, node);
    case Op::concat: return lower_concat(low, node);
    case Op::view: return lower_view(low, node);
  }
}

std::int64_t arrays_used(const Program& program) {
  std::set<int> arrays;
  for (const Instruction& in : program.code) {
    if (in.opcode == Opcode::mmul) arrays.insert(array_of(in.unit));
  }
  return static_cast<std::int64_t>(arrays.size());
}

/// The passes in order, with `resident_bytes` of the activation SRAM for values that stay on chip between nodes.
Compiled compile_with(const Graph& graph, const Machine& machine, const MappingParams& mapping,
                      const NumbersParams& numbers, const Ranges* ranges, const NamedTensors* inputs,
                      std::int64_t resident_bytes, int arrays) {
  Lowering low(graph, machine, mapping, numbers, ranges, resident_bytes, arrays);
  low.place_values(inputs);
  for (const Node& node : graph.nodes) {
    low.node_index = static_cast<int>(&node - graph.nodes.data());
    const Lowering::Marks marks = low.mark();
    lower(low, node);
    low.release(marks);
  }
  Compiled made{low.builder.finish(graph.name), low.mapped};
  made.mapped.arrays = arrays_used(made.program);
  return made;
}

}  // namespace

std::string_view words(Chaining chaining) {
  switch (chaining) {
    case Chaining::streams: return "stream";
    case Chaining::switched_off: return "mapping.chaining is off";
    case Chaining::no_streams: return "the chip has no streams";
    case Chaining::wide_slices: return "slices are wider than an array";
    case Chaining::many_vectors: return "more vectors than an array takes at once";
    case Chaining::little_room: return "machine.stream_rows is too small";
    case Chaining::from_dram: return "weights come from DRAM";
  }
  throw Broken("compiler: unknown chaining");
}

std::int64_t Mapped::all_passes() const { return std::accumulate(passes.begin(), passes.end(), std::int64_t{0}); }

Compiled compile(const Graph& graph, const Machine& machine, const MappingParams& mapping, const NumbersParams& numbers,
                 const Ranges* ranges, const NamedTensors* inputs) {
  // Half of the activation SRAM for values between nodes, none if that leaves a node too little to work with; all
  // arrays, fewer if the parts of the memories that each has to itself, or the semaphores, are too few.
  std::string fewer;
  for (int arrays = static_cast<int>(machine.arrays); arrays >= 1; --arrays) {
    for (const std::int64_t resident : {machine.activation_bytes / 2 / 16 * 16, std::int64_t{0}}) {
      try {
        Compiled made = compile_with(graph, machine, mapping, numbers, ranges, inputs, resident, arrays);
        if (fewer.empty() && made.mapped.arrays < arrays) fewer = "there are no more tiles side by side";
        made.mapped.fewer_arrays = fewer;
        return made;
      } catch (const TooFewSemaphores&) {
        if (arrays == 1) throw;
        if (fewer.empty()) fewer = "machine.semaphores is too small";
        break;
      } catch (const Shortage& shortage) {
        if (fewer.empty() && resident == 0) fewer = shortage.what();
        if (arrays > 1 || resident > 0) continue;
        throw Error("network '" + graph.name + "' does not fit this chip: " + shortage.what() +
                    "; allowed: a larger machine." + std::string(kSpaceNames[static_cast<int>(shortage.space)]) +
                    "_bytes, or a smaller network or batch");
      }
    }
  }
  throw Broken("compiler: no attempt failed or succeeded");
}

}  // namespace rondo

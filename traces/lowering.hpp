#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "traces/arena.hpp"
#include "traces/builder.hpp"
#include "traces/compile.hpp"

namespace rondo {

/// How a graph value's numbers lie in memory: `bits` wide, real = integer * scale.
struct Format {
  int bits = 16;
  double scale = 1;
  double most = 1;  ///< largest magnitude seen in calibration

  std::int64_t bytes() const { return bits / 8; }
};

/// A graph value as elements of its base value: element (i0, i1, ..) is number offset + sum(i_k * strides_k) of `base`.
struct Strided {
  int base = -1;
  std::int64_t offset = 0;
  Shape shape;
  std::vector<std::int64_t> strides;
};

/// Elements at hand in the activation SRAM: `place` of element 0, byte strides per axis.
struct OnChip {
  Place place;
  Shape shape;
  std::vector<std::int64_t> strides;
  Format format;
};

/// Everything the lowering of one node may use: the graph, where its values lie, and the program being written.
/// Values live in DRAM or, while they are needed and fit, in the lower part of the activation SRAM; the upper part is
/// the nodes' scratch memory, as are weight SRAM and parameter SRAM. The accumulators are every pass's anew.
class Lowering {
 public:
  Lowering(const Graph& graph, const Machine& machine, const MappingParams& mapping, const NumbersParams& numbers,
           const Ranges* ranges, std::int64_t resident_bytes, int arrays);

  const Graph& graph;
  const Machine& machine;
  const MappingParams& mapping;
  const NumbersParams& numbers;
  const Ranges* ranges;  ///< null: timing only
  const int arrays;      ///< in use, of those that the machine has
  Builder builder;
  Mapped mapped;  ///< noted by the passes
  Arena dram, activation, parameter;
  std::vector<Arena> weight;  ///< one for all arrays, or one for each

  Arena& weight_of(int array) { return weight[static_cast<std::size_t>(array) % weight.size()]; }
  /// Divides the weight SRAM among the arrays, of which array a needs `needs[a]` bytes, if equal parts on bank
  /// boundaries are large enough: then arrays find their tiles in banks of their own. Nothing may have been taken from
  /// it yet.
  void divide_weight(const std::vector<std::int64_t>& needs);

  /// The memories on chip as far as they are in use; `release` takes back what was handed out since.
  struct Marks {
    std::int64_t activation, parameter;
    std::vector<Arena> weight;
  };
  Marks mark() const;
  void release(const Marks& marks);

  const Format& format(int value) const { return formats_[root(value)]; }
  const Shape& shape(int value) const { return graph.values[value].shape; }
  /// Of state s of a recurrent node: h has any scale, the others a power of two.
  const Format& state_format(int node, int s) const { return state_formats_.at({node, s}); }
  /// Largest magnitude of an equation over all directions of a recurrent node; 1 when nothing is known.
  double range(int node, int equation) const;
  double range(int value) const;

  /// Makes a value, or the part [start, start + count) of its first axis, readable in the activation SRAM: where it
  /// lies already, or loaded into scratch memory.
  OnChip bring(int value) { return bring(value, Index{}, shape(value).empty() ? 1 : shape(value)[0]); }
  OnChip bring(int value, Index start, std::int64_t count);
  /// The same with innermost stride 1 and the other axes dense: copies if it must.
  OnChip bring_dense(int value, Index start, std::int64_t count);
  OnChip bring_dense(int value) { return bring_dense(value, Index{}, shape(value).empty() ? 1 : shape(value)[0]); }

  /// Room for the value's elements in the activation SRAM: its home if it lives there, else scratch memory, dense.
  OnChip room_for(int value);
  /// After writing into `room_for`: carries it to DRAM if that is where the value lives.
  void put(int value, const OnChip& from);
  /// The same for the part [start, start + count) of the first axis.
  OnChip room_for_part(int value, Index start, std::int64_t count);
  void put_part(int value, Index start, const OnChip& from);
  /// Writes rows (dense, `bytes` each, on chip) to rows of the value's home, `stride` bytes apart from byte `offset`.
  void put_rows(int value, Place from, std::int64_t from_stride, Place offset, std::int64_t rows, std::int64_t bytes,
                std::int64_t stride);
  bool lives_on_chip(int value) const { return homes_[root(value)].space == Space::activation; }
  const Place& home(int value) const { return homes_[root(value)]; }

  /// Moves elements one by one (same shape, formats may differ): what a copy costs on the gate unit.
  void copy(const OnChip& from, const OnChip& to);
  OnChip scratch(const Shape& shape, const Format& format, const std::string& what);
  void zero(Place at, std::int64_t bytes);

  /// Constant bytes in DRAM; empty in a timing-only program.
  std::int64_t constant(std::int64_t bytes, const std::string& name);

  int root(int value) const { return strided_[value].base; }
  const Strided& strided(int value) const { return strided_[value]; }
  int node_index = 0;

  /// Chooses formats, finds views, gives every value a home; then ports and constants. Called once, first.
  void place_values(const NamedTensors* inputs);

 private:
  void resolve_views();
  void choose_formats();
  void choose_homes();
  void write_constants_and_ports(const NamedTensors* inputs);
  bool feeds_matrix(int value) const;
  /// Rows of the table that the value's integers point into; 0: none, -1: tables of different length.
  std::int64_t table_rows(int value) const;

  std::int64_t resident_bytes_;
  std::vector<Format> formats_;
  std::vector<Strided> strided_;
  std::vector<Place> homes_;
  std::map<std::pair<int, int>, Format> state_formats_;
};

/// A kernel for operands whose elements lie `steps` words apart.
using KernelOfSteps = std::function<Kernel(const std::vector<std::int64_t>& steps)>;

/// A loop nest for the gate unit over operands of equal shape, each with its own strides (0 repeats).
void emit_elementwise(Lowering& low, const KernelOfSteps& kernel, const std::vector<OnChip>& operands);

/// body(start, count) for parts of [0, total), scratch memory taken back after each.
void for_parts(Lowering& low, std::int64_t total, std::int64_t part,
               const std::function<void(Index, std::int64_t)>& body);

void lower_recurrent(Lowering& low, const Node& node);
void lower_dense(Lowering& low, const Node& node);
void lower_matmul(Lowering& low, const Node& node);
void lower_binary(Lowering& low, const Node& node);
void lower_activation(Lowering& low, const Node& node);
void lower_softmax(Lowering& low, const Node& node);
void lower_gather(Lowering& low, const Node& node);
void lower_concat(Lowering& low, const Node& node);
void lower_view(Lowering& low, const Node& node);  ///< only views that no stride can express

}  // namespace rondo

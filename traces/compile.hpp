#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/isa/instruction.hpp"
#include "traces/graph.hpp"
#include "traces/interpret.hpp"

namespace rondo {

/// How a network is laid over time and memory: choices that a user sweeps.
struct MappingParams {
  std::string input_projection;
  std::string gates;
  std::int64_t chunk_steps = -1;
  std::string chaining;
  std::string arrays;
  std::int64_t sum_buffers = 2;

  template <class Visitor>
  void fields(Visitor& v) {
    v.choice("input_projection", input_projection, {"step", "hoisted"},
             "input half of a recurrent layer: with every step, or ahead of the recurrence for all steps of a chunk");
    v.choice(
        "gates", gates, {"sequential", "interleaved"},
        "gates one after the other over the whole hidden state, or all gates of one slice and then the next slice");
    v.integer("chunk_steps", chunk_steps, "steps",
              "steps whose inputs and outputs are on chip at once; 0: as many as fit", 0, 1 << 20);
    v.choice("chaining", chaining, {"off", "on"},
             "the last sums of a slice no wider than the array: through accumulators, or through a stream if the chip "
             "has one");
    v.choice("arrays", arrays, {"tiles", "gates"}, "several arrays: slices side by side, or the products of one slice");
    v.integer(
        "sum_buffers", sum_buffers, "buffers",
        "slices whose sums are in the accumulators at once: as many as cover the time from an array to the gate unit",
        1, 16);
  }
};

/// Word widths of the numbers on the chip.
struct NumbersParams {
  std::int64_t weight_bits = 0;
  std::int64_t activation_bits = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("weight_bits", weight_bits, "bits", "width of a weight: 8 or 16", 8, 16);
    v.integer("activation_bits", activation_bits, "bits", "width of an activation: 8 or 16", 8, 16);
  }
};

/// What became of chaining in a matrix pass: its last sums come through a stream, or the first reason why not.
enum class Chaining : std::uint8_t {
  streams,
  switched_off,
  no_streams,
  wide_slices,
  many_vectors,
  little_room,
  from_dram
};
inline constexpr int kChainings = 7;
/// In words that fit into "N passes: ...".
std::string_view words(Chaining chaining);

/// What the compiler made of a mapping. A matrix pass is the products of a dense layer or of a phase of a recurrent
/// layer's step, with the kernel that takes their sums, slice of outputs by slice.
struct Mapped {
  std::int64_t arrays = 0;                        ///< that some product uses
  std::array<std::int64_t, kChainings> passes{};  ///< by what became of chaining
  std::int64_t slices = 0;                        ///< of the passes that stream
  std::int64_t streamed_slices = 0;               ///< those that do: not those whose weights come from DRAM
  std::int64_t sum_buffers = 0;                   ///< slices whose sums lie in the accumulators at once, at most
  std::int64_t stream_rows = 0;                   ///< least that lets one more pass stream; 0: more do not help
  std::string fewer_arrays;                       ///< why not all of the machine's are used; empty: they are

  std::int64_t all_passes() const;
  std::int64_t streamed_passes() const { return passes[static_cast<std::size_t>(Chaining::streams)]; }
};

struct Compiled {
  Program program;
  Mapped mapped;
};

/// Network to program: quantise, tile, place, schedule, synchronise. `ranges` from an evaluation on calibration input
/// (null: timing only, no data segments) and `inputs` the values of the graph's inputs (null likewise). A network that
/// does not fit the machine is an Error that says which memory is short by how many bytes at least.
Compiled compile(const Graph& graph, const Machine& machine, const MappingParams& mapping, const NumbersParams& numbers,
                 const Ranges* ranges, const NamedTensors* inputs);

}  // namespace rondo

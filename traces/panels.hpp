#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "traces/lowering.hpp"

namespace rondo {

/// One product on its way through one array: sums of up to `machine.cols` outputs over `depth` inputs, for
/// `rows` vectors. The weights come in tiles of `machine.rows` inputs, one after the other.
struct Panel {
  int array = 0;
  Place weights;       ///< [depth][cols] words
  RowOperand vectors;  ///< row 0, bytes from row to row
  RowOperand sums;
  std::int64_t depth = 0;
  std::int64_t cols = 0;
  std::int64_t rows = 0;
  int activation_bits = 8;
  bool stream = false;  ///< the finished sums go into the array's stream instead of to `sums`

  std::int64_t tiles(const Machine& machine) const { return (depth + machine.rows - 1) / machine.rows; }
};

/// `panel` moved: weights and sums by so many bytes per step of `index`.
Panel moved(Panel panel, Index index, std::int64_t weight_bytes, std::int64_t sum_bytes);

/// Where the sums of a panel are between one tile and the next, as an mmul's fields say it: in the
/// accumulators of a weight-stationary array, in the elements of an output-stationary one. `first`, `last`:
/// of the panel's tiles.
struct SumFlow {
  std::int64_t accumulate;
  bool hold, stream;
};
SumFlow sum_flow(const Machine& machine, bool first, bool last, bool stream);

/// Vectors that one mmul can take.
std::int64_t most_vectors(const Machine& machine);

inline constexpr std::int64_t kAllTiles = std::numeric_limits<std::int64_t>::max();

/// Tiles [first, first + count) of panels that different arrays compute side by side: a tile of each in turn,
/// because instructions are dispatched in order and the units' queues are short. Panels with more rows than
/// an output-stationary array has go through it in groups of rows, tile by tile and by way of the
/// accumulators; these cannot stream.
void emit_tiles(Lowering& low, std::vector<Panel> panels, std::int64_t first = 0, std::int64_t count = kAllTiles);

}  // namespace rondo

#include "traces/pass.hpp"

#include <algorithm>
#include <cstring>

#include "models/base/error.hpp"

namespace rondo {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

template <class Word>
void append(std::vector<std::uint8_t>& bytes, Word word) {
  std::uint8_t raw[sizeof word];
  std::memcpy(raw, &word, sizeof word);
  bytes.insert(bytes.end(), raw, raw + sizeof word);
}

}  // namespace

int Pass::add_product(const CellMatrix& matrix, int source, const std::vector<const CellVector*>& biases, double input_scale,
                      double target, double most) {
  std::vector<double> bias;
  for (const CellVector* b : biases) {
    if (b->values.reals.empty()) continue;
    bias.resize(matrix.rows, 0.0);
    for (std::int64_t r = 0; r < matrix.rows; ++r) bias[r] += b->values.reals[r];
  }
  products_.push_back({&matrix, source,
                       quantise_product(matrix, bias, static_cast<int>(low_.numbers.weight_bits), input_scale, target, most),
                       !biases.empty()});
  return static_cast<int>(products_.size()) - 1;
}

int Pass::add_vector(const CellVector& vector, double scale) {
  vectors_.push_back({&vector, scale});
  return static_cast<int>(vectors_.size()) - 1;
}

std::int64_t Pass::depth_before(int product) const {
  std::int64_t depth = 0;
  for (int p = 0; p < product; ++p) depth += products_[p].matrix->cols;
  return depth;
}

std::int64_t Pass::weight_bytes() const {
  std::int64_t bytes = 0;
  for (const Product& p : products_) bytes += p.matrix->cols * width_ * weight_word();
  return bytes;
}

std::int64_t Pass::most_parameter_bytes() const {
  std::int64_t per_output = 0, items = 0;
  for (const Product& p : products_) per_output += p.biased ? 6 : 2, ++items;
  for (std::size_t v = 0; v < vectors_.size(); ++v) per_output += 2, ++items;
  const std::int64_t most_slices = (width_ + low_.machine.cols - 1) / low_.machine.cols;
  return per_output * width_ + most_slices * (16 + 2 * items);
}

std::int64_t Pass::rows_that_fit() const {
  const std::int64_t per_row = 4 * low_.machine.cols * std::max<std::int64_t>(1, products_.size());
  return low_.machine.accumulator_bytes / per_row;
}

void Pass::layout(std::int64_t rows, bool interleaved, int activation_bits) {
  const std::int64_t cols = low_.machine.cols;
  const std::int64_t products = std::max<std::int64_t>(1, products_.size());
  const std::int64_t columns_that_fit = low_.accumulator.room() / (4 * rows * products) / cols * cols;
  rows_ = rows;
  activation_bits_ = activation_bits;
  if (products_.empty()) {
    slice_ = width_;
  } else if (columns_that_fit == 0) {
    throw Shortage(Space::accumulator, 4 * rows * products * cols - low_.accumulator.room(), name_);
  } else {
    slice_ = std::min(width_, interleaved ? cols : columns_that_fit);
  }
  if (!products_.empty()) {
    const std::int64_t bytes = 4 * rows * products * padded();
    buffers_ = slices() > 1 && 2 * bytes + 16 <= low_.accumulator.room() ? 2 : 1;
    for (std::int64_t b = 0; b < buffers_; ++b) {
      sums_.push_back(low_.accumulator.take_aligned(bytes, b == 0 ? 16 : low_.machine.bank_bytes(Space::accumulator), name_));
      low_.builder.symbol(name_ + ".sums", Space::accumulator, sums_.back(), bytes);
    }
  }
  std::int64_t offset = 0;
  for (Product& p : products_) {
    if (p.biased) p.bias_offset = offset, offset += 4 * slice_;
    p.factor_offset = offset, offset += round_up(2 * slice_, 4);
  }
  for (Vector& v : vectors_) v.offset = offset, offset += round_up(2 * slice_, 4);
  parameter_stride_ = round_up(offset, 16);
}

std::int64_t Pass::tile_bytes() const {
  return std::min(low_.machine.cols, width_) * low_.machine.rows * weight_word();
}

std::int64_t Pass::useful_slot_bytes() const {
  std::int64_t tiles = 1;
  for (const Product& p : products_) tiles = std::max(tiles, (p.matrix->cols + low_.machine.rows - 1) / low_.machine.rows);
  return (tiles + 1) / 2 * tile_bytes();
}

// Groups of tiles in which a panel passes through the two slots: an even number if it can be, so that the next panel's first group
// has a slot of its own.
std::int64_t Pass::groups(std::int64_t depth, std::int64_t slot_bytes) const {
  const std::int64_t tiles = (depth + low_.machine.rows - 1) / low_.machine.rows;
  const std::int64_t fit = std::max<std::int64_t>(1, slot_bytes / tile_bytes());
  const std::int64_t least = (tiles + fit - 1) / fit;
  return std::min(tiles, least + least % 2);
}

std::int64_t Pass::first_group_bytes(std::int64_t slot_bytes) const {
  std::int64_t most = 0;
  for (const Product& p : products_) {
    const std::int64_t depth = p.matrix->cols, tiles = (depth + low_.machine.rows - 1) / low_.machine.rows;
    const std::int64_t inputs = std::min(depth, tiles / groups(depth, slot_bytes) * low_.machine.rows);
    most = std::max(most, inputs * std::min(low_.machine.cols, width_) * weight_word());
  }
  return most;
}

std::int64_t Pass::first_streamed() const {
  for (std::int64_t s = 0; s < slices(); ++s) {
    const std::int64_t n = resident_products(s);
    if (n == static_cast<std::int64_t>(products_.size())) continue;
    return s * slice_weight_bytes(slice_) + depth_before(static_cast<int>(n)) * std::min(slice_, width_ - s * slice_) * weight_word();
  }
  return weight_bytes();
}

// Order of use: slice, product, panel of `cols` outputs, tile of `rows` inputs; each tile row-major [input][output].
void Pass::pack(const Product& product, std::int64_t first_output, std::int64_t width, std::vector<std::uint8_t>& out) const {
  const std::int64_t depth = product.matrix->cols, cols = low_.machine.cols;
  for (std::int64_t panel = 0; panel < width; panel += cols) {
    const std::int64_t outputs = std::min(cols, width - panel);
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t c = 0; c < outputs; ++c) {
        const std::int16_t w = product.numbers.weights[(first_output + panel + c) * depth + k];
        weight_word() == 1 ? append(out, static_cast<std::int8_t>(w)) : append(out, w);
      }
    }
  }
}

std::vector<std::uint8_t> Pass::packed_weights() const {
  std::vector<std::uint8_t> out;
  out.reserve(weight_bytes());
  for (std::int64_t s = 0; s < slices(); ++s) {
    for (const Product& p : products_) pack(p, s * slice_, std::min(slice_, width_ - s * slice_), out);
  }
  return out;
}

std::vector<std::uint8_t> Pass::packed_parameters() const {
  std::vector<std::uint8_t> out(slices() * parameter_stride_);
  const auto write = [&](std::int64_t offset, std::int64_t word, auto value_of) {
    for (std::int64_t r = 0; r < width_; ++r) {
      const std::int32_t value = value_of(r);
      std::memcpy(&out[r / slice_ * parameter_stride_ + offset + r % slice_ * word], &value, word);
    }
  };
  for (const Product& p : products_) {
    if (p.biased) write(p.bias_offset, 4, [&](std::int64_t r) { return p.numbers.bias.empty() ? 0 : p.numbers.bias[r]; });
    write(p.factor_offset, 2, [&](std::int64_t r) { return p.numbers.factor[r]; });
  }
  for (const Vector& v : vectors_) {
    write(v.offset, 2, [&](std::int64_t r) { return quantise(v.vector->values.reals[r], v.scale, 16); });
  }
  return out;
}

void Pass::place_weights(std::int64_t tape, std::int64_t address, std::int64_t resident, const Ring& ring) {
  tape_ = tape, resident_ = address, resident_bytes_ = resident, ring_ = ring;
  // What stays is a prefix of the tape: load it slice by slice.
  for (std::int64_t s = 0; s < slices() && !products_.empty(); ++s) {
    const std::int64_t width = std::min(slice_, width_ - s * slice_), at = s * slice_weight_bytes(slice_);
    const std::int64_t bytes = depth_before(static_cast<int>(resident_products(s))) * width * weight_word();
    if (bytes > 0) low_.builder.load(place(Space::dram, tape_ + at), place(Space::weight, resident_ + at), 1, bytes, 0, 0);
  }
}

void Pass::place_parameters() {
  if (parameter_stride_ == 0) return;
  const std::int64_t bytes = slices() * parameter_stride_;
  const std::int64_t from = low_.constant(bytes, name_ + ".parameters");
  if (low_.ranges != nullptr) low_.builder.data(from, packed_parameters());
  Arena& home = low_.parameter.room() >= bytes ? low_.parameter : low_.activation;
  parameters_ = place(home.space(), home.take(bytes, name_ + " parameters"));
  low_.builder.load(place(Space::dram, from), parameters_, 1, bytes, 0, 0);
}

// Products of slice s that lie in weight SRAM for good.
std::int64_t Pass::resident_products(std::int64_t s) const {
  const std::int64_t before = s * slice_weight_bytes(slice_);
  const std::int64_t width = std::min(slice_, width_ - s * slice_);
  std::int64_t n = 0;
  while (n < static_cast<std::int64_t>(products_.size()) &&
         before + depth_before(static_cast<int>(n) + 1) * width * weight_word() <= resident_bytes_) {
    ++n;
  }
  return n;
}

void Pass::emit(const Kernel& kernel, std::int64_t rows, const std::vector<Source>& sources, const std::vector<Operand>& operands) {
  const std::int64_t full = width_ / slice_, all = static_cast<std::int64_t>(products_.size());
  // Runs of full slices with equally many resident products, two at a time when the accumulators are double-buffered.
  for (std::int64_t s = 0; s < full;) {
    const std::int64_t resident = products_.empty() ? 0 : resident_products(s);
    std::int64_t end = s + 1;
    while (end < full && (products_.empty() ? 0 : resident_products(end)) == resident) ++end;
    const std::int64_t groups = (end - s) / buffers_;
    low_.builder.repeat(groups, [&](Index g) {
      for (std::int64_t b = 0; b < buffers_; ++b) {
        emit_slice(kernel, rows, sources, operands, g * buffers_ + (b + s), slice_, b, resident);
      }
    });
    for (s += groups * buffers_; s < end; ++s) {
      emit_slice(kernel, rows, sources, operands, Index{-1, s}, slice_, 0, resident);
    }
  }
  if (width_ % slice_ != 0) {
    const std::int64_t resident = all == 0 ? 0 : resident_products(full);
    emit_slice(kernel, rows, sources, operands, Index{-1, full}, width_ % slice_, buffers_ > 1 ? full % 2 : 0, resident);
  }
}

void Pass::emit_slice(const Kernel& kernel, std::int64_t rows, const std::vector<Source>& sources,
                      const std::vector<Operand>& operands, Index slice, std::int64_t width, std::int64_t buffer,
                      std::int64_t resident) {
  const Place sums = place(Space::accumulator, sums_.empty() ? 0 : sums_[buffer]);
  const std::int64_t all = static_cast<std::int64_t>(products_.size());
  for (std::int64_t p = 0; p < all;) {
    std::int64_t end = p + 1;
    const auto alike = [&](std::int64_t q) {
      return products_[q].source == products_[p].source && products_[q].matrix->cols == products_[p].matrix->cols &&
             (q < resident) == (p < resident);
    };
    while (end < all && alike(end)) ++end;
    emit_products(p, end, p < resident, rows, sources[products_[p].source], slice, width, sums);
    p = end;
  }
  std::vector<RowOperand> places = {{sums, 4 * all * padded()}, {moved(parameters_, slice, parameter_stride_), 0}};
  for (const Operand& o : operands) places.push_back({moved(o.rows.place, slice, o.per_output * slice_), o.rows.stride});
  low_.builder.gate(kernel, places, width, rows);
}

void Pass::emit_products(std::int64_t first, std::int64_t last, bool resident, std::int64_t rows, const Source& source,
                         Index slice, std::int64_t width, Place sums) {
  const std::int64_t depth = products_[first].matrix->cols, cols = low_.machine.cols, word = weight_word();
  Place tape = resident ? place(Space::weight, resident_) : place(Space::dram, tape_);
  tape = moved(tape, slice, slice_weight_bytes(slice_));
  tape.base += depth_before(static_cast<int>(first)) * width * word;
  sums.base += sums_offset(static_cast<int>(first));
  const std::int64_t panel_bytes = depth * cols * word, full = width / cols, rest = width % cols, count = last - first;

  const auto panel = [&](Place t, Place s, std::int64_t outputs) {
    resident ? emit_panel(t, depth, outputs, rows, source, s) : emit_streamed_panel(t, depth, outputs, rows, source, s);
  };
  const auto panels = [&](std::int64_t n, Place t, Place s) {
    low_.builder.repeat(n, [&](Index i) { panel(moved(t, i, panel_bytes), moved(s, i, cols * 4), cols); });
  };
  if (rest == 0 && padded() == width) return panels(count * full, tape, sums);
  low_.builder.repeat(count, [&](Index j) {
    const Place t = moved(tape, j, depth * width * word), s = moved(sums, j, padded() * 4);
    panels(full, t, s);
    if (rest > 0) panel(moved(t, full * panel_bytes), moved(s, full * cols * 4), rest);
  });
}

void Pass::emit_panel(Place tape, std::int64_t depth, std::int64_t cols, std::int64_t rows, const Source& source, Place sums) {
  emit_tiles(tape, 0, (depth + low_.machine.rows - 1) / low_.machine.rows, depth, cols, rows, source, sums);
}

// Tiles [first, first + tiles) of a panel; `tape` is where the first of them lies.
void Pass::emit_tiles(Place tape, std::int64_t first, std::int64_t tiles, std::int64_t depth, std::int64_t cols,
                      std::int64_t rows, const Source& source, Place sums) {
  const std::int64_t height = low_.machine.rows, word = weight_word(), activation_word = activation_bits_ / 8;
  const auto tile = [&](Place t, Place v, std::int64_t inputs, bool accumulate) {
    low_.builder.mload(t, inputs, cols, cols * word, static_cast<int>(low_.numbers.weight_bits));
    low_.builder.mmul({v, sums, rows, inputs, cols, rows > 1 ? source.stride : 0,
                       rows > 1 ? 4 * static_cast<std::int64_t>(products_.size()) * padded() : 0, activation_bits_, accumulate, false});
  };
  Place vector = moved(source.place, first * height * activation_word);
  std::int64_t left = std::min(depth - first * height, tiles * height);
  if (first == 0) {
    const std::int64_t inputs = std::min(height, left);
    tile(tape, vector, inputs, false);
    tape.base += inputs * cols * word, vector.base += inputs * activation_word, left -= inputs;
  }
  low_.builder.repeat(left / height, [&](Index k) {
    tile(moved(tape, k, height * cols * word), moved(vector, k, height * activation_word), height, true);
  });
  const std::int64_t whole = left / height * height;
  if (left > whole) tile(moved(tape, whole * cols * word), moved(vector, whole * activation_word), left - whole, true);
}

void Pass::emit_streamed_panel(Place tape, std::int64_t depth, std::int64_t cols, std::int64_t rows, const Source& source,
                               Place sums) {
  const std::int64_t height = low_.machine.rows, tiles = (depth + height - 1) / height, row = cols * weight_word();
  const std::int64_t count = groups(depth, ring_.slot_bytes);
  const auto slot = [&](std::int64_t group) { return place(Space::weight, ring_.address + group % 2 * ring_.slot_bytes); };
  const auto first_tile = [&](std::int64_t group) { return group * tiles / count; };
  const auto first_input = [&](std::int64_t group) { return std::min(depth, first_tile(group) * height); };
  for (std::int64_t g = 0; g < count; ++g) {
    const bool last = g + 1 == count;
    const auto load_next = [&] {
      const std::int64_t bytes = last ? ring_.ahead_bytes : (first_input(g + 2) - first_input(g + 1)) * row;
      low_.builder.load(moved(tape, first_input(g + 1) * row), slot(last ? 0 : g + 1), 1, bytes, 0, 0);
    };
    const bool own_slot = !last || count % 2 == 0;  // else it takes the slot that is being read
    if (own_slot) load_next();
    emit_tiles(slot(g), first_tile(g), first_tile(g + 1) - first_tile(g), depth, cols, rows, source, sums);
    if (!own_slot) load_next();
  }
}

WeightRounds::WeightRounds(Lowering& low, const std::vector<std::vector<Pass*>>& rounds, const std::string& name) : low_(low) {
  std::int64_t total = 0, tile = 0, useful = 0;
  for (const auto& round : rounds) {
    for (const Pass* pass : round) {
      total += round_up(pass->weight_bytes(), 16);
      tile = std::max(tile, pass->tile_bytes());
      useful = std::max(useful, pass->useful_slot_bytes());
    }
  }
  const bool streams = total > low.weight.room();
  if (streams) {
    const std::int64_t quarter = low.weight.room() / 4 / std::max<std::int64_t>(1, tile) * tile;
    ring_.slot_bytes = round_up(std::max(tile, std::min(useful, quarter)), 16);
    ring_.address = low.weight.take(2 * ring_.slot_bytes, name + " weights (two tiles to stream through)");
    low.builder.symbol(name + ".ring", Space::weight, ring_.address, 2 * ring_.slot_bytes);
    for (const auto& round : rounds) {
      for (const Pass* pass : round) ring_.ahead_bytes = std::max(ring_.ahead_bytes, pass->first_group_bytes(ring_.slot_bytes));
    }
  }
  for (const auto& round : rounds) {
    std::int64_t bytes = 0;
    for (const Pass* pass : round) bytes += pass->weight_bytes();
    const std::int64_t tape = low.constant(bytes + (streams ? ring_.ahead_bytes : 0), name + ".weights");
    Round here;
    here.bytes = ring_.ahead_bytes;
    std::int64_t at = tape;
    for (Pass* pass : round) {
      const bool tail = here.first_streamed >= 0;  // what streams is one piece: nothing after it stays
      const std::int64_t resident = tail ? 0 : std::min(pass->weight_bytes(), low.weight.room());
      pass->place_weights(at, resident > 0 ? low.weight.take(resident, name + " weights") : 0, resident, ring_);
      if (!tail && pass->first_streamed() < pass->weight_bytes()) here.first_streamed = at + pass->first_streamed();
      at += pass->weight_bytes();
    }
    if (low.ranges != nullptr) {
      std::vector<std::uint8_t> all;
      for (const Pass* pass : round) {
        const std::vector<std::uint8_t> own = pass->packed_weights();
        all.insert(all.end(), own.begin(), own.end());
      }
      if (here.first_streamed >= 0) {
        for (std::int64_t i = 0; i < here.bytes; ++i) {
          const std::size_t from = here.first_streamed - tape + i;
          all.push_back(from < all.size() ? all[from] : 0);
        }
      }
      low.builder.data(tape, std::move(all));
    }
    rounds_.push_back(here);
  }
  for (const auto& round : rounds) {
    for (Pass* pass : round) pass->place_parameters();
  }
}

void WeightRounds::begin(std::size_t r) {
  if (rounds_[r].first_streamed < 0) return;
  low_.builder.load(place(Space::dram, rounds_[r].first_streamed), place(Space::weight, ring_.address), 1, rounds_[r].bytes, 0, 0);
}

}  // namespace rondo

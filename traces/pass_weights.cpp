#include <algorithm>
#include <cstring>

#include "traces/pass.hpp"

/// A pass's weights: how they are packed, which stay on chip and where, how the others come.
namespace rondo {
namespace {

template <class Word>
void append(std::vector<std::uint8_t>& bytes, Word word) {
  std::uint8_t raw[sizeof word];
  std::memcpy(raw, &word, sizeof word);
  bytes.insert(bytes.end(), raw, raw + sizeof word);
}

}  // namespace

std::int64_t Pass::tile_bytes() const {
  return std::min(low_.machine.cols, width_) * low_.machine.rows * weight_word();
}

std::int64_t Pass::useful_slot_bytes() const {
  std::int64_t tiles = 1;
  for (const Product& p : products_)
    tiles = std::max(tiles, (p.matrix->cols + low_.machine.rows - 1) / low_.machine.rows);
  return (tiles + 1) / 2 * tile_bytes();
}

// Groups of tiles in which a panel passes through the two slots: an even number if it can be, so that the
// next panel's first group has a slot of its own.
std::int64_t Pass::load_groups(std::int64_t depth, std::int64_t slot_bytes) const {
  const std::int64_t tiles = (depth + low_.machine.rows - 1) / low_.machine.rows;
  const std::int64_t fit = std::max<std::int64_t>(1, slot_bytes / tile_bytes());
  const std::int64_t least = (tiles + fit - 1) / fit;
  return std::min(tiles, least + least % 2);
}

std::int64_t Pass::first_group_bytes(std::int64_t slot_bytes) const {
  std::int64_t most = 0;
  for (const Product& p : products_) {
    const std::int64_t depth = p.matrix->cols, tiles = (depth + low_.machine.rows - 1) / low_.machine.rows;
    const std::int64_t inputs = std::min(depth, tiles / load_groups(depth, slot_bytes) * low_.machine.rows);
    most = std::max(most, inputs * std::min(low_.machine.cols, width_) * weight_word());
  }
  return most;
}

std::int64_t Pass::first_streamed() const {
  for (std::int64_t s = 0; s < slices(); ++s) {
    const std::int64_t n = resident_products(s);
    if (n == static_cast<std::int64_t>(products_.size())) continue;
    return s * slice_weight_bytes(slice_) +
           depth_before(static_cast<int>(n)) * std::min(slice_, width_ - s * slice_) * weight_word();
  }
  return weight_bytes();
}

// Order of use: slice, product, panel of `cols` outputs, tile of `rows` inputs; each tile row-major
// [input][output].
void Pass::pack(const Product& product, std::int64_t first_output, std::int64_t width,
                std::vector<std::uint8_t>& out) const {
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

void Pass::place_weights(std::int64_t tape, bool may_stay, const Ring& ring) {
  tape_ = tape, ring_ = ring;
  resident_.assign(arrays(), 0);
  if (may_stay && arrays() == 1) {
    resident_bytes_ = std::min(weight_bytes(), low_.weight[0].room());
  } else if (may_stay) {
    while (resident_slices_ < slices() && fits(resident_slices_ + 1)) ++resident_slices_;
  }
  for (int a = 0; a < arrays(); ++a) {
    const std::int64_t bytes = arrays() == 1 ? resident_bytes_ : resident_bytes(a, resident_slices_);
    if (bytes > 0) resident_[a] = low_.weight_of(a).take(bytes, name_ + " weights");
  }
  if (products_.empty()) return;
  for (std::int64_t s = 0; s < slices(); ++s) load_resident(s);
  const Chaining now = chaining();
  chained_ = now == Chaining::streams;
  note_mapping(now);
}

// With several arrays: bytes of an array's share of the first slices.
std::int64_t Pass::resident_bytes(int array, std::int64_t slices) const {
  if (spread()) return bytes_of(shares_of_arrays()[array], std::min(width_, slices * slice_));
  std::int64_t bytes = 0;
  for (std::int64_t s = array; s < slices; s += arrays()) bytes += slice_weight_bytes(width_of(s));
  return bytes;
}

std::int64_t Pass::resident_bytes(int array) const {
  return arrays() == 1 ? weight_bytes() : resident_bytes(array, slices());
}

// Whether so many slices can stay, in one memory for all arrays or in a part for each.
bool Pass::fits(std::int64_t slices) const {
  std::vector<Arena> free = low_.weight;
  try {
    for (int a = 0; a < arrays(); ++a) free[a % free.size()].take(resident_bytes(a, slices), name_);
  } catch (const Shortage&) {
    return false;
  }
  return true;
}

// Products of slice s that lie in weight SRAM for good.
std::int64_t Pass::resident_products(std::int64_t s) const {
  if (arrays() > 1) return s < resident_slices_ ? count() : 0;
  const std::int64_t before = s * slice_weight_bytes(slice_);
  int n = 0;
  while (n < count() && before + depth_before(n + 1) * width_of(s) * weight_word() <= resident_bytes_) ++n;
  return n;
}

// What stays of a slice is a prefix of its part of the tape; spread products go to their arrays' parts of the
// weight SRAM.
void Pass::load_resident(std::int64_t s) {
  const std::int64_t at = tape_ + s * slice_weight_bytes(slice_), row = width_of(s) * weight_word();
  const auto load = [&](std::int64_t from, std::int64_t to, std::int64_t bytes) {
    if (bytes > 0) low_.builder.load(place(Space::dram, from), place(Space::weight, to), 1, bytes, 0, 0);
  };
  const int stay = static_cast<int>(resident_products(s));
  if (!spread()) {
    const std::int64_t own = resident_[s % arrays()] + s / arrays() * slice_weight_bytes(slice_);
    return load(at, own, depth_before(stay) * row);
  }
  const std::vector<std::vector<int>> lists = shares_of_arrays();
  for (std::size_t a = 0; a < lists.size() && stay > 0; ++a) {
    const std::int64_t own = resident_[a] + s * bytes_of(lists[a], slice_);
    for (std::size_t k = 0; k < lists[a].size(); ++k) {
      load(at + depth_before(lists[a][k]) * row, own + depth_of(lists[a], k) * row,
           products_[lists[a][k]].matrix->cols * row);
    }
  }
}

std::int64_t Pass::vectors_at_once() const {
  const bool all_stay = first_streamed() == weight_bytes();
  return all_stay ? std::min(rows_, most_vectors(low_.machine)) : rows_;
}

// Streams carry the sums of slices no wider than an array, where they have room for as many slices as the
// accumulators: else the array, which runs ahead of the gate unit, would wait for room.
Chaining Pass::chaining() const {
  const std::int64_t at_once = vectors_at_once();
  if (low_.mapping.chaining == "off") return Chaining::switched_off;
  if (low_.machine.stream_rows == 0) return Chaining::no_streams;
  if (slice_ > low_.machine.cols) return Chaining::wide_slices;
  if (at_once > most_vectors(low_.machine)) return Chaining::many_vectors;
  if (buffers_ * at_once > low_.machine.stream_rows) return Chaining::little_room;
  return whole_slices() > 0 ? Chaining::streams : Chaining::from_dram;
}

// Slices all of whose weights lie in weight SRAM: the first ones.
std::int64_t Pass::whole_slices() const {
  std::int64_t s = 0;
  while (s < slices() && resident_products(s) == count()) ++s;
  return s;
}

void Pass::note_mapping(Chaining chaining) const {
  Mapped& mapped = low_.mapped;
  if (chaining == Chaining::little_room) {
    const std::int64_t wanted = buffers_ * vectors_at_once();
    mapped.stream_rows = mapped.stream_rows == 0 ? wanted : std::min(mapped.stream_rows, wanted);
  }
  ++mapped.passes[static_cast<std::size_t>(chaining)];
  if (chaining == Chaining::streams) mapped.slices += slices(), mapped.streamed_slices += whole_slices();
  mapped.sum_buffers = std::max(mapped.sum_buffers, buffers_);
}

}  // namespace rondo

#include "traces/pass.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

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

// Each array's sums have banks of their own where there are enough: a product holds the port into its bank
// until its drain is over.
std::int64_t region_unit(const Lowering& low) {
  const Machine& m = low.machine;
  return m.accumulator_banks >= low.arrays ? m.bank_bytes(Space::accumulator) : 16;
}

Arena region(const Lowering& low, int array) {
  const std::int64_t unit = region_unit(low),
                     bytes = low.machine.accumulator_bytes / low.arrays / unit * unit;
  return Arena(Space::accumulator, array * bytes, (array + 1) * bytes);
}

}  // namespace

int Pass::add_product(const CellMatrix& matrix, int source, const std::vector<const CellVector*>& biases,
                      double input_scale, double target, double most) {
  std::vector<double> bias;
  for (const CellVector* b : biases) {
    if (b->values.reals.empty()) continue;
    bias.resize(matrix.rows, 0.0);
    for (std::int64_t r = 0; r < matrix.rows; ++r) bias[r] += b->values.reals[r];
  }
  products_.push_back(
      {&matrix, source,
       quantise_product(matrix, bias, static_cast<int>(low_.numbers.weight_bits), input_scale, target, most),
       !biases.empty()});
  return static_cast<int>(products_.size()) - 1;
}

int Pass::add_vector(const CellVector& vector, double scale) {
  vectors_.push_back({&vector, scale});
  return static_cast<int>(vectors_.size()) - 1;
}

std::vector<int> Pass::all_products() const {
  std::vector<int> list(products_.size());
  std::iota(list.begin(), list.end(), 0);
  return list;
}

std::int64_t Pass::depth_of(const std::vector<int>& products, std::size_t end) const {
  std::int64_t depth = 0;
  for (std::size_t p = 0; p < end; ++p) depth += products_[products[p]].matrix->cols;
  return depth;
}

std::int64_t Pass::bytes_of(const std::vector<int>& products, std::int64_t width) const {
  return depth_of(products, products.size()) * width * weight_word();
}

std::int64_t Pass::weight_bytes() const { return slice_weight_bytes(width_); }

std::int64_t Pass::most_parameter_bytes() const {
  std::int64_t per_output = 0, items = 0;
  for (const Product& p : products_) per_output += p.biased ? 6 : 2, ++items;
  for (std::size_t v = 0; v < vectors_.size(); ++v) per_output += 2, ++items;
  const std::int64_t most_slices = (width_ + low_.machine.cols - 1) / low_.machine.cols;
  return per_output * width_ + most_slices * (16 + 2 * items);
}

std::int64_t Pass::rows_that_fit() const {
  return region(low_, 0).room() / (4 * low_.machine.cols * std::max<std::int64_t>(1, stack()));
}

// Products of each array when they are spread: in order, each to the array with the least to do.
std::vector<std::vector<int>> Pass::shares_of_arrays() const {
  std::vector<std::vector<int>> lists(arrays());
  std::vector<std::int64_t> inputs(arrays());
  for (int p = 0; p < count(); ++p) {
    const std::size_t least = std::min_element(inputs.begin(), inputs.end()) - inputs.begin();
    lists[least].push_back(p);
    inputs[least] += products_[p].matrix->cols;
  }
  return lists;
}

// Products whose sums lie in one array's part of the accumulators.
std::int64_t Pass::stack() const {
  if (!spread()) return count();
  std::size_t most = 0;
  for (const std::vector<int>& list : shares_of_arrays()) most = std::max(most, list.size());
  return static_cast<std::int64_t>(most);
}

void Pass::layout(std::int64_t rows, bool interleaved, int activation_bits) {
  rows_ = rows;
  activation_bits_ = activation_bits;
  slice_ = width_;
  if (!products_.empty()) take_sums(rows, interleaved);
  std::int64_t offset = 0;
  for (Product& p : products_) {
    if (p.biased) p.bias_offset = offset, offset += 4 * slice_;
    p.factor_offset = offset, offset += round_up(2 * slice_, 4);
  }
  for (Vector& v : vectors_) v.offset = offset, offset += round_up(2 * slice_, 4);
  parameter_stride_ = round_up(offset, 16);
}

void Pass::take_sums(std::int64_t rows, bool interleaved) {
  const std::int64_t cols = low_.machine.cols, column = 4 * rows * stack(), room = region(low_, 0).room();
  const std::int64_t columns_that_fit = room / column / cols * cols;
  if (columns_that_fit == 0) throw Shortage(Space::accumulator, column * cols - room, name_);
  slice_ = std::min(width_, interleaved || arrays() > 1 ? cols : columns_that_fit);
  const std::int64_t bytes = column * padded();
  for (int a = 0; a < arrays(); ++a) {
    sums_.push_back(buffers(region(low_, a), bytes));
    for (std::int64_t at : sums_[a]) low_.builder.symbol(name_ + ".sums", Space::accumulator, at, bytes);
  }
  buffers_ = static_cast<std::int64_t>(sums_[0].size());
}

// Addresses of buffers for `bytes` of sums each, as many as are of use and fit: in turn in the banks of the
// array's part, so that the gate unit empties one while the array fills another.
std::vector<std::int64_t> Pass::buffers(const Arena& part, std::int64_t bytes) const {
  const std::int64_t unit = region_unit(low_), size = round_up(bytes, 16), in_bank = unit / size;
  const std::int64_t wanted = std::min(groups(), low_.mapping.sum_buffers), whole = round_up(size, unit);
  const std::int64_t pitch =
      (wanted - 1) * whole + bytes <= part.room() ? whole : size;  // of those larger than a bank
  const std::int64_t banks = in_bank > 0 ? part.room() / unit : 1;
  const std::int64_t fit = in_bank > 0 ? banks * in_bank : (part.room() - bytes) / pitch + 1;
  std::vector<std::int64_t> list;
  for (std::int64_t b = 0; b < std::clamp<std::int64_t>(fit, 1, wanted); ++b) {
    list.push_back(part.mark() + (in_bank > 0 ? b % banks * unit + b / banks * size : b * pitch));
  }
  return list;
}

// Bytes of a product's sums from the start of the buffer; in the part of the array that computes them if
// products are spread.
std::int64_t Pass::sum_offset(int product) const {
  if (!spread()) return product * padded() * 4;
  const std::vector<std::vector<int>> lists = shares_of_arrays();
  for (std::size_t a = 0; a < lists.size(); ++a) {
    const auto found = std::find(lists[a].begin(), lists[a].end(), product);
    if (found != lists[a].end()) return sums_[a][0] - sums_[0][0] + (found - lists[a].begin()) * padded() * 4;
  }
  throw Broken("compiler: a product without an array");
}

int Pass::variants() const { return !chained_ ? 1 : spread() ? 2 : 1 + arrays(); }

// The array through whose stream a product's sums come; -1: none. Variant 0 streams nothing; the others are
// for array `variant` - 1, or for all of them when products are spread.
int Pass::stream_of(int variant, int product) const {
  if (variant == 0) return -1;
  if (!spread()) return product == count() - 1 ? variant - 1 : -1;
  const std::vector<std::vector<int>> lists = shares_of_arrays();
  for (std::size_t a = 0; a < lists.size(); ++a) {
    if (!lists[a].empty() && lists[a].back() == product) return static_cast<int>(a);
  }
  return -1;
}

Lane Pass::value(KernelBuilder& kernel, int variant, int product, double target, double most) const {
  const Product& p = products_[product];
  return kernel.requantise({sum_offset(product), stream_of(variant, product)}, 1, p.bias_offset,
                           p.factor_offset, p.numbers.shift, target, most);
}

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

std::vector<std::uint8_t> Pass::packed_parameters() const {
  std::vector<std::uint8_t> out(slices() * parameter_stride_);
  const auto write = [&](std::int64_t offset, std::int64_t word, auto value_of) {
    for (std::int64_t r = 0; r < width_; ++r) {
      const std::int32_t value = value_of(r);
      std::memcpy(&out[r / slice_ * parameter_stride_ + offset + r % slice_ * word], &value, word);
    }
  };
  for (const Product& p : products_) {
    if (p.biased)
      write(p.bias_offset, 4, [&](std::int64_t r) { return p.numbers.bias.empty() ? 0 : p.numbers.bias[r]; });
    write(p.factor_offset, 2, [&](std::int64_t r) { return p.numbers.factor[r]; });
  }
  for (const Vector& v : vectors_) {
    write(v.offset, 2, [&](std::int64_t r) { return quantise(v.vector->values.reals[r], v.scale, 16); });
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
  for (std::int64_t s = 0; s < slices() && !products_.empty(); ++s) load_resident(s);
  chained_ = can_chain();
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

// Streams carry the sums of slices no wider than an array, where they have room for as many slices as the
// accumulators: else the array, which runs ahead of the gate unit, would wait for room.
bool Pass::can_chain() const {
  const bool all_stay = first_streamed() == weight_bytes();
  const std::int64_t at_once = all_stay ? std::min(rows_, most_vectors(low_.machine)) : rows_;
  return low_.mapping.chaining == "on" && !products_.empty() && slice_ <= low_.machine.cols &&
         at_once <= most_vectors(low_.machine) && buffers_ * at_once <= low_.machine.stream_rows;
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

}  // namespace rondo

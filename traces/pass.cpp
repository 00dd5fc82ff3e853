#include "traces/pass.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "models/base/error.hpp"

namespace rondo {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

// Each array's sums have banks of their own where there are enough: a product holds the port into its bank
// until its drain is over.
std::int64_t region_unit(const Lowering& low) {
  const Machine& m = low.machine;
  return m.accumulator_banks >= low.arrays ? m.bank_bytes(Space::accumulator) : 16;
}

Arena region(const Lowering& low, int array) {
  const std::int64_t unit = region_unit(low), bytes = low.machine.accumulator_bytes / low.arrays / unit * unit;
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
  const std::int64_t pitch = (wanted - 1) * whole + bytes <= part.room() ? whole : size;  // of those larger than a bank
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

std::string Pass::kernel_name(const std::string& of, int variant) const {
  if (variant == 0) return of;
  return of + "_stream" + (variants() > 2 ? std::to_string(variant - 1) : "");
}

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
  return kernel.requantise({sum_offset(product), stream_of(variant, product)}, 1, p.bias_offset, p.factor_offset,
                           p.numbers.shift, target, most);
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

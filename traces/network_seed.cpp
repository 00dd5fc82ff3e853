#include "traces/network_seed.hpp"

#include "models/base/error.hpp"

namespace rondo {

SeededValues::SeededValues(std::uint64_t seed, std::uint64_t stream) : state_(seed) {
  state_ = next() ^ (stream * 0xd1342543de82ef95ULL);
  next();
}

std::uint64_t SeededValues::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

namespace {

/// Values take memory; shapes alone do not.
std::int64_t count_of(const Shape& shape) {
  if (!fits(shape, std::int64_t{1} << 29)) {
    throw Error("a tensor of shape " + to_string(shape) +
                " is too large to be given values; allowed: 2^29 elements, or --timing-only");
  }
  return element_count(shape);
}

}  // namespace

Tensor SeededValues::reals(const Shape& shape, double bound) {
  std::vector<double> values(count_of(shape));
  for (double& value : values) {
    const double unit = static_cast<double>(next() >> 11) * 0x1p-53;
    value = (2.0 * unit - 1.0) * bound;
  }
  return real_tensor(shape, std::move(values));
}

Tensor SeededValues::integers(const Shape& shape, std::int64_t choices) {
  std::vector<std::int64_t> values(count_of(shape));
  for (std::int64_t& value : values) {
    value = static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(choices));
  }
  return integer_tensor(shape, std::move(values));
}

}  // namespace rondo

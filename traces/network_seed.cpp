#include "traces/network_seed.hpp"

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

Tensor SeededValues::reals(const Shape& shape, double bound) {
  std::vector<double> values(element_count(shape));
  for (double& value : values) {
    const double unit = static_cast<double>(next() >> 11) * 0x1p-53;
    value = (2.0 * unit - 1.0) * bound;
  }
  return real_tensor(shape, std::move(values));
}

Tensor SeededValues::integers(const Shape& shape, std::int64_t choices) {
  std::vector<std::int64_t> values(element_count(shape));
  for (std::int64_t& value : values) {
    value = static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(choices));
  }
  return integer_tensor(shape, std::move(values));
}

}  // namespace rondo

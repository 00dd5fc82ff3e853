#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "models/isa/machine.hpp"

namespace rondo {

/// A memory is too small, by the first piece that finds no room; what stands after it would need more; `compile` turns
/// it into the message for the user or tries a thriftier layout.
struct Shortage : std::runtime_error {
  Shortage(Space space, std::int64_t short_by, const std::string& what)
      : std::runtime_error(std::string(kSpaceNames[static_cast<int>(space)]) + " memory is short by at least " +
                           std::to_string(short_by) + " bytes for " + what),
        space(space),
        short_by(short_by) {}
  Space space;
  std::int64_t short_by;
};

/// Hands out one memory from its start; everything handed out after `mark` is taken back by `release`.
class Arena {
 public:
  Arena(Space space, std::int64_t begin, std::int64_t end) : space_(space), next_(begin), end_(end) {}

  /// Address of `bytes` bytes, 16-byte aligned. Throws Shortage.
  std::int64_t take(std::int64_t bytes, const std::string& what) {
    const std::int64_t address = (next_ + 15) / 16 * 16;
    if (bytes > end_ - address) throw Shortage(space_, bytes - (end_ - address), what);
    next_ = address + bytes;
    return address;
  }

  /// The same, moved up to the next multiple of `boundary` (a bank) when there is room for that.
  std::int64_t take_aligned(std::int64_t bytes, std::int64_t boundary, const std::string& what) {
    const std::int64_t up = (next_ + boundary - 1) / boundary * boundary;
    if (up + bytes <= end_) next_ = up;
    return take(bytes, what);
  }

  std::int64_t mark() const { return next_; }
  void release(std::int64_t mark) { next_ = mark; }
  std::int64_t room() const { return std::max<std::int64_t>(0, end_ - (next_ + 15) / 16 * 16); }
  Space space() const { return space_; }

 private:
  Space space_;
  std::int64_t next_;
  std::int64_t end_;
};

}  // namespace rondo

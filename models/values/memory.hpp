#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "models/base/error.hpp"

namespace rondo {

/// The bytes of one memory of the chip, zero at first. Pages that nobody touches cost nothing.
class Memory {
 public:
  Memory() = default;
  explicit Memory(std::int64_t bytes)
      : bytes_(bytes), data_(static_cast<std::uint8_t*>(std::calloc(bytes > 0 ? bytes : 1, 1)), &std::free) {
    if (data_ == nullptr)
      throw Error("this machine has no room for a simulated memory of " + std::to_string(bytes) + " bytes");
  }

  std::int64_t size() const { return bytes_; }

  /// The `count` bytes at `address`; a range outside the memory is a broken invariant (check_program has run).
  std::uint8_t* at(std::int64_t address, std::int64_t count) {
    check(address >= 0 && count >= 0 && address + count <= bytes_, "executor: access outside of a memory");
    return data_.get() + address;
  }

 private:
  std::int64_t bytes_ = 0;
  std::unique_ptr<std::uint8_t, decltype(&std::free)> data_{nullptr, &std::free};
};

/// Little-endian words, whatever their alignment.
template <class Word>
Word load_word(const std::uint8_t* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}
template <class Word>
void store_word(std::uint8_t* to, Word word) {
  std::memcpy(to, &word, sizeof word);
}

}  // namespace rondo

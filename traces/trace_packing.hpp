#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "models/base/error.hpp"
#include "models/isa/instruction.hpp"

/// The bytes of a binary trace, on every machine the same.
namespace rondo {

/// Writes varints (7 bits a byte, least first), zigzag integers (0, -1, 1, -2 ...), doubles by their bits,
/// and texts with their length in front.
class Packer {
 public:
  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void integer(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void real(double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int b = 0; b < 8; ++b) byte(static_cast<std::uint8_t>(bits >> 8 * b));
  }
  void text(std::string_view text) {
    number(text.size());
    bytes_.append(text);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what Packer wrote; anything else is an Error that names the file and the byte.
class Unpacker {
 public:
  Unpacker(std::string_view bytes, std::size_t start, const std::string& file)
      : bytes_(bytes), start_(start), file_(file) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(file_ + ": byte " + std::to_string(start_ + at_) + ": " + what +
                "; allowed a whole trace as Rondo writes it");
  }
  bool empty() const { return at_ == bytes_.size(); }

  std::uint8_t byte() {
    if (empty()) fail("the trace is cut short");
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (shift == 63 && next > 1) break;
      value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    fail("a number has more than 64 bits");
  }
  std::int64_t integer() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (value & 1 ? ~std::uint64_t{0} : 0));
  }
  double real() {
    std::uint64_t bits = 0;
    for (int b = 0; b < 8; ++b) bits |= static_cast<std::uint64_t>(byte()) << 8 * b;
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > bytes_.size() - at_) fail("a text or a section is longer than the file");
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  /// A number below `end`: an enumerator, a register, a semaphore.
  std::uint64_t below(std::uint64_t end, const char* what) {
    const std::uint64_t value = number();
    if (value >= end) fail("there is no " + std::string(what) + " " + std::to_string(value));
    return value;
  }
  /// How many entries follow, each of at least one byte: no more than bytes are left.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.size() - at_) fail("a list is longer than the file");
    return value;
  }
  Unpacker part() {
    const std::string_view contents = text();
    return {contents, start_ + at_ - contents.size(), file_};
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t start_;
  const std::string& file_;
};

/// The bulk of a program, in trace_binary_code.cpp.
void pack(const std::vector<Instruction>& code, Packer& to);
void unpack(Unpacker& from, std::vector<Instruction>& code);
void pack(const MicroOp& op, Packer& to);
MicroOp unpack_micro_op(Unpacker& from);

}  // namespace rondo

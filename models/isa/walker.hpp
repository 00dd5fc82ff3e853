#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// Steps through a program's instructions in program order, loops unrolled: the one reading of loops and strides that
/// executor and hazard checker share. `trip_limit` cuts every loop to at most so many iterations (0: none cut).
class Walker {
 public:
  explicit Walker(const Program& program, std::int64_t trip_limit = 0) : program_(program), trip_limit_(trip_limit) {
    settle();
  }

  bool done() const { return program_.code[position_].opcode == Opcode::halt; }
  int index() const { return static_cast<int>(position_); }
  const Instruction& instruction() const { return program_.code[position_]; }

  /// Byte address of every place of the present instruction.
  std::array<std::int64_t, kMaxPlaces> addresses() const {
    std::array<std::int64_t, kMaxPlaces> at{};
    const Instruction& in = instruction();
    const std::size_t places = info(in.opcode).places.size();
    for (std::size_t p = 0; p < places; ++p) {
      at[p] = in.places[p].base;
      for (std::size_t d = 0; d < loops_.size(); ++d) at[p] += in.places[p].stride[d] * loops_[d].iteration;
    }
    return at;
  }

  void next() {
    ++position_;
    settle();
  }

 private:
  struct Loop {
    std::size_t body;
    std::int64_t iteration;
    std::int64_t count;
  };

  // Passes over loop and end until an instruction for a unit, or halt, is reached.
  void settle() {
    for (;; ++position_) {
      const Instruction& in = program_.code[position_];
      if (in.opcode == Opcode::loop) {
        const std::int64_t count = in.fields[field::loop::count];
        loops_.push_back({position_, 0, trip_limit_ > 0 && count > trip_limit_ ? trip_limit_ : count});
      } else if (in.opcode == Opcode::end) {
        Loop& loop = loops_.back();
        if (++loop.iteration < loop.count) {
          position_ = loop.body;
        } else {
          loops_.pop_back();
        }
      } else {
        return;
      }
    }
  }

  const Program& program_;
  std::int64_t trip_limit_;
  std::size_t position_ = 0;
  std::vector<Loop> loops_;
};

}  // namespace rondo

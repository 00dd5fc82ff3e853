#pragma once

#include <cstdint>
#include <functional>

#include "models/isa/instruction.hpp"
#include "models/units/params.hpp"

namespace rondo::rtl {

/// A chip and a program on which two sides differ.
struct Witness {
  ChipParams chip;
  Program program;

  bool operator==(const Witness& other) const;
};

/// Whether two sides differ on it; asked only for fit programs (verify_programs.hpp).
using Differs = std::function<bool(const Witness&)>;

/// A smaller witness: instructions, semaphores, loops, micro-operations and data deleted, counts and strides reduced,
/// paces brought towards 1, as long as the sides still differ. The machine stays. Gives up looking after `most_asked`
/// questions.
Witness shrunk(Witness witness, const Differs& differs, std::int64_t most_asked);

}  // namespace rondo::rtl

#pragma once

#include <functional>
#include <vector>

#include "tests/rtl/program_image.hpp"
#include "tests/rtl/rtl_chip.hpp"

namespace rondo::rtl {

/// A shape and how to run its model.
struct ShapeEntry {
  Shape shape;
  std::function<RtlRun(const ProgramImage&, const std::vector<std::uint8_t>& dram, Cycle limit)> run;
};

const std::vector<ShapeEntry>& shape_table();

}  // namespace rondo::rtl

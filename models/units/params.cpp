#include "models/units/params.hpp"

#include <string>

namespace rondo {

std::vector<std::string> ChipParams::cross_checks() const {
  std::vector<std::string> broken = machine.cross_checks();
  if (matrix.operand_bits != 8 && matrix.operand_bits != 16) {
    broken.push_back("matrix.operand_bits: " + std::to_string(matrix.operand_bits) + " is not 8 or 16");
  }
  return broken;
}

const SramParams& ChipParams::sram(Space space) const {
  switch (space) {
    case Space::weight:
      return weight_sram;
    case Space::activation:
      return activation_sram;
    case Space::parameter:
      return parameter_sram;
    default:
      return accumulators;
  }
}

}  // namespace rondo

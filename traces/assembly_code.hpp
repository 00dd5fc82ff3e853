#pragma once

#include <optional>
#include <string_view>

#include "traces/assembly_arguments.hpp"

namespace rondo::assembly {

/// The instruction of a statement with this head, by its row of opcodes.def; empty when there is none of that
/// name.
std::optional<Instruction> read_instruction(std::string_view head, Arguments& arguments, const Scope& scope,
                                            Problems& problems);

/// The micro-operation of a statement with this head, by its row of micro_ops.def.
std::optional<MicroOp> read_micro_op(std::string_view head, Arguments& arguments, Problems& problems);

}  // namespace rondo::assembly

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/isa/instruction.hpp"

namespace rondo {

/// Program to readable text; `parse_assembly` of it gives an equal program, byte for byte in both directions.
std::string to_assembly(const Program& program);

/// Each instruction of the program as `to_assembly` writes it, without what stands around it.
std::vector<std::string> assembly_statements(const Program& program);

/// Text to program. Error: `file:line:column: ...` for every mistake found.
Program parse_assembly(std::string_view text, const std::string& file);

/// The binary trace: magic, version, Machine, sections (code, kernels, semaphores, symbols, ports, data).
std::string to_binary(const Program& program);
Program parse_binary(std::string_view bytes, const std::string& file);

/// Reads a trace of either form, gzip-compressed or not, told apart by content; writes text when `path` ends in `.s`,
/// binary otherwise, compressed when it ends in `.gz` (always the same bytes for the same program). Errors name the
/// file.
Program read_trace(const std::string& path);
void write_trace(const Program& program, const std::string& path);

/// SHA-256 of the binary form: a run names the program that it ran.
std::string program_sha256(const Program& program);

}  // namespace rondo

#include <iostream>
#include <nlohmann/json.hpp>

#include "models/base/error.hpp"
#include "sim/commands.hpp"
#include "sim/output.hpp"
#include "sim/progress.hpp"
#include "sim/simulation.hpp"
#include "sim/text_style.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

void write_program(const Program& program, const std::string& path, bool text) {
  write_file(path, [&](const std::string& hidden) {
    if (text) return write_text(hidden, to_assembly(program));
    write_trace(program, hidden);
  });
}

// One line about what was written.
void tell(const Program& program, const Arguments& arguments) {
  std::int64_t data = 0;
  for (const Segment& segment : program.data) data += static_cast<std::int64_t>(segment.bytes.size());
  if (arguments.json) {
    const nlohmann::ordered_json facts = {{"file", arguments.out},
                                          {"program", program.name},
                                          {"instructions", program.code.size()},
                                          {"data_bytes", data},
                                          {"program_sha256", program_sha256(program)}};
    std::cout << facts.dump() << "\n";
    return;
  }
  std::cout << arguments.out << ": " << program.name << ", " << grouped(static_cast<std::int64_t>(program.code.size()))
            << " instructions, " << si(static_cast<double>(data), "B") << " of data\n";
}

void need_output(const Arguments& arguments, const char* command) {
  if (arguments.out.empty()) throw Error(std::string("rondo ") + command + ": say where to write, with -o FILE");
}

}  // namespace

int compile_command(const Arguments& arguments) {
  need_output(arguments, "compile");
  RunRequest request;
  request.chip = arguments.words[0];
  request.network = arguments.words[1];
  request.set = arguments.set;
  request.dimensions = arguments.dimensions;
  request.input = arguments.input;
  request.calibration = arguments.calibration;
  request.timing_only = arguments.timing_only;
  ProgramStore programs;
  Progress progress("compiling " + request.network + " for " + request.chip, true);
  const Prepared prepared = prepare(request, programs, progress);
  if (prepared.from_trace)
    throw Error(request.network + ": is a trace already; `rondo asm` and `rondo disasm` change its form");
  write_program(prepared.program(), arguments.out, arguments.text);
  tell(prepared.program(), arguments);
  return 0;
}

int asm_command(const Arguments& arguments) {
  need_output(arguments, "asm");
  const Program program = read_trace(arguments.words[0]);
  write_program(program, arguments.out, false);
  tell(program, arguments);
  return 0;
}

int disasm_command(const Arguments& arguments) {
  const Program program = read_trace(arguments.words[0]);
  if (arguments.out.empty()) {
    std::cout << to_assembly(program);
    return 0;
  }
  write_program(program, arguments.out, true);
  tell(program, arguments);
  return 0;
}

}  // namespace rondo

#include <csignal>
#include <iostream>
#include <new>

#include "models/base/error.hpp"
#include "sim/arguments.hpp"
#include "sim/commands.hpp"
#include "sim/text_file.hpp"
#include "sim/text_style.hpp"

// The commands, and the only place that catches and exits: 0 done, 1 the work failed, 2 the input is wrong.
namespace rondo {
namespace {

constexpr std::size_t kMostFindings = 100;

const Command kRun = {
    "run",
    "[CHIP] [NETWORK|TRACE]",
    "Simulates a network, or a trace, on a chip and says where every cycle and every joule went. CHIP and "
    "NETWORK are names in configs/ or paths; without them, edge and char_lstm.",
    "rondo run edge speech_emotion --set machine.rows=64 --out result",
    {"set", "out", "json", "input", "calibration", "dim", "timing-only", "why", "schedule", "timeline-slices"},
    0,
    2,
    run_command,
};

const Command kCompile = {
    "compile",
    "CHIP NETWORK -o FILE",
    "Compiles a network for a chip to an instruction trace: binary, or text if FILE ends in .s, and "
    "compressed if it ends in .gz.",
    "rondo compile edge speech_emotion -o speech.rtrace",
    {"o", "text", "set", "json", "input", "calibration", "dim", "timing-only"},
    2,
    2,
    compile_command,
};

const Command kAsm = {
    "asm",
    "FILE -o TRACE",
    "Assembles readable text to a binary trace; nothing is lost either way.",
    "rondo asm speech.s -o speech.rtrace",
    {"o", "json"},
    1,
    1,
    asm_command,
};

const Command kDisasm = {
    "disasm",
    "TRACE [-o FILE]",
    "Prints a trace as readable assembly; nothing is lost either way.",
    "rondo disasm speech.rtrace -o speech.s",
    {"o", "json"},
    1,
    1,
    disasm_command,
};

const Command kDescribe = {
    "describe",
    "[CHIP] [SECTION]...",
    "Tables of every parameter (with unit, range, and the chip's value), instruction, micro-operation, "
    "cause, action, part and counter. SECTION is the name of one table.",
    "rondo describe edge matrix instructions",
    {"set", "json", "yaml"},
    0,
    20,
    describe_command,
};

const Command kWorker = {
    "worker",
    "",
    "Answers requests: one JSON object a line in, one a line out, until the input ends.",
    R"(echo '{"chip": "edge", "network": "speech_emotion", "set": {"machine.rows": 64}}' | rondo worker)",
    {},
    0,
    0,
    worker_command,
};

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {kRun, kCompile, kAsm, kDisasm, kDescribe, kWorker};
  return table;
}

std::string overview() {
  std::string text = "Rondo " RONDO_VERSION ": a cycle-accurate simulator of a dedicated LSTM/GRU chip.\n\n";
  for (const Command& command : commands()) {
    text += wrapped(std::string("rondo ") + command.name + " " + command.usage, 2, 80);
    text += wrapped(command.sentence, 6, 80);
  }
  return text + "\n`rondo COMMAND --help` says more. Exit status: 0 done, 1 failed, 2 wrong input.\n";
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (name == command.name) return command;
    names.emplace_back(command.name);
  }
  throw Error("unknown command '" + name + "'" + did_you_mean(name, names) + "; `rondo --help` lists the commands");
}

int run(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::cout << overview();
    return 0;
  }
  if (words[0] == "--version") {
    std::cout << "rondo " RONDO_VERSION "\n";
    return 0;
  }
  const Command& command = find_command(words[0]);
  const Arguments arguments = parse_arguments(command, {words.begin() + 1, words.end()});
  if (!arguments.help) return command.run(arguments);
  std::cout << help_text(command);
  return 0;
}

int run_and_catch(const std::vector<std::string>& words) {
  try {
    const int status = run(words);
    if (!std::cout.flush()) {
      std::cerr << "rondo: the answer could not be written\n";
      return 1;
    }
    return status;
  } catch (const Error& wrong) {
    const std::vector<std::string>& findings = wrong.findings();
    for (std::size_t i = 0; i < findings.size() && i < kMostFindings; ++i) std::cerr << findings[i] << "\n";
    if (findings.size() > kMostFindings) {
      std::cerr << "... and " << findings.size() - kMostFindings << " more\n";
    }
    return 2;
  } catch (const std::bad_alloc&) {
    std::cerr << "rondo: not enough memory\n";
  } catch (const std::exception& failed) {
    std::cerr << "rondo: " << failed.what() << "\n";
  }
  return 1;
}

}  // namespace
}  // namespace rondo

int main(int count, char** words) {
  std::ios::sync_with_stdio(false);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow further is a failed write, not the end
  return rondo::run_and_catch({words + 1, words + count});
}

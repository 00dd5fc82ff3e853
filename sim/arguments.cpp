#include "sim/arguments.hpp"

#include <boost/program_options.hpp>
#include <sstream>

#include "models/base/error.hpp"
#include "sim/settings.hpp"
#include "sim/text_style.hpp"

namespace rondo {
namespace {

namespace po = boost::program_options;

constexpr const char* kWords = "words";

// Every option of every command, once: what --help says and where the value goes.
void add_option(po::options_description& to, const std::string& name, Arguments& a,
                std::vector<std::string>& dimensions) {
  const auto text = [](std::string& target, const char* what) { return po::value(&target)->value_name(what); };
  auto add = to.add_options();
  if (name == "set")
    add("set", po::value(&a.set)->value_name("SECTION.FIELD=VALUE")->composing(),
        "change one field of the chip (machine.rows=64) or one size of a YAML network (network.batch=8); may "
        "be repeated");
  if (name == "dim")
    add("dim", po::value(&dimensions)->value_name("NAME=N")->composing(),
        "size of a symbolic dimension of an ONNX model; may be repeated");
  if (name == "out")
    add("out", text(a.out, "DIR"),
        "leave report.json, counters.csv, timeline.json, resolved.yaml and outputs.npz there");
  if (name == "o") add("output,o", text(a.out, "FILE"), "the file to write");
  if (name == "input") add("input", text(a.input, "FILE.npz"), "inputs, named as the network names them");
  if (name == "calibration")
    add("calibration", text(a.calibration, "FILE.npz"),
        "inputs that set the ranges of the numbers; otherwise the run's own");
  if (name == "schedule")
    add("schedule", text(a.schedule, "event|clocked"),
        "how units are advanced: event (default) or clocked, the slow oracle; equal in every cycle");
  if (name == "timeline-slices")
    add("timeline-slices", po::value(&a.timeline_slices)->value_name("N")->default_value(200000),
        "longest timeline.json, in instructions");
  if (name == "json") add("json", po::bool_switch(&a.json), "print JSON instead of text");
  if (name == "timing-only")
    add("timing-only", po::bool_switch(&a.timing_only), "cycles, bandwidth and energy without weights and values");
  if (name == "why")
    add("why", po::bool_switch(&a.why),
        "print the critical path too: what waited for what, from the end of the run back to cycle 0");
  if (name == "yaml") add("yaml", po::bool_switch(&a.yaml), "print the chip as one file that states everything");
  if (name == "text") add("text", po::bool_switch(&a.text), "write readable assembly instead of the binary form");
}

po::options_description describe_options(const Command& command, Arguments& arguments,
                                         std::vector<std::string>& dimensions) {
  po::options_description options("Options", 80, 40);
  for (const char* name : command.options) add_option(options, name, arguments, dimensions);
  options.add_options()("help,h", po::bool_switch(&arguments.help), "this text");
  return options;
}

void read_dimensions(const std::vector<std::string>& written, Arguments& arguments, Findings& findings) {
  for (const std::string& text : written) {
    const std::size_t equals = text.find('=');
    std::int64_t size = 0;
    if (equals == 0 || equals == std::string::npos || !parse_plain_integer(text.substr(equals + 1), size) || size < 1) {
      findings.add("--dim " + text + ": is not of the form NAME=N with a whole number above 0");
    } else if (!arguments.dimensions.emplace(text.substr(0, equals), size).second) {
      findings.add("--dim " + text + ": given twice");
    }
  }
}

void check_arguments(const Command& command, const Arguments& arguments, Findings& findings) {
  const std::string usage = std::string("; usage: rondo ") + command.name + " " + command.usage;
  if (arguments.words.size() > command.most_words) {
    findings.add("'" + arguments.words[command.most_words] + "': one word too many" + usage);
  }
  if (arguments.words.size() < command.least_words)
    findings.add("rondo " + std::string(command.name) + ": a word is missing" + usage);
  if (arguments.schedule != "event" && arguments.schedule != "clocked") {
    findings.add("--schedule " + arguments.schedule + ": unknown; allowed event, clocked");
  }
  if (arguments.timeline_slices < 0) findings.add("--timeline-slices: below 0");
}

}  // namespace

Arguments parse_arguments(const Command& command, const std::vector<std::string>& words) {
  Arguments arguments;
  std::vector<std::string> dimensions;
  po::options_description options = describe_options(command, arguments, dimensions);
  po::options_description hidden;
  hidden.add_options()(kWords, po::value(&arguments.words));
  po::options_description all;
  all.add(options).add(hidden);
  po::positional_options_description positions;
  positions.add(kWords, -1);
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map values;
    po::store(po::command_line_parser(words).options(all).positional(positions).style(style).run(), values);
    po::notify(values);
  } catch (const po::error& wrong) {
    throw Error(std::string(wrong.what()) + "; `rondo " + command.name + " --help` lists the options");
  }
  if (arguments.help) return arguments;
  Findings findings;
  read_dimensions(dimensions, arguments, findings);
  check_arguments(command, arguments, findings);
  findings.raise();
  return arguments;
}

std::string help_text(const Command& command) {
  Arguments unused;
  std::vector<std::string> dimensions;
  std::ostringstream text;
  text << "usage: rondo " << command.name << " " << command.usage << "\n\n"
       << wrapped(command.sentence, 0, 80) << "\n"
       << describe_options(command, unused, dimensions) << "\nExample:\n  " << command.example << "\n";
  return text.str();
}

}  // namespace rondo

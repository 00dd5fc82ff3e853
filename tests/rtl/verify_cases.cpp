#include "tests/rtl/verify_cases.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "tests/rtl/pace_table.hpp"
#include "tests/rtl/verify_gangs.hpp"
#include "tests/rtl/verify_programs.hpp"
#include "tests/rtl/verify_streams.hpp"
#include "tests/support/random_networks.hpp"

namespace rondo::rtl {
namespace {

using testing::Dice;

// The most that the RTL's registers hold for a field of a chip.
std::int64_t most_of(const std::string& path) {
  for (const PaceRow& row : kPaceTable) {
    if (row.path == path) return row.most;
  }
  return 0;  // the rest is shape, or has no range
}

// Now and then a field becomes anything that it may be, mostly something small: more seldom than small values would let
// programs end in time.
struct WildPace {
  Dice& dice;
  std::string section;

  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t least, std::int64_t) {
    const std::int64_t most = most_of(section + "." + name);
    if (most == 0) return;
    if (dice.chance(4)) value = dice.number(least, dice.chance(80) ? std::min<std::int64_t>(most, 20) : most);
    value = std::min(value, most);
  }
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) {}
  void word(const char*, std::string&, const char*) {}
};

ChipParams random_pace(const Shape& shape, Dice& dice) {
  ChipParams chip = testing::random_chip(dice);
  chip.sections([&](const std::string& name, auto& section) {
    WildPace wild{dice, name};
    if (name != "machine") section.fields(wild);
  });
  chip.matrix.operand_bits = dice.one_of<std::int64_t>({8, 16});
  if (dice.chance(30))
    chip.load.setup_cycles = std::min(chip.store.setup_cycles + 1, kLimits.setup_cycles);  // requests meet
  for (SramParams* s : {&chip.weight_sram, &chip.activation_sram, &chip.parameter_sram, &chip.accumulators}) {
    if (dice.chance(15)) s->read_ports = kLimits.ports;
    if (dice.chance(15)) s->write_ports = kLimits.ports;
  }
  chip.machine = shape.machine;
  chip.gate.lanes = shape.lanes;
  return chip;
}

// A network in few enough words and numbers for a tiny chip.
std::string small_network(Dice& dice) {
  const std::int64_t steps = dice.number(1, 4), batch = dice.number(1, 3);
  std::string text = "name: random\ninput: {name: x, steps: " + std::to_string(steps) +
                     ", batch: " + std::to_string(batch) + ", features: " + std::to_string(dice.number(1, 10)) +
                     "}\nweights: {seed: " + std::to_string(dice.number(1, 1000000)) + "}\nlayers:\n";
  const std::int64_t layers = dice.number(1, 2);
  for (std::int64_t l = 0; l < layers; ++l) text += "  - " + testing::random_layer(dice, batch, steps) + "\n";
  if (dice.chance(30)) text += "  - last_step: {}\n";
  if (dice.chance(30)) {
    text += "  - dense: {units: " + std::to_string(dice.number(1, 8)) +
            ", activation: " + dice.one_of({"none", "relu", "tanh", "softmax", "log_softmax"}) + "}\n";
  }
  return text;
}

Network network_of(const std::string& text) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("rondo_verify_" + std::to_string(::getpid()) + ".yaml")).string();
  Network network = testing::load_text(text, path);
  std::remove(path.c_str());
  return network;
}

// Buffers that hold fewer transfers at once hold larger ones.
bool within_limits(Case& made) {
  if (outside_limits(*made.shape, made.chip, made.program).empty()) return true;
  made.chip.load.outstanding = made.chip.store.outstanding = 1;
  return outside_limits(*made.shape, made.chip, made.program).empty();
}

// A program that stops for ever is short enough: that is for the comparison to find.
bool short_enough(const Case& made) {
  try {
    run_chip(made.chip, made.program, Schedule::event, nullptr, kLongestCase);
  } catch (const Error& error) {
    return std::string(error.what()).find("the limit of this run") == std::string::npos;
  }
  return true;
}

std::optional<Program> compiled(const std::string& text, const Machine& machine, Dice& dice) {
  const Network network = network_of(text);
  const MappingParams mapping = testing::random_mapping(dice);
  const NumbersParams numbers{dice.one_of<std::int64_t>({8, 16}), dice.one_of<std::int64_t>({8, 16})};
  const Evaluation evaluation = evaluate(network.graph, network.inputs);
  try {
    Program program = compile(network.graph, machine, mapping, numbers, &evaluation.ranges, &network.inputs).program;
    if (check_program(program).empty()) return program;  // else it nests more loops than the machine has
  } catch (const Error&) {                               // it does not fit
  }
  return std::nullopt;
}

bool make_network(Case& made, Dice& dice) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    made.network = small_network(dice);
    std::optional<Program> program = compiled(made.network, made.shape->machine, dice);
    if (!program) continue;
    made.program = std::move(*program);
    if (dice.chance(60)) scatter_semaphores(made.program, dice);
    if (within_limits(made) && short_enough(made)) return true;
  }
  made.network.clear();
  return false;
}

void make_program(Case& made, Dice& dice) {
  std::string last;
  enum class Kind { random, gang, stream };
  const Kind kind = dice.chance(30)                                          ? Kind::gang
                    : made.shape->machine.stream_rows > 0 && dice.chance(40) ? Kind::stream
                                                                             : Kind::random;
  for (int attempt = 0; attempt < 200; ++attempt) {
    try {
      const Machine& machine = made.shape->machine;
      made.program = kind == Kind::gang     ? random_gang_program(machine, dice)
                     : kind == Kind::stream ? random_stream_program(machine, dice)
                                            : random_race_free_program(machine, dice);
    } catch (const Error&) {  // it would need more semaphores than there are
      continue;
    }
    if (dice.chance(60)) scatter_semaphores(made.program, dice);
    last = why_unfit(made.program);
    if (last.empty() && within_limits(made) && short_enough(made)) return;
  }
  throw Broken("no random program is fit for shape " + made.shape->name + ": " + last);
}

}  // namespace

Case make_case(const Shape& shape, std::uint64_t seed) {
  Dice dice(seed);
  Case made;
  made.seed = seed, made.shape = &shape, made.chip = random_pace(shape, dice);
  if (!dice.chance(40) || !make_network(made, dice)) make_program(made, dice);
  return made;
}

std::string settings_of(ChipParams chip) {
  std::string text;
  chip.sections([&](std::string name, auto& section) {
    FieldList fields(name);
    section.fields(fields);
    text += name + ":";
    for (const FieldInfo& field : fields.list()) text += " " + field.path.substr(name.size() + 1) + "=" + field.value;
    text += "\n";
  });
  return text;
}

}  // namespace rondo::rtl

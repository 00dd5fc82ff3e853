#pragma once

#include <fstream>
#include <map>
#include <regex>

#include "models/base/error.hpp"
#include "tests/support/chip_programs.hpp"

/// The examples of models/README.md: the page states in which cycles each instruction runs, the programs are here.
namespace rondo::testing {

using Interval = std::pair<Cycle, Cycle>;

/// One block of the page: the fields of the machine (or of the DRAM) that differ from those of section 10, and start
/// and end of each line, in the order of the program.
struct Example {
  std::map<std::string, std::string> settings;
  std::vector<Interval> lines;
};

inline std::map<std::string, std::string> settings_of(const std::string& text) {
  std::map<std::string, std::string> settings;
  const std::regex setting("(\\w+)=([\\w-]+)");
  for (std::sregex_iterator at(text.begin(), text.end(), setting), end; at != end; ++at) settings[(*at)[1]] = (*at)[2];
  return settings;
}

/// Every example of models/README.md, by name; or of another kind of blocks.
inline std::map<std::string, Example> examples_of_the_contract(const std::string& kind = "example") {
  std::ifstream file(RONDO_SOURCE_DIR "/models/README.md");
  std::map<std::string, Example> examples;
  const std::regex opening("```" + kind + " (\\w+)(.*)"), numbers(".*?(\\d+)\\.\\.(\\d+).*");
  std::string line, name;
  std::smatch match;
  while (std::getline(file, line)) {
    if (std::regex_match(line, match, opening)) {
      name = match[1];
      examples[name].settings = settings_of(match[2]);
    } else if (line == "```") {
      name.clear();
    } else if (!name.empty() && std::regex_match(line, match, numbers)) {
      examples[name].lines.push_back({std::stoll(match[1]), std::stoll(match[2])});
    }
  }
  return examples;
}

namespace examples {

inline Program tile(const ChipParams& chip) {
  Builder b(chip);
  b.mload(0, 8, 4, 8);
  b.mmul(0, 0, 3, 8, 4, 8);
  b.mload(32, 8, 4, 16);
  b.mmul(0, 0, 2, 8, 4, 8);
  b.mload(96, 3, 4, 8);
  b.mmul(0, 0, 1, 3, 4, 16, true);
  return b.done();
}

inline Program element_wise(const ChipParams& chip) {
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld32, 0, 0, 0, 0, 0, 1},
                               {MicroOpcode::ld32, 1, 0, 0, 0, 64, 1},
                               {MicroOpcode::add, 2, 0, 1, 0, 0, 0},
                               {MicroOpcode::ld16, 3, 0, 0, 1, 0, 0},
                               {MicroOpcode::scale, 4, 2, 3, 0, 9, 0},
                               {MicroOpcode::sigmoid, 5, 4, 0, 0, 12, 0},
                               {MicroOpcode::st8, 0, 5, 0, 2, 0, 1}});
  const std::vector<Place> places = {{kAccumulator, 0, {}}, {kParameter, 0, {}}, {kActivation, 2048, {}}};
  b.gate(kernel, 10, 1, places);
  b.gate(kernel, 4, 2, places);
  return b.done();
}

inline Program dma(const ChipParams& chip) {
  Builder b(chip);
  b.load(kActivation, 0, 2, 40);
  b.load(kWeight, 0, 1, 8);
  b.store(2048, 1, 20);
  return b.done();
}

inline Program handshake(const ChipParams& chip) {
  Builder b(chip);
  const int arrived = b.semaphore(Unit::load, Unit::store);
  const int room = b.semaphore(Unit::store, Unit::load, 1);
  for (int i = 0; i < 2; ++i) {
    b.load(kActivation, 0, 1, 32, {{room}, {arrived}, {}});
    b.store(0, 1, 32, {{arrived}, {}, {room}});
  }
  return b.done();
}

inline Program ports(const ChipParams& chip) {
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld8, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st8, 0, 0, 0, 1, 0, 1}});
  b.store(0, 1, 32);
  b.gate(kernel, 8, 1, {{kActivation, 64, {}}, {kParameter, 0, {}}});
  b.store(0, 1, 32);
  b.gate(kernel, 8, 1, {{kActivation, 1024, {}}, {kParameter, 0, {}}});
  return b.done();
}

inline Program ties(const ChipParams& chip) {
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld8, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st8, 0, 0, 0, 1, 0, 1}});
  const int store = b.semaphore(Unit::weights, Unit::store), load = b.semaphore(Unit::weights, Unit::load);
  const int gate = b.semaphore(Unit::weights, Unit::gate), matrix = b.semaphore(Unit::weights, Unit::matrix);
  b.mload(0, 8, 4);
  b.sync(Unit::weights, {{}, {store, load, gate, matrix}, {}});
  b.store(0, 1, 32, {{store}, {}, {}});
  b.gather(kWeight, 2048, 64, 2, 10, {{load}, {}, {}});
  b.gate(kernel, 8, 1, {{kActivation, 128, {}}, {kParameter, 0, {}}}, {{gate}, {}, {}});
  b.mmul(256, 0, 3, 8, 4, 8, false, false, {{matrix}, {}, {}});
  return b.done();
}

inline Program same_arrival(const ChipParams& chip) {
  Builder b(chip);
  b.store(0, 1, 16);
  b.load(kWeight, 0, 1, 8);
  return b.done();
}

// The gate unit takes a row in one cycle, the array gives one in two.
inline Program streams(const ChipParams& chip) {
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::pop, 0, 0, 0, 0, 0, 1},
                               {MicroOpcode::scalei, 1, 0, 0, 0, 100, 7},
                               {MicroOpcode::st8, 0, 1, 0, 0, 0, 1}});
  b.mload(0, 8, 4, 16);
  b.streaming(b.mmul(0, 0, 3, 8, 4, 8, false, true));
  b.gate(kernel, 4, 3, {{kActivation, 2048, {}}});
  b.streaming(b.mmul(0, 0, 2, 8, 4, 8));
  b.gate(kernel, 2, 2, {{kActivation, 2048, {}}});
  return b.done();
}

inline Program stationary(const ChipParams& chip) {
  Builder b(chip);
  b.mload(0, 8, 4);
  b.holding(b.mmul(0, 0, 3, 8, 4));
  b.mload(32, 6, 4);
  b.adding_to_held(b.mmul(8, 0, 3, 6, 4, 16));
  b.mload(64, 8, 4);
  b.mmul(0, 64, 4, 8, 4, 8, true);
  return b.done();
}

inline Program arrays(const ChipParams& chip) {
  Builder b(chip);
  b.mload(0, 8, 4);
  b.on_array(1, b.mload(1024, 8, 4));
  const int one = b.semaphore(Unit::weights1, Unit::matrix1), other = b.semaphore(Unit::weights1, Unit::matrix);
  b.sync(Unit::weights1, {{}, {one, other}, {}});
  b.on_array(1, b.mmul(0, 1024, 4, 8, 4, 8, false, false, {{one}, {}, {}}));
  b.mmul(0, 0, 4, 8, 4, 8, false, false, {{other}, {}, {}});
  return b.done();
}

}  // namespace examples

/// The programs behind them.
inline const std::map<std::string, Program (*)(const ChipParams&)> kExamplePrograms = {
    {"tile", examples::tile},
    {"gate", examples::element_wise},
    {"dma", examples::dma},
    {"handshake", examples::handshake},
    {"ports", examples::ports},
    {"ties", examples::ties},
    {"arrival", examples::same_arrival},
    {"streams", examples::streams},
    {"stationary", examples::stationary},
    {"arrays", examples::arrays}};

/// On a DRAM device: what is read, written and gathered lies in one row.
inline Program on_a_device(const ChipParams& chip) {
  Builder b(chip);
  b.load(kActivation, 0, 1, 64);
  b.store(2048, 1, 20);
  b.gather(kWeight, 0, 64, 2, 32);
  return b.done();
}

/// Sets the fields that an example names.
struct FieldSetter {
  std::map<std::string, std::string> settings;
  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t, std::int64_t) {
    if (settings.count(name)) value = std::stoll(settings.at(name)), settings.erase(name);
  }
  void choice(const char* name, std::string& value, const std::vector<std::string>&, const char*) {
    word(name, value, nullptr);
  }
  void word(const char* name, std::string& value, const char*) {
    if (settings.count(name)) value = settings.at(name), settings.erase(name);
  }
};

/// The chip of section 10 with the fields that `example` names.
inline ChipParams chip_of(const Example& example) {
  ChipParams chip = small_chip();
  FieldSetter setter{example.settings};
  chip.machine.fields(setter);
  check(setter.settings.empty(), "an example names a field that no machine has");
  return chip;
}
/// The same, the fields being those of the DRAM.
inline ChipParams chip_on_a_device(const Example& example) {
  ChipParams chip = small_chip();
  FieldSetter setter{example.settings};
  chip.dram.fields(setter);
  check(setter.settings.empty(), "an example names a field that no DRAM has");
  return chip;
}

}  // namespace rondo::testing

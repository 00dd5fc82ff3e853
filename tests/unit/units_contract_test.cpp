#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "tests/support/chip_programs.hpp"

// The examples of models/README.md, run: the page states in which cycles each instruction runs, this test
// reads it there.
namespace rondo::testing {
namespace {

using Interval = std::pair<Cycle, Cycle>;

/// One block of the page: the fields of the machine that differ from those of section 10, and start and end of each line,
/// in the order of the program.
struct Example {
  std::map<std::string, std::string> machine;
  std::vector<Interval> lines;
};

std::map<std::string, std::string> settings_of(const std::string& text) {
  std::map<std::string, std::string> settings;
  const std::regex setting("(\\w+)=(\\w+)");
  for (std::sregex_iterator at(text.begin(), text.end(), setting), end; at != end; ++at) settings[(*at)[1]] = (*at)[2];
  return settings;
}

std::map<std::string, Example> examples_of_the_contract() {
  std::ifstream file(RONDO_SOURCE_DIR "/models/README.md");
  std::map<std::string, Example> examples;
  const std::regex opening("```example (\\w+)(.*)"), numbers(".*?(\\d+)\\.\\.(\\d+).*");
  std::string line, name;
  std::smatch match;
  while (std::getline(file, line)) {
    if (std::regex_match(line, match, opening)) {
      name = match[1];
      examples[name].machine = settings_of(match[2]);
    } else if (line == "```") {
      name.clear();
    } else if (!name.empty() && std::regex_match(line, match, numbers)) {
      examples[name].lines.push_back({std::stoll(match[1]), std::stoll(match[2])});
    }
  }
  return examples;
}

Program tile(const ChipParams& chip) {
  Builder b(chip);
  b.mload(0, 8, 4, 8);
  b.mmul(0, 0, 3, 8, 4, 8);
  b.mload(32, 8, 4, 16);
  b.mmul(0, 0, 2, 8, 4, 8);
  b.mload(96, 3, 4, 8);
  b.mmul(0, 0, 1, 3, 4, 16, true);
  return b.done();
}

Program element_wise(const ChipParams& chip) {
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

Program dma(const ChipParams& chip) {
  Builder b(chip);
  b.load(kActivation, 0, 2, 40);
  b.load(kWeight, 0, 1, 8);
  b.store(2048, 1, 20);
  return b.done();
}

Program handshake(const ChipParams& chip) {
  Builder b(chip);
  const int arrived = b.semaphore(Unit::load, Unit::store);
  const int room = b.semaphore(Unit::store, Unit::load, 1);
  for (int i = 0; i < 2; ++i) {
    b.load(kActivation, 0, 1, 32, {{room}, {arrived}, {}});
    b.store(0, 1, 32, {{arrived}, {}, {room}});
  }
  return b.done();
}

Program ports(const ChipParams& chip) {
  Builder b(chip);
  const int kernel = b.kernel({{MicroOpcode::ld8, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st8, 0, 0, 0, 1, 0, 1}});
  b.store(0, 1, 32);
  b.gate(kernel, 8, 1, {{kActivation, 64, {}}, {kParameter, 0, {}}});
  b.store(0, 1, 32);
  b.gate(kernel, 8, 1, {{kActivation, 1024, {}}, {kParameter, 0, {}}});
  return b.done();
}

Program ties(const ChipParams& chip) {
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

Program same_arrival(const ChipParams& chip) {
  Builder b(chip);
  b.store(0, 1, 16);
  b.load(kWeight, 0, 1, 8);
  return b.done();
}

// The gate unit takes a row in one cycle, the array gives one in two.
Program streams(const ChipParams& chip) {
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

Program stationary(const ChipParams& chip) {
  Builder b(chip);
  b.mload(0, 8, 4);
  b.holding(b.mmul(0, 0, 3, 8, 4));
  b.mload(32, 6, 4);
  b.adding_to_held(b.mmul(8, 0, 3, 6, 4, 16));
  b.mload(64, 8, 4);
  b.mmul(0, 64, 4, 8, 4, 8, true);
  return b.done();
}

Program arrays(const ChipParams& chip) {
  Builder b(chip);
  b.mload(0, 8, 4);
  b.on_array(1, b.mload(1024, 8, 4));
  const int one = b.semaphore(Unit::weights1, Unit::matrix1), other = b.semaphore(Unit::weights1, Unit::matrix);
  b.sync(Unit::weights1, {{}, {one, other}, {}});
  b.on_array(1, b.mmul(0, 1024, 4, 8, 4, 8, false, false, {{one}, {}, {}}));
  b.mmul(0, 0, 4, 8, 4, 8, false, false, {{other}, {}, {}});
  return b.done();
}

const std::map<std::string, Program (*)(const ChipParams&)> kPrograms = {
    {"tile", tile},       {"gate", element_wise},    {"dma", dma},         {"handshake", handshake},
    {"ports", ports},     {"ties", ties},            {"arrival", same_arrival}, {"streams", streams},
    {"stationary", stationary}, {"arrays", arrays}};

/// Sets the fields that an example names.
struct MachineSetter {
  std::map<std::string, std::string> settings;
  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t, std::int64_t) {
    if (settings.count(name)) value = std::stoll(settings.at(name)), settings.erase(name);
  }
  void choice(const char* name, std::string& value, const std::vector<std::string>&, const char*) {
    if (settings.count(name)) value = settings.at(name), settings.erase(name);
  }
};

TEST(ContractExamples, RunInTheCyclesThatThePageStates) {
  const auto examples = examples_of_the_contract();
  for (const auto& [name, make] : kPrograms) {
    SCOPED_TRACE("example " + name);
    ASSERT_TRUE(examples.count(name));
    const std::vector<Interval>& stated = examples.at(name).lines;
    ChipParams chip = small_chip();
    MachineSetter setter{examples.at(name).machine};
    chip.machine.fields(setter);
    EXPECT_TRUE(setter.settings.empty()) << "a field that no machine has";
    const Program program = make(chip);
    EXPECT_EQ(stated.size() + 1, program.code.size()) << "one line for every instruction but halt";
    for (const Schedule schedule : {Schedule::clocked, Schedule::event}) {
      Recorder seen;
      const ChipRun run = run_chip(chip, program, schedule, &seen, 10000);
      Cycle last = 0;
      for (std::size_t i = 0; i < stated.size(); ++i) {
        EXPECT_EQ(seen.when(static_cast<int>(i)), stated[i]) << "instruction " << i;
        last = std::max(last, stated[i].second);
      }
      EXPECT_EQ(run.total_cycles, last);
    }
  }
  EXPECT_EQ(examples.size(), kPrograms.size());
}

/// Every number of the example chip, as the page prints it: `rows=8`.
TEST(ContractExamples, ChipIsTheOneOfThePage) {
  std::ifstream file(RONDO_SOURCE_DIR "/models/README.md");
  std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t from = page.find("```chip"), to = page.find("```", from + 3);
  ASSERT_NE(to, std::string::npos);
  page = page.substr(from, to - from);
  ChipParams chip = small_chip();
  chip.sections([&](const char* section, auto& params) {
    const std::size_t line = page.find(std::string("\n") + section + ":");
    ASSERT_NE(line, std::string::npos) << section;
    const std::string row = page.substr(line, page.find('\n', line + 1) - line) + " ";
    FieldList fields(section);
    params.fields(fields);
    for (const FieldInfo& field : fields.list()) {
      const std::string name = field.path.substr(field.path.find('.') + 1);
      if (field.path == "machine.table_entries" || field.path == "dram.technology")
        continue;  // no effect on cycles
      EXPECT_NE(row.find(" " + name + "=" + field.value + " "), std::string::npos)
          << field.path << "=" << field.value;
    }
  });
}

TEST(ContractExamples, EveryCauseIsOnThePage) {
  std::ifstream file(RONDO_SOURCE_DIR "/models/README.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const CauseInfo& cause : kCauseTable)
    EXPECT_NE(page.find("| `" + std::string(cause.name) + "`"), std::string::npos) << cause.name;
}

}  // namespace
}  // namespace rondo::testing

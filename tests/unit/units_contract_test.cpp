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

/// Example name -> start and end of each line of its block, in the order of the program.
std::map<std::string, std::vector<Interval>> examples_of_the_contract() {
  std::ifstream file(RONDO_SOURCE_DIR "/models/README.md");
  std::map<std::string, std::vector<Interval>> examples;
  const std::regex opening("```example (\\w+).*"), numbers(".*?(\\d+)\\.\\.(\\d+).*");
  std::string line, name;
  std::smatch match;
  while (std::getline(file, line)) {
    if (std::regex_match(line, match, opening))
      name = match[1];
    else if (line == "```")
      name.clear();
    else if (!name.empty() && std::regex_match(line, match, numbers)) {
      examples[name].push_back({std::stoll(match[1]), std::stoll(match[2])});
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

const std::map<std::string, Program (*)(const ChipParams&)> kPrograms = {
    {"tile", tile}, {"gate", element_wise},   {"dma", dma}, {"handshake", handshake}, {"ports", ports},
    {"ties", ties}, {"arrival", same_arrival}};

TEST(ContractExamples, RunInTheCyclesThatThePageStates) {
  const auto examples = examples_of_the_contract();
  const ChipParams chip = small_chip();
  for (const auto& [name, make] : kPrograms) {
    SCOPED_TRACE("example " + name);
    ASSERT_TRUE(examples.count(name));
    const std::vector<Interval>& stated = examples.at(name);
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

#include <gtest/gtest.h>

#include <fstream>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "tests/support/contract_examples.hpp"

// The examples of models/README.md, run: the page states in which cycles each instruction runs, this test
// reads it there.
namespace rondo::testing {
namespace {

TEST(ContractExamples, RunInTheCyclesThatThePageStates) {
  const auto examples = examples_of_the_contract();
  for (const auto& [name, make] : kExamplePrograms) {
    SCOPED_TRACE("example " + name);
    ASSERT_TRUE(examples.count(name));
    const std::vector<Interval>& stated = examples.at(name).lines;
    const ChipParams chip = chip_of(examples.at(name));
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
  EXPECT_EQ(examples.size(), kExamplePrograms.size());
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
      if (field.path == "machine.table_entries" || field.path == "dram.technology") continue;  // no effect on cycles
      if (section == std::string("dram") && field.sentence.compare(0, 6, "ideal:") != 0) continue;  // another DRAM
      EXPECT_NE(row.find(" " + name + "=" + field.value + " "), std::string::npos) << field.path << "=" << field.value;
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

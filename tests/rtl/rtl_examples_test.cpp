#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rtl/rtl_chip.hpp"
#include "tests/support/contract_examples.hpp"

// The examples of models/README.md, run on the RTL, which was written from that page.
namespace rondo::rtl {
namespace {

// The shapes of the examples have all that any of them uses: arrays and rows of streams that an example has
// no use for.
const Shape* shape_for(const Machine& machine) {
  const std::string name = machine.dataflow == Dataflow::output_stationary ? "example_os" : "example";
  const auto found = std::find_if(shapes().begin(), shapes().end(), [&](const Shape& s) { return s.name == name; });
  return found == shapes().end() ? nullptr : &*found;
}

TEST(RtlExamples, RunInTheCyclesThatThePageStates) {
  ASSERT_FALSE(shapes().empty()) << "this build holds no RTL";
  for (const auto& [name, example] : testing::examples_of_the_contract()) {
    SCOPED_TRACE("example " + name);
    ChipParams chip = testing::chip_of(example);
    const Shape* shape = shape_for(chip.machine);
    ASSERT_NE(shape, nullptr);
    chip.machine = shape->machine;
    ASSERT_EQ(chip.gate.lanes, shape->lanes);
    const RtlRun run = run_rtl(*shape, chip, testing::kExamplePrograms.at(name)(chip), {}, 10000);
    Cycle last = 0;
    for (std::size_t i = 0; i < example.lines.size(); ++i) {
      const auto event = std::find_if(run.events.begin(), run.events.end(),
                                      [&](const InstructionEvent& e) { return e.code == static_cast<int>(i); });
      ASSERT_NE(event, run.events.end()) << "instruction " << i << " did not run";
      EXPECT_EQ(std::pair(event->start, event->end), example.lines[i]) << "instruction " << i;
      last = std::max(last, example.lines[i].second);
    }
    EXPECT_EQ(run.events.size(), example.lines.size());
    EXPECT_EQ(run.total_cycles, last);
  }
}

}  // namespace
}  // namespace rondo::rtl

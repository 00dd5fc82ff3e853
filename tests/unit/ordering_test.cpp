// Chains of tokens between executed instructions, on programs of a few syncs.
#include "traces/ordering.hpp"

#include <gtest/gtest.h>

#include "tests/support/chip_programs.hpp"

namespace rondo::testing {
namespace {

using Codes = std::vector<std::pair<int, int>>;

// The codes of posters and takers along the chain.
std::optional<Codes> chain(const Program& program, Executed earlier, Executed later, bool results = true) {
  const auto path = Ordering(program).path(earlier, later, results);
  if (!path) return std::nullopt;
  Codes codes;
  for (const Handover& h : *path) codes.emplace_back(h.from.code, h.to.code);
  return codes;
}

TEST(Ordering, FollowsTokensOverOtherUnits) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int s = b.semaphore(Unit::load, Unit::weights), t = b.semaphore(Unit::weights, Unit::gate);
  const int first = b.sync(Unit::load), load = b.sync(Unit::load, {{}, {s}, {}}), late = b.sync(Unit::load);
  const int before = b.sync(Unit::weights), weights = b.sync(Unit::weights, {{s}, {}, {}});
  const int post = b.sync(Unit::weights, {{}, {t}, {}}), gate = b.sync(Unit::gate, {{t}, {}, {}});
  const Program program = b.done();
  EXPECT_EQ(chain(program, {first, 0}, {gate, 0}), (Codes{{load, weights}, {post, gate}}));
  EXPECT_EQ(chain(program, {load, 0}, {weights, 0}), (Codes{{load, weights}}));
  EXPECT_EQ(chain(program, {late, 0}, {gate, 0}), std::nullopt) << "it comes after the post";
  EXPECT_EQ(chain(program, {load, 0}, {before, 0}), std::nullopt) << "it comes before the wait";
  EXPECT_EQ(chain(program, {gate, 0}, {weights, 0}), std::nullopt);
  EXPECT_EQ(chain(program, {first, 0}, {late, 0}), Codes{}) << "one unit is in order";
}

TEST(Ordering, ReleaseSaysThatOperandsWereReadNotThatResultsAreThere) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int s = b.semaphore(Unit::load, Unit::weights);
  const int load = b.sync(Unit::load, {{}, {}, {s}}), weights = b.sync(Unit::weights, {{s}, {}, {}});
  const Program program = b.done();
  EXPECT_EQ(chain(program, {load, 0}, {weights, 0}, false), (Codes{{load, weights}}));
  EXPECT_EQ(chain(program, {load, 0}, {weights, 0}, true), std::nullopt);
}

TEST(Ordering, EachIterationTakesItsOwnToken) {
  const ChipParams chip = small_chip();
  Builder b(chip);
  const int s = b.semaphore(Unit::load, Unit::weights, 1);  // the first wait takes what was there
  b.loop(3);
  const int load = b.sync(Unit::load, {{}, {s}, {}}), weights = b.sync(Unit::weights, {{s}, {}, {}});
  b.end();
  const Program program = b.done();
  ASSERT_EQ(handovers(program).size(), 2u);
  EXPECT_EQ(chain(program, {load, 0}, {weights, 1}), (Codes{{load, weights}}));
  EXPECT_EQ(chain(program, {load, 1}, {weights, 2}), (Codes{{load, weights}}));
  EXPECT_EQ(chain(program, {load, 0}, {weights, 0}), std::nullopt);
  EXPECT_EQ(chain(program, {load, 1}, {weights, 1}), std::nullopt);
}

TEST(Ordering, WhoPopsAProductComesAfterIt) {
  ChipParams chip = small_chip();
  chip.machine.stream_rows = 2;
  Builder b(chip);
  const int s = b.semaphore(Unit::gate, Unit::store);
  const int pop_all = b.kernel({{MicroOpcode::pop, 0, 0, 0, 0, 0, 1}, {MicroOpcode::st32, 0, 0, 0, 0, 0, 1}});
  b.mload(0, 8, 4);
  const int product = b.mmul(0, 0, 1, 8, 4);
  b.at(product).fields[field::mmul::stream] = 1;
  const int gate = b.gate(pop_all, 4, 1, {{kActivation, 64, {}}}, {{}, {}, {s}}), next = b.sync(Unit::gate);
  const int store = b.sync(Unit::store, {{s}, {}, {}});
  const Program program = b.done();
  EXPECT_EQ(chain(program, {product, 0}, {next, 0}), (Codes{{product, gate}}));
  EXPECT_EQ(chain(program, {product, 0}, {store, 0}), (Codes{{product, gate}, {gate, store}}));
  EXPECT_EQ(chain(program, {product, 0}, {gate, 0}), std::nullopt) << "it starts before the last word is there";
  Program fewer = program;
  fewer.code[static_cast<std::size_t>(gate)].fields[field::gate::elements] = 3;
  EXPECT_EQ(chain(fewer, {product, 0}, {next, 0}, false), (Codes{{product, gate}}));
  EXPECT_EQ(chain(fewer, {product, 0}, {next, 0}, true), std::nullopt) << "the last column is still to come";
}

}  // namespace
}  // namespace rondo::testing

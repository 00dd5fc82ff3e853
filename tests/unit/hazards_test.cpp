#include "traces/hazards.hpp"

#include <gtest/gtest.h>

#include "models/isa/instruction.hpp"
#include "traces/assembler.hpp"

// Hazards that no example teaches: which bytes an instruction may meet, and until when it reads them.
namespace rondo {
namespace {

Program program_of(const std::string& code) {
  return parse_assembly(R"(.rondo 1
.program p
.machine rows=4 cols=4 arrays=2 dataflow=weight_stationary tile_fifo=2 stream_rows=4 table_entries=64
.machine weight_bytes=256 weight_banks=1 activation_bytes=256 activation_banks=1
.machine parameter_bytes=256 parameter_banks=1 accumulator_bytes=256 accumulator_banks=1
.machine dram_bytes=4096 semaphores=4 loop_depth=3
.semaphore 0 from=matrix to=gate initial=0
.semaphore 1 from=gate to=matrix initial=0
.semaphore 2 from=load to=matrix initial=0
.kernel pass
  ld8 r0, p0
  pop r1, s0
  st8 r1, p1
.end
.kernel copy
  ld8 r0, p0
  st8 r0, p1
.end
.kernel fill
  li r0, 1
  st32 r0, p0
.end
.kernel take
  pop r0, s0
  st32 r0, p0
.end
)" + code + "halt\n",
                        "p.s");
}

std::string hazards_of(const std::string& code) {
  std::string text;
  const Program program = program_of(code);
  for (const std::string& finding : find_hazards(program)) text += finding + "\n";
  return text;
}

const std::string kTile = "mload src=weight[0] rows=4 cols=4 stride=4 bits=8\n";
std::string product(int dst, const std::string& more) {
  return "mmul src=activation[0] dst=accumulator[" + std::to_string(dst) + "] rows=4 cols=4 bits=8 " + more + "\n";
}

// Sums of one column follow each other; those of different columns may come out in any order.
TEST(Hazards, ProductsOfOneArrayMeetInTheSameColumnOnly) {
  EXPECT_EQ(hazards_of(kTile + product(0, "vectors=1 keep=1") + product(0, "vectors=1 accumulate=1")), "");
  EXPECT_EQ(hazards_of(kTile + product(0, "vectors=2 dst_stride=16 src_stride=4 keep=1") + product(16, "vectors=1")),
            "");
  const std::string shifted = hazards_of(kTile + product(0, "vectors=1 keep=1") + product(4, "vectors=1"));
  EXPECT_NE(
      shifted.find("instruction 2 (mmul on matrix) writes bytes 4..19 of the accumulator memory while instruction 1 "
                   "(mmul on matrix) may still be writing in other columns"),
      std::string::npos)
      << shifted;
  const std::string rows =
      hazards_of(kTile + product(0, "vectors=2 dst_stride=20 src_stride=4 keep=1") + product(16, "vectors=1"));
  EXPECT_NE(rows.find("other columns"), std::string::npos) << rows;
}

// Round trip through the gate unit: the second product starts when the first one's sums are there.
TEST(Hazards, AWaitSeparatesColumns) {
  EXPECT_EQ(hazards_of(kTile + product(0, "vectors=1 keep=1 signal=0") + "sync gate wait=0 signal=1\n" +
                       product(4, "vectors=1 wait=1")),
            "");
}

// An array reads old sums when the new ones come out of it, long after it has read its vectors.
TEST(Hazards, OldSumsAreReadUntilTheSignal) {
  const auto overwritten = [&](const std::string& post) {
    return hazards_of(kTile + product(0, "vectors=1 accumulate=1 stream=1 " + post + "=0") +
                      "gate fill p0=accumulator[0] elements=4 rows=1 wait=0\n"
                      "gate take p0=activation[64] elements=4 rows=1\n");
  };
  EXPECT_EQ(overwritten("signal"), "");
  EXPECT_NE(overwritten("release").find("may still be reading"), std::string::npos) << overwritten("release");
}

// The gate instruction after one that popped a product's sums may overwrite the vectors; that one itself may not.
TEST(Hazards, SumsThatWerePoppedTellThatTheVectorsWereRead) {
  const std::string stream = kTile + product(0, "vectors=1 accumulate=1 stream=1");
  const std::string take = "gate take p0=activation[64] elements=4 rows=1\n",
                    fill = "gate fill p0=activation[0] elements=1 rows=1\n";
  EXPECT_EQ(hazards_of(stream + take + fill), "");
  EXPECT_NE(hazards_of(stream + "gate take p0=activation[0] elements=4 rows=1\n").find("may still be reading"),
            std::string::npos);
  EXPECT_NE(hazards_of(stream + fill + take).find("may still be reading"), std::string::npos);
}

// Partial sums of columns that nobody popped, and products before, may still be on their way.
TEST(Hazards, SumsThatWerePoppedDoNotTellThatOtherSumsAreThere) {
  const std::string take = "gate take p0=activation[64] elements=1 rows=1\n";
  EXPECT_NE(hazards_of(kTile + product(0, "vectors=1 accumulate=1 stream=1") + take +
                       "gate fill p0=accumulator[0] elements=4 rows=1\n")
                .find("may still be reading"),
            std::string::npos);
  EXPECT_NE(hazards_of(kTile + product(0, "vectors=1 keep=1") +
                       "mmul src=activation[0] rows=4 cols=4 bits=8 vectors=1 stream=1\n" + take +
                       "gate fill p0=accumulator[0] elements=4 rows=1\n")
                .find("may still be writing"),
            std::string::npos);
}

// What the product had waited for when it started.
TEST(Hazards, APopKnowsWhatItsProductKnew) {
  const std::string code = kTile + "load src=dram[0] dst=activation[0] rows=1 bytes=4 signal=2\n" +
                           "sync matrix wait=2\n" + "mmul src=activation[0] rows=4 cols=4 bits=8 vectors=1 stream=1\n";
  EXPECT_EQ(hazards_of(code + "gate pass p0=activation[0] p1=activation[64] elements=4 rows=1\n"), "");
  EXPECT_NE(hazards_of(code + "gate copy p0=activation[0] p1=activation[64] elements=4 rows=1\ngate pass "
                              "p0=activation[0] p1=activation[64] elements=4 rows=1\n")
                .find("may still be writing"),
            std::string::npos);
}

// Who has popped the last word of a product's sums, and all who wait for it, know that the product is over.
TEST(Hazards, PoppedSumsAreOut) {
  const auto after_popping = [&](const std::string& gate, const std::string& later) {
    return hazards_of(kTile + product(0, "vectors=1 keep=1 accumulate=1 stream=1") +
                      "gate take p0=activation[64] rows=1 " + gate + "\n" + later);
  };
  const std::string elsewhere = product(4, "vectors=1 wait=1");
  EXPECT_EQ(after_popping("elements=4 release=1", elsewhere), "");
  EXPECT_NE(after_popping("elements=3 release=1", elsewhere).find("reading in other columns"), std::string::npos)
      << "the last column has not come out";
  EXPECT_NE(after_popping("elements=4", product(4, "vectors=1")).find("other columns"), std::string::npos)
      << "nobody waits";
}

// Columns come out one after the other: the last one of a narrow product says nothing of the others of a wide one
// before it.
TEST(Hazards, PoppedSumsTellOfTheirColumnsOnly) {
  const auto narrow_after = [&](int cols) {
    const std::string tile = "mload src=weight[0] rows=4 cols=" + std::to_string(cols) + " stride=4 bits=8\n";
    const std::string of = " rows=4 cols=" + std::to_string(cols) + " bits=8 vectors=1";
    return hazards_of(
        tile + "mmul src=activation[0] dst=accumulator[0]" + of + "\n" +
        "mload src=weight[0] rows=4 cols=2 stride=4 bits=8\n" +
        "mmul src=activation[0] dst=accumulator[0] rows=4 cols=2 bits=8 vectors=1 accumulate=1 stream=1\n" +
        "gate take p0=activation[64] elements=2 rows=1 release=1\n" + kTile + product(4, "vectors=1 wait=1"));
  };
  EXPECT_EQ(narrow_after(2), "");
  EXPECT_NE(narrow_after(4).find("writing in other columns"), std::string::npos) << narrow_after(4);
}

struct Overlap {
  const char* kernel;
  const char* gate;
  bool fit;
};
std::ostream& operator<<(std::ostream& out, const Overlap& overlap) {
  for (const char* c = overlap.kernel; *c != 0; ++c) out << (*c == '\n' ? ';' : *c);
  return out << " | " << overlap.gate;
}
class Overlaps : public ::testing::TestWithParam<Overlap> {};

// Lanes work chunk by chunk and row by row, the executor micro-operation by micro-operation: what is fit is the same in
// both.
TEST_P(Overlaps, AreFitOrNot) {
  Program program = program_of(std::string(".kernel k\nli r0, 1\nli r1, 2\n") + GetParam().kernel + "\n.end\ngate k " +
                               GetParam().gate + "\n");
  const auto findings = check_program(program);
  EXPECT_EQ(findings.empty(), GetParam().fit) << (findings.empty() ? "" : findings.front());
}

INSTANTIATE_TEST_SUITE_P(
    , Overlaps,
    ::testing::Values(
        Overlap{"ld16 r0, p0\nst16 r0, p0", "p0=activation[0] elements=8 rows=4 s0=16", true},
        Overlap{"st16 r0, p0\nld16 r0, p0", "p0=activation[0] elements=8 rows=4 s0=16", false},
        Overlap{"st16 r0, p0\nld16 r0, p0 at=2", "p0=activation[0] elements=8 rows=1", false},
        Overlap{"ld16 r0, p0\nst16 r0, p0 at=2", "p0=activation[0] elements=8 rows=1", false},
        Overlap{"ld16 r0, p0 at=2\nst16 r0, p0", "p0=activation[0] elements=8 rows=1", true},
        Overlap{"ld16 r0, p0\nst16 r0, p0", "p0=activation[0] elements=8 rows=2 s0=0",
                false},  // a row loads what the row before stored
        Overlap{"ld16 r0, p0\nst16 r0, p0", "p0=activation[0] elements=8 rows=9 s0=14", false},  // its last element
        Overlap{"ld16 r0, p0\nst16 r0, p0", "p0=activation[128] elements=8 rows=9 s0=-14", false},
        Overlap{"ld16 r0, p0 at=16\nst16 r0, p0", "p0=activation[0] elements=8 rows=4 s0=16",
                true},  // stored later than loaded
        Overlap{"ld16 r0, p0\nst16 r0, p0 at=16", "p0=activation[0] elements=8 rows=4 s0=16", false},
        Overlap{"ld16 r0, p0 step=4\nst16 r0, p0 step=4", "p0=activation[0] elements=8 rows=4 s0=2",
                true},  // transposed
        Overlap{"ld16 r0, p0\nst16 r0, p1", "p0=activation[0] p1=activation[64] elements=8 rows=5 s0=16 s1=-16", false},
        Overlap{"ld16 r0, p0\nst16 r0, p1", "p0=activation[0] p1=activation[128] elements=8 rows=4 s0=16 s1=-16", true},
        Overlap{"st16 r0, p0\nst16 r1, p0", "p0=activation[0] elements=8 rows=4 s0=16", true},
        Overlap{"st16 r0, p0\nst16 r1, p0 at=2", "p0=activation[0] elements=8 rows=1", false}));

TEST(SumRows, DoNotOverlap) {
  EXPECT_TRUE(check_program(program_of(kTile + product(0, "vectors=2 dst_stride=16 src_stride=4"))).empty());
  EXPECT_TRUE(check_program(program_of(kTile + product(0, "vectors=2 dst_stride=0 src_stride=4"))).empty());
  EXPECT_EQ(check_program(program_of(kTile + product(0, "vectors=2 dst_stride=12 src_stride=4"))).size(), 1u);
}

}  // namespace
}  // namespace rondo

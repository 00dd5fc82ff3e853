#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "models/dram/timing.hpp"
#include "sim/dram_file.hpp"

// The constraints of each preset, written once more: from the data sheets' clocks and JEDEC's formulas, by
// hand, as clocks from the begin of one command to the begin of the other. What is not in a table must be
// free.
namespace rondo::dram {
namespace {

// Scope, before, after, clocks. Scopes: the same bank; any bank of the same group, of the same rank; any bank
// of another rank. RD and WR stand for the commands with and without automatic precharge.
const std::map<std::string, const char*> kTables = {{"ddr4_2400", R"(
bank  ACT ACT 56     # tRC = 39 + 17
bank  ACT RD 17      # tRCD
bank  ACT WR 17
bank  ACT PRE 39     # tRAS
bank  PRE ACT 17     # tRP
bank  RD- PRE 9      # tRTP
bank  WR- PRE 34     # WL 12 + 4 + tWR 18
bank  RDA ACT 26     # tRTP + tRP
bank  WRA ACT 51
group ACT ACT 6      # tRRD_L
group RD RD 6        # tCCD_L
group WR WR 6
group WR RD 25       # WL 12 + 4 + tWTR_L 9
rank  ACT ACT 4      # tRRD_S
rank  RD RD 4        # tCCD_S
rank  WR WR 4
rank  WR RD 19       # tWTR_S 3
rank  RD WR 11       # RL 17 + 4 + 2 - WL 12
rank  ACT PREA 39
rank  RD PREA 9
rank  WR PREA 34
rank  PREA ACT 17
rank  ACT REF 56
rank  PRE REF 17
rank  PREA REF 17
rank  RDA REF 26
rank  WRA REF 51
rank  REF REF 420
rank  REF ACT 420
other RD RD 6        # 4 + tRTRS 2
other WR WR 6
other RD WR 11
other WR RD 1
window 26)"},
                                                    {"ddr4_3200", R"(
bank  ACT ACT 74     # tRC = 52 + 22
bank  ACT RD 22
bank  ACT WR 22
bank  ACT PRE 52
bank  PRE ACT 22
bank  RD- PRE 12
bank  WR- PRE 44     # WL 16 + 4 + tWR 24
bank  RDA ACT 34
bank  WRA ACT 66
group ACT ACT 8
group RD RD 8
group WR WR 8
group WR RD 32       # 16 + 4 + 12
rank  ACT ACT 4
rank  RD RD 4
rank  WR WR 4
rank  WR RD 24
rank  RD WR 12       # 22 + 4 + 2 - 16
rank  ACT PREA 52
rank  RD PREA 12
rank  WR PREA 44
rank  PREA ACT 22
rank  ACT REF 74
rank  PRE REF 22
rank  PREA REF 22
rank  RDA REF 34
rank  WRA REF 66
rank  REF REF 560
rank  REF ACT 560
other RD RD 6
other WR WR 6
other RD WR 12
other WR RD 0        # 16 + 4 + 2 - 22
window 34)"},
                                                    {"lpddr4_3200", R"(
bank  ACT ACT 97     # tRC = 68 + 29; activations and columns take 4 clocks, the others 2
bank  ACT RD 29
bank  ACT WR 29
bank  ACT PRE 70     # tRAS 68 + 4 - 2
bank  PRE ACT 27     # tRP 29 + 2 - 4
bank  RD- PRE 14     # tRTP 12 + 8 - 8, + 4 - 2
bank  WR- PRE 54     # WL 14 + 1 + 8 + tWR 29, + 4 - 2
bank  RDA ACT 41     # 12 + 29
bank  WRA ACT 81     # 52 + 29
bank  ACT REFB 99    # 97 + 4 - 2
bank  PRE REFB 29
bank  RDA REFB 43
bank  WRA REFB 83
bank  REFB ACT 222   # tRFCpb 224 + 2 - 4
rank  ACT ACT 16     # tRRD
rank  RD RD 8        # tCCD
rank  WR WR 8
rank  RD WR 30       # RL 28 + 6 + 8 + 2 - WL 14
rank  WR RD 39       # WL 14 + 1 + 8 + tWTR 16
rank  PRE PRE 4      # tPPD
rank  PRE PREA 4
rank  ACT PREA 70
rank  RD PREA 14
rank  WR PREA 54
rank  PREA ACT 32    # tRPab 34 + 2 - 4
rank  ACT REF 99
rank  PRE REF 29
rank  PREA REF 34
rank  RDA REF 43
rank  WRA REF 83
rank  REF REF 448    # tRFCab
rank  REF ACT 446
rank  PREA REFB 34
rank  ACT REFB 18    # tRRD 16 + 4 - 2
rank  REF REFB 448
rank  REFB REF 224   # tRFCpb
rank  REFB REFB 224
rank  REFB ACT 14    # tRRD 16 + 2 - 4
other RD RD 9        # 8 + tRTRS 1
other WR WR 9
other RD WR 29       # 28 + 6 + 8 + 1 - 14
other WR RD 0
window 64)"},
                                                    {"hbm2", R"(
bank  ACT ACT 48     # tRC = 34 + 14; an activation takes 2 clocks
bank  ACT RD 15      # tRCD 14 + 1
bank  ACT WR 15
bank  ACT PRE 35
bank  PRE ACT 13
bank  RD- PRE 6
bank  WR- PRE 22     # WL 4 + 2 + tWR 16
bank  RDA ACT 19     # 6 + 14 - 1
bank  WRA ACT 35
bank  ACT REFB 49
bank  PRE REFB 14
bank  RDA REFB 20
bank  WRA REFB 36
bank  REFB REFB 160
bank  REFB ACT 159
group ACT ACT 6
group RD RD 2
group WR WR 2
group WR RD 14       # 4 + 2 + 8
rank  ACT ACT 4
rank  RD RD 2        # a burst
rank  WR WR 2
rank  WR RD 12
rank  RD WR 14       # 14 + 2 + 2 - 4
rank  ACT PREA 35
rank  RD PREA 6
rank  WR PREA 22
rank  PREA ACT 13
rank  ACT REF 49
rank  PRE REF 14
rank  PREA REF 14
rank  RDA REF 20
rank  WRA REF 36
rank  REF REF 260
rank  REF ACT 259
rank  PREA REFB 14
rank  ACT REFB 5     # 4 + 1
rank  REF REFB 260
rank  REFB REF 160   # tRFCSB
rank  REFB REFB 8
rank  REFB ACT 7
other RD RD 4
other WR WR 4
other RD WR 14
other WR RD 0
window 30)"}};

using Commands = std::vector<Command>;
const std::map<std::string, Commands> kWords = {{"ACT", {Command::activate}},
                                                {"PRE", {Command::precharge}},
                                                {"PREA", {Command::precharge_all}},
                                                {"RD", {Command::read, Command::read_precharge}},
                                                {"RD-", {Command::read}},
                                                {"RDA", {Command::read_precharge}},
                                                {"WR", {Command::write, Command::write_precharge}},
                                                {"WR-", {Command::write}},
                                                {"WRA", {Command::write_precharge}},
                                                {"REF", {Command::refresh}},
                                                {"REFB", {Command::refresh_bank}}};

struct Row {
  std::string scope;
  Command before, after;
  Clock clocks;
};

struct Table {
  std::vector<Row> rows;
  Clock window = 0;
};

Table table_of(const std::string& preset) {
  Table table;
  std::istringstream lines(kTables.at(preset));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string scope, before, after;
    Clock clocks = 0;
    if (!(words >> scope)) continue;
    if (scope == "window") {
      words >> table.window;
      continue;
    }
    words >> before >> after >> clocks;
    for (const Command b : kWords.at(before)) {
      for (const Command a : kWords.at(after)) table.rows.push_back({scope, b, a, clocks});
    }
  }
  return table;
}

/// How a bank lies to bank 0: "bank", "group", "rank" or "other".
struct Neighbour {
  std::string scope;
  int bank;
};
std::vector<Neighbour> neighbours(const Device& device) {
  std::vector<Neighbour> list = {{"bank", 0}, {"group", 1}};
  if (device.bank_groups > 1)
    list.push_back({"rank", static_cast<int>(device.banks_per_group)});
  else
    list[1].scope = "rank";
  list.push_back({"other", static_cast<int>(device.banks()) + 1});
  return list;
}

bool within(const std::string& inner, const std::string& outer) {
  const std::map<std::string, int> width = {{"bank", 0}, {"group", 1}, {"rank", 2}};
  if (inner == "other" || outer == "other") return inner == outer;
  return width.at(inner) <= width.at(outer);
}

class DramTiming : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr unsigned kAll = (1u << kCommands) - 1;
  const Device device = read_dram_device(GetParam());
  const Table table = table_of(GetParam());
};

// For every pair of commands and every way in which their banks may lie to each other: legal in clock c, not
// in c - 1.
TEST_P(DramTiming, EveryPairOfCommandsIsAsFarApartAsTheTableSays) {
  int bound = 0;
  for (int b = 0; b < kCommands; ++b) {
    for (int a = 0; a < kCommands; ++a) {
      const auto before = static_cast<Command>(b), after = static_cast<Command>(a);
      for (const Neighbour& neighbour : neighbours(device)) {
        // A command to a rank has the rank's first bank for its place.
        if (neighbour.scope == "group" && (is_for_rank(before) || is_for_rank(after))) continue;
        if (neighbour.scope == "bank" && (is_for_rank(before) || is_for_rank(after))) continue;
        Timing timing(device, 2, kAll);
        const Clock start = 10'000;
        timing.issue(before, 0, start);
        Clock expected = 0;
        for (const Row& row : table.rows) {
          if (row.before == before && row.after == after && within(neighbour.scope, row.scope) && row.clocks > 0)
            expected = std::max(expected, start + row.clocks);
        }
        bound += expected > 0;
        const Clock legal = timing.legal(after, neighbour.bank);
        if (expected == 0) {
          EXPECT_LE(legal, start) << kCommandNames[b] << " -> " << kCommandNames[a] << ", " << neighbour.scope;
        } else {
          EXPECT_EQ(legal, expected) << kCommandNames[b] << " -> " << kCommandNames[a] << ", " << neighbour.scope;
        }
      }
    }
  }
  std::cout << bound << " of the pairs are bound\n";
  EXPECT_GT(bound, 80);
}

TEST_P(DramTiming, FourActivationsInAWindow) {
  Timing timing(device, 2, kAll);
  std::vector<Clock> begins;
  Clock now = 1000;
  for (int i = 0; i < 9; ++i) {
    const int bank = i % static_cast<int>(device.banks());
    now = std::max(now, timing.legal(Command::activate, bank));
    if (i >= 4) {
      EXPECT_GE(now, begins[static_cast<std::size_t>(i - 4)] + table.window);
    }
    const Clock apart = i == 0 ? 0 : i == 1 ? now - begins[0] : begins[1] - begins[0];
    if (i == 4) {
      EXPECT_EQ(now, std::max(begins[0] + table.window, begins[3] + apart)) << "no later than it must";
    }
    timing.issue(Command::activate, bank, now);
    EXPECT_LT(timing.legal(Command::activate, static_cast<int>(device.banks())), now) << "the other rank is free";
    begins.push_back(now);
  }
}

TEST_P(DramTiming, ACommandKeepsItsBusForItsLength) {
  const bool two = std::string(GetParam()) == "hbm2", long_commands = std::string(GetParam()) == "lpddr4_3200";
  for (int c = 0; c < kCommands; ++c) {
    Timing timing(device, 1, kAll);
    const auto command = static_cast<Command>(c);
    timing.issue(command, 0, 500);
    const Clock length = !long_commands ? (two && command == Command::activate ? 2 : 1)
                         : command == Command::activate || is_column(command) ? 4
                                                                              : 2;
    for (int other = 0; other < kCommands; ++other) {
      const bool same_bus = !two || is_column(command) == is_column(static_cast<Command>(other));
      EXPECT_EQ(timing.bus_free(static_cast<Command>(other)), same_bus ? 500 + length : 0);
    }
  }
}

// What a controller never gives binds nothing.
TEST_P(DramTiming, RowsAboutUnusedCommandsAreLeftOut) {
  Timing timing(device, 1, 1u << static_cast<unsigned>(Command::activate));
  timing.issue(Command::activate, 0, 100);
  EXPECT_EQ(timing.legal(Command::read, 0), 0);
  EXPECT_GT(timing.legal(Command::activate, 0), 100);
}

INSTANTIATE_TEST_SUITE_P(Presets, DramTiming, ::testing::Values("ddr4_2400", "ddr4_3200", "lpddr4_3200", "hbm2"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace rondo::dram

// Chip and technology files: what is right reads back to itself, and what is wrong is an Error that says
// where.
#include "sim/config.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "models/base/error.hpp"
#include "sim/dram_file.hpp"
#include "sim/settings.hpp"
#include "sim/text_file.hpp"
#include "sim/yaml.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

const std::string kChips = std::string(RONDO_SOURCE_DIR) + "/configs/chips/";

// A directory of its own for each test, gone afterwards.
class Config : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "rondo-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  std::string folder_;
};

std::vector<std::string> findings_of(const std::string& path, const std::vector<std::string>& set = {}) {
  try {
    read_config(path, set);
  } catch (const Error& wrong) {
    return wrong.findings();
  }
  return {};
}

// The findings, without the folder of the test.
std::string joined(std::vector<std::string> findings, const std::string& folder) {
  std::string text;
  for (std::string& finding : findings) {
    for (std::size_t at; (at = finding.find(folder + "/")) != std::string::npos;) finding.erase(at, folder.size() + 1);
    text += finding + "\n";
  }
  return text;
}

void expect_finding(const std::vector<std::string>& findings, const std::string& start) {
  for (const std::string& finding : findings) {
    if (finding.find(start) != std::string::npos) return;
  }
  ADD_FAILURE() << "no finding with: " << start << "\n" << joined(findings, "");
}

std::string text_of(const RunConfig& config) {
  std::string text;
  for (const FieldInfo& field : list_fields(config)) text += field.path + "=" + field.value + "\n";
  return text;
}

TEST_F(Config, the_chips_of_the_repository_read_back_to_themselves) {
  for (const char* chip : {"base", "edge", "server"}) {
    const RunConfig config = read_config(kChips + chip + ".yaml", {});
    EXPECT_EQ(config.name, chip);
    const RunConfig again = read_config(write("again.yaml", to_yaml(config)), {});
    EXPECT_EQ(text_of(again), text_of(config)) << chip;
  }
}

TEST_F(Config, extends_and_set_come_on_top_of_each_other) {
  write("a.yaml", to_yaml(read_config(kChips + "base.yaml", {})));
  write("b.yaml", "extends: a.yaml\nname: b\nmachine: {rows: 8, cols: 16}\n");
  const std::string top = write("c.yaml", "extends: b.yaml\nname: c\nmachine: {cols: 4}\n");
  const RunConfig config = read_config(top, {"gate.lanes=5", "network.batch=8"});
  EXPECT_EQ(config.name, "c");
  EXPECT_EQ(config.chip.machine.rows, 8);
  EXPECT_EQ(config.chip.machine.cols, 4);
  EXPECT_EQ(config.chip.gate.lanes, 5);
  EXPECT_EQ(config.network.at("batch"), "8");
}

TEST_F(Config, every_mistake_is_reported_at_once_with_its_place) {
  fs::copy_file(kChips + "base.yaml", folder_ + "/base.yaml");
  const std::string path = write("bad.yaml",
                                 "extends: base.yaml\n"
                                 "machine: {rows: 0, cols: 010, rws: 3}\n"
                                 "matrix: 3\n"
                                 "gate:\n"
                                 "  lanes: [1, 2]\n"
                                 "  tables: 99999999999999999999\n"
                                 "  tables: 1\n"
                                 "mapping: {gates: interleved}\n"
                                 "matrx: {x: 1}\n");
  const auto findings =
      findings_of(path, {"clock_mhz=1.5", "sequencer.dispatch_width", "load.queue_depth=1", "load.queue_depth=2"});
  const std::string text = joined(findings, folder_);
  expect_finding(findings,
                 "bad.yaml:2:17: machine.rows: 0 is out of range; allowed 1..4096 PE (rows of the systolic array");
  expect_finding(findings, "bad.yaml:2:26: machine.cols: 010 is not a plain whole number");
  expect_finding(findings, "machine.rws: unknown field (did you mean \"machine.rows\"?)");
  expect_finding(findings, "bad.yaml:3:9: matrix: is a value; a section with fields is expected");
  expect_finding(findings, "bad.yaml:5:10: gate.lanes: is a list");
  expect_finding(findings, "bad.yaml:6:11: gate.tables: 99999999999999999999 is out of range");
  expect_finding(findings, "bad.yaml:7:3: gate.tables: given twice; first at");
  expect_finding(findings,
                 "bad.yaml:8:18: mapping.gates: interleved is none of the allowed words (did you mean "
                 "\"interleaved\"?)");
  expect_finding(findings, "matrx.x: unknown field");
  expect_finding(findings, "--set clock_mhz=1.5: clock_mhz: 1.5 is not a plain whole number");
  expect_finding(findings, "--set sequencer.dispatch_width: is not of the form section.field=value");
  expect_finding(findings, "--set load.queue_depth=2: load.queue_depth: set twice");
  EXPECT_EQ(findings.size(), 12u) << text;
}

TEST_F(Config, a_file_that_forgets_fields_is_told_all_of_them) {
  const auto findings = findings_of(write("short.yaml", "name: short\nmachine: {rows: 4}\n"));
  std::size_t fields = 0;
  for (const FieldInfo& field : list_fields(RunConfig{}))
    fields += field.path != "name" && field.path != "machine.rows";
  EXPECT_EQ(findings.size(), fields);
  expect_finding(findings, "short.yaml:2:10: machine.cols: missing; allowed 1..4096 PE");
}

TEST_F(Config, rules_between_fields_name_the_place_of_the_field) {
  const auto findings = findings_of(kChips + "edge.yaml", {"numbers.weight_bits=9", "machine.table_entries=100"});
  expect_finding(findings, "--set numbers.weight_bits=9: numbers.weight_bits: 9; allowed 8 or 16");
  expect_finding(findings, "--set machine.table_entries=100: machine.table_entries: must be a power of two");
}

// The least and the most of every field are inside, and one beyond is outside.
TEST_F(Config, both_ends_of_every_range) {
  const std::string chip = kChips + "base.yaml";
  for (const FieldInfo& field : list_fields(read_config(chip, {}))) {
    if (!field.words.empty() || field.most <= field.least) continue;
    for (const auto& [value, inside] :
         {std::pair{field.least - 1, false}, {field.least, true}, {field.most, true}, {field.most + 1, false}}) {
      const std::string set = field.path + "=" + std::to_string(value);
      bool refused = false;
      for (const std::string& finding : findings_of(chip, {set}))
        refused |= finding.find("is out of range") != std::string::npos;
      EXPECT_EQ(refused, !inside) << set;
    }
  }
}

TEST_F(Config, extends_in_a_circle_or_without_end) {
  write("a.yaml", "extends: b.yaml\n");
  write("b.yaml", "extends: ./a.yaml\n");
  expect_finding(findings_of(folder_ + "/a.yaml"), "b.yaml:1:10: extends: ./a.yaml extends itself");
  for (int i = 0; i < 20; ++i)
    write("c" + std::to_string(i) + ".yaml", "extends: c" + std::to_string(i + 1) + ".yaml\n");
  expect_finding(findings_of(folder_ + "/c0.yaml"), "extends: a chain of more than 8 files");
  expect_finding(findings_of(write("d.yaml", "extends: gone.yaml\n")), "d.yaml:1:10: extends: ");
}

TEST_F(Config, what_is_no_chip_file_is_an_error_and_nothing_else) {
  const std::string big(1 << 20, 'x');
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  std::string keys;
  for (int i = 0; i < 90000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  std::string deep_flow = "a: ";
  deep_flow.append(100000, '[');
  std::string deep_list;
  for (int i = 0; i < 100000; ++i) deep_list += "- ";
  const std::vector<std::string> texts = {"",
                                          "# nothing\n",
                                          "text",
                                          "- 1\n",
                                          "a: *b\n",
                                          "a: &b {}\n",
                                          "a: !!int 3\n",
                                          "a: 1\n---\nb: 2\n",
                                          "a: [1\n",
                                          "a:\n\tb: 1\n",
                                          "{a: 1, a: 2}",
                                          "? [a]\n: 1\n",
                                          std::string("a: \0", 4),
                                          "\xff\xfe",
                                          "\x89PNG\r\n",
                                          big + "x",
                                          block,
                                          keys,
                                          deep_flow,
                                          deep_list,
                                          "%YAML 9.9\n---\na: 1\n",
                                          "'"};
  for (const std::string& text : texts)
    EXPECT_FALSE(findings_of(write("odd.yaml", text)).empty()) << text.substr(0, 40);
  EXPECT_FALSE(findings_of(folder_).empty());
  EXPECT_FALSE(findings_of("/dev/zero").empty());
  EXPECT_FALSE(findings_of(folder_ + "/gone.yaml").empty());
  ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(findings_of(folder_ + "/pipe").empty());
}

// The reason, not only the refusal: each of these would be a sound file if its one oddity were let through.
TEST_F(Config, oddities_are_refused_for_what_they_are) {
  const std::string sound = to_yaml(read_config(kChips + "edge.yaml", {}));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = sound;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return write("odd.yaml", text.replace(at, from.size(), to));
  };
  expect_finding(findings_of(changed("rows: 32", "rows: &a 32")), "odd.yaml:6:9: anchors");
  expect_finding(findings_of(changed("rows: 32", "rows: !!int 32")), "tags");
  expect_finding(findings_of(changed("numbers:", "---\nnumbers:")), "more than one YAML document");
  expect_finding(findings_of(changed("rows: 32", "rows: 32\n  rows: 32")), "machine.rows: given twice");
  expect_finding(findings_of(changed("name: edge", "name: e\xff")), "odd.yaml:2:8: is not text");
  ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  expect_finding(findings_of(folder_ + "/pipe"), "is a pipe or a device");
  expect_finding(findings_of(folder_), "is a directory");
  expect_finding(findings_of(write("big.yaml", sound + std::string(1 << 20, '#'))), "at most 1048576 are allowed");
}

// Damaged files either still say something valid or are an Error; anything else ends the test.
TEST_F(Config, damaged_files_never_crash) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string sound = to_yaml(read_config(kChips + "edge.yaml", {}));
  const std::string bytes = "0123456789 :{}[],-\n\t#'\"&*!|>%@`?ab\x01\xff";
  for (int round = 0; round < 400; ++round) {
    std::string text = sound;
    for (int change = 0; change < 1 + round % 5; ++change) {
      const std::size_t at = random() % text.size();
      const char byte = bytes[random() % bytes.size()];
      if (random() % 3 == 0) {
        text.erase(at, random() % 20);
      } else if (random() % 2 == 0) {
        text.insert(at, 1, byte);
      } else {
        text[at] = byte;
      }
    }
    try {
      read_config(write("damaged.yaml", text), {});
    } catch (const Error& wrong) {
      for (const std::string& finding : wrong.findings())
        EXPECT_NE(finding.find("damaged.yaml"), std::string::npos) << finding;
    }
  }
}

TEST(PlainInteger, only_what_everybody_reads_the_same_way) {
  std::int64_t value = 0;
  for (const char* good : {"0", "7", "-1", "1200", "9223372036854775807"})
    EXPECT_TRUE(parse_plain_integer(good, value)) << good;
  for (const char* bad :
       {"", "-", "+1", "010", "-0", "0x10", "1.0", "1e3", "1_000", " 1", "1 ", "true", "9223372036854775808", "١"}) {
    EXPECT_FALSE(parse_plain_integer(bad, value)) << bad;
  }
}

TEST(DidYouMean, the_nearest_word_or_none) {
  const std::vector<std::string> words = {"machine.rows", "machine.cols", "gate.lanes"};
  EXPECT_EQ(did_you_mean("machine.row", words), " (did you mean \"machine.rows\"?)");
  EXPECT_EQ(did_you_mean("gate.lnaes", words), " (did you mean \"gate.lanes\"?)");
  EXPECT_EQ(did_you_mean("dram.burst_bytes", words), "");
}

TEST_F(Config, a_technology_scales_another_but_for_its_dram) {
  const Prices base = read_technology("n45", "lpddr4"), scaled = read_technology("n16", "lpddr4");
  EXPECT_EQ(scaled.name, "n16");
  EXPECT_DOUBLE_EQ(scaled.energy_pj.at("matrix").at("mac8").value,
                   0.1640 * base.energy_pj.at("matrix").at("mac8").value);
  EXPECT_DOUBLE_EQ(scaled.energy_pj.at("weight_sram").at("read").reference,
                   base.energy_pj.at("weight_sram").at("read").reference);
  EXPECT_DOUBLE_EQ(scaled.area_um2.at("gate").at("lane").value, 0.19 * base.area_um2.at("gate").at("lane").value);
  EXPECT_DOUBLE_EQ(scaled.logic_leakage_w_per_mm2, 0.863 * base.logic_leakage_w_per_mm2);
  EXPECT_DOUBLE_EQ(scaled.sram_leakage_w_per_mm2, 0.863 * base.sram_leakage_w_per_mm2);
  EXPECT_DOUBLE_EQ(scaled.energy_pj.at("dram").at("read").value, 64.0);
  const std::string n45 = std::string(RONDO_SOURCE_DIR) + "/configs/technology/n45.yaml";
  const auto findings_of = [&](const std::string& text) {
    try {
      read_technology(write("scaled.yaml", text), "lpddr4");
    } catch (const Error& wrong) {
      return wrong.findings();
    }
    return std::vector<std::string>{};
  };
  const std::string link = folder_ + "/n45.yaml";
  fs::copy_file(n45, link);
  expect_finding(findings_of("extends: n45.yaml\nname: x\nenergy_pj: {}\nscale: {energy: {factor: 1}, area: 3}\n"),
                 "scaled.yaml:3:1: energy_pj: unknown");
  expect_finding(findings_of("extends: n45.yaml\nname: x\nscale: {energy: {factor: 1}, area: 3}\n"),
                 "scale.energy.source: missing");
  expect_finding(findings_of("extends: n45.yaml\nname: x\nscale: {energy: {factor: 1}, area: 3}\n"),
                 "scale.leakage: missing");
  expect_finding(findings_of("extends: nowhere.yaml\nname: x\n"), "scaled.yaml:1:10: extends: there is no ");
  fs::copy_file(folder_ + "/scaled.yaml", folder_ + "/other.yaml");
  expect_finding(findings_of("extends: other.yaml\nname: x\n"), "extends: other.yaml extends another itself");
}

TEST_F(Config, technology_files_are_read_as_strictly) {
  const Prices prices = read_technology("n45", "lpddr4");
  EXPECT_DOUBLE_EQ(prices.energy_pj.at("dram").at("read").value, 64.0);  // 8 pJ per bit
  EXPECT_EQ(prices.energy_pj.at("weight_sram").at("read").law, Price::Law::sqrt);
  EXPECT_DOUBLE_EQ(read_technology("n45", "hbm2").energy_pj.at("dram").at("read").value, 31.36);
  const std::string path =
      write("t.yaml",
            "name: t\n"
            "energy_pj: {matrix: {mac8: {pj: -1, source: x}, mac16: 3}, dram: {ddr9: {read: {pj: 1, sorce: x}}}}\n"
            "area_um2: []\n");
  std::vector<std::string> findings;
  try {
    read_technology(path, "lpddr4");
  } catch (const Error& wrong) {
    findings = wrong.findings();
  }
  expect_finding(findings, "t.yaml:2:33: energy_pj.matrix.mac8.pj: -1 is not a number of at least 0");
  expect_finding(findings, "energy_pj.matrix.mac16: is a value; {pj: number, source: text} is expected");
  expect_finding(findings, "energy_pj.dram.ddr9.read.sorce: unknown (did you mean \"source\"?)");
  expect_finding(findings, "energy_pj.dram.lpddr4: missing");
  expect_finding(findings, "t.yaml:3:11: area_um2: is a list; a section is expected");
  expect_finding(findings, "leakage: missing");
}

TEST_F(Config, presets_are_read_as_strictly) {
  const dram::Device device = read_dram_device("lpddr4_3200");
  EXPECT_EQ(device.burst_bytes(), 32);
  EXPECT_EQ(device.read_latency, 28 + 6) << "a formula";
  EXPECT_EQ(device.rank_bytes(), std::int64_t{1} << 30);
  EXPECT_EQ(device.rails.size(), 3u);
  const auto wrong_of = [](const std::string& path) {
    try {
      read_dram_device(path);
    } catch (const Error& wrong) {
      return wrong.findings();
    }
    return std::vector<std::string>{};
  };
  const std::vector<std::string> preset =
      wrong_of(write("p.yaml",
                     "name: p\nstandard: ddr4\nsources: {}\nclock_mhz: 0\nspeed: 1\n"
                     "organisation: {bank_groups: {value: 4, source: x}, rows: 7}\n"
                     "timing: {rl: {clocks: -1, source: x}, wl: {clocks: 3}}\n"
                     "rails: {vdd: {volts: 1.2, idd0: x, source: y}}\n"));
  expect_finding(preset, "p.yaml:4:12: clock_mhz: 0 is no whole number of 1..100000");
  expect_finding(preset, "speed: unknown");
  expect_finding(preset, "organisation.columns: missing");
  expect_finding(preset, "organisation.rows: is a value; a section is expected");
  expect_finding(preset, "timing.rl.clocks: -1 is no whole number of 0..1000000");
  expect_finding(preset, "timing.wl.source: missing");
  expect_finding(preset, "rails.vdd.idd0: x is not a number of at least 0");
  expect_finding(preset, "rails.vdd.idd2n: missing");
}

// A standard's row may name what a preset does not have, or be none; and a device may be one that nothing can work
// with.
TEST_F(Config, rows_of_a_standard_are_worked_out_or_refused) {
  std::ifstream good(std::string(RONDO_SOURCE_DIR) + "/configs/dram/ddr4_2400.yaml");
  std::string text((std::istreambuf_iterator<char>(good)), std::istreambuf_iterator<char>());
  text.replace(text.find("name: ddr4_2400"), 15, "name: p");
  const auto replaced = [](std::string in, const std::string& from, const std::string& to) {
    const std::size_t at = in.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return in.replace(at, from.size(), to);
  };
  write("rows.yaml",
        "name: rows\nsources: {}\ncommand_buses: 3\ncommand_clocks: {activate: 1}\n"
        "clocks: {read_latency: rl +, write_latency: wl - wl}\nconstraints:\n"
        "  - [bank, activate, reads, rcd + nothing]\n"
        "  - [bank, activate, reed, rcd]\n"
        "  - [sank, activate, reads, rcd]\n"
        "  - [rank, activate, activate, faw, 1]\n"
        "  - [bank, activate]\n");
  const auto wrong_of = [&](const std::string& content) {
    try {
      read_dram_device(write("p.yaml", content));
    } catch (const Error& wrong) {
      return wrong.findings();
    }
    return std::vector<std::string>{};
  };
  EXPECT_EQ(wrong_of(text), std::vector<std::string>{});
  const auto rows = wrong_of(replaced(text, "standard: ddr4", "standard: rows"));
  expect_finding(rows, "rows.yaml:3:16: command_buses: 3 is no whole number of 1..2");
  expect_finding(rows, "command_clocks.precharge: missing");
  expect_finding(rows, "clocks.read_latency: rl +: a name or number is missing at its end");
  expect_finding(rows, "p.yaml:22:16: clocks.write_latency: (wl - wl, ");
  expect_finding(rows, "rows.yaml:5:45) comes to less than one clock");
  expect_finding(rows, "p.yaml:21:3: timing.nothing: missing; ");
  expect_finding(rows, "rows.yaml:7:29 asks for it: rcd + nothing");
  expect_finding(rows, "reed is no command; allowed reads, writes, columns, activate");
  expect_finding(rows, "sank is no level; allowed channel, rank, other_rank, bank_group, bank");
  expect_finding(rows, "1 is no count of 2..64");
  expect_finding(rows, "rows.yaml:11:5: constraints: [level, before, after, clocks] or [..., count] is expected");
  expect_finding(wrong_of(replaced(text, "columns: {value: 1024", "columns: {value: 1000")),
                 "p.yaml:14:12: organisation.columns: 1000 is no power of two");
  expect_finding(wrong_of(replaced(text, "banks_per_group: {value: 4", "banks_per_group: {value: 64")),
                 "p.yaml:12:20: organisation.banks_per_group: makes more than 64 banks");
  // Nothing but refreshes; energy out of nothing.
  expect_finding(
      wrong_of(replaced(text, "refi: {clocks: 9360", "refi: {clocks: 419")),
      "p.yaml:37:18: clocks.refresh_interval: 419 is less than a refresh (420) and one cycle of a row (56) take");
  expect_finding(wrong_of(replaced(text, "rfc: {clocks: 420", "rfc: {clocks: 900000")),
                 "p.yaml:37:18: clocks.refresh_interval: 9360");
  expect_finding(wrong_of(replaced(text, "refi: {clocks: 9360", "refi: {clocks: 0")),
                 "p.yaml:37:18: clocks.refresh_interval: (refi, ");
  expect_finding(wrong_of(replaced(text, "  ras: ", "  raz: ")), "p.yaml:21:3: timing.ras: missing; ");
  expect_finding(wrong_of(replaced(text, "idd4r: ", "idd4r: 0.")), "rails: the energy of read, V x (idd4r - idd3n)");
  expect_finding(wrong_of(text.substr(0, text.find("rails:")) + "rails: {}\n"),
                 "p.yaml:40:8: rails: no supply with a voltage and a standby current");
  // Names: a preset must not change what the standard's words mean, nor lead out of its folder.
  expect_finding(wrong_of(replaced(text, "  rl: ", "  burst: {clocks: 1, source: x}\n  rl: ")),
                 "p.yaml:21:10: timing.burst: is worked out from burst_length");
  expect_finding(wrong_of(replaced(text, "  rl: ", "  12: {clocks: 1, source: x}\n  rl: ")), "timing.12: is no name");
  expect_finding(wrong_of(replaced(text, "name: p", "name: foo")),
                 "p.yaml:2:7: name: is foo; allowed p, the name of the file");
  for (const char* path : {"/etc/passwd", "../../etc/passwd", "standards/ddr4"})
    expect_finding(wrong_of(replaced(text, "standard: ddr4", std::string("standard: ") + path)),
                   std::string("p.yaml:3:11: standard: '") + path +
                       "' is no DRAM standard; allowed ddr4, hbm2, lpddr4, or a file");
  expect_finding(wrong_of(replaced(text, "standard: ddr4", "standard: ddr5")), "(did you mean \"ddr4\"?)");
}

TEST_F(Config, a_chip_must_fit_its_dram) {
  const std::string edge = kChips + "edge.yaml";
  EXPECT_EQ(read_config(edge, {}).chip.dram.device->name, "lpddr4_3200");
  EXPECT_EQ(read_config(edge, {"dram.model=ideal"}).chip.dram.device, nullptr);
  expect_finding(findings_of(edge, {"dram.model=ddr9"}), "--set dram.model=ddr9: dram.model: DRAM preset 'ddr9'");
  expect_finding(findings_of(edge, {"dram.model=ddr4_2400"}),
                 "dram.refresh: per_bank; ddr4_2400 has no refresh of single banks");
  expect_finding(findings_of(edge, {"dram.channels=3"}), "dram.channels: 3 is no power of two");
  expect_finding(findings_of(edge, {"dram.mapping=row-bank"}), "dram.mapping: row-bank does not name each of");
  expect_finding(findings_of(edge, {"machine.dram_bytes=2147483649"}), "are more than the 2147483648 of lpddr4_3200");
  // With a device, its currents are the price; with the ideal memory, the technology is.
  Prices prices = read_technology("n45", "lpddr4");
  price_device(read_config(edge, {}).chip.dram, prices);
  const auto& dram = prices.energy_pj.at("dram");
  EXPECT_EQ(dram.size(), 6u);
  EXPECT_NEAR(dram.at("read").value, 8 * 8.5, 0.5);
  EXPECT_EQ(dram.at("refresh").source, "V x (idd5_bank - idd2n) x tREFI of a bank");
}

}  // namespace
}  // namespace rondo

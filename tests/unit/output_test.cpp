// What a run leaves behind: the directory, the timeline, and how numbers are written for people.
#include "sim/output.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/base/error.hpp"
#include "sim/accuracy.hpp"
#include "sim/text_style.hpp"
#include "sim/timeline.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

class Output : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "rondo-output-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Names in the folder of the test, so that nothing hidden is left.
  std::vector<std::string> names(const std::string& below = "") const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ + below)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string folder_;
};

TEST_F(Output, appears_whole_at_the_end_and_not_before) {
  OutputDirectory directory(folder_ + "/a/b/out/");
  directory.write("report.json", "{}");
  EXPECT_FALSE(fs::exists(folder_ + "/a/b/out"));
  directory.finish();
  EXPECT_EQ(read(folder_ + "/a/b/out/report.json"), "{}");
  EXPECT_EQ(names("/a/b"), std::vector<std::string>{"out"});
}

TEST_F(Output, leaves_nothing_when_it_is_given_up) {
  {
    OutputDirectory directory(folder_ + "/a/b/out");
    directory.write("report.json", "{}");
    EXPECT_THROW(directory.write_with("timeline.json", [](const std::string&) { throw std::runtime_error("no"); }),
                 Failure);
  }
  EXPECT_TRUE(names().empty());
}

TEST_F(Output, replaces_an_earlier_run_and_keeps_what_is_not_its_own) {
  for (const char* text : {"old", "new"}) {
    OutputDirectory directory(folder_ + "/out");
    directory.write("report.json", text);
    if (std::string(text) == "old") directory.write("outputs.npz", "old");
    directory.finish();
    std::ofstream(folder_ + "/out/notes.txt") << "mine";
  }
  EXPECT_EQ(names("/out"), (std::vector<std::string>{"notes.txt", "report.json"}));  // no outputs of the old run
  EXPECT_EQ(read(folder_ + "/out/report.json"), "new");
}

TEST_F(Output, refuses_what_is_not_of_a_run) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THROW(OutputDirectory(folder_ + "/file"), Error);
  EXPECT_THROW(OutputDirectory{folder_}, Error);  // holds `file`, but no report.json
  fs::create_directory(folder_ + "/empty");
  EXPECT_NO_THROW(OutputDirectory(folder_ + "/empty"));
}

TEST_F(Output, a_full_disk_is_a_failure) {
  EXPECT_THROW(write_text("/dev/full", "x"), Failure);
  Program program;
  EXPECT_THROW(Timeline(program, 10).write("/dev/full", "x"), Failure);
}

TEST_F(Output, a_file_is_written_whole_or_not_at_all) {
  const std::string path = folder_ + "/t.s";
  write_file(path, [](const std::string& hidden) { write_text(hidden, "one"); });
  EXPECT_THROW(write_file(path,
                          [](const std::string& hidden) {
                            write_text(hidden, "tw");
                            throw std::runtime_error(hidden + ": full");
                          }),
               Failure);
  EXPECT_EQ(read(path), "one");
  EXPECT_EQ(names(), std::vector<std::string>{"t.s"});
  EXPECT_THROW(write_file(folder_, [](const std::string&) {}), Error);
}

TEST_F(Output, timeline_is_valid_and_its_rows_never_overlap) {
  Program program;
  program.layers = {"lstm \"1\""};
  Instruction load;
  load.opcode = Opcode::load;
  load.unit = Unit::load;
  load.layer = 0;
  load.places[0].space = Space::dram;
  load.places[1].space = Space::weight;
  load.fields = {2, 500};
  program.code = {load};
  Timeline timeline(program, 6);
  for (Cycle t = 0; t < 5; ++t) timeline.instruction(Unit::load, 0, 100 * t, 100 * t + 250);
  timeline.waited(int(Unit::gate), Cause::bank, 7, 9);
  timeline.waited(int(Unit::gate), Cause::bank, 17, 19);  // one too many
  timeline.write(folder_ + "/timeline.json", "x on y");
  const auto tree = nlohmann::json::parse(read(folder_ + "/timeline.json"));
  EXPECT_EQ(tree["otherData"]["holds"], "the first 6 of 7 slices");
  std::map<int, std::int64_t> ends;
  double read_bytes = 0;
  double last_rate = 0;
  double most_rate = 0;
  std::int64_t last_time = 0;
  for (const auto& event : tree["traceEvents"]) {
    if (event["ph"] == "X") {
      EXPECT_GE(event["ts"].get<std::int64_t>(), ends[event["tid"].get<int>()]);
      ends[event["tid"].get<int>()] = event["ts"].get<std::int64_t>() + event["dur"].get<std::int64_t>();
    }
    if (event["ph"] == "C" && event["name"] == "dram bytes/cycle") {
      read_bytes += last_rate * static_cast<double>(event["ts"].get<std::int64_t>() - last_time);
      last_rate = event["args"]["read"].get<double>();
      most_rate = std::max(most_rate, last_rate);
      last_time = event["ts"].get<std::int64_t>();
    }
  }
  EXPECT_EQ(ends.size(), 4u);             // three overlapping loads, one wait
  EXPECT_NEAR(read_bytes, 5 * 1000, 50);  // the rates are written with two decimals
  EXPECT_LE(most_rate, 10.0);             // 1000 bytes each, 100 cycles after the one before
}

TEST(Bandwidth, keeps_every_byte_while_its_windows_grow) {
  Bandwidth bandwidth;
  for (Cycle t = 0; t < 100000; t += 7) bandwidth.add(t, t + 13, 26, 1);
  double read = 0;
  double written = 0;
  for (const Bandwidth::Window& window : bandwidth.windows()) read += window.read, written += window.written;
  EXPECT_NEAR(read, 26 * 14286, 1e-3);
  EXPECT_NEAR(written, 14286, 1e-3);
  EXPECT_LE(bandwidth.windows().size(), 2048u);
}

TEST(TextStyle, quantities) {
  EXPECT_EQ(si(1.28e10, "B/s"), "12.8 GB/s");
  EXPECT_EQ(si(999.6, "B"), "1.00 kB");
  EXPECT_EQ(si(0.000123, "J"), "123 µJ");
  EXPECT_EQ(si(0, "J"), "0 J");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1234), "-1,234");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(capacity_text(524288), "512 KiB");
  EXPECT_EQ(capacity_text(25165824), "24 MiB");
  EXPECT_EQ(percent(0.00001), "<0.1 %");
  EXPECT_EQ(percent(0), "0.0 %");
  EXPECT_EQ(percent(0.9996), ">99.9 %");
  EXPECT_EQ(percent(1), "100.0 %");
  EXPECT_EQ(shortened("größer", 4), "grö…");
  EXPECT_EQ(shortened("größer", 6), "größer");
  EXPECT_EQ(wrapped("a bb ccc dddd", 2, 8), "  a bb\n  ccc\n  dddd\n");
  EXPECT_EQ(wrapped("a long word", 2, 5), "  a\n  lo…\n  wo…\n");
  EXPECT_EQ(bar(0.5, 4), "██");
  EXPECT_EQ(columns(bar(1, 24)), 24);
}

TEST(Accuracy, by_hand) {
  const NamedTensors chip = {{"y", real_tensor({2}, {1.0, 2.5})}, {"z", real_tensor({1}, {3.0})}};
  const NamedTensors reference = {{"y", real_tensor({2}, {1.0, 2.0})}, {"z", real_tensor({1}, {3.0})}};
  const Accuracy accuracy = compare_outputs(chip, reference);
  EXPECT_DOUBLE_EQ(accuracy.outputs[0].distance.sqnr_db, 10 * std::log10(5 / 0.25));
  EXPECT_DOUBLE_EQ(accuracy.outputs[0].distance.max_abs_error, 0.5);
  EXPECT_DOUBLE_EQ(accuracy.outputs[1].distance.sqnr_db, 200);
  EXPECT_DOUBLE_EQ(accuracy.total.sqnr_db, 10 * std::log10(14 / 0.25));
  Network::BitsPerCharacter task;
  task.output = "p";
  task.targets = integer_tensor({2, 1}, {0, 1});
  const double half = std::log(0.5);
  const double quarter = std::log(0.25);
  const NamedTensors p = {{"p", real_tensor({2, 1, 2}, {half, 0, 0, quarter})}};
  EXPECT_DOUBLE_EQ(bits_per_character(task, p, p).chip_bits, 1.5);
  task.targets = integer_tensor({2, 1}, {0, 2});
  EXPECT_THROW(bits_per_character(task, p, p), Error);
}

}  // namespace
}  // namespace rondo

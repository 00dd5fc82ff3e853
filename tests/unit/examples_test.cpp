#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "models/values/executor.hpp"
#include "traces/assembler.hpp"
#include "traces/hazards.hpp"

// The traces of traces/examples against what arithmetic says that they compute.
namespace rondo {
namespace {

const std::string kFolder = std::string(RONDO_SOURCE_DIR) + "/traces/examples/";

// The output port `name`, as real numbers.
std::vector<double> output(const Program& program, const Values& values, const std::string& name) {
  std::vector<double> real;
  for (std::size_t p = 0; p < program.ports.size(); ++p) {
    const Port& port = program.ports[p];
    if (!port.output || port.name != name) continue;
    for (std::int32_t integer : values.ports[p]) real.push_back(integer * port.scale);
  }
  return real;
}

std::vector<double> run(const std::string& trace, const std::string& name) {
  const Program program = read_trace(kFolder + trace);
  const Values values = execute(program);
  for (const auto& row : values.saturation) EXPECT_EQ(row.accumulator + row.gate, 0) << trace;
  return output(program, values, name);
}

TEST(Examples, EveryOneIsFitAndSurvivesBothForms) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".s") continue;
    ++count;
    const Program program = read_trace(entry.path());  // throws what check_program finds
    EXPECT_EQ(program.name, entry.path().stem());
    EXPECT_TRUE(parse_assembly(to_assembly(program), "text") == program) << entry.path();
    EXPECT_TRUE(parse_binary(to_binary(program), "bytes") == program) << entry.path();
    EXPECT_FALSE(program.data.empty()) << entry.path();
    EXPECT_FALSE(program.ports.empty()) << entry.path();
  }
  EXPECT_GE(count, 5);
}

// The examples teach synchronisation: none races, and no wait in them could be left out.
TEST(Examples, NoneRacesAndEveryWaitIsNeeded) {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".s") continue;
    const Program program = read_trace(entry.path());
    EXPECT_EQ(find_hazards(program), std::vector<std::string>{}) << entry.path();
    for (std::size_t i = 0; i < program.code.size(); ++i) {
      for (int s = 0; s < kMaxSemaphores; ++s) {
        if ((program.code[i].wait >> s & 1) == 0) continue;
        Program racy = program;
        racy.code[i].wait &= ~(std::uint64_t{1} << s);
        EXPECT_FALSE(find_hazards(racy).empty()) << entry.path() << ", instruction " << i << " without semaphore " << s;
      }
    }
  }
}

TEST(Examples, TileProduct) { EXPECT_EQ(run("tile_product.s", "y"), (std::vector<double>{110, 80, 100})); }

TEST(Examples, TileStream) { EXPECT_EQ(run("tile_stream.s", "y"), std::vector<double>(4, 4.0 * 8 * 9 / 2)); }

TEST(Examples, Dma) {
  std::vector<double> expected;
  for (int block = 0; block < 3; ++block) {
    for (int row = 1; row <= 3; ++row) {
      for (int column = 0; column < 4; ++column) expected.push_back(10 * row + 2 * block + column);
    }
  }
  EXPECT_EQ(run("dma.s", "blocks"), expected);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(Examples, LstmCell) {
  const std::vector<double> i = {-8, -8, 8, 0, 8, 0}, f = {8, -8, -8, 0, 8, 0}, g = {0, 0, 2, 1, 1, 0};
  const std::vector<double> o = {8, 8, 8, 0, -8, 0}, c = {1, 1, 1, -1, 1, 0};
  const std::vector<double> new_state = run("lstm_cell.s", "new_state"), h = run("lstm_cell.s", "h");
  ASSERT_EQ(new_state.size(), 6u);
  for (std::size_t u = 0; u < 6; ++u) {
    const double expected = sigmoid(f[u]) * c[u] + sigmoid(i[u]) * std::tanh(g[u]);
    EXPECT_NEAR(new_state[u], expected, 2.0 / 2048) << u;
    EXPECT_NEAR(h[u], sigmoid(o[u]) * std::tanh(expected), 1.0 / 128) << u;
  }
}

TEST(Examples, Rnn) {
  const std::vector<double> found = run("rnn.s", "h");
  ASSERT_EQ(found.size(), 40u);
  std::vector<double> h(4, 0.0);
  for (int step = 0; step < 10; ++step) {
    std::vector<double> next(4);
    for (int u = 0; u < 4; ++u) next[u] = std::tanh((step == 0 && u == 0 ? 1.0 : 0.0) + 0.875 * h[(u + 3) % 4]);
    h = next;
    for (int u = 0; u < 4; ++u) EXPECT_NEAR(found[4 * step + u], h[u], 4.0 / 4096) << step << " " << u;
  }
  EXPECT_GT(found[4 * 8], 0.15) << "after eight steps the impulse is back at unit 0";
}

}  // namespace
}  // namespace rondo

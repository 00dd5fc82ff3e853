#include <gtest/gtest.h>

#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>

#include "models/base/error.hpp"
#include "tests/support/random_program.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

using testing::Dice;
using testing::first_difference;
using testing::random_program;

constexpr std::uint64_t kSeed = 20260101;

class RoundTrip : public ::testing::TestWithParam<int> {};

// Programs of one seed: 8 x 125 in all.
TEST_P(RoundTrip, TextAndBinaryLoseNothing) {
  const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(GetParam());
  SCOPED_TRACE("seed " + std::to_string(seed));
  Dice dice(seed);
  for (int round = 0; round < 125; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const Program program = random_program(dice);
    const std::string text = to_assembly(program);
    const Program from_text = parse_assembly(text, "text");
    ASSERT_EQ(first_difference(program, from_text), "") << text;
    ASSERT_EQ(to_assembly(from_text), text);
    const std::string bytes = to_binary(program);
    const Program from_bytes = parse_binary(bytes, "bytes");
    ASSERT_EQ(first_difference(program, from_bytes), "");
    ASSERT_EQ(to_binary(from_bytes), bytes);
    ASSERT_EQ(program_sha256(program), program_sha256(from_text));
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, ::testing::Range(0, 8));

// Whatever a text holds, a parser answers with a program or with an Error.
void parse_any_text(const std::string& text) {
  try {
    const Program program = parse_assembly(text, "t.s");
    ASSERT_EQ(first_difference(program, parse_assembly(to_assembly(program), "again")), "") << text;
  } catch (const Error& error) {
    ASSERT_FALSE(error.findings().empty());
    for (const std::string& finding : error.findings()) ASSERT_EQ(finding.rfind("t.s:", 0), 0u) << finding;
  }
}

std::string damaged(std::string text, Dice& dice) {
  static const std::string kinds =
      "\"[]=,*+-.#; \n\t\\\0\xff"
      "09axirp";
  for (std::int64_t left = dice.in(1, 4); left > 0 && !text.empty(); --left) {
    const auto at = static_cast<std::size_t>(dice.in(0, static_cast<std::int64_t>(text.size()) - 1));
    switch (dice.in(0, 4)) {
      case 0: text[at] = static_cast<char>(dice.bits()); break;
      case 1: text[at] = dice.pick(kinds); break;
      case 2: text.erase(at, static_cast<std::size_t>(dice.in(1, 10))); break;
      case 3:
        text.insert(at, text.substr(static_cast<std::size_t>(dice.in(0, static_cast<std::int64_t>(at))), 20));
        break;
      default: text.resize(at); break;
    }
  }
  return text;
}

TEST(HostileText, DamagedProgramsGiveAnErrorOrAProgram) {
  Dice dice(kSeed);
  for (int round = 0; round < 200; ++round) {
    const std::string text = to_assembly(random_program(dice));
    for (int k = 0; k < 20; ++k) parse_any_text(damaged(text, dice));
  }
}

void set_checksum(std::string& bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size() - 4);
  for (std::size_t b = 0; b < 4; ++b) bytes[bytes.size() - 4 + b] = static_cast<char>(crc.checksum() >> 8 * b);
}

void parse_any_bytes(const std::string& bytes) {
  try {
    const Program program = parse_binary(bytes, "t.rtrace");
    ASSERT_EQ(first_difference(program, parse_binary(to_binary(program), "again")), "");
  } catch (const Error& error) {
    ASSERT_EQ(std::string(error.what()).rfind("t.rtrace: ", 0), 0u) << error.what();
  }
}

TEST(HostileBytes, EveryTruncationIsRefused) {
  Dice dice(kSeed);
  const std::string bytes = to_binary(random_program(dice));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(parse_binary(bytes.substr(0, size), "t"), Error) << size;
    std::string resealed = bytes.substr(0, size);
    if (size < 13) continue;
    set_checksum(resealed);
    EXPECT_THROW(parse_binary(resealed, "t"), Error) << size << " with a right checksum";
  }
}

TEST(HostileBytes, EveryFlippedBitIsRefused) {
  Dice dice(kSeed + 1);
  const std::string bytes = to_binary(random_program(dice));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_THROW(parse_binary(flipped, "t"), Error) << bit;
  }
}

TEST(HostileBytes, DamageBehindARightChecksumGivesAnErrorOrAProgram) {
  Dice dice(kSeed + 2);
  for (int round = 0; round < 200; ++round) {
    const std::string bytes = to_binary(random_program(dice));
    for (int k = 0; k < 40; ++k) {
      std::string damaged = bytes;
      for (std::int64_t left = dice.in(1, 3); left > 0; --left) {
        damaged[static_cast<std::size_t>(dice.in(8, static_cast<std::int64_t>(bytes.size()) - 5))] =
            static_cast<char>(dice.bits());
      }
      set_checksum(damaged);
      parse_any_bytes(damaged);
    }
  }
}

TEST(TraceForms, EveryFormIsReadBackAndHasTheSameBytesTwice) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("rondo_roundtrip_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const Program program = read_trace(std::string(RONDO_SOURCE_DIR) + "/traces/examples/lstm_cell.s");
  const auto contents = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  for (const char* name : {"a.s", "a.rtrace", "a.s.gz", "a.rtrace.gz"}) {
    const std::string path = (folder / name).string();
    write_trace(program, path);
    const std::string once = contents(path);
    EXPECT_EQ(first_difference(program, read_trace(path)), "") << name;
    write_trace(program, path);
    EXPECT_EQ(contents(path), once) << name;
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 4) << "no half-written file is left";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rondo

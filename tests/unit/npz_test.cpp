#include "traces/npz.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "models/base/error.hpp"
#include "tests/support/onnx_models.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

std::uint32_t crc32(const std::string& bytes) {  // as zip files carry it
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string four(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
    text.replace(at, from.size(), to);
}

class Npz : public ::testing::Test {
 protected:
  Npz() : folder_(fs::temp_directory_path() / ("rondo_npz_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Npz() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string bytes(const std::string& name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string refusal(const std::string& name) const {
    return testing::message_of([&] { read_npz(path(name)); });
  }

  fs::path folder_;
};

TEST_F(Npz, KeepsShapesTypesAndValues) {
  NamedTensors arrays;
  arrays["reals"] = real_tensor({2, 3}, {0, 0.5, -1.25, 3e10, -1e-10, 7});
  arrays["scalar"] = real_tensor({}, {2.5});
  arrays["none"] = real_tensor({0, 4}, {});
  arrays["words"] = integer_tensor({3}, {-1, 0, std::int64_t{1} << 40});
  write_npz(path("a.npz"), arrays);
  const NamedTensors back = read_npz(path("a.npz"));
  ASSERT_EQ(back.size(), arrays.size());
  for (const auto& [name, tensor] : arrays) {
    EXPECT_EQ(back.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(back.at(name).type, tensor.type) << name;
    EXPECT_EQ(back.at(name).integers, tensor.integers) << name;
    for (std::size_t i = 0; i < tensor.reals.size(); ++i) {
      EXPECT_EQ(back.at(name).reals[i], static_cast<float>(tensor.reals[i])) << name;
    }
  }
}

TEST_F(Npz, SameArraysGiveTheSameBytes) {
  const NamedTensors arrays = {{"x", real_tensor({2}, {1, 2})}};
  write_npz(path("a.npz"), arrays);
  write_npz(path("b.npz"), arrays);
  EXPECT_EQ(bytes("a.npz"), bytes("b.npz"));
}

TEST_F(Npz, RefusesWhatIsNoNpz) {
  put("empty.npz", "");
  put("text.npz", "hello");
  EXPECT_NE(refusal("empty.npz").find("empty.npz"), std::string::npos);
  EXPECT_NE(refusal("text.npz").find("not a NumPy .npz"), std::string::npos);
  EXPECT_NE(refusal("absent.npz").find("no such file"), std::string::npos);
  EXPECT_NE(refusal(".").find("directory"), std::string::npos);
}

// A transposed NumPy array is saved with its first axis varying fastest; only the header says so.
TEST_F(Npz, ReadsFortranOrder) {
  write_npz(path("c.npz"), {{"x", real_tensor({2, 3}, {1, 2, 3, 4, 5, 6})}});
  std::string text = bytes("c.npz");
  const std::size_t at = text.find("'fortran_order': False");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 22, "'fortran_order': True ");
  const std::string header = text.substr(text.find("\x93NUMPY"), 128 + 24);
  const std::uint32_t sum = crc32(header), old = crc32(bytes("c.npz").substr(text.find("\x93NUMPY"), 128 + 24));
  replace_all(text, four(old), four(sum));
  put("f.npz", text);
  EXPECT_EQ(read_npz(path("f.npz")).at("x").reals, (std::vector<double>{1, 3, 5, 2, 4, 6}));
}

TEST_F(Npz, RefusesNumbersThatAreNone) {
  write_npz(path("nan.npz"), {{"x", real_tensor({2}, {1, std::nan("")})}});
  EXPECT_NE(refusal("nan.npz").find("array 'x': it holds NaN"), std::string::npos);
}

// A file cut anywhere, or with any byte changed, is either refused or read; it never crashes.
TEST_F(Npz, SurvivesDamage) {
  write_npz(path("whole.npz"),
            {{"x", real_tensor({4, 3}, std::vector<double>(12, 1.5))}, {"n", integer_tensor({2}, {1, 2})}});
  const std::string whole = bytes("whole.npz");
  for (std::size_t length = 0; length < whole.size(); length += 3) {
    put("cut.npz", whole.substr(0, length));
    EXPECT_NE(refusal("cut.npz"), "") << "cut at " << length;
  }
  const unsigned seed = 77;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    put("damaged.npz", damaged);
    refusal("damaged.npz");
  }
}

}  // namespace
}  // namespace rondo

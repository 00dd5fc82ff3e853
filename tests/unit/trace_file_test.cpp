#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/base/error.hpp"
#include "tests/support/small_program.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

class TraceFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("rondo_trace_file_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  static std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string error(const std::string& path) {
    try {
      read_trace(path);
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  }
  void expect_error(const std::string& path, const std::string& expected) const {
    EXPECT_EQ(error(path).rfind(path + expected, 0), 0u) << error(path);
  }

  fs::path folder_;
};

TEST_F(TraceFile, WhatIsNoFile) {
  expect_error(path("nothing"), ": there is no such file; allowed a trace");
  expect_error(folder_.string(), ": is a directory; allowed a trace");
  expect_error("/dev/zero", ": is no regular file; allowed a trace");
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  expect_error(path("pipe"), ": is no regular file; allowed a trace");
  expect_error(path("a/b"), ": there is no such file");
}

TEST_F(TraceFile, WhatIsNoTrace) {
  expect_error(write("empty", ""), ": is empty; allowed a trace");
  expect_error(write("elf", std::string("\x7f"
                                        "ELF\0\0\0",
                                        7)),
               ": is no trace; allowed a trace");
  expect_error(write("text", "hello\n"), ":1:1: this is no trace; allowed a text that begins with .rondo 1");
  expect_error(write("zeros", std::string(100, '\0')), ": is no trace");
}

TEST_F(TraceFile, HugeSparseFilesAreRefusedUnread) {
  write("huge", "x");
  fs::resize_file(path("huge"), 10'000'000'000);
  expect_error(path("huge"), ": has 10000000000 bytes; allowed at most 4294967296");
  write("large", "x");
  fs::resize_file(path("large"), 4'000'000'000);
  expect_error(path("large"), ": is no trace");
}

TEST_F(TraceFile, FindingsHaveTheLineOfTheText) {
  std::string text = testing::small_program();
  text.replace(text.find("bits=8"), 6, "bits=9");
  expect_error(write("a.s", text), ":30:1: instruction 6 (mload): bits=9 is no width; allowed 8 or 16");
  text = testing::small_program();
  text.replace(text.find("tanh     r1, r1"), 15, "tanh     r1, r8");
  expect_error(write("b.s", text), ":20:1: kernel 0 (soft), micro-operation 4 (tanh): register r8 is read before");
  Program program = parse_assembly(testing::small_program(), "t.s");
  program.code[6].fields[field::mload::bits] = 9;
  write_trace(program, path("a.rtrace"));
  expect_error(path("a.rtrace"), ": instruction 6 (mload): bits=9 is no width; allowed 8 or 16");
}

TEST_F(TraceFile, DamagedGzip) {
  const Program program = parse_assembly(testing::small_program(), "t.s");
  write_trace(program, path("a.gz"));
  const std::string bytes = contents(path("a.gz"));
  for (std::size_t size = 2; size < bytes.size(); size += 3) {
    EXPECT_NE(error(write("cut.gz", bytes.substr(0, size))), "no error") << size;
  }
  for (std::size_t at = 10; at < bytes.size() - 4; at += 3) {  // after that stands a length that nobody needs
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    EXPECT_NE(error(write("flipped.gz", flipped)), "no error") << at;
  }
}

TEST_F(TraceFile, AGzipWithinAGzipIsNoTrace) {
  write_trace(parse_assembly(testing::small_program(), "t.s"), path("a.s.gz"));
  Program program = parse_assembly(testing::small_program(), "t.s");
  std::string command = "gzip -c " + path("a.s.gz") + " > " + path("b.gz");
  ASSERT_EQ(std::system(command.c_str()), 0);
  expect_error(path("b.gz"), ": is no trace");
}

TEST_F(TraceFile, ABombIsDefused) {
  const std::string command =
      "{ printf '.rondo 1\\n'; head -c 90000000 /dev/zero | tr '\\0' ' '; } | gzip -9 > " + path("bomb.gz");
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_LT(fs::file_size(path("bomb.gz")), 500'000u);
  expect_error(path("bomb.gz"), ": unpacks to far more than its size");
}

TEST_F(TraceFile, WritingLeavesNothingHalf) {
  const Program program = parse_assembly(testing::small_program(), "t.s");
  EXPECT_THROW(write_trace(program, path("no/such/folder.s")), Error);
  EXPECT_THROW(write_trace(program, folder_.string()), Error);
  EXPECT_TRUE(fs::is_empty(folder_));
  write_trace(program, path("target.s"));
  fs::create_symlink(path("target.s"), path("link.s"));
  write_trace(program, path("link.s"));
  EXPECT_TRUE(fs::is_symlink(path("link.s"))) << "the file behind the link is written";
  EXPECT_EQ(contents(path("target.s")), to_assembly(program));
  write_trace(program, "/dev/null");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace rondo

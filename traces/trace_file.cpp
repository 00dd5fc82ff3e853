#include <unistd.h>

#include <algorithm>
#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "models/base/error.hpp"
#include "traces/assembler.hpp"
#include "traces/assembly_reader.hpp"
#include "traces/sha256.hpp"
#include "traces/trace_limits.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;
namespace io = boost::iostreams;

constexpr std::size_t kChunk = 1 << 16;
constexpr const char* kAllowed =
    "; allowed a trace: assembly text that begins with .rondo 1, or a binary trace, gzip or not";

bool ends_in(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

enum class Kind { text, binary, gzip, neither };

// By the first bytes: text has no zero bytes.
Kind kind_of(std::string_view bytes) {
  if (bytes.substr(0, 6) ==
      "\x89"
      "RONDO")
    return Kind::binary;
  if (bytes.substr(0, 2) == "\x1f\x8b") return Kind::gzip;
  return bytes.substr(0, kChunk).find('\0') == std::string_view::npos ? Kind::text : Kind::neither;
}

// The size of a file that can be read from front to back and ends.
std::uint64_t size_of(const std::string& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (!fs::exists(status)) throw Error(path + ": there is no such file" + kAllowed);
  if (fs::is_directory(status)) throw Error(path + ": is a directory" + kAllowed);
  if (!fs::is_regular_file(status)) throw Error(path + ": is no regular file" + kAllowed);
  const std::uint64_t size = fs::file_size(path, failed);
  if (failed) throw Error(path + ": cannot be read (" + failed.message() + ")" + kAllowed);
  if (size == 0) throw Error(path + ": is empty" + kAllowed);
  if (size > kMostTraceBytes)
    throw Error(path + ": has " + std::to_string(size) + " bytes; allowed at most 4294967296");
  return size;
}

// Looks at the beginning first: a huge file of something else is refused without reading it.
std::string read_file(const std::string& path) {
  const std::uint64_t size = size_of(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path + ": cannot be read (" + std::strerror(errno) + ")" + kAllowed);
  std::string bytes(std::min<std::uint64_t>(size, kChunk), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (kind_of(bytes) == Kind::neither) throw Error(path + ": is no trace" + kAllowed);
  const std::size_t begun = bytes.size();
  bytes.resize(size);
  file.read(bytes.data() + begun, static_cast<std::streamsize>(size - begun));
  if (static_cast<std::uint64_t>(file.gcount()) + begun != size)
    throw Error(path + ": cannot be read to its end" + kAllowed);
  return bytes;
}

std::string decompress(const std::string& packed, const std::string& path) {
  io::filtering_istream stream;
  stream.push(io::gzip_decompressor());
  stream.push(io::array_source(packed.data(), packed.size()));
  stream.exceptions(std::ios::badbit);
  std::string bytes;
  std::string chunk(kChunk, '\0');
  try {
    while (stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), stream.gcount() > 0) {
      bytes.append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
      const bool bomb = bytes.size() > kUnquestionedBytes && bytes.size() / kMostRatio > packed.size();
      if (bomb || bytes.size() > kMostTraceBytes) {
        throw Error(path + ": unpacks to far more than its size (" + std::to_string(packed.size()) +
                    " bytes); allowed 4 GiB, and above 64 MiB at most 100 times its size");
      }
      if (bytes.size() == chunk.size() && kind_of(bytes) == Kind::neither) break;
    }
  } catch (const std::ios::failure&) {
    throw Error(path + ": its gzip data are damaged or cut short" + kAllowed);
  }
  return bytes;
}

std::string compress(const std::string& bytes) {
  io::gzip_params parameters(io::gzip::best_compression);
  parameters.mtime = 0;  // the same program gives the same file
  std::string packed;
  io::filtering_ostream stream;
  stream.push(io::gzip_compressor(parameters));
  stream.push(io::back_inserter(packed));
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.reset();
  return packed;
}

// The line that a finding of check_program is about; 0 when it is about no line, or the trace is no text.
std::uint32_t line_of(const std::string& finding, const assembly::Assembled& read) {
  std::size_t index = 0, op = 0;
  if (std::sscanf(finding.c_str(), "instruction %zu (", &index) == 1) {
    return index < read.lines.size() ? read.lines[index] : 0;
  }
  const std::size_t at = finding.rfind(", micro-operation ");
  if (at == std::string::npos || std::sscanf(finding.c_str(), "kernel %zu", &index) != 1) return 0;
  if (std::sscanf(finding.c_str() + at, ", micro-operation %zu", &op) != 1) return 0;
  const bool known = index < read.kernel_lines.size() && op < read.kernel_lines[index].size();
  return known ? read.kernel_lines[index][op] : 0;
}

// Straight to the name would leave half a file behind when the disk is full; devices and pipes have no other
// way.
void write_file(const std::string& path, const std::string& bytes) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  const bool beside = !fs::exists(status) || fs::is_regular_file(status);
  const fs::path target =
      fs::is_symlink(fs::symlink_status(path, failed)) ? fs::weakly_canonical(path, failed) : fs::path(path);
  const fs::path written = beside ? fs::path(target.string() + ".part" + std::to_string(getpid())) : target;
  const auto fail = [&](const std::string& why) {
    if (beside) fs::remove(written, failed);
    throw Error(path + ": cannot be written (" + why + "); allowed a file in a folder that exists");
  };
  if (fs::is_directory(status)) throw Error(path + ": is a directory; allowed the name of a file");
  std::ofstream file(written, std::ios::binary);
  if (!file) fail(std::strerror(errno));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) fail(std::strerror(errno));
  if (beside) fs::rename(written, target, failed);
  if (failed) fail(failed.message());
}

}  // namespace

Program read_trace(const std::string& path) {
  std::string bytes = read_file(path);
  if (kind_of(bytes) == Kind::gzip) bytes = decompress(bytes, path);
  assembly::Assembled read;
  switch (kind_of(bytes)) {
    case Kind::binary: read.program = parse_binary(bytes, path); break;
    case Kind::text: read = assembly::assemble(bytes, path); break;
    default: throw Error(path + ": is no trace" + kAllowed);
  }
  Findings unfit;
  for (const std::string& finding : check_program(read.program)) {
    const std::uint32_t line = line_of(finding, read);
    unfit.add(path + (line > 0 ? ":" + std::to_string(line) + ":1: " : ": ") + finding);
  }
  unfit.raise();
  return std::move(read.program);
}

void write_trace(const Program& program, const std::string& path) {
  const bool packed = ends_in(path, ".gz");
  const bool text = ends_in(packed ? path.substr(0, path.size() - 3) : path, ".s");
  const std::string bytes = text ? to_assembly(program) : to_binary(program);
  write_file(path, packed ? compress(bytes) : bytes);
}

std::string program_sha256(const Program& program) { return sha256(to_binary(program)); }

}  // namespace rondo

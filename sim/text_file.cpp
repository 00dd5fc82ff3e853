#include "sim/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "models/base/error.hpp"

namespace rondo {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Why this file cannot be a text file, or empty.
std::string unfit(const struct stat& status, std::int64_t limit) {
  if (S_ISDIR(status.st_mode)) return "is a directory; a text file is expected";
  if (!S_ISREG(status.st_mode)) return "is a pipe or a device; a text file is expected";
  if (status.st_size == 0) return "is empty";
  if (status.st_size > limit) {
    return "has " + std::to_string(status.st_size) + " bytes; at most " + std::to_string(limit) + " are allowed";
  }
  return "";
}

// Length of the UTF-8 sequence that starts at `at`, 0 if there is none.
std::size_t sequence_length(const std::string& text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r' ? 1 : 0;
  const std::size_t length = byte >= 0xf0 && byte < 0xf5   ? 4
                             : byte >= 0xe0 && byte < 0xf0 ? 3
                             : byte >= 0xc2 && byte < 0xe0 ? 2
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

void refuse_binary(const std::string& shown, const std::string& text) {
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) {
      throw Error(shown + ":" + std::to_string(line) + ":" + std::to_string(at - line_start + 1) +
                  ": is not text (a byte that no UTF-8 text has)");
    }
    if (text[at] == '\n') {
      ++line;
      line_start = at + 1;
    }
    at += length;
  }
}

}  // namespace

std::string display_path(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path relative =
      std::filesystem::path(path).lexically_proximate(std::filesystem::current_path(ignored));
  const std::string shown = relative.string();
  return path.empty() || path[0] != '/' || shown.empty() || shown.compare(0, 2, "..") == 0 ? path : shown;
}

std::string read_text_file(const std::string& path, std::int64_t limit) {
  const std::string shown = display_path(path);
  // Not blocking: opening a pipe without a writer would otherwise wait for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (file.number() < 0 && errno == ENOENT) throw Error(shown + ": there is no such file");
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
    throw Error(shown + ": cannot be read: " + std::strerror(errno));
  }
  if (const std::string why = unfit(status, limit); !why.empty()) throw Error(shown + ": " + why);
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.number(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(shown + ": " + std::strerror(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  refuse_binary(shown, text);
  return text;
}

int edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace rondo

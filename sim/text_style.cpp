#include "sim/text_style.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

namespace rondo {
namespace {

// Three significant digits without an exponent: 1.23, 12.3, 123.
std::string three_digits(double value) {
  const double size = std::fabs(value);
  return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

}  // namespace

std::string si(double value, const std::string& unit) {
  static constexpr const char* kPrefixes[] = {"f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"};
  if (value == 0) return "0 " + unit;
  int prefix = 5;
  while (std::fabs(value) >= 999.5 && prefix < 11) value /= 1000, ++prefix;
  while (std::fabs(value) < 0.9995 && prefix > 0) value *= 1000, --prefix;
  return three_digits(value) + " " + kPrefixes[prefix] + unit;
}

std::string capacity_text(std::int64_t bytes) {
  static constexpr const char* kPrefixes[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int prefix = 0;
  double value = static_cast<double>(bytes);
  while (value >= 1024 && prefix < 4) value /= 1024, ++prefix;
  return fmt::format("{:.{}f} {}", value, value == std::floor(value) ? 0 : 1, kPrefixes[prefix]);
}

std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string bar(double fraction, int width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * width * 8));
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[eighths % 8];
}

std::string percent(double fraction) {
  if (fraction > 0 && fraction < 0.0005) return "<0.1 %";
  if (fraction < 1 && fraction >= 0.9995) return ">99.9 %";
  return fmt::format("{:.1f} %", 100 * fraction);
}

int columns(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}
std::string left(const std::string& text, int width) {
  return text + std::string(static_cast<std::size_t>(std::max(0, width - columns(text))), ' ');
}
std::string right(const std::string& text, int width) {
  return std::string(static_cast<std::size_t>(std::max(0, width - columns(text))), ' ') + text;
}

std::string shortened(const std::string& text, int width) {
  if (columns(text) <= width) return text;
  std::string start;
  int taken = 0;
  for (char c : text) {
    if ((c & 0xc0) != 0x80 && ++taken == width) break;
    start += c;
  }
  return start + "…";
}

std::string wrapped(const std::string& text, int indent, int width) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string all;
  std::string line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    word = shortened(word, width - indent);
    if (!line.empty() && indent + columns(line) + 1 + columns(word) > width) {
      all += margin + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return all + margin + line + "\n";
}

bool wants_colour(int descriptor) {
  const char* none = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (none != nullptr && *none != '\0') return false;
  return ::isatty(descriptor) == 1 && terminal != nullptr && std::string(terminal) != "dumb";
}

}  // namespace rondo

#pragma once

#include <cstdint>
#include <string>

namespace rondo {

/// Scales a quantity once, to three digits and the SI prefix that fits: si(1.28e10, "B/s") is "12.8 GB/s".
std::string si(double value, const std::string& unit);

/// A capacity in binary prefixes: 1048576 is "1 MiB".
std::string capacity_text(std::int64_t bytes);

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t value);

/// `fraction` of `width` character cells as a bar, in eighths of a cell.
std::string bar(double fraction, int width);

/// Percent with one decimal: "12.3 %"; what is not nothing reads "<0.1 %" rather than "0.0 %", and what is not all
/// ">99.9 %".
std::string percent(double fraction);

/// Columns that a UTF-8 text takes on a terminal (every character of ours is one wide).
int columns(const std::string& text);
std::string left(const std::string& text, int width);
/// At most `width` columns of the text, with an ellipsis where it is cut.
std::string shortened(const std::string& text, int width);
/// Breaks a text at spaces into lines of at most `width` columns, each after `indent` spaces; a longer word is cut.
std::string wrapped(const std::string& text, int indent, int width);
std::string right(const std::string& text, int width);

/// Colour, on terminals only: everything is passed through as it is when colour is off.
class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  std::string bold(const std::string& text) const { return wrap("1", text); }
  std::string dim(const std::string& text) const { return wrap("2", text); }
  std::string busy(const std::string& text) const { return wrap("32", text); }
  std::string waiting(const std::string& text) const { return wrap("33", text); }
  std::string energy(const std::string& text) const { return wrap("36", text); }
  std::string warning(const std::string& text) const { return wrap("31", text); }

 private:
  std::string wrap(const char* code, const std::string& text) const {
    return colour_ && !text.empty() ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
  }
  bool colour_;
};

/// Whether to use colour on this descriptor: a terminal, no NO_COLOR, and not TERM=dumb.
bool wants_colour(int descriptor);

}  // namespace rondo

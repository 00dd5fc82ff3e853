#include <algorithm>
#include <map>
#include <set>

#include "models/isa/walker.hpp"
#include "tests/rtl/verify_compare.hpp"
#include "traces/assembler.hpp"

// What a person reads about a difference.
namespace rondo::rtl {
namespace {

constexpr std::size_t kWidth = 80, kUnitWidth = 8, kTimesWidth = 15;
constexpr std::size_t kBefore = 6, kAfter = 5;  // instructions shown before and after the first that differs

std::string fitted(std::string text, std::size_t width) {
  if (text.size() > width) text = text.substr(0, width - 2) + "..";
  text.resize(width, ' ');
  return text;
}
std::string to_the_right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

// By code index, the instruction as the assembler writes it.
std::vector<std::string> assembly_lines(const Program& program) {
  Program bare = program;  // only for the instructions
  bare.data.clear();
  std::vector<std::string> lines(program.code.size());
  const std::string text = to_assembly(bare);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t hash = line.rfind("# ");
    if (hash == std::string::npos || line.find_first_not_of("0123456789", hash + 2) != std::string::npos) continue;
    const auto number = static_cast<std::size_t>(std::stoul(line.substr(hash + 2)));
    const std::size_t first = line.find_first_not_of(' '), last = line.find_last_not_of(' ', hash - 1);
    if (number < lines.size()) lines[number] = line.substr(first, last - first + 1);
  }
  return lines;
}

// The n-th instruction of a unit on both sides, where there is one.
struct Line {
  std::size_t unit = 0, number = 0;
  const InstructionEvent* systemc = nullptr;
  const InstructionEvent* rtl = nullptr;

  Cycle start() const {
    if (systemc != nullptr && rtl != nullptr) return std::min(systemc->start, rtl->start);
    return systemc != nullptr ? systemc->start : rtl->start;
  }
};

std::vector<Line> lines_of(const Outcome& systemc, const Outcome& rtl) {
  std::vector<Line> lines;
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    const auto &a = systemc.events[unit], &b = rtl.events[unit];
    for (std::size_t n = 0; n < std::max(a.size(), b.size()); ++n) {
      lines.push_back({unit, n, n < a.size() ? &a[n] : nullptr, n < b.size() ? &b[n] : nullptr});
    }
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.start() < b.start(); });
  return lines;
}

std::string times(const InstructionEvent* event) {
  return event == nullptr ? "-" : std::to_string(event->start) + ".." + std::to_string(event->end);
}

std::string row(const Line& line, const std::vector<std::string>& assembly) {
  const int code = line.systemc != nullptr ? line.systemc->code : line.rtl->code;
  const bool same = times(line.systemc) == times(line.rtl);
  std::string what = std::to_string(code) + " " + assembly[static_cast<std::size_t>(code)];
  if (line.systemc != nullptr && line.rtl != nullptr && line.systemc->code != line.rtl->code)
    what = std::to_string(code) + " here, " + std::to_string(line.rtl->code) + " there";
  const std::size_t left = kWidth - 2 - kUnitWidth - 2 * kTimesWidth - 2;
  return std::string(same ? "  " : "> ") + fitted(std::string(kUnitNames[line.unit]), kUnitWidth) + " " +
         fitted(what, left) + " " + to_the_right(times(line.systemc), kTimesWidth) +
         to_the_right(times(line.rtl), kTimesWidth) + "\n";
}

// Of an instruction whose masks and operands do not fit a row: its whole text.
std::string wrapped(const std::string& text) {
  std::string out = "  ";
  std::size_t column = 2;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (column + end - begin > kWidth && column > 4) out += "\n    ", column = 4;
    out += text.substr(begin, end - begin) + " ";
    column += end - begin + 1;
    begin = end + 1;
  }
  return out + "\n";
}

}  // namespace

std::string table_of(const Program& program, const Outcome& systemc, const Outcome& rtl, const TimeDifference& at) {
  const std::string totals =
      "total cycles: " + std::to_string(systemc.total) + " by SystemC, " + std::to_string(rtl.total) + " by the RTL\n";
  if (at.total_only) return "every instruction agrees, but not the " + totals;
  const std::vector<std::string> assembly = assembly_lines(program);
  const std::vector<Line> lines = lines_of(systemc, rtl);
  const auto unit = static_cast<std::size_t>(at.unit);
  const auto first =
      std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.unit == unit && l.number == at.number; });
  const auto index = static_cast<std::size_t>(first - lines.begin());
  const int code = first->systemc != nullptr ? first->systemc->code : first->rtl->code;
  std::string text = "first difference in cycle " + std::to_string(at.cycle) + ": " + std::string(kUnitNames[unit]) +
                     ", its " + std::to_string(at.number + 1) + ". instruction, number " + std::to_string(code) +
                     " of the program:\n" + wrapped(assembly[static_cast<std::size_t>(code)]);
  const std::size_t left = kWidth - 2 - kUnitWidth - 2 * kTimesWidth - 2;
  text += "  " + fitted("unit", kUnitWidth) + " " + fitted("instruction", left) + " " +
          to_the_right("SystemC", kTimesWidth) + to_the_right("RTL", kTimesWidth) + "\n";
  for (std::size_t k = index > kBefore ? index - kBefore : 0; k < std::min(lines.size(), index + 1 + kAfter); ++k)
    text += row(lines[k], assembly);
  return text + totals;
}

std::string text_of(const Program& program, const ByteDifference& at) {
  std::string symbol;
  for (const Symbol& s : program.symbols) {
    if (s.space == at.space && at.address >= s.address && at.address < s.address + s.bytes)
      symbol = " (" + s.name + " + " + std::to_string(at.address - s.address) + ")";
  }
  int writer = -1;
  std::int64_t executed = 0, written = 0;
  for (Walker walker(program); !walker.done(); walker.next(), ++executed) {
    for (const Access& access : accesses(walker.instruction(), walker.addresses(), program.kernels)) {
      if (!access.write || access.space != at.space) continue;
      for (std::int64_t r = 0; r < access.rows; ++r) {
        const std::int64_t begin = access.address + r * access.stride;
        if (at.address >= begin && at.address < begin + access.bytes) writer = walker.index(), written = executed;
      }
    }
  }
  std::string text = "byte " + std::to_string(at.address) + symbol + " of the " +
                     std::string(kSpaceNames[static_cast<std::size_t>(at.space)]) + " memory is " +
                     std::to_string(at.expected) + " by the executor and " + std::to_string(at.found) + " by the RTL; ";
  if (writer < 0) return text + "nothing wrote it\n";
  return text + "last written by the " + std::to_string(written + 1) + ". executed instruction:\n" +
         wrapped(std::to_string(writer) + " " + assembly_lines(program)[static_cast<std::size_t>(writer)]);
}

}  // namespace rondo::rtl

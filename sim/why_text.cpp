#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "sim/why.hpp"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kColumns = 80;
constexpr int kWhat = 18, kWaitedFor = 16;  // columns of steps in the lists
constexpr int kIndent = 10;                 // of statements, behind their numbers
constexpr std::size_t kMostGains = 8;
constexpr std::size_t kMostGroups = 12;
constexpr std::size_t kMostLinks = 8;
constexpr std::size_t kMostLayers = 20;

class WhyText {
 public:
  WhyText(const Json& report, const Style& style)
      : report_(report), why_(report["why"]), total_(report["total_cycles"].get<std::int64_t>()), style_(style) {}

  std::string write() {
    units();
    layers();
    if (report_.contains("mapping")) chaining();
    gains();
    not_estimated();
    groups();
    links();
    return text_ + "\n";
  }

 private:
  void line(const std::string& text = "") {
    const std::size_t end = text.find_last_not_of(' ');
    text_ += (end == std::string::npos ? "" : text.substr(0, end + 1)) + "\n";
  }
  void title(const std::string& text, const std::string& columns_text) {
    line();
    line("  " + style_.bold(left(text, 21)) + style_.dim(columns_text));
  }
  double share(std::int64_t cycles) const {
    return static_cast<double>(cycles) / static_cast<double>(std::max<std::int64_t>(1, total_));
  }

  void units() {
    title("Critical path", "what the end waited for; these cycles add up to " + grouped(total_));
    for (const auto& [name, kinds] : why_["units"].items()) {
      bool first = true;
      for (const auto& [kind, tree] : kinds.items()) {
        const std::int64_t cycles = tree.get<std::int64_t>();
        line("  " + left(first ? name : "", 12) + left(kind, 16) + right(grouped(cycles), 15) +
             right(percent(share(cycles)), 9) + "  " + style_.busy(bar(share(cycles), 24)));
        first = false;
      }
    }
  }

  // The unit and kind with the most cycles.
  std::string mostly(const Json& layer) const {
    std::string what;
    std::int64_t most = -1;
    for (const auto& [unit, kinds] : layer["units"].items()) {
      for (const auto& [kind, cycles] : kinds.items()) {
        if (cycles.get<std::int64_t>() > most) most = cycles.get<std::int64_t>(), what = unit + " " + kind;
      }
    }
    return what;
  }

  void layers() {
    title("Of it, by layer", right("cycles", 16) + right("a step", 20) + "   most of it");
    std::vector<std::pair<std::string, const Json*>> rows;
    for (const auto& [name, layer] : why_["layers"].items()) rows.emplace_back(name, &layer);
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return (*a.second)["cycles"].template get<std::int64_t>() > (*b.second)["cycles"].template get<std::int64_t>();
    });
    for (std::size_t i = 0; i < std::min(rows.size(), kMostLayers); ++i) {
      const Json& layer = *rows[i].second;
      const std::int64_t cycles = layer["cycles"].get<std::int64_t>();
      const std::string a_step =
          layer.contains("cycles_per_step") ? fmt::format("{:.1f}", layer["cycles_per_step"].get<double>()) : "";
      line("  " + left(shortened(rows[i].first, 21), 22) + right(grouped(cycles), 15) +
           right(percent(share(cycles)), 9) + right(a_step, 11) + "   " + mostly(layer));
    }
    if (rows.size() > kMostLayers) line("  " + style_.dim(fmt::format("and {} more", rows.size() - kMostLayers)));
  }

  // This run and the one without chaining; or why there is nothing to compare.
  void chaining() {
    const Json& mapping = report_["mapping"];
    if (mapping["passes"] == 0) return;
    if (!why_.contains("chaining")) {
      title("Chaining", mapping["chained_passes"] == 0 ? "nothing streams to the gate unit"
                                                       : "nothing to compare: without it the network does not fit");
      return reasons(mapping);
    }
    title("Chaining", right("cycles", 16) + right("a step", 20));
    const Json& chaining = why_["chaining"];
    const double steps = report_["steps"].get<double>();
    if (chaining["gain"] == 0) return line("  as many cycles without it"), reasons(mapping);
    for (const char* run : {"with", "without"}) {
      const auto cycles = chaining[std::string("cycles_") + run].get<std::int64_t>();
      line("  " + left(run, 22) + right(grouped(cycles), 15) + right("", 9) +
           right(fmt::format("{:.1f}", static_cast<double>(cycles) / steps), 11));
    }
    const auto gain = chaining["gain"].get<std::int64_t>();
    line("  " + left(gain < 0 ? "gain (a loss)" : "gain", 22) + right((gain > 0 ? "+" : "") + grouped(gain), 15) +
         right(fmt::format("{:+.2f} %", 100 * static_cast<double>(gain) / static_cast<double>(total_)), 9) +
         right(fmt::format("{:+.1f}", chaining["gain_per_step"].get<double>()), 11));
    reasons(mapping);
  }
  void reasons(const Json& mapping) {
    const auto slices = mapping["slices"].get<std::int64_t>(), chained = mapping["chained_slices"].get<std::int64_t>();
    if (chained < slices) {
      line("  " +
           style_.dim(fmt::format("not chained, {} of {} slices: weights come from DRAM", slices - chained, slices)));
    }
    for (const Json& row : mapping["unchained_passes"]) {
      line("  " + style_.dim(fmt::format("not chained, {} of {} passes: {}", row["passes"].get<std::int64_t>(),
                                         mapping["passes"].get<std::int64_t>(), row["because"].get<std::string>())));
    }
  }

  void gains() {
    const Json& all = why_["gains"];
    if (all.empty()) return;
    line();
    line("  " + style_.bold("What a change can gain") +
         style_.dim(why_["ports"].empty() ? "  at most, if ports are granted in the same order"
                                          : "  or less, or more: the path waits for ports, see below"));
    for (std::size_t i = 0; i < std::min(all.size(), kMostGains); ++i) {
      const auto cycles = all[i]["cycles"].get<std::int64_t>();
      if (share(cycles) < 0.0005) break;
      std::string front = right(grouped(cycles), 13) + right(percent(share(cycles)), 8) + "   ";
      for (const Json& change : all[i]["changes"]) {
        line("  " + front +
             fmt::format("{} {} instead of {}", change["parameter"].get<std::string>(),
                         change["to"].get<std::int64_t>(), change["from"].get<std::int64_t>()));
        front = left("", 20) + "and ";
      }
    }
  }

  // With any change waits for ports may go, stay, or move elsewhere; other arrays and DRAMs are other chips.
  void not_estimated() {
    if (why_["ports"].empty() && why_["not_estimated"].empty()) return;
    line();
    line("  " + style_.bold("Not estimated") + style_.dim("  what a change of these gains, another run says"));
    const auto put_row = [&](const Json& row, const std::string& text) {
      const auto cycles = row["cycles"].get<std::int64_t>();
      line("  " + right(grouped(cycles), 13) + right(percent(share(cycles)), 8) + "   " + text);
    };
    for (const Json& row : why_["not_estimated"]) {
      put_row(row, row["what"].get<std::string>() + ": " + row["parameters"][0].get<std::string>() + ", " +
                       row["parameters"][1].get<std::string>());
    }
    for (const Json& row : why_["ports"]) {
      const auto times = row["times"].get<std::int64_t>();
      put_row(row, "ports: " + row["parameter"].get<std::string>() + ", " + grouped(times) +
                       (times == 1 ? " wait" : " waits"));
    }
  }

  // What starts, in words: `load 52 data`, or for a group of instructions `load data`, `sync matrix`, `mmul matrix1`.
  static std::string step(const Json& tree, bool number, int width) {
    const std::string stage = tree["stage"].get<std::string>();
    if (!tree.contains("instruction")) return stage;
    const std::string name = tree["name"].get<std::string>(), unit = tree["unit"].get<std::string>();
    std::string more;
    if (number) more = " " + std::to_string(tree["instruction"].get<std::int64_t>());
    if (!number && (name == "sync" || unit.find_first_of("123") != std::string::npos)) more = " " + unit;
    if (stage != "window") more += " " + (stage == "transfer" ? "data" : stage);
    return shortened(name, width - columns(more)) + more;
  }

  struct Row {
    std::string what, waited_for, reason;
    std::int64_t cycles = 0, times = 0;
  };
  Row row_of(const Json& link, bool number) const {
    return {step(link["what"], number, kWhat), step(link["waited_for"], number, kWaitedFor),
            link["reason"].get<std::string>(), link["cycles"].get<std::int64_t>(), link["times"].get<std::int64_t>()};
  }
  void put(const Row& row) {
    line("  " + right(grouped(row.cycles), 11) + right(percent(share(row.cycles)), 8) + right(grouped(row.times), 10) +
         "  " + left(row.what, kWhat + 1) + left(row.waited_for, kWaitedFor + 1) + row.reason);
  }
  static std::string heading() {
    return right("cycles", 11) + right("", 8) + right("times", 10) + "  " + left("what", kWhat + 1) +
           left("waited for", kWaitedFor + 1) + "why";
  }

  // The links of all instructions of one name together.
  void groups() {
    std::map<std::tuple<std::string, std::string, std::string>, Row> sums;
    for (const Json& link : why_["links"]) {
      const Row row = row_of(link, false);
      Row& sum = sums.try_emplace({row.what, row.waited_for, row.reason}, Row{row.what, row.waited_for, row.reason})
                     .first->second;
      sum.cycles += row.cycles, sum.times += row.times;
    }
    std::vector<Row> rows;
    for (const auto& [key, row] : sums) rows.push_back(row);
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.cycles > b.cycles; });
    line();
    line("  " + style_.bold("What waited for what"));
    line("  " + style_.dim(heading()));
    for (std::size_t i = 0; i < std::min(rows.size(), kMostGroups); ++i) put(rows[i]);
    if (rows.size() > kMostGroups) line("  " + style_.dim(fmt::format("and {} more", rows.size() - kMostGroups)));
  }

  void links() {
    const Json& all = why_["links"];
    line();
    line("  " + style_.bold("The longest links") +
         style_.dim("    of single instructions, by their number in the program"));
    line("  " + style_.dim(heading()));
    std::set<std::int64_t> named;
    for (std::size_t i = 0; i < std::min(all.size(), kMostLinks); ++i) {
      put(row_of(all[i], true));
      for (const char* end : {"what", "waited_for"}) {
        if (all[i][end].contains("instruction")) named.insert(all[i][end]["instruction"].get<std::int64_t>());
      }
    }
    if (all.size() > kMostLinks) {
      line("  " +
           style_.dim(fmt::format("and {} more; --json and report.json have them all", all.size() - kMostLinks)));
    }
    line();
    line("  " + style_.bold("Instructions named above"));
    for (const std::int64_t code : named) {
      const std::string number = std::to_string(code);
      const std::string statement = wrapped(why_["instructions"][number].get<std::string>(), kIndent, kColumns);
      text_ += right(number, kIndent - 2) + "  " + style_.dim(statement.substr(kIndent));
    }
  }

  const Json& report_;
  const Json& why_;
  const std::int64_t total_;
  const Style& style_;
  std::string text_;
};

}  // namespace

std::string why_text(const Json& report, const Style& style) { return WhyText(report, style).write(); }

}  // namespace rondo

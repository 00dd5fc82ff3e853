#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/report.hpp"
#include "sim/text_style.hpp"
#include "sim/why.hpp"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kColumns = 80;

// Writes one section after the other; each reads only the tree.
class TextReport {
 public:
  TextReport(const Json& report, bool colour) : report_(report), style_(colour) {}

  std::string write() {
    headline();
    units();
    memories();
    energy();
    accuracy();
    if (report_.contains("why")) text_ += why_text(report_, style_);
    return text_;
  }

 private:
  void line(const std::string& text = "") {
    const std::size_t end = text.find_last_not_of(' ');
    text_ += (end == std::string::npos ? "" : text.substr(0, end + 1)) + "\n";
  }
  void title(const std::string& text, const std::string& columns_text = "") {
    line();
    line("  " + style_.bold(left(text, 21)) + style_.dim(columns_text));
  }
  std::int64_t integer(const char* name) const { return report_[name].get<std::int64_t>(); }
  double real(const char* name) const { return report_[name].get<double>(); }

  void headline() {
    const std::string title_text =
        shortened(report_["network"].get<std::string>() + " on " + report_["chip"].get<std::string>(), 60);
    const std::string version = "rondo " + report_["rondo_version"].get<std::string>();
    line();
    line(
        "  " + style_.bold(title_text) +
        std::string(static_cast<std::size_t>(std::max(2, kColumns - 4 - columns(title_text) - columns(version))), ' ') +
        style_.dim(version));
    line();
    pair("cycles", grouped(integer("total_cycles")), "time",
         si(real("time_s"), "s") + fmt::format(" at {} MHz", integer("clock_mhz")));
    if (report_.contains("steps")) {
      pair("steps", grouped(integer("steps")), "cycles a step", fmt::format("{:.1f}", real("cycles_per_step")));
    }
    if (report_.contains("mapping")) mapping();
    pair("operations", si(real("operations"), "op"), "instructions", grouped(integer("instructions")));
    pair("effective", si(real("effective_ops_per_s"), "op/s"), "peak", si(real("peak_ops_per_s"), "op/s"));
    pair("utilisation", percent(real("utilisation")), "busiest unit", busiest_unit());
    pair("energy", si(report_["energy_j"]["total"].get<double>(), "J"), "area",
         fmt::format("{:.1f} mm²", report_["area_mm2"]["total"].get<double>()));
  }

  void mapping() {
    const Json& mapping = report_["mapping"];
    const auto number = [&](const char* name) { return mapping[name].get<std::int64_t>(); };
    const std::string spread = report_["resolved_config"]["mapping"]["arrays"].get<std::string>();
    pair("arrays",
         fmt::format("{} of {}", number("arrays"), number("available_arrays")) +
             (number("arrays") > 1 ? ", " + spread : ""),
         "dataflow", mapping["dataflow"].get<std::string>());
    const std::string because = mapping["fewer_arrays_because"].get<std::string>();
    if (!because.empty()) line("  " + style_.dim(shortened("not all arrays: " + because, kColumns - 4)));
    const bool in_part = number("chained_slices") < number("slices");
    pair("chained",
         fmt::format("{} of {} passes{}", number("chained_passes"), number("passes"), in_part ? ", in part" : ""),
         "sum buffers", fmt::format("{}", number("sum_buffers")));
  }

  std::string busiest_unit() const {
    std::string name;
    std::int64_t most = -1;
    for (const auto& [unit, tree] : report_["units"].items()) {
      const std::int64_t busy = tree["cycles"]["busy"].get<std::int64_t>();
      if (busy > most) most = busy, name = unit;
    }
    return name + ", " + percent(static_cast<double>(most) / std::max(1.0, real("total_cycles")));
  }

  void pair(const std::string& a, const std::string& a_value, const std::string& b, const std::string& b_value) {
    line("  " + style_.dim(left(a, 13)) + left(a_value, 24) + style_.dim(left(b, 15)) + b_value);
  }

  void units() {
    title("Where the time went", "each unit's cycles add up to " + grouped(integer("total_cycles")));
    for (const auto& [name, unit] : report_["units"].items()) {
      const double total = std::max(1.0, real("total_cycles"));
      bool first = true;
      for (const auto& [cause, cycles] : unit["cycles"].items()) {
        const std::int64_t count = cycles.get<std::int64_t>();
        if (count == 0 && cause != "busy") continue;
        const double share = static_cast<double>(count) / total;
        const std::string drawn = bar(share, 24);
        line("  " + left(first ? name : "", 12) + style_dim_if(!first && cause != "busy", left(cause, 16)) +
             right(grouped(count), 15) + right(percent(share), 9) + "  " +
             (cause == "busy" ? style_.busy(drawn) : style_.waiting(drawn)));
        first = false;
      }
    }
  }
  std::string style_dim_if(bool dim, const std::string& text) const { return dim ? style_.dim(text) : text; }

  void memories() {
    title("Memory", right("capacity", 8) + right("read", 13) + right("written", 13) + right("mean bandwidth", 19));
    for (const auto& [name, memory] : report_["memories"].items()) {
      line("  " + left(name, 17) + right(capacity_text(memory["capacity_bytes"].get<std::int64_t>()), 12) +
           right(si(memory["read_bytes"].get<double>(), "B"), 13) +
           right(si(memory["written_bytes"].get<double>(), "B"), 13) +
           right(si(memory["mean_bytes_per_s"].get<double>(), "B/s"), 19));
      if (memory.contains("peak_bytes_per_s")) {
        line("  " + style_.dim(right("of its peak of " + si(memory["peak_bytes_per_s"].get<double>(), "B/s"), 58) +
                               right(percent(memory["bus_utilisation"].get<double>()), 16)));
      }
    }
  }

  void energy() {
    const Json& energy = report_["energy_j"];
    const double total = energy["total"].get<double>();
    const double power = real("time_s") > 0 ? total / real("time_s") : 0;
    title("Energy", si(total, "J") + ", mean power " + si(power, "W"));
    std::vector<std::pair<double, std::string>> rows;
    for (const auto& [name, actions] : energy["units"].items()) {
      double sum = 0;
      for (const auto& action : actions) sum += action.get<double>();
      if (sum > 0) rows.emplace_back(sum, name);
    }
    rows.emplace_back(energy["leakage"].get<double>(), "leakage");
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [joules, name] : rows) {
      const double share = total > 0 ? joules / total : 0;
      line("  " + left(shortened(name, 27), 28) + right(si(joules, "J"), 15) + right(percent(share), 9) + "  " +
           style_.energy(bar(share, 24)));
    }
  }

  void accuracy() {
    if (report_.contains("without_values")) {
      line();
      line("  " + style_.dim("No values: " + report_["without_values"].get<std::string>() + "."));
    }
    if (report_.contains("accuracy")) {
      title("Against float", right("SQNR", 22) + right("largest error", 20));
      for (const auto& [name, output] : report_["accuracy"]["outputs"].items()) {
        line("  " + left(shortened(name, 27), 28) +
             right(fmt::format("{:.1f} dB", output["sqnr_db"].get<double>()), 15) +
             right(fmt::format("{:.3g}", output["max_abs_error"].get<double>()), 20));
      }
    }
    if (report_.contains("bits_per_character")) bits_per_character();
    if (report_.contains("saturation")) saturation();
    line();
  }

  void bits_per_character() {
    const double reference = report_["bits_per_character"]["float"].get<double>();
    const double chip = report_["bits_per_character"]["chip"].get<double>();
    const double more = reference > 0 ? 100 * (chip / reference - 1) : 0;
    line(fmt::format("  bits per character: {:.4f} in float, {:.4f} on the chip ({:+.2f} %)", reference, chip, more));
  }

  void saturation() {
    const Json& saturation = report_["saturation"];
    if (saturation["accumulator"] == 0 && saturation["gate"] == 0) return;
    title("Saturated", "numbers that did not fit, cut to the nearest that does");
    for (const auto& [layer, counts] : saturation["layers"].items()) {
      line("  " + style_.warning(left(shortened(layer, 27), 28)) + grouped(counts["accumulator"].get<std::int64_t>()) +
           " sums, " + grouped(counts["gate"].get<std::int64_t>()) + " in the gate unit");
    }
  }

  const Json& report_;
  Style style_;
  std::string text_;
};

}  // namespace

std::string report_text(const Json& report, bool colour) { return TextReport(report, colour).write(); }

}  // namespace rondo

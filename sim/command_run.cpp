#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/base/error.hpp"
#include "sim/commands.hpp"
#include "sim/output.hpp"
#include "sim/progress.hpp"
#include "sim/report.hpp"
#include "sim/repository.hpp"
#include "sim/simulation.hpp"
#include "sim/text_style.hpp"
#include "sim/timeline.hpp"
#include "traces/npz.hpp"

namespace rondo {
namespace {

RunRequest request_of(const Arguments& arguments) {
  RunRequest request;
  if (!arguments.words.empty()) request.chip = arguments.words[0];
  if (arguments.words.size() > 1) request.network = arguments.words[1];
  request.set = arguments.set;
  request.dimensions = arguments.dimensions;
  request.input = arguments.input;
  request.calibration = arguments.calibration;
  request.schedule = arguments.schedule == "clocked" ? Schedule::clocked : Schedule::event;
  request.timing_only = arguments.timing_only;
  request.why = arguments.why;
  return request;
}

// Leaves everything that a run knows in the directory, or nothing.
void leave_files(OutputDirectory& directory, const nlohmann::ordered_json& report, const Prepared& prepared,
                 const RunResult& result, Timeline& timeline) {
  directory.write("report.json", report_json(report));
  directory.write("counters.csv", counters_csv(report));
  directory.write("resolved.yaml", to_yaml(prepared.config));
  directory.write_with("timeline.json", [&](const std::string& path) {
    timeline.write(path, prepared.network + " on " + prepared.config.name);
  });
  if (result.values)
    directory.write_with("outputs.npz", [&](const std::string& path) { write_npz(path, result.outputs); });
  directory.finish();
}

}  // namespace

int run_command(const Arguments& arguments) {
  std::optional<OutputDirectory> directory;
  if (!arguments.out.empty()) directory.emplace(arguments.out);
  const RunRequest request = request_of(arguments);
  ProgramStore programs;
  std::optional<Progress> progress(std::in_place, request.network + " on " + request.chip, true);
  const Prepared prepared = prepare(request, programs, *progress);
  Timeline timeline(prepared.program(), arguments.timeline_slices);
  const RunResult result =
      simulate(prepared, request.schedule, request.why, directory ? &timeline : nullptr, *progress);
  const nlohmann::ordered_json report = make_report(prepared, result);
  if (directory) {
    progress->show("writing " + arguments.out);
    leave_files(*directory, report, prepared, result, timeline);
  }
  progress.reset();
  std::cout << (arguments.json ? report_json(report) : report_text(report, wants_colour(1)));
  if (directory && !arguments.json) {
    std::cout << "  " << arguments.out << " holds report.json, counters.csv, resolved.yaml, timeline.json"
              << (result.values ? ", outputs.npz" : "") << "\n";
    if (timeline.kept() < timeline.seen()) {
      std::cout << "  timeline.json shows the first " << grouped(timeline.kept()) << " of " << grouped(timeline.seen())
                << " slices; --timeline-slices asks for more\n";
    }
    std::cout << "\n";
  }
  return 0;
}

}  // namespace rondo

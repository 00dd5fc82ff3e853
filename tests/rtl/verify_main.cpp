#include <sys/types.h>

#include <boost/program_options.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "models/base/error.hpp"
#include "sim/config.hpp"
#include "sim/progress.hpp"
#include "tests/rtl/verify_cases.hpp"
#include "tests/rtl/verify_compare.hpp"
#include "tests/rtl/verify_coverage.hpp"
#include "tests/rtl/verify_jobs.hpp"
#include "tests/rtl/verify_programs.hpp"
#include "tests/rtl/verify_shrink.hpp"
#include "traces/assembler.hpp"

// `rondo verify`: 0 no difference, 1 a difference or failed work, 2 wrong input.
namespace rondo::rtl {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using nlohmann::json;
using State = CaseResult::State;

constexpr std::int64_t kMostQuestions = 4000;  // of a shrinking case

struct Options {
  bool help = false, rtl = false, json = false, record = false;
  std::int64_t count = 500, seed = 1, jobs = 0;
  std::string shape, out, replay;
};

const char* const kUsage =
    "usage: rondo verify --rtl [OPTIONS]\n\n"
    "Runs random race-free programs and compiled networks on random chips, on the\n"
    "SystemC units and on the RTL in tests/rtl, and compares start and end of every\n"
    "instruction, the total, and every byte left in the memories. Over all shapes,\n"
    "500 cases or more must also have covered whatever the comparison is about.\n\n";

po::options_description described(Options& o) {
  po::options_description options("Options", 80, 40);
  options.add_options()("rtl", po::bool_switch(&o.rtl), "compare with the RTL (the only choice so far)")(
      "count", po::value(&o.count)->value_name("N")->default_value(o.count), "cases, over all shapes")(
      "seed", po::value(&o.seed)->value_name("S")->default_value(o.seed), "seed of the first case; the others follow")(
      "shape", po::value(&o.shape)->value_name("NAME"), "only this shape")(
      "jobs", po::value(&o.jobs)->value_name("N"), "processes; otherwise one for each core. The result is the same")(
      "out", po::value(&o.out)->value_name("DIR"), "leave chip.yaml and program.s of a difference there")(
      "case", po::value(&o.replay)->value_name("DIR"), "compare what --out left in DIR, instead of random cases")(
      "record", po::bool_switch(&o.record), "write the result to tests/rtl/RESULT.txt")(
      "json", po::bool_switch(&o.json), "print JSON instead of text")("help,h", po::bool_switch(&o.help), "this text");
  return options;
}

std::string help() {
  Options unused;
  std::ostringstream text;
  text << kUsage << described(unused) << "\nExample:\n  rondo verify --rtl --count 10000\n";
  return text.str();
}

std::string shape_names() {
  std::string names;
  for (const Shape& shape : shapes()) names += (names.empty() ? "" : ", ") + shape.name;
  return names;
}

Options options_of(const std::vector<std::string>& words) {
  Options o;
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map values;
    po::store(po::command_line_parser(words).options(described(o)).positional({}).style(style).run(), values);
    po::notify(values);
  } catch (const po::error& wrong) {
    throw Error(std::string(wrong.what()) + "; `rondo verify --help` lists the options");
  }
  if (o.help) return o;
  Findings findings;
  if (shapes().empty()) throw std::runtime_error("this build holds no RTL: it was configured without Verilator");
  if (!o.rtl) findings.add("rondo verify: it does not say what to compare with; allowed --rtl");
  if (o.count < 1) findings.add("--count " + std::to_string(o.count) + ": allowed 1 or more");
  if (o.seed < 0) findings.add("--seed " + std::to_string(o.seed) + ": allowed 0 or more");
  if (o.jobs < 0 || o.jobs > 256) findings.add("--jobs " + std::to_string(o.jobs) + ": allowed 1..256");
  const auto named = [&](const Shape& shape) { return shape.name == o.shape; };
  if (!o.shape.empty() && std::none_of(shapes().begin(), shapes().end(), named))
    findings.add("--shape " + o.shape + ": unknown; allowed " + shape_names());
  findings.raise();
  if (o.jobs == 0) o.jobs = std::max(1u, std::thread::hardware_concurrency());
  return o;
}

// --- The cases of a run
// -----------------------------------------------------------------------------------------------

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {
    for (const Shape& shape : shapes()) {
      if (options.shape.empty() || options.shape == shape.name) shapes_.push_back(&shape);
    }
  }

  int run() {
    {
      Progress progress("rondo verify", true);
      results_ = run_cases(
          options_.count, options_.jobs, [this](std::int64_t i) { return one(i); },
          [&](std::int64_t done) {
            progress.show("comparing", static_cast<double>(done) / static_cast<double>(options_.count));
          });
    }
    by_shape_.resize(shapes_.size());
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i].state == State::agrees) by_shape_[i % shapes_.size()] += results_[i].tally;
    }
    for (const Tally& tally : by_shape_) all_ += tally;
    const bool agree = results_.back().state == State::agrees;
    if (agree && options_.shape.empty() && all_.cases >= kEnoughCases) rare_ = too_rare(all_);
    if (agree && rare_.empty() && options_.record) record();
    if (options_.json)
      std::cout << as_json(agree).dump(2) << "\n";
    else
      std::cout << as_text();
    if (agree) return rare_.empty() ? 0 : 1;
    explain(static_cast<std::int64_t>(results_.size()) - 1);
    return 1;
  }

 private:
  const Shape& shape_of(std::int64_t i) const { return *shapes_[static_cast<std::size_t>(i) % shapes_.size()]; }
  std::uint64_t seed_of(std::int64_t i) const { return static_cast<std::uint64_t>(options_.seed + i); }

  CaseResult one(std::int64_t i) const {
    const Case made = make_case(shape_of(i), seed_of(i));
    const Verdict verdict = compare(shape_of(i), made.chip, made.program);
    CaseResult result;
    result.state = verdict.difference.empty() ? State::agrees : State::differs;
    result.tally = tally_of(made, verdict.systemc);
    return result;
  }

  std::string as_text() const {
    std::ostringstream text;
    char line[160];
    std::snprintf(line, sizeof line, "%-14s%9s%16s%16s\n", "shape", "cases", "instructions", "cycles");
    text << line;
    for (std::size_t s = 0; s <= shapes_.size(); ++s) {
      const bool total = s == shapes_.size();
      const Tally& tally = total ? all_ : by_shape_[s];
      std::snprintf(line, sizeof line, "%-14s%9lld%16lld%16lld\n", total ? "all" : shapes_[s]->name.c_str(),
                    static_cast<long long>(tally.cases), static_cast<long long>(tally.instructions),
                    static_cast<long long>(tally.cycles));
      text << line;
    }
    if (results_.back().state == State::agrees) text << "\n" << text_of(all_) << "\n0 differences\n";
    if (!rare_.empty()) text << "\nThe cases cover too little:\n";
    for (const std::string& what : rare_) text << "  " << what << "\n";
    return text.str();
  }

  json as_json(bool agree) const {
    json out = {{"schema", 1},           {"seed", options_.seed},
                {"cases", all_.cases},   {"instructions", all_.instructions},
                {"cycles", all_.cycles}, {"differences", agree ? 0 : 1}};
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
      out["shapes"][shapes_[s]->name] = {
          {"cases", by_shape_[s].cases}, {"instructions", by_shape_[s].instructions}, {"cycles", by_shape_[s].cycles}};
    }
    for (int f = 0; f < kFeatures; ++f)
      out["cases_with"][std::string(name_of(static_cast<Feature>(f)))] = all_.with[static_cast<std::size_t>(f)];
    out["too_rare"] = rare_;
    if (!agree) {
      const auto i = static_cast<std::int64_t>(results_.size()) - 1;
      out["first"] = {{"shape", shape_of(i).name}, {"seed", seed_of(i)}, {"command", command(i)}};
    }
    return out;
  }

  std::string command(std::int64_t i) const {
    return "./rondo verify --rtl --shape " + shape_of(i).name + " --seed " + std::to_string(seed_of(i)) + " --count 1";
  }

  // The last result, to be committed: no date, but the commit that it holds for.
  void record() const {
    const std::string root = RONDO_SOURCE_DIR, path = root + "/tests/rtl/RESULT.txt";
    const auto answer = [&](const std::string& command) {
      std::string text;
      FILE* pipe = ::popen(("git -C '" + root + "' " + command + " 2>/dev/null").c_str(), "r");
      if (pipe == nullptr) return text;
      for (int c; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
      ::pclose(pipe);
      return text.substr(0, text.find('\n'));
    };
    const bool changed = !answer("status --porcelain -- models traces tests").empty();
    std::ofstream file(path);
    file << "./rondo verify --rtl --count " << options_.count << " --seed " << options_.seed << "\ncommit "
         << answer("rev-parse HEAD") << (changed ? ", with changes" : "") << "\n\n"
         << as_text();
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
  }

  // --- A difference
  // -----------------------------------------------------------------------------------------------------

  void explain(std::int64_t i) const {
    std::ostream& say = options_.json ? std::cerr : std::cout;
    say << "\nseed " << seed_of(i) << " on shape " << shape_of(i).name << " differs; to see it again:\n  " << command(i)
        << "\n\n";
    if (results_.back().state == State::broken) {
      say << results_.back().note.data() << "\n";
      return;
    }
    const Case made = make_case(shape_of(i), seed_of(i));
    say << compare(shape_of(i), made.chip, made.program).difference << "\n" << std::flush;
    const Witness small = shrunk_case(made);
    say << "The smallest chip and program found that still differ:\n\n"
        << settings_of(small.chip) << "\n"
        << to_assembly(small.program) << "\n"
        << compare(shape_of(i), small.chip, small.program).difference;
    if (!options_.out.empty()) leave(small);
  }

  static Witness shrunk_case(const Case& made) {
    Progress progress("rondo verify", true);
    std::int64_t asked = 0;
    const auto differs = [&](const Witness& w) {
      progress.show("making it smaller", static_cast<double>(++asked) / kMostQuestions);
      return !compare(*made.shape, w.chip, w.program).difference.empty();
    };
    return shrunk({made.chip, made.program}, differs, kMostQuestions);
  }

  // A chip file that states everything and the program: `rondo run DIR/chip.yaml DIR/program.s` takes them too.
  void leave(const Witness& small) const {
    RunConfig config = read_config(RONDO_SOURCE_DIR "/configs/chips/edge.yaml", {});
    config.name = "verify", config.chip = small.chip;
    fs::create_directories(options_.out);
    std::ofstream(fs::path(options_.out) / "chip.yaml") << to_yaml(config);
    write_trace(small.program, (fs::path(options_.out) / "program.s").string());
  }

  const Options& options_;
  std::vector<const Shape*> shapes_;
  std::vector<CaseResult> results_;
  std::vector<Tally> by_shape_;
  Tally all_;
  std::vector<std::string> rare_;  ///< what the cases had too little of, when there were enough of them
};

// Compares one chip and program from files.
int replay(const std::string& folder) {
  const ChipParams chip = read_config((fs::path(folder) / "chip.yaml").string(), {}).chip;
  const Program program = read_trace((fs::path(folder) / "program.s").string());
  const auto fits = [&](const Shape& shape) { return shape.machine == chip.machine && shape.lanes == chip.gate.lanes; };
  const auto shape = std::find_if(shapes().begin(), shapes().end(), fits);
  if (shape == shapes().end()) throw Error(folder + "/chip.yaml: no RTL has this shape; there are " + shape_names());
  const std::string unfit = why_unfit(program);
  if (!unfit.empty()) throw Error(folder + "/program.s: " + unfit);
  const std::string difference = compare(*shape, chip, program).difference;
  std::cout << (difference.empty() ? "0 differences\n" : difference);
  return difference.empty() ? 0 : 1;
}

int run(const std::vector<std::string>& words) {
  const Options options = options_of(words);
  if (options.help) {
    std::cout << help();
    return 0;
  }
  return options.replay.empty() ? Run(options).run() : replay(options.replay);
}

int run_and_catch(const std::vector<std::string>& words) {
  try {
    const int status = run(words);
    if (!std::cout.flush()) {
      std::cerr << "rondo: the answer could not be written\n";
      return 1;
    }
    return status;
  } catch (const Error& wrong) {
    for (const std::string& finding : wrong.findings()) std::cerr << finding << "\n";
    return 2;
  } catch (const std::exception& failed) {
    std::cerr << "rondo: " << failed.what() << "\n";
  }
  return 1;
}

}  // namespace
}  // namespace rondo::rtl

int main(int count, char** words) {
  std::ios::sync_with_stdio(false);
  std::signal(SIGXFSZ, SIG_IGN);
  return rondo::rtl::run_and_catch({words + 1, words + count});
}

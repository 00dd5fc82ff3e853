#include "sim/program_store.hpp"

#include <utility>

#include "models/base/error.hpp"
#include "sim/progress.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

constexpr std::size_t kMostKept = 16;
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

// Visitor that writes the values of parameter structs, one after the other.
class KeyWriter {
 public:
  void integer(const char*, std::int64_t& value, const char*, const char*, std::int64_t, std::int64_t) {
    key += std::to_string(value) + ' ';
  }
  void choice(const char*, std::string& value, const std::vector<std::string>&, const char*) { key += value + ' '; }

  std::string key;
};

// Everything of a chip that its programs depend on.
std::string key_of(const RunConfig& config, bool both) {
  Machine machine = config.chip.machine;
  MappingParams mapping = config.mapping;
  NumbersParams numbers = config.numbers;
  KeyWriter writer;
  machine.fields(writer);
  mapping.fields(writer);
  numbers.fields(writer);
  return writer.key + (both ? "both" : "");
}

// What the compiler makes must be sound; a finding here is a mistake of Rondo's.
void check_compiled(const Program& program, LoopsFollowed loops) {
  std::vector<std::string> findings = check_program(program);
  if (findings.empty()) findings = find_hazards(program, loops);
  if (!findings.empty()) throw Broken("the compiled program is not sound: " + findings.front());
}

Compiled compile_without_chaining(const Network& network, const RunConfig& config) {
  MappingParams mapping = config.mapping;
  mapping.chaining = "off";
  // Without values: they do not change the time.
  return compile(network.graph, config.chip.machine, mapping, config.numbers, nullptr, nullptr);
}

std::shared_ptr<const Executable> compile_and_check(std::shared_ptr<const EvaluatedNetwork> evaluated,
                                                    const RunConfig& config, bool both, LoopsFollowed loops,
                                                    Progress& progress) {
  auto result = std::make_shared<Executable>();
  const Network& network = evaluated->network;
  const Ranges* ranges = evaluated->ranges ? &*evaluated->ranges : nullptr;
  progress.show("compiling");
  Compiled compiled = compile(network.graph, config.chip.machine, config.mapping, config.numbers, ranges,
                              ranges == nullptr ? nullptr : &network.inputs);
  result->program = std::move(compiled.program);
  result->mapped = compiled.mapped;
  result->shape = shape_of(network.graph);
  result->network = evaluated;
  progress.show("checking the program");
  check_compiled(result->program, loops);
  result->sha256 = program_sha256(result->program);
  if (!both || compiled.mapped.streamed_passes() == 0) return result;
  try {
    Program unchained = compile_without_chaining(network, config).program;
    check_compiled(unchained, loops);
    result->unchained = std::move(unchained);
  } catch (const Error&) {
    // It fits only with chaining: there is nothing to compare.
  }
  return result;
}

std::size_t bytes_of(const Program& program) {
  std::size_t bytes = program.code.size() * sizeof(Instruction);
  for (const Segment& segment : program.data) bytes += segment.bytes.size();
  return bytes;
}

}  // namespace

std::shared_ptr<const Executable> ProgramStore::get(const std::string& path, const NetworkOptions& options,
                                                    const RunConfig& config, bool both, Progress& progress) {
  const std::shared_ptr<const EvaluatedNetwork> network = networks_.get(path, options, progress);
  const std::string key = key_of(config, both);
  for (auto one = kept_.begin(); one != kept_.end(); ++one) {
    if (one->executable->network != network || one->key != key) continue;
    kept_.splice(kept_.begin(), kept_, one);
    return one->executable;
  }
  std::shared_ptr<const Executable> made = compile_and_check(network, config, both, loops_, progress);
  keep({key, made, bytes_of(made->program)});
  return made;
}

void ProgramStore::keep(Kept one) {
  kept_.push_front(std::move(one));
  std::size_t bytes = 0;
  for (const Kept& other : kept_) bytes += other.bytes;
  while (kept_.size() > 1 && (kept_.size() > kMostKept || bytes > kMostBytes)) {
    bytes -= kept_.back().bytes;
    kept_.pop_back();
  }
}

}  // namespace rondo

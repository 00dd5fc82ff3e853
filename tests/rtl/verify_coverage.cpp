#include "tests/rtl/verify_coverage.hpp"

#include <algorithm>

#include "models/isa/walker.hpp"

namespace rondo::rtl {
namespace {

constexpr std::array<std::string_view, kFeatures> kNames = {"a random program",
                                                            "a gang",
                                                            "a program about streams",
                                                            "a compiled network",
                                                            "an LSTM",
                                                            "a GRU",
                                                            "an RNN",
                                                            "two layers",
                                                            "both directions",
                                                            "weights streamed",
                                                            "products",
                                                            "several arrays",
                                                            "output-stationary",
                                                            "sums held",
                                                            "streams",
                                                            "gathers",
                                                            "bank conflicts",
                                                            "loops",
                                                            "semaphores posted both ways",
                                                            "tiles kept"};

template <class Array>
void add(Array& to, const Array& more) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += more[i];
}

bool contains(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

class Teller {
 public:
  Teller(const Case& made, const Outcome& systemc) : made_(made), systemc_(systemc) {}

  Tally run() {
    tally_.cases = 1;
    tally_.cycles = systemc_.total;
    network();
    code();
    executed();
    for (std::size_t c = 0; c < kCauses; ++c) tally_.waited[c] = systemc_.waited[c] > 0;
    set(Feature::bank_conflicts, systemc_.waited[static_cast<std::size_t>(Cause::bank)] > 0);
    return tally_;
  }

 private:
  void set(Feature feature, bool there = true) { tally_.with[static_cast<std::size_t>(feature)] |= there; }

  void network() {
    const std::string& text = made_.network;
    const std::string& name = made_.program.name;
    set(!text.empty()      ? Feature::network
        : name == "gang"   ? Feature::gang
        : name == "stream" ? Feature::stream_program
                           : Feature::random_program);
    set(Feature::lstm, contains(text, "lstm:"));
    set(Feature::gru, contains(text, "gru:"));
    set(Feature::rnn, contains(text, "rnn:"));
    set(Feature::both_directions, contains(text, "bidirectional"));
    set(Feature::several_layers, text.find("hidden:") != text.rfind("hidden:"));
  }

  void code() {
    int depth = 0;
    std::uint64_t signalled = 0, released = 0;
    for (const Instruction& in : made_.program.code) {
      depth += (in.opcode == Opcode::loop) - (in.opcode == Opcode::end);
      set(Feature::loops, depth > 0);
      set(Feature::weights_streamed,
          in.opcode == Opcode::load && in.places[1].space == Space::weight && depth > 0 && !made_.network.empty());
      set(Feature::gathers, in.opcode == Opcode::gather);
      set(Feature::keeps_tile, in.opcode == Opcode::mmul && in.fields[field::mmul::keep] != 0);
      set(Feature::products, in.opcode == Opcode::mmul);
      set(Feature::several_arrays, in.opcode == Opcode::mmul && in.fields[field::mmul::array] > 0);
      set(Feature::sums_held, in.opcode == Opcode::mmul && in.fields[field::mmul::hold] != 0);
      set(Feature::streams, in.opcode == Opcode::mmul && in.fields[field::mmul::stream] != 0);
      signalled |= in.signal, released |= in.release;
    }
    const Machine& machine = made_.program.machine;
    set(Feature::output_stationary,
        machine.dataflow == Dataflow::output_stationary && tally_.with[static_cast<std::size_t>(Feature::products)]);
    set(Feature::double_posts, (signalled & released) != 0);
  }

  void executed() {
    for (Walker walker(made_.program); !walker.done(); walker.next()) {
      const Instruction& in = walker.instruction();
      ++tally_.instructions;
      ++tally_.opcodes[static_cast<std::size_t>(in.opcode)];
      if (in.opcode != Opcode::gate) continue;
      for (const MicroOp& op : made_.program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])].ops)
        ++tally_.micro_ops[static_cast<std::size_t>(op.opcode)];
    }
  }

  const Case& made_;
  const Outcome& systemc_;
  Tally tally_;
};

// `name count, name count ...` in lines of at most 80 columns.
std::string listed(const std::string& title, const std::vector<std::pair<std::string, std::int64_t>>& items) {
  std::string text = "  " + title, line;
  for (const auto& [name, count] : items) {
    const std::string item = name + " " + std::to_string(count);
    if (line.size() + item.size() + 2 > 76) text += "\n    " + line, line.clear();
    line += (line.empty() ? "" : "  ") + item;
  }
  return text + "\n    " + line + "\n";
}

}  // namespace

std::string_view name_of(Feature feature) { return kNames[static_cast<std::size_t>(feature)]; }

void Tally::operator+=(const Tally& other) {
  cases += other.cases, instructions += other.instructions, cycles += other.cycles;
  add(with, other.with), add(opcodes, other.opcodes), add(micro_ops, other.micro_ops), add(waited, other.waited);
}

Tally tally_of(const Case& made, const Outcome& systemc) { return Teller(made, systemc).run(); }

std::string text_of(const Tally& tally) {
  using Items = std::vector<std::pair<std::string, std::int64_t>>;
  Items features, opcodes, micro_ops, causes;
  for (std::size_t f = 0; f < kFeatures; ++f) features.emplace_back(kNames[f], tally.with[f]);
  for (const OpcodeInfo& row : opcode_table()) {
    if (row.unit != "sequencer") opcodes.emplace_back(row.name, tally.opcodes[static_cast<std::size_t>(row.opcode)]);
  }
  for (const MicroOpInfo& row : micro_op_table())
    micro_ops.emplace_back(row.name, tally.micro_ops[static_cast<std::size_t>(row.opcode)]);
  for (std::size_t c = 0; c < kCauses; ++c) {
    if (static_cast<Cause>(c) != Cause::busy && static_cast<Cause>(c) != Cause::done)
      causes.emplace_back(kCauseTable[c].name, tally.waited[c]);
  }
  return listed("cases with", features) + listed("cases in which a unit waited for", causes) +
         listed("instructions executed", opcodes) + listed("gate instructions executed with", micro_ops);
}

}  // namespace rondo::rtl

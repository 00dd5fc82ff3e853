#include "tests/rtl/verify_coverage.hpp"

#include <algorithm>

#include "models/isa/walker.hpp"

namespace rondo::rtl {
namespace {

struct FeatureRow {
  std::string_view name;
  std::int64_t least;  ///< of a thousand cases; about half of what there are
};
constexpr std::array<FeatureRow, kFeatures> kRows = {{{"a random program", 120},
                                                      {"a gang", 90},
                                                      {"a program about streams", 70},
                                                      {"a compiled network", 200},
                                                      {"an LSTM", 100},
                                                      {"a GRU", 80},
                                                      {"an RNN", 90},
                                                      {"two layers", 100},
                                                      {"both directions", 60},
                                                      {"weights streamed", 30},
                                                      {"products", 500},
                                                      {"several arrays", 230},
                                                      {"output-stationary", 220},
                                                      {"sums held", 100},
                                                      {"streams", 250},
                                                      {"gathers", 90},
                                                      {"bank conflicts", 300},
                                                      {"loops", 450},
                                                      {"semaphores posted both ways", 160},
                                                      {"tiles kept", 60},
                                                      {"five loops", 25},
                                                      {"eight loops", 10},
                                                      {"strides in the fifth loop", 20},
                                                      {"semaphores from 32 on", 50},
                                                      {"two posts in a cycle", 100},
                                                      {"weights streamed to 64 elements", 15},
                                                      {"three chunks popped", 40},
                                                      {"three ports to read", 200},
                                                      {"three ports to write", 200}}};

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
    ports();
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

  void ports() {
    const ChipParams& c = made_.chip;
    for (const SramParams* s : {&c.weight_sram, &c.activation_sram, &c.parameter_sram, &c.accumulators}) {
      set(Feature::three_read_ports, s->read_ports == 3);
      set(Feature::three_write_ports, s->write_ports == 3);
    }
  }

  void code() {
    int depth = 0;
    std::uint64_t signalled = 0, released = 0;
    for (const Instruction& in : made_.program.code) {
      depth += (in.opcode == Opcode::loop) - (in.opcode == Opcode::end);
      set(Feature::loops, depth > 0);
      set(Feature::deep_loops, depth > 4);
      set(Feature::all_loops, depth == kMaxLoops);
      signalled |= in.signal, released |= in.release;
      set(Feature::high_semaphores, in.wait >> 32 != 0);
      set(Feature::same_cycle_posts, (in.signal & in.release) != 0 && (in.unit == Unit::load || in.unit == Unit::gate));
      transfers(in, depth);
      products(in);
      for (const Place& place : in.places) {
        for (int d = 4; d < depth; ++d) set(Feature::deep_strides, place.stride[static_cast<std::size_t>(d)] != 0);
      }
    }
    const Machine& machine = made_.program.machine;
    set(Feature::output_stationary,
        machine.dataflow == Dataflow::output_stationary && tally_.with[static_cast<std::size_t>(Feature::products)]);
    set(Feature::double_posts, (signalled & released) != 0);
  }

  void transfers(const Instruction& in, int depth) {
    const bool streamed =
        in.opcode == Opcode::load && in.places[1].space == Space::weight && depth > 0 && !made_.network.empty();
    set(Feature::weights_streamed, streamed);
    set(Feature::weights_streamed_large, streamed && made_.program.machine.rows * made_.program.machine.cols >= 64);
    set(Feature::gathers, in.opcode == Opcode::gather);
  }

  void products(const Instruction& in) {
    if (in.opcode == Opcode::gate) {
      const Kernel& kernel = made_.program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])];
      const std::int64_t lanes = made_.chip.gate.lanes;
      set(Feature::pops_in_chunks,
          summarise(kernel).pops != 0 && lanes > 1 && in.fields[field::gate::elements] > 2 * lanes);
    }
    if (in.opcode != Opcode::mmul) return;
    set(Feature::keeps_tile, in.fields[field::mmul::keep] != 0);
    set(Feature::products);
    set(Feature::several_arrays, in.fields[field::mmul::array] > 0);
    set(Feature::sums_held, in.fields[field::mmul::hold] != 0);
    set(Feature::streams, in.fields[field::mmul::stream] != 0);
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

std::string_view name_of(Feature feature) { return kRows[static_cast<std::size_t>(feature)].name; }

void Tally::operator+=(const Tally& other) {
  cases += other.cases, instructions += other.instructions, cycles += other.cycles;
  add(with, other.with), add(opcodes, other.opcodes), add(micro_ops, other.micro_ops), add(waited, other.waited);
}

Tally tally_of(const Case& made, const Outcome& systemc) { return Teller(made, systemc).run(); }

std::vector<std::string> too_rare(const Tally& tally) {
  std::vector<std::string> found;
  const auto least = [&](const std::string& what, std::int64_t count, std::int64_t wanted) {
    if (count < wanted) found.push_back(what + ": " + std::to_string(count) + "; at least " + std::to_string(wanted));
  };
  for (std::size_t f = 0; f < kFeatures; ++f)
    least("cases with " + std::string(kRows[f].name), tally.with[f], tally.cases * kRows[f].least / 1000);
  for (std::size_t c = 0; c < kCauses; ++c) {
    if (static_cast<Cause>(c) != Cause::busy && static_cast<Cause>(c) != Cause::done)
      least("cases in which a unit waited for " + std::string(kCauseTable[c].name), tally.waited[c], tally.cases / 20);
  }
  for (const OpcodeInfo& row : opcode_table()) {
    if (row.unit != "sequencer")
      least("executions of " + std::string(row.name), tally.opcodes[static_cast<std::size_t>(row.opcode)],
            tally.cases / 10);
  }
  for (const MicroOpInfo& row : micro_op_table())
    least("executions of a gate with " + std::string(row.name), tally.micro_ops[static_cast<std::size_t>(row.opcode)],
          tally.cases / 10);
  return found;
}

std::string text_of(const Tally& tally) {
  using Items = std::vector<std::pair<std::string, std::int64_t>>;
  Items features, opcodes, micro_ops, causes;
  for (std::size_t f = 0; f < kFeatures; ++f) features.emplace_back(kRows[f].name, tally.with[f]);
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

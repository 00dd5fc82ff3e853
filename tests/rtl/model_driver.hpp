#pragma once

#include <verilated.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "models/base/error.hpp"
#include "tests/rtl/program_image.hpp"
#include "tests/rtl/rtl_chip.hpp"

/// Runs one Verilated model: the same code for the model of every shape. `Root` is Verilator's class of the
/// model's insides.
namespace rondo::rtl {

template <class Model, class Root>
class ModelDriver {
 public:
  // Registers and memories wake up with anything, the same in every run: whatever the RTL needs it must
  // reset.
  ModelDriver() {
    context_.randReset(2);
    context_.randSeed(1);
    model_ = std::make_unique<Model>(&context_, "");
  }

  RtlRun run(const Machine& machine, const ProgramImage& image, const std::vector<std::uint8_t>& dram, Cycle limit) {
    model_->clk = 0;
    model_->rst = 1;
    tick();
    tick();  // nothing is written any more
    load(image, dram);
    tick();
    model_->rst = 0;
    while (!model_->running) tick();
    RtlRun run;
    observe(run, limit);
    const Root& root = *model_->rootp;
    take(root.chip__DOT__behind__DOT__cells__DOT__memory, machine.dram_bytes, run, Space::dram);
    take(root.chip__DOT__memories__DOT__weight__DOT__memory, machine.weight_bytes, run, Space::weight);
    take(root.chip__DOT__memories__DOT__activation__DOT__memory, machine.activation_bytes, run, Space::activation);
    take(root.chip__DOT__memories__DOT__parameters__DOT__memory, machine.parameter_bytes, run, Space::parameter);
    take(root.chip__DOT__memories__DOT__accumulators__DOT__memory, machine.accumulator_bytes, run, Space::accumulator);
    return run;
  }

 private:
  struct Started {
    std::int32_t code;
    Cycle cycle;
  };

  void load(const ProgramImage& image, const std::vector<std::uint8_t>& dram) {
    Root& root = *model_->rootp;
    for (std::size_t pc = 0; pc < image.code.size(); ++pc) {
      for (int w = 0; w < kWordParts; ++w) root.chip__DOT__sequencing__DOT__memory[pc][w] = image.code[pc][w];
    }
    for (std::size_t k = 0; k < image.kernels.size(); ++k) {
      for (std::size_t w = 0; w < image.kernels[k].size(); ++w) {
        root.chip__DOT__gate__DOT__kernels[k][w] = image.kernels[k][w];
      }
      root.chip__DOT__gate__DOT__kernel_steps[k] = static_cast<std::uint8_t>(image.kernels[k].size() / 3);
    }
    for (std::size_t s = 0; s < image.semaphores.size(); ++s) {
      root.chip__DOT__counters__DOT__initial_counts[s] = image.semaphores[s];
    }
    for (int w = 0; w < kPaceParts; ++w) model_->pace_registers[w] = image.pace[w];
    for (std::size_t b = 0; b < dram.size(); ++b) root.chip__DOT__behind__DOT__cells__DOT__memory[b] = dram[b];
    clear(root.chip__DOT__memories__DOT__weight__DOT__memory);
    clear(root.chip__DOT__memories__DOT__activation__DOT__memory);
    clear(root.chip__DOT__memories__DOT__parameters__DOT__memory);
    clear(root.chip__DOT__memories__DOT__accumulators__DOT__memory);
  }

  template <class Bytes>
  static void clear(Bytes& memory) {
    std::fill(std::begin(memory.m_storage), std::end(memory.m_storage), 0);
  }

  void tick() {
    model_->clk = 1;
    model_->eval();
    model_->clk = 0;
    model_->eval();
  }

  // From cycle 0 to the first one after the halt's in which nothing is under way.
  void observe(RtlRun& run, Cycle limit) {
    std::array<std::deque<Started>, kUnits> started;
    std::array<std::vector<InstructionEvent>, kUnits> events;
    for (;; tick()) {
      const Cycle now = model_->now;
      for (std::uint32_t units = model_->completes, u = 0; units != 0; units >>= 1, ++u) {
        if ((units & 1) == 0) continue;
        check(!started[u].empty(), "rtl: a unit completes what it has not started");
        events[u].push_back({static_cast<Unit>(u), started[u].front().code, started[u].front().cycle, now});
        started[u].pop_front();
      }
      for (std::uint32_t units = model_->starts, u = 0; units != 0; units >>= 1, ++u) {
        if (units & 1) started[u].push_back({start_pc(u), now});
      }
      if (const std::uint32_t breaches = model_->rootp->chip__DOT__watch__DOT__breaches; breaches != 0)
        throw Broken(sentence_of(breaches) + " before cycle " + std::to_string(now));
      if (model_->idle) {
        run.total_cycles = now;
        break;
      }
      if (now >= limit) throw Error("the RTL has not ended before cycle " + std::to_string(limit));
    }
    for (const auto& unit : events) run.events.insert(run.events.end(), unit.begin(), unit.end());
  }

  // The first of the breaches that access_watch found.
  static std::string sentence_of(std::uint32_t breaches) {
    static const char* const accesses[] = {
        "weights",       "vectors",        "sums",          "the gate unit's operands", "the gate unit's results",
        "an index list", "what is stored", "what is loaded"};
    std::uint32_t bit = 0;
    while ((breaches >> bit & 1) == 0) ++bit;
    return std::string("the RTL accesses ") + accesses[bit % 8] +
           (bit < 8 ? " in a bank without a port" : ": more bytes than the window has room for");
  }

  std::int32_t start_pc(std::uint32_t unit) const {
    std::int32_t pc = 0;
    for (std::uint32_t bit = 0; bit < sv::kPcBits; ++bit) {
      pc |= bit_of(model_->start_pcs, sv::kPcBits * unit + bit) << bit;
    }
    return pc;
  }
  // The port is a number or an array of words, as the number of units has it.
  static std::int32_t bit_of(std::uint64_t value, std::uint32_t bit) {
    return static_cast<std::int32_t>(value >> bit & 1);
  }
  template <std::size_t kWords>
  static std::int32_t bit_of(const VlWide<kWords>& value, std::uint32_t bit) {
    return static_cast<std::int32_t>(value.at(bit / 32) >> bit % 32 & 1);
  }

  template <class Bytes>
  static void take(const Bytes& memory, std::int64_t count, RtlRun& run, Space space) {
    auto& out = run.memories[static_cast<std::size_t>(space)];
    out.resize(static_cast<std::size_t>(count));
    for (std::int64_t b = 0; b < count; ++b) out[static_cast<std::size_t>(b)] = memory[static_cast<std::size_t>(b)];
  }

  VerilatedContext context_;
  std::unique_ptr<Model> model_;
};

}  // namespace rondo::rtl

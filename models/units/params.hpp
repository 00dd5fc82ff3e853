#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/dram/channel.hpp"
#include "models/isa/machine.hpp"

/// The chip's pace: how long things take and how much can wait where. Nothing here changes what a program
/// computes, and the compiler never sees it. Every value comes from a chip file; 0 is out of range where a
/// number is needed. What each number does to the cycles is said in models/README.md.
namespace rondo {

struct SequencerParams {
  std::int64_t dispatch_width = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("dispatch_width", dispatch_width, "instructions/cycle",
              "instructions handled per cycle, loop and end among them", 1, 16);
  }
};

struct WeightsParams {
  std::int64_t queue_depth = 0;
  std::int64_t rows_per_cycle = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("queue_depth", queue_depth, "instructions", "instructions that can wait for this unit", 1, 1024);
    v.integer("rows_per_cycle", rows_per_cycle, "rows/cycle", "rows of a weight tile that enter the array per cycle", 1,
              4096);
  }
};

struct MatrixParams {
  std::int64_t queue_depth = 0;
  std::int64_t operand_bits = 0;
  std::int64_t accumulate_latency = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("queue_depth", queue_depth, "instructions", "instructions that can wait for this unit", 1, 1024);
    v.integer("operand_bits", operand_bits, "bits",
              "width of the multiplier in a PE, 8 or 16: wider operands take more passes", 8, 16);
    v.integer("accumulate_latency", accumulate_latency, "cycles", "from the array's edge to a sum that can be read", 1,
              64);
  }
};

struct GateParams {
  std::int64_t queue_depth = 0;
  std::int64_t lanes = 0;
  std::int64_t adders = 0;
  std::int64_t multipliers = 0;
  std::int64_t tables = 0;
  std::int64_t add_latency = 0;
  std::int64_t multiply_latency = 0;
  std::int64_t table_latency = 0;
  std::int64_t divide_cycles = 0;
  std::int64_t reduce_latency = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("queue_depth", queue_depth, "instructions", "instructions that can wait for this unit", 1, 1024);
    v.integer("lanes", lanes, "lanes", "elements worked on side by side", 1, 4096);
    v.integer("adders", adders, "per lane", "adders in each lane", 1, 16);
    v.integer("multipliers", multipliers, "per lane", "multipliers in each lane", 1, 16);
    v.integer("tables", tables, "per lane", "activation tables in each lane", 1, 16);
    v.integer("add_latency", add_latency, "cycles", "latency of an adder", 1, 64);
    v.integer("multiply_latency", multiply_latency, "cycles", "latency of a multiplier", 1, 64);
    v.integer("table_latency", table_latency, "cycles", "latency of an activation table with interpolation", 1, 64);
    v.integer("divide_cycles", divide_cycles, "cycles", "a lane's divider works this long on one quotient", 1, 64);
    v.integer("reduce_latency", reduce_latency, "cycles", "latency of a row's sum or maximum over the lanes", 1, 64);
  }
};

struct DmaParams {
  std::int64_t queue_depth = 0;
  std::int64_t outstanding = 0;
  std::int64_t setup_cycles = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("queue_depth", queue_depth, "instructions", "instructions that can wait for this unit", 1, 1024);
    v.integer("outstanding", outstanding, "descriptors", "descriptors started and not yet complete", 1, 256);
    v.integer("setup_cycles", setup_cycles, "cycles", "from a descriptor's start to its first request", 1, 1024);
  }
};

/// Ports are per bank. A bandwidth is that of one unit's stream into or out of the memory, over all banks it
/// touches.
struct SramParams {
  std::int64_t bytes_per_cycle = 0;
  std::int64_t latency = 0;
  std::int64_t read_ports = 0;
  std::int64_t write_ports = 0;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("bytes_per_cycle", bytes_per_cycle, "bytes/cycle", "bytes one unit moves per cycle in one direction", 1,
              1 << 20);
    v.integer("latency", latency, "cycles", "from address to data", 1, 64);
    v.integer("read_ports", read_ports, "ports", "units that can read one bank at once", 1, 8);
    v.integer("write_ports", write_ports, "ports", "units that can write one bank at once", 1, 8);
  }
};

/// Two models: an ideal memory, and the banks and rows of a device behind a controller.
struct DramParams {
  // The ideal memory.
  std::string technology;
  std::int64_t latency = 0;
  std::int64_t bytes_per_cycle = 0;
  std::int64_t burst_bytes = 0;

  // A device.
  std::string model;
  std::int64_t channels = 0;
  std::int64_t ranks = 0;
  std::string mapping;
  std::string page;
  std::string refresh;
  std::int64_t queue_bursts = 0;
  std::int64_t overtakes = 0;
  std::int64_t controller_latency = 0;
  std::shared_ptr<const dram::Device> device;  ///< what `model` names; null: the ideal memory

  template <class Visitor>
  void fields(Visitor& v) {
    v.word("model", model, "ideal, a device of configs/dram, or the path of one");
    v.choice("technology", technology, {"lpddr2", "lpddr4", "ddr3", "gddr5", "hbm2"},
             "ideal: kind of DRAM, chooses its prices");
    v.integer("latency", latency, "cycles", "ideal: from a request to its first data", 1, 100000);
    v.integer("bytes_per_cycle", bytes_per_cycle, "bytes/cycle", "ideal: bytes on the data bus per core cycle", 1,
              1 << 20);
    v.integer("burst_bytes", burst_bytes, "bytes", "ideal: least transfer, every row is rounded up to it", 1, 4096);
    v.integer("channels", channels, "channels", "device: channels side by side, a power of two", 1, 64);
    v.integer("ranks", ranks, "ranks", "device: ranks that share a channel, a power of two", 1, 4);
    v.word("mapping", mapping, "device: fields of an address above a burst, most significant first, with '-' between");
    v.choice("page", page, {"open", "closed"}, "device: rows stay open, or are closed after their last queued burst");
    v.choice("refresh", refresh, {"all_bank", "per_bank", "none"}, "device: what rests during a refresh");
    v.integer("queue_bursts", queue_bursts, "bursts",
              "device: bursts that a channel chooses from, reads and writes each", 1, 256);
    v.integer("overtakes", overtakes, "bursts",
              "device: bursts served before an older one, or one of the other direction, must come", 1, 65536);
    v.integer("controller_latency", controller_latency, "cycles",
              "device: from a request to the queues, with what the way back takes", 0, 100000);
  }

  /// How the controller of the device decides.
  dram::Policy policy() const;
  /// The most that the data buses can move.
  double peak_bytes_per_s(std::int64_t chip_mhz) const;
};

/// A whole chip: its shape, its pace, its clock. One section of the chip file each.
struct ChipParams {
  std::int64_t clock_mhz = 0;
  Machine machine;
  SequencerParams sequencer;
  WeightsParams weights;
  MatrixParams matrix;
  GateParams gate;
  DmaParams load;
  DmaParams store;
  SramParams weight_sram;
  SramParams activation_sram;
  SramParams parameter_sram;
  SramParams accumulators;
  DramParams dram;

  template <class Visitor>
  void fields(Visitor& v) {
    v.integer("clock_mhz", clock_mhz, "MHz", "clock of everything but the DRAM", 1, 100000);
  }

  /// Calls visit(name, params) for each section, in the order of the file.
  template <class Visit>
  void sections(Visit&& visit) {
    visit("machine", machine);
    visit("sequencer", sequencer);
    visit("weights", weights);
    visit("matrix", matrix);
    visit("gate", gate);
    visit("load", load);
    visit("store", store);
    visit("weight_sram", weight_sram);
    visit("activation_sram", activation_sram);
    visit("parameter_sram", parameter_sram);
    visit("accumulators", accumulators);
    visit("dram", dram);
  }

  /// Rules between fields (the machine's among them), as sentences `section.field: ...`; empty when all is
  /// sound.
  std::vector<std::string> cross_checks() const;

  const SramParams& sram(Space space) const;
};

}  // namespace rondo

#include "tests/rtl/rtl_chip.hpp"

#include <algorithm>

#include "models/base/error.hpp"
#include "tests/rtl/program_image.hpp"
#include "tests/rtl/shape_table.hpp"

namespace rondo::rtl {
namespace {

class LimitCheck {
 public:
  void most(const std::string& name, std::int64_t value, std::int64_t limit) {
    if (value > limit) {
      found_.push_back(name + " is " + std::to_string(value) + "; the RTL holds at most " + std::to_string(limit));
    }
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

void check_sram(const std::string& name, const SramParams& sram, LimitCheck& check) {
  check.most(name + ".bytes_per_cycle", sram.bytes_per_cycle, kLimits.bytes_per_cycle);
  check.most(name + ".latency", sram.latency, kLimits.latency);
  check.most(name + ".read_ports", sram.read_ports, kLimits.ports);
  check.most(name + ".write_ports", sram.write_ports, kLimits.ports);
}

void check_pace(const ChipParams& c, LimitCheck& check) {
  check.most("sequencer.dispatch_width", c.sequencer.dispatch_width, kLimits.dispatch_width);
  check.most("weights.queue_depth", c.weights.queue_depth, kLimits.queue_depth);
  check.most("weights.rows_per_cycle", c.weights.rows_per_cycle, kLimits.rows_per_cycle);
  check.most("matrix.queue_depth", c.matrix.queue_depth, kLimits.queue_depth);
  check.most("matrix.accumulate_latency", c.matrix.accumulate_latency, kLimits.latency);
  check.most("gate.queue_depth", c.gate.queue_depth, kLimits.queue_depth);
  for (const std::int64_t units : {c.gate.adders, c.gate.multipliers, c.gate.tables}) {
    check.most("gate.adders, multipliers or tables", units, kLimits.functional_units);
  }
  for (const std::int64_t latency : {c.gate.add_latency, c.gate.multiply_latency, c.gate.table_latency,
                                     c.gate.divide_cycles, c.gate.reduce_latency}) {
    check.most("a latency of the gate unit", latency, kLimits.gate_latency);
  }
  for (const DmaParams* dma : {&c.load, &c.store}) {
    check.most("load or store.queue_depth", dma->queue_depth, kLimits.queue_depth);
    check.most("load or store.outstanding", dma->outstanding, kLimits.outstanding);
    check.most("load or store.setup_cycles", dma->setup_cycles, kLimits.setup_cycles);
  }
  check_sram("weight_sram", c.weight_sram, check);
  check_sram("activation_sram", c.activation_sram, check);
  check_sram("parameter_sram", c.parameter_sram, check);
  check_sram("accumulators", c.accumulators, check);
  check.most("dram.latency", c.dram.latency, kLimits.dram_latency);
  check.most("dram.bytes_per_cycle", c.dram.bytes_per_cycle, kLimits.bytes_per_cycle);
  check.most("dram.burst_bytes", c.dram.burst_bytes, kLimits.burst_bytes);
}

void check_kernel(const Kernel& kernel, LimitCheck& check) {
  std::int64_t reads = 0, results = 0;
  for (const MicroOp& op : kernel.ops) {
    reads += op.opcode <= MicroOpcode::ld32 || op.opcode == MicroOpcode::pop;
    results += (op.opcode >= MicroOpcode::st8 && op.opcode <= MicroOpcode::st32) ||
               info(op.opcode).functional_unit == FunctionalUnit::reducer;
  }
  check.most("micro-operations of kernel " + kernel.name, static_cast<std::int64_t>(kernel.ops.size()),
             kLimits.micro_ops);
  check.most("loads of kernel " + kernel.name, reads, kLimits.kernel_reads);
  check.most("stores and reductions of kernel " + kernel.name, results, kLimits.kernel_results);
}

void check_code(const ChipParams& c, const Program& program, LimitCheck& check) {
  check.most("instructions of the program", static_cast<std::int64_t>(program.code.size()), kLimits.instructions);
  check.most("kernels of the program", static_cast<std::int64_t>(program.kernels.size()), kLimits.kernels);
  std::int64_t loaded = 0, stored = 0;
  for (const Instruction& in : program.code) {
    if (in.opcode == Opcode::gather)
      check.most("rows of a gather", in.fields[field::gather::rows], kLimits.gathered_rows);
    const std::int64_t bytes = in.fields[field::load::rows] * in.fields[field::load::bytes];
    if (in.opcode == Opcode::load || in.opcode == Opcode::gather) loaded = std::max(loaded, bytes);
    if (in.opcode == Opcode::store) stored = std::max(stored, bytes);
  }
  check.most("bytes of outstanding loads", loaded * c.load.outstanding, kLimits.moved_bytes);
  check.most("bytes of outstanding stores", stored * c.store.outstanding, kLimits.moved_bytes);
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> list = [] {
    std::vector<Shape> all;
    for (const ShapeEntry& entry : shape_table()) all.push_back(entry.shape);
    return all;
  }();
  return list;
}

std::vector<std::string> outside_limits(const Shape& shape, const ChipParams& params, const Program& program) {
  LimitCheck check;
  check_pace(params, check);
  for (const Kernel& kernel : program.kernels) check_kernel(kernel, check);
  check_code(params, program, check);
  std::vector<std::string> found = check.take();
  if (params.machine != shape.machine || params.gate.lanes != shape.lanes) {
    found.push_back("the chip has another machine or other lanes than the shape " + shape.name);
  }
  return found;
}

RtlRun run_rtl(const Shape& shape, const ChipParams& params, const Program& program,
               const std::vector<std::uint8_t>& dram, Cycle limit) {
  const std::vector<std::string> found = outside_limits(shape, params, program);
  if (!found.empty()) throw Error(found);
  std::vector<std::uint8_t> image = dram;
  image.resize(static_cast<std::size_t>(params.machine.dram_bytes));
  for (const Segment& segment : program.data) {
    std::copy(segment.bytes.begin(), segment.bytes.end(), image.begin() + segment.address);
  }
  for (const ShapeEntry& entry : shape_table()) {
    if (entry.shape.name == shape.name) return entry.run(make_image(params, program), image, limit);
  }
  throw Error("this build holds no RTL of the shape " + shape.name);
}

}  // namespace rondo::rtl

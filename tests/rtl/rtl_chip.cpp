#include "tests/rtl/rtl_chip.hpp"

#include <algorithm>

#include "models/base/error.hpp"
#include "tests/rtl/pace_table.hpp"
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
  for (const PaceRow& row : kPaceTable) check.most(std::string(row.path), row.value(params), row.most);
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

#include "traces/builder.hpp"

#include <algorithm>

#include "models/base/error.hpp"
#include "traces/sync.hpp"

namespace rondo {
namespace {

int layer_of(const Item& item) { return item.is_loop() ? layer_of(item.body.front()) : item.instruction.layer; }

void flatten(const Block& block, std::vector<Instruction>& code) {
  for (const Item& item : block) {
    if (!item.is_loop()) {
      code.push_back(item.instruction);
      continue;
    }
    Instruction bracket;
    bracket.opcode = Opcode::loop;
    bracket.fields[field::loop::count] = item.count;
    bracket.layer = layer_of(item);
    code.push_back(bracket);
    flatten(item.body, code);
    bracket = {};
    bracket.opcode = Opcode::end;
    bracket.layer = layer_of(item);
    code.push_back(bracket);
  }
}

}  // namespace

Place place(Space space, std::int64_t address) {
  Place p;
  p.space = space;
  p.base = address;
  return p;
}

Place moved(Place from, Index index, std::int64_t stride) {
  from.base += index.offset * stride;
  if (index.depth >= 0) {
    if (index.depth >= kMaxLoops)
      throw Error("the program needs more than " + std::to_string(kMaxLoops) + " nested loops");
    from.stride[index.depth] += index.step * stride;
  }
  return from;
}

void Builder::layer(const std::string& name) {
  const auto found = std::find(program_.layers.begin(), program_.layers.end(), name);
  layer_ = static_cast<int>(found - program_.layers.begin());
  if (found == program_.layers.end()) program_.layers.push_back(name);
}

Instruction& Builder::push(Opcode opcode, Unit unit) {
  open_.back()->push_back({});
  open_.back()->back().pass = pass_;
  Instruction& in = open_.back()->back().instruction;
  in.opcode = opcode;
  in.unit = unit;
  in.layer = layer_;
  return in;
}

void Builder::mload(Place src, std::int64_t rows, std::int64_t cols, std::int64_t stride, int bits, int array) {
  namespace f = field::mload;
  Instruction& in = push(Opcode::mload, weights_unit(array));
  in.places[0] = src;
  in.fields[f::rows] = rows, in.fields[f::cols] = cols, in.fields[f::stride] = stride, in.fields[f::bits] = bits;
  in.fields[f::array] = array;
}

void Builder::mmul(const Product& p) {
  namespace f = field::mmul;
  Instruction& in = push(Opcode::mmul, matrix_unit(p.array));
  in.fields[f::vectors] = p.vectors, in.fields[f::rows] = p.rows, in.fields[f::cols] = p.cols,
  in.fields[f::bits] = p.bits;
  in.fields[f::accumulate] = p.accumulate, in.fields[f::keep] = p.keep, in.fields[f::array] = p.array;
  in.fields[f::stream] = p.stream, in.fields[f::hold] = p.hold;
  in.places[0] = p.src, in.fields[f::src_stride] = p.src_stride;
  if (reads_sums(in) || writes_sums(in)) in.places[1] = p.dst, in.fields[f::dst_stride] = p.dst_stride;
}

std::string Builder::free_name(const std::string& kernel) const {
  const auto taken = [&](const std::string& name) {
    return std::any_of(program_.kernels.begin(), program_.kernels.end(),
                       [&](const Kernel& k) { return k.name == name; });
  };
  std::string name = kernel;
  if (taken(name) && layer_ >= 0) {
    const std::string& layer = program_.layers[static_cast<std::size_t>(layer_)];
    name += "." + layer.substr(layer.find_last_of('/') + 1);
  }
  const std::string stem = name;
  for (int n = 2; taken(name); ++n) name = stem + "_" + std::to_string(n);
  return name;
}

void Builder::gate(const Kernel& kernel, const std::vector<RowOperand>& operands, std::int64_t elements,
                   std::int64_t rows, std::vector<PartialSums> popped) {
  namespace f = field::gate;
  auto found = std::find_if(program_.kernels.begin(), program_.kernels.end(),
                            [&](const Kernel& k) { return k.ops == kernel.ops; });
  if (found == program_.kernels.end()) {
    program_.kernels.push_back({free_name(kernel.name), kernel.ops});
    found = program_.kernels.end() - 1;
  }
  const std::int64_t number = found - program_.kernels.begin();
  Instruction& in = push(Opcode::gate, Unit::gate);
  open_.back()->back().popped = std::move(popped);
  const KernelSummary summary = summarise(program_.kernels[number]);
  for (std::size_t p = 0; p < operands.size(); ++p) {
    if (!summary.operands[p].read && !summary.operands[p].written) continue;
    in.places[p] = operands[p].place;
    in.fields[f::s0 + p] = rows > 1 ? operands[p].stride : 0;
  }
  in.fields[f::kernel] = number, in.fields[f::elements] = elements, in.fields[f::rows] = rows;
}

void Builder::copy(Opcode opcode, Unit unit, Place src, Place dst, std::int64_t rows, std::int64_t bytes,
                   std::int64_t src_stride, std::int64_t dst_stride) {
  namespace f = field::load;
  Instruction& in = push(opcode, unit);
  in.places[0] = src, in.places[1] = dst;
  if (rows > 1 && src_stride == bytes && dst_stride == bytes) bytes *= rows, rows = 1;
  in.fields[f::rows] = rows, in.fields[f::bytes] = bytes;
  in.fields[f::src_stride] = rows > 1 ? src_stride : 0, in.fields[f::dst_stride] = rows > 1 ? dst_stride : 0;
}

void Builder::load(Place src, Place dst, std::int64_t rows, std::int64_t bytes, std::int64_t src_stride,
                   std::int64_t dst_stride) {
  copy(Opcode::load, Unit::load, src, dst, rows, bytes, src_stride, dst_stride);
}

void Builder::store(Place src, Place dst, std::int64_t rows, std::int64_t bytes, std::int64_t src_stride,
                    std::int64_t dst_stride) {
  copy(Opcode::store, Unit::store, src, dst, rows, bytes, src_stride, dst_stride);
}

void Builder::gather(Place table, Place dst, Place index, std::int64_t rows, std::int64_t bytes,
                     std::int64_t table_rows) {
  namespace f = field::gather;
  Instruction& in = push(Opcode::gather, Unit::load);
  in.places[0] = table, in.places[1] = dst, in.places[2] = index;
  in.fields[f::rows] = rows, in.fields[f::bytes] = bytes, in.fields[f::dst_stride] = bytes;
  in.fields[f::table_rows] = table_rows;
}

void Builder::symbol(const std::string& name, Space space, std::int64_t address, std::int64_t bytes) {
  Symbol symbol{name, space, address, bytes};
  const auto taken = [&](const Symbol& s) { return s.name == symbol.name; };
  for (int n = 2; std::any_of(program_.symbols.begin(), program_.symbols.end(), taken); ++n) {
    symbol.name = name + "_" + std::to_string(n);
  }
  program_.symbols.push_back(symbol);
}

void Builder::data(std::int64_t address, std::vector<std::uint8_t> bytes) {
  if (!bytes.empty()) program_.data.push_back({address, std::move(bytes)});
}

Program Builder::finish(const std::string& name) {
  program_.name = name;
  program_.machine = machine_;
  synchronise(root_, program_);
  flatten(root_, program_.code);
  Instruction halt;
  halt.opcode = Opcode::halt;
  program_.code.push_back(halt);
  return std::move(program_);
}

}  // namespace rondo

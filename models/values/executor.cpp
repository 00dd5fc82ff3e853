#include "models/values/executor.hpp"

#include <algorithm>
#include <deque>
#include <memory>

#include "models/base/error.hpp"
#include "models/isa/numerics.hpp"
#include "models/isa/walker.hpp"
#include "models/values/kernels.hpp"
#include "models/values/memory.hpp"

namespace rondo {
namespace {

// How far the program reaches into DRAM: the executor need not hold the empty rest.
std::int64_t dram_extent(const Program& program) {
  std::int64_t end = 0;
  const auto reach = [&](std::int64_t to) { end = std::max(end, to); };
  for (const Symbol& s : program.symbols) {
    if (s.space == Space::dram) reach(s.address + s.bytes);
  }
  for (const Segment& s : program.data) reach(s.address + static_cast<std::int64_t>(s.bytes.size()));
  for (const Port& p : program.ports) {
    std::int64_t bytes = p.bits / 8;
    for (std::int64_t d : p.shape) bytes *= d;
    reach(p.address + bytes);
  }
  std::vector<std::int64_t> trips;
  for (const Instruction& in : program.code) {
    if (in.opcode == Opcode::loop) trips.push_back(in.fields[field::loop::count] - 1);
    if (in.opcode == Opcode::end) trips.pop_back();
    std::array<std::int64_t, kMaxPlaces> far{};
    for (std::size_t p = 0; p < info(in.opcode).places.size(); ++p) {
      far[p] = in.places[p].base;
      for (std::size_t d = 0; d < trips.size(); ++d)
        far[p] += std::max<std::int64_t>(0, in.places[p].stride[d]) * trips[d];
    }
    for (const Access& access : accesses(in, far, program.kernels)) {
      if (access.space != Space::dram) continue;
      reach(access.address + std::max<std::int64_t>(0, access.stride) * (access.rows - 1) + access.bytes);
    }
  }
  return std::min(end, program.machine.dram_bytes);
}

class Executor {
 public:
  explicit Executor(const Program& program) : program_(program) {
    for (int s = 0; s < kSpaces; ++s) {
      const auto space = static_cast<Space>(s);
      memory_[s] = Memory(space == Space::dram ? dram_extent(program) : program.machine.capacity(space));
    }
    for (const Segment& s : program.data)
      std::copy(s.bytes.begin(), s.bytes.end(), at(Space::dram, s.address, s.bytes.size()));
    for (const Kernel& kernel : program.kernels) {
      kernels_.push_back(std::make_unique<KernelRow>(kernel, program.machine.table_entries));
    }
    values_.saturation.resize(program.layers.size() + 1);
  }

  Values run(LeftBytes* left) {
    for (Walker walker(program_); !walker.done(); walker.next()) {
      at_ = walker.addresses();
      step(walker.instruction());
      ++values_.instructions;
    }
    for (const Port& port : program_.ports) values_.ports.push_back(read(port));
    for (int s = 0; left != nullptr && s < kSpaces; ++s) {
      const std::uint8_t* from = memory_[s].at(0, memory_[s].size());
      (*left)[s].assign(from, from + memory_[s].size());
    }
    return std::move(values_);
  }

 private:
  std::uint8_t* at(Space space, std::int64_t address, std::int64_t bytes) {
    return memory_[static_cast<int>(space)].at(address, bytes);
  }

  void step(const Instruction& in) {
    switch (in.opcode) {
      case Opcode::mload: return mload(in);
      case Opcode::mmul: return mmul(in);
      case Opcode::gate: return gate(in);
      case Opcode::load:
      case Opcode::store: return copy(in);
      case Opcode::gather: return gather(in);
      default: return;
    }
  }

  void mload(const Instruction& in) {
    namespace f = field::mload;
    Tile tile;
    if (!spare_.empty()) tile = std::move(spare_.back()), spare_.pop_back();
    tile.rows = in.fields[f::rows], tile.cols = in.fields[f::cols], tile.bits = static_cast<int>(in.fields[f::bits]);
    tile.weights.resize(tile.rows * tile.cols);
    for (std::int64_t k = 0; k < tile.rows; ++k) {
      widen(at(Space::weight, at_[0] + k * in.fields[f::stride], tile.cols * tile.bits / 8), tile.cols, tile.bits,
            tile.weights.data() + k * tile.cols);
    }
    arrays_[in.fields[f::array]].tiles.push_back(std::move(tile));
  }

  void mmul(const Instruction& in) {
    namespace f = field::mmul;
    Array& array = arrays_[in.fields[f::array]];
    check(!array.tiles.empty(), "executor: mmul without a tile");
    const Tile& tile = array.tiles.front();
    check(tile.rows == in.fields[f::rows] && tile.cols == in.fields[f::cols],
          "executor: mmul and its tile differ in size");
    const std::int64_t vectors = in.fields[f::vectors];
    const bool held = in.fields[f::accumulate] == kAddToHeld;
    check(!held || static_cast<std::int64_t>(array.held.size()) == vectors * tile.cols,
          "executor: the array holds other sums");
    if (in.fields[f::hold]) array.held.resize(vectors * tile.cols);
    if (in.fields[f::stream]) array.stream.emplace_back(vectors * tile.cols);
    vector_.resize(tile.rows);
    sums_.resize(tile.cols);
    std::int64_t& saturated = values_.saturation[in.layer + 1].accumulator;
    for (std::int64_t v = 0; v < vectors; ++v) {
      widen(at(Space::activation, at_[0] + v * in.fields[f::src_stride], tile.rows * in.fields[f::bits] / 8), tile.rows,
            static_cast<int>(in.fields[f::bits]), vector_.data());
      tile_product(tile, vector_.data(), sums_.data());
      std::int64_t* in_array = array.held.data() + v * tile.cols;
      if (held) {
        for (std::int64_t c = 0; c < tile.cols; ++c) sums_[c] += in_array[c];
      }
      if (in.fields[f::hold]) {
        std::copy(sums_.begin(), sums_.end(), in_array);
        continue;
      }
      const auto at_dst = [&] { return at(Space::accumulator, at_[1] + v * in.fields[f::dst_stride], 4 * tile.cols); };
      const std::uint8_t* before = reads_sums(in) ? at_dst() : nullptr;
      std::uint8_t* after =
          writes_sums(in) ? at_dst() : reinterpret_cast<std::uint8_t*>(array.stream.back().data() + v * tile.cols);
      for (std::int64_t c = 0; c < tile.cols; ++c) {
        const std::int64_t sum = (before ? load_word<std::int32_t>(before + 4 * c) : 0) + sums_[c];
        store_word(after + 4 * c, static_cast<std::int32_t>(numerics::saturate(sum, 32, saturated)));
      }
    }
    if (!in.fields[f::keep]) spare_.push_back(std::move(array.tiles.front())), array.tiles.pop_front();
  }

  void gate(const Instruction& in) {
    namespace f = field::gate;
    KernelRow& kernel = *kernels_[in.fields[f::kernel]];
    std::int64_t& saturated = values_.saturation[in.layer + 1].gate;
    for (std::int64_t r = 0; r < in.fields[f::rows]; ++r) {
      std::array<std::uint8_t*, kMaxPlaces> operands{};
      for (int p = 0; p < kMaxPlaces; ++p) {
        operands[p] = at(in.places[p].space, at_[p] + r * in.fields[f::s0 + p], 0);
      }
      saturated += kernel.run(operands, streamed(kernel, r, in.fields[f::rows]), in.fields[f::elements]);
    }
    for (int a = 0; a < kMaxArrays; ++a) {
      if (kernel.pops() >> a & 1) arrays_[a].stream.pop_front();
    }
  }

  // Row r of the sums that each popped stream holds longest.
  StreamRows streamed(const KernelRow& kernel, std::int64_t r, std::int64_t rows) const {
    StreamRows out{};
    for (int a = 0; kernel.pops() >> a != 0; ++a) {
      if (!(kernel.pops() >> a & 1)) continue;
      check(!arrays_[a].stream.empty(), "executor: a pop from an empty stream");
      const std::vector<std::int32_t>& sums = arrays_[a].stream.front();
      out[a] = sums.data() + r * (static_cast<std::int64_t>(sums.size()) / rows);
    }
    return out;
  }

  // load and store: the same 2-D copy.
  void copy(const Instruction& in) {
    namespace f = field::load;
    const std::int64_t bytes = in.fields[f::bytes];
    for (std::int64_t r = 0; r < in.fields[f::rows]; ++r) {
      std::memmove(at(in.places[1].space, at_[1] + r * in.fields[f::dst_stride], bytes),
                   at(in.places[0].space, at_[0] + r * in.fields[f::src_stride], bytes), bytes);
    }
  }

  void gather(const Instruction& in) {
    namespace f = field::gather;
    const std::int64_t bytes = in.fields[f::bytes];
    for (std::int64_t r = 0; r < in.fields[f::rows]; ++r) {
      const auto index = load_word<std::int32_t>(at(Space::activation, at_[2] + 4 * r, 4));
      if (index < 0 || index >= in.fields[f::table_rows]) {
        throw Error("gather: index " + std::to_string(index) + " is outside of the table; allowed 0.." +
                    std::to_string(in.fields[f::table_rows] - 1));
      }
      std::memmove(at(in.places[1].space, at_[1] + r * in.fields[f::dst_stride], bytes),
                   at(Space::dram, at_[0] + index * bytes, bytes), bytes);
    }
  }

  static void widen(const std::uint8_t* from, std::int64_t count, int bits, std::int16_t* to) {
    if (bits == 16) {
      std::memcpy(to, from, 2 * count);
    } else {
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<std::int8_t>(from[i]);
    }
  }

  std::vector<std::int32_t> read(const Port& port) {
    std::int64_t count = 1;
    for (std::int64_t d : port.shape) count *= d;
    const std::uint8_t* from = at(Space::dram, port.address, count * port.bits / 8);
    std::vector<std::int32_t> out(count);
    for (std::int64_t i = 0; i < count; ++i) {
      if (port.bits == 8) out[i] = load_word<std::int8_t>(from + i);
      if (port.bits == 16) out[i] = load_word<std::int16_t>(from + 2 * i);
      if (port.bits == 32) out[i] = load_word<std::int32_t>(from + 4 * i);
    }
    return out;
  }

  /// What one array holds.
  struct Array {
    std::deque<Tile> tiles;
    std::deque<std::vector<std::int32_t>>
        stream;                      ///< [vectors][cols] of every mmul that no gate instruction has popped
    std::vector<std::int64_t> held;  ///< [vectors][cols], exact: limited to 32 bits when they leave the array
  };

  const Program& program_;
  std::array<Memory, kSpaces> memory_;
  std::vector<std::unique_ptr<KernelRow>> kernels_;
  std::array<Array, kMaxArrays> arrays_;
  std::vector<Tile> spare_;
  std::vector<std::int16_t> vector_;
  std::vector<std::int64_t> sums_;
  std::array<std::int64_t, kMaxPlaces> at_{};
  Values values_;
};

}  // namespace

Values execute(const Program& program, LeftBytes* left) { return Executor(program).run(left); }

}  // namespace rondo

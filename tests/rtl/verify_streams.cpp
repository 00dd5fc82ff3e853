#include "tests/rtl/verify_streams.hpp"

#include <algorithm>
#include <vector>

#include "tests/rtl/verify_programs.hpp"

namespace rondo::rtl {
namespace {

using testing::Dice;

class StreamProgram {
 public:
  StreamProgram(const Machine& machine, Dice& dice) : machine_(machine), dice_(dice) {
    program_.name = "stream";
    program_.machine = machine;
    Segment image{0, {}};
    add_random_bytes(image.bytes, 1024, dice_);
    program_.data.push_back(image);
  }

  Program make() {
    load_operands();
    for (int a = 0; a < machine_.arrays; ++a) {  // sums to add to
      tile(a, size_of(machine_.rows), machine_.cols);
      product(a, {lines_, machine_.cols}, false, false);
    }
    for (std::int64_t loops = dice_.number(1, 3); loops > 0; --loops) loop();
    program_.code.emplace_back();
    return std::move(program_);
  }

 private:
  struct Sums {
    std::int64_t vectors = 0, cols = 0;
  };

  std::int64_t size_of(std::int64_t most) { return dice_.chance(50) ? most : dice_.number(1, most); }

  Instruction& add(Opcode opcode, Unit unit) {
    program_.code.emplace_back();
    program_.code.back().opcode = opcode, program_.code.back().unit = unit;
    return program_.code.back();
  }

  // The whole beginning of each SRAM; the arrays and the gate unit wait for it.
  void load_operands() {
    for (Space space : {Space::parameter, Space::weight, Space::activation}) {
      Instruction& in = add(Opcode::load, Unit::load);
      in.places[0].space = Space::dram, in.places[1].space = space;
      in.fields[field::load::rows] = 1,
      in.fields[field::load::bytes] = std::min<std::int64_t>(1024, machine_.capacity(space) / 2);
    }
    const std::size_t last = program_.code.size() - 1;
    for (int u = 0; u < kUnits; ++u) {
      const Unit unit = static_cast<Unit>(u);
      if (!machine_.has(unit) || unit == Unit::load || unit == Unit::store) continue;
      const std::uint64_t bit = std::uint64_t{1} << program_.semaphores.size();
      program_.semaphores.push_back({Unit::load, unit, 0});
      program_.code[last].signal |= bit;
      add(Opcode::sync, unit).wait = bit;
    }
  }

  // Rounds of products and the gate instructions that take them, some products ahead.
  void loop() {
    add(Opcode::loop, Unit::weights).fields[field::loop::count] = dice_.number(1, 5);
    for (std::int64_t rounds = dice_.number(1, 3); rounds > 0; --rounds) {
      std::vector<int> arrays;
      for (int a = 0; a < machine_.arrays; ++a) {
        if (dice_.chance(60)) arrays.push_back(a);
      }
      if (arrays.empty()) arrays = {static_cast<int>(dice_.number(0, machine_.arrays - 1))};
      round(arrays);
    }
    add(Opcode::end, Unit::weights);
  }

  void round(const std::vector<int>& arrays) {
    std::int64_t most = machine_.stream_rows;
    if (machine_.dataflow == Dataflow::output_stationary) most = std::min(most, machine_.rows);
    const std::int64_t vectors = dice_.number(1, std::min<std::int64_t>(most, 6));
    const std::int64_t ahead = dice_.number(1, std::min<std::int64_t>(3, machine_.stream_rows / vectors));
    std::vector<std::vector<Sums>> sums(static_cast<std::size_t>(ahead), std::vector<Sums>(arrays.size()));
    for (auto& each : sums) {
      for (std::size_t k = 0; k < arrays.size(); ++k) {
        each[k] = {vectors, size_of(machine_.cols)};
        tile(arrays[k], size_of(machine_.rows), each[k].cols);
        const bool add_to = dice_.chance(25) && vectors <= lines_;
        product(arrays[k], each[k], true, add_to);
      }
    }
    for (const auto& each : sums) gate(arrays, each);
  }

  void tile(int array, std::int64_t rows, std::int64_t cols) {
    Instruction& in = add(Opcode::mload, weights_unit(array));
    auto& f = in.fields;
    const std::int64_t bits = dice_.one_of<std::int64_t>({8, 16});
    const std::int64_t room = machine_.weight_bytes / 2;
    rows_ = std::max<std::int64_t>(1, std::min({rows, room / (cols * bits / 8), machine_.activation_bytes / 4}));
    f[field::mload::rows] = rows_, f[field::mload::cols] = cols, f[field::mload::bits] = bits,
    f[field::mload::array] = array;
    f[field::mload::stride] = cols * bits / 8;
    in.places[0] = {Space::weight, dice_.number(0, room - rows_ * cols * bits / 8), {}};
  }

  // The sums of plain products, and those that are added to, lie on one grid.
  void product(int array, const Sums& sums, bool stream, bool add_to) {
    Instruction& in = add(Opcode::mmul, matrix_unit(array));
    auto& f = in.fields;
    const std::int64_t bits = dice_.one_of<std::int64_t>({8, 16});
    f[field::mmul::vectors] = sums.vectors, f[field::mmul::rows] = rows_, f[field::mmul::cols] = sums.cols;
    f[field::mmul::src_stride] = dice_.number(0, 4), f[field::mmul::dst_stride] = 4 * machine_.cols;
    f[field::mmul::bits] = bits, f[field::mmul::accumulate] = add_to, f[field::mmul::array] = array,
    f[field::mmul::stream] = stream;
    const std::int64_t reach = (sums.vectors - 1) * f[field::mmul::src_stride] + rows_ * bits / 8;
    in.places[0] = {
        Space::activation, dice_.number(0, std::max<std::int64_t>(0, machine_.activation_bytes / 2 - reach)), {}};
    if (!stream || add_to) in.places[1] = {Space::accumulator, array * lines_ * 4 * machine_.cols, {}};
  }

  // Pops every stream once or twice, and stores what comes out behind what everybody reads.
  void gate(const std::vector<int>& arrays, const std::vector<Sums>& sums) {
    Kernel kernel{"pop" + std::to_string(program_.kernels.size()), {}};
    std::int64_t elements = dice_.number(1, 20);
    for (std::size_t k = 0; k < arrays.size(); ++k) {
      for (std::int64_t pops = dice_.number(1, 2); pops > 0; --pops) {
        const std::int64_t first = dice_.chance(60) ? 0 : dice_.number(0, sums[k].cols - 1);
        const std::int64_t step = dice_.one_of<std::int64_t>({0, 1, 1, 1, 2});
        if (step > 0) elements = std::min(elements, (sums[k].cols - 1 - first) / step + 1);
        const auto d = static_cast<std::uint8_t>(kernel.ops.size());
        kernel.ops.push_back({MicroOpcode::pop, d, 0, 0, static_cast<std::uint8_t>(arrays[k]), first, step});
      }
    }
    const auto popped = static_cast<std::uint8_t>(kernel.ops.size());
    for (std::uint8_t r = 1; r < popped; ++r) kernel.ops.push_back({MicroOpcode::add, 0, 0, r, 0, 0, 0});
    for (std::int64_t more = dice_.number(0, 6); more > 0; --more)
      kernel.ops.push_back({MicroOpcode::addi, 0, 0, 0, 0, dice_.number(-9, 9), 0});
    if (dice_.chance(20)) kernel.ops.push_back({MicroOpcode::div, 0, 0, 0, 0, 4, 0});
    const bool wide = dice_.chance(50);
    kernel.ops.push_back({wide ? MicroOpcode::st32 : MicroOpcode::st8, 0, 0, 0, 0, 0, 1});
    program_.kernels.push_back(kernel);
    Instruction& in = add(Opcode::gate, Unit::gate);
    const std::int64_t rows = sums.front().vectors, row_bytes = elements * (wide ? 4 : 1);
    Space space = dice_.one_of({Space::activation, Space::parameter});
    if (machine_.capacity(space) / 2 < rows * row_bytes) space = Space::activation;
    in.places[0] = {space, machine_.capacity(space) / 2, {}};
    in.fields[field::gate::kernel] = static_cast<std::int64_t>(program_.kernels.size()) - 1;
    in.fields[field::gate::elements] = elements, in.fields[field::gate::rows] = rows,
    in.fields[field::gate::s0] = row_bytes;
  }

  const Machine& machine_;
  Dice& dice_;
  Program program_;
  std::int64_t rows_ = 0;  ///< of the last tile
  /// Rows of plain sums of each array.
  const std::int64_t lines_ = std::max<std::int64_t>(
      1,
      std::min({machine_.accumulator_bytes / (4 * machine_.cols * machine_.arrays), machine_.rows, std::int64_t{3}}));
};

}  // namespace

Program random_stream_program(const Machine& machine, Dice& dice) { return StreamProgram(machine, dice).make(); }

}  // namespace rondo::rtl

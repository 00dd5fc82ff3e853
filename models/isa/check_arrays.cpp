#include <utility>

#include "models/isa/check_parts.hpp"

namespace rondo::check_parts {
namespace {

using Shape = std::pair<std::int64_t, std::int64_t>;  // rows, columns

std::string text_of(const Shape& s) { return std::to_string(s.first) + " x " + std::to_string(s.second); }

// What one array holds, oldest first.
struct Contents {
  std::vector<Shape> tiles;
  std::vector<Shape> stream;  ///< sums of each mmul that no gate instruction has popped
  std::int64_t stream_rows = 0;
  Shape held{0, 0};            ///< sums left in the array; 0 x 0: none
  std::int64_t held_rows = 0;  ///< weight rows whose products are in them

  bool operator==(const Contents& o) const {
    return tiles == o.tiles && stream == o.stream && held == o.held && held_rows == o.held_rows;
  }
};

// What a kernel takes from one array's stream.
struct Pop {
  int array;
  std::int64_t i, j;
};

// A run through the program in which every loop is repeated only until the arrays hold what they held one
// iteration before: from then on nothing new can happen.
class ArrayChecker {
 public:
  ArrayChecker(const Program& program, List& found)
      : program_(program), found_(found), arrays_(static_cast<std::size_t>(program.machine.arrays)) {
    for (const Kernel& kernel : program.kernels) {
      pops_.emplace_back();
      for (const MicroOp& op : kernel.ops) {
        if (op.opcode == MicroOpcode::pop) pops_.back().push_back({op.p, op.i, op.j});
      }
    }
    find_loops();
  }

  void run() {
    if (!walk(0, program_.code.size())) return;
    for (std::size_t a = 0; a < arrays_.size(); ++a) {
      const std::string array = "array " + std::to_string(a);
      if (!arrays_[a].stream.empty()) {
        found_.add("the program ends with " + std::to_string(arrays_[a].stream_rows) + " rows in the stream of " +
                   array + "; allowed none, so a gate instruction must pop them");
      }
      if (arrays_[a].held != Shape{0, 0})
        found_.add("the program ends with sums held in " + array +
                   "; allowed none, so an mmul with hold=0 must take them");
    }
  }

 private:
  bool matters(const Instruction& in) const {
    return in.opcode == Opcode::mload || in.opcode == Opcode::mmul ||
           (in.opcode == Opcode::gate && !pops_of(in).empty());
  }
  const std::vector<Pop>& pops_of(const Instruction& gate) const {
    return pops_[static_cast<std::size_t>(gate.fields[field::gate::kernel])];
  }

  void find_loops() {
    std::vector<std::size_t> open;
    end_of_.resize(program_.code.size());
    matters_.resize(program_.code.size());
    for (std::size_t i = 0; i < program_.code.size(); ++i) {
      const Instruction& in = program_.code[i];
      if (in.opcode == Opcode::loop) {
        open.push_back(i);
      } else if (in.opcode == Opcode::end) {
        const std::size_t loop = open.back();
        open.pop_back();
        end_of_[loop] = i;
        if (matters_[loop] && !open.empty()) matters_[open.back()] = true;
      } else if (matters(in)) {
        matters_[i] = true;
        if (!open.empty()) matters_[open.back()] = true;
      }
    }
  }

  // False as soon as something was found: what follows would be found in its wake.
  bool walk(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (++steps_ > kMostSteps) {
        found_.add(
            "what the arrays hold never settles from one loop iteration to the next; allowed loops that leave tiles, "
            "streams and held sums as they found them");
        return false;
      }
      const Instruction& in = program_.code[i];
      if (in.opcode == Opcode::loop) {
        if (matters_[i] && !repeat(i)) return false;
        i = end_of_[i];
      } else if (matters_[i] && !step(i)) {
        return false;
      }
    }
    return true;
  }

  bool repeat(std::size_t loop) {
    const std::int64_t count = program_.code[loop].fields[field::loop::count];
    for (std::int64_t iteration = 0; iteration < count; ++iteration) {
      const std::vector<Contents> before = arrays_;
      if (!walk(loop + 1, end_of_[loop])) return false;
      if (arrays_ == before) break;
    }
    return true;
  }

  bool step(std::size_t i) {
    const Instruction& in = program_.code[i];
    if (in.opcode == Opcode::gate) return pop(i);
    Contents& array = arrays_[static_cast<std::size_t>(array_of(in.unit))];
    if (in.opcode == Opcode::mload) return push_tile(i, array);
    return use_tile(i, array) && take_held(i, array) && push_sums(i, array);
  }

  bool refuse(std::size_t i, const std::string& text) {
    found_.add(label(program_, i) + ": " + text);
    return false;
  }

  bool push_tile(std::size_t i, Contents& array) {
    const Instruction& in = program_.code[i];
    if (static_cast<std::int64_t>(array.tiles.size()) >= program_.machine.tile_fifo) {
      return refuse(i, "the array holds " + std::to_string(array.tiles.size()) +
                           " tiles already in program order; allowed machine.tile_fifo = " +
                           std::to_string(program_.machine.tile_fifo) + ", so a mmul with keep=0 must come first");
    }
    array.tiles.emplace_back(in.fields[field::mload::rows], in.fields[field::mload::cols]);
    return true;
  }

  bool use_tile(std::size_t i, Contents& array) {
    const Instruction& in = program_.code[i];
    if (array.tiles.empty()) return refuse(i, "there is no tile in the array; allowed after an mload");
    const Shape shape{in.fields[field::mmul::rows], in.fields[field::mmul::cols]};
    if (shape != array.tiles.front()) {
      return refuse(i, "is " + text_of(shape) + ", but the oldest tile is " + text_of(array.tiles.front()) +
                           "; allowed the size of the tile");
    }
    if (in.fields[field::mmul::keep] == 0) array.tiles.erase(array.tiles.begin());
    return true;
  }

  bool take_held(std::size_t i, Contents& array) {
    const Instruction& in = program_.code[i];
    const Shape sums{in.fields[field::mmul::vectors], in.fields[field::mmul::cols]};
    const bool continues = in.fields[field::mmul::accumulate] == kAddToHeld;
    if (continues && array.held != sums) {
      return refuse(i, "adds to " + text_of(sums) + " sums, but the array holds " +
                           (array.held == Shape{0, 0} ? "none" : text_of(array.held)) +
                           "; allowed after an mmul with hold=1 of the same size on this array");
    }
    if (!continues && array.held != Shape{0, 0})
      return refuse(i, "finds sums that the mmul before it left in the array; allowed accumulate=2");
    const std::int64_t rows = (continues ? array.held_rows : 0) + in.fields[field::mmul::rows];
    if (rows > kMostHeldRows) {
      return refuse(i, "adds the products of " + std::to_string(rows) + " weight rows in the array; allowed at most " +
                           std::to_string(kMostHeldRows) + ", whose sums fit its 48 bits");
    }
    const bool holds = in.fields[field::mmul::hold] == 1;
    array.held = holds ? sums : Shape{0, 0};
    array.held_rows = holds ? rows : 0;
    return true;
  }

  bool push_sums(std::size_t i, Contents& array) {
    const Instruction& in = program_.code[i];
    if (in.fields[field::mmul::stream] == 0) return true;
    const std::int64_t vectors = in.fields[field::mmul::vectors], most = program_.machine.stream_rows;
    if (vectors > most - array.stream_rows) {
      return refuse(i, "streams " + std::to_string(vectors) + " rows, but the stream holds " +
                           std::to_string(array.stream_rows) +
                           " already in program order; allowed machine.stream_rows = " + std::to_string(most) +
                           " in all, so a gate instruction must pop first");
    }
    array.stream.emplace_back(vectors, in.fields[field::mmul::cols]);
    array.stream_rows += vectors;
    return true;
  }

  bool pop(std::size_t i) {
    const Instruction& in = program_.code[i];
    const std::int64_t rows = in.fields[field::gate::rows], last = in.fields[field::gate::elements] - 1;
    std::uint8_t popped = 0;
    for (const Pop& pop : pops_of(in)) {
      const Contents& array = arrays_[static_cast<std::size_t>(pop.array)];
      const std::string name = "the stream of array " + std::to_string(pop.array);
      if (array.stream.empty())
        return refuse(i, "pops " + name + ", which is empty; allowed after an mmul with stream=1");
      const auto [vectors, cols] = array.stream.front();
      if (vectors != rows) {
        return refuse(i, "has " + std::to_string(rows) + " rows, but the mmul in " + name + " has " +
                             std::to_string(vectors) + " vectors; allowed as many");
      }
      if (pop.i >= cols || (pop.j > 0 && last > (cols - 1 - pop.i) / pop.j)) {
        return refuse(i, "pops columns beyond the " + std::to_string(cols) + " in " + name + "; allowed 0.." +
                             std::to_string(cols - 1));
      }
      popped |= static_cast<std::uint8_t>(1 << pop.array);
    }
    for (std::size_t a = 0; a < arrays_.size(); ++a) {
      if (!(popped >> a & 1)) continue;
      arrays_[a].stream_rows -= rows;
      arrays_[a].stream.erase(arrays_[a].stream.begin());
    }
    return true;
  }

  static constexpr std::int64_t kMostSteps = 20'000'000;
  static constexpr std::int64_t kMostHeldRows = 65536;  // of 16 x 16 bits: 2^46

  const Program& program_;
  List& found_;
  std::vector<std::vector<Pop>> pops_;  ///< by kernel
  std::vector<std::size_t> end_of_;     ///< by loop
  std::vector<bool> matters_;           ///< instructions, and loops around them, that change what an array holds
  std::vector<Contents> arrays_;
  std::int64_t steps_ = 0;
};

}  // namespace

void check_arrays(const Program& program, List& found) { ArrayChecker(program, found).run(); }

}  // namespace rondo::check_parts

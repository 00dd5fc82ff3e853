#include <deque>
#include <utility>

#include "models/isa/check_parts.hpp"

namespace rondo::check_parts {
namespace {

using Shape = std::pair<std::int64_t, std::int64_t>;  // rows, columns
using Fifo = std::deque<Shape>;

// A run through the program in which every loop is repeated only until the FIFO is as it was one iteration
// before: from then on nothing new can happen.
class TileChecker {
 public:
  TileChecker(const Program& program, List& found) : program_(program), found_(found) {
    std::vector<std::size_t> open;
    end_of_.resize(program.code.size());
    has_tiles_.resize(program.code.size());
    for (std::size_t i = 0; i < program.code.size(); ++i) {
      const Opcode opcode = program.code[i].opcode;
      if (opcode == Opcode::loop) {
        open.push_back(i);
      } else if (opcode == Opcode::end) {
        const std::size_t loop = open.back();
        open.pop_back();
        end_of_[loop] = i;
        if (has_tiles_[loop] && !open.empty()) has_tiles_[open.back()] = true;
      } else if ((opcode == Opcode::mload || opcode == Opcode::mmul) && !open.empty()) {
        has_tiles_[open.back()] = true;
      }
    }
  }

  void run() { walk(0, program_.code.size()); }

 private:
  // False as soon as something was found: what follows would be found in its wake.
  bool walk(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (++steps_ > kMostSteps) {
        found_.add(
            "the tiles in the array never settle from one loop iteration to the next; allowed loops that "
            "leave the "
            "tile FIFO as they found it");
        return false;
      }
      const Instruction& in = program_.code[i];
      if (in.opcode == Opcode::loop) {
        if (has_tiles_[i] && !repeat(i)) return false;
        i = end_of_[i];
      } else if ((in.opcode == Opcode::mload && !push(i)) || (in.opcode == Opcode::mmul && !use(i))) {
        return false;
      }
    }
    return true;
  }

  bool repeat(std::size_t loop) {
    const std::int64_t count = program_.code[loop].fields[field::loop::count];
    for (std::int64_t iteration = 0; iteration < count; ++iteration) {
      const Fifo before = fifo_;
      if (!walk(loop + 1, end_of_[loop])) return false;
      if (fifo_ == before) break;
    }
    return true;
  }

  bool push(std::size_t i) {
    const Instruction& in = program_.code[i];
    if (static_cast<std::int64_t>(fifo_.size()) >= program_.machine.tile_fifo) {
      found_.add(label(program_, i) + ": the array holds " + std::to_string(fifo_.size()) +
                 " tiles already in program order; allowed machine.tile_fifo = " +
                 std::to_string(program_.machine.tile_fifo) + ", so a mmul with keep=0 must come first");
      return false;
    }
    fifo_.emplace_back(in.fields[field::mload::rows], in.fields[field::mload::cols]);
    return true;
  }

  bool use(std::size_t i) {
    const Instruction& in = program_.code[i];
    if (fifo_.empty()) {
      found_.add(label(program_, i) + ": there is no tile in the array; allowed after an mload");
      return false;
    }
    const Shape shape{in.fields[field::mmul::rows], in.fields[field::mmul::cols]};
    if (shape != fifo_.front()) {
      const auto text = [](const Shape& s) {
        return std::to_string(s.first) + " x " + std::to_string(s.second);
      };
      found_.add(label(program_, i) + ": is " + text(shape) + ", but the oldest tile is " +
                 text(fifo_.front()) + "; allowed the size of the tile");
      return false;
    }
    if (in.fields[field::mmul::keep] == 0) fifo_.pop_front();
    return true;
  }

  static constexpr std::int64_t kMostSteps = 20'000'000;

  const Program& program_;
  List& found_;
  std::vector<std::size_t> end_of_;
  std::vector<bool> has_tiles_;
  Fifo fifo_;
  std::int64_t steps_ = 0;
};

}  // namespace

void check_tiles(const Program& program, List& found) { TileChecker(program, found).run(); }

}  // namespace rondo::check_parts

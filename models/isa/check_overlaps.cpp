#include <algorithm>

#include "models/isa/check_parts.hpp"

namespace rondo::check_parts {
namespace {

// One memory micro-operation over a row: element e touches `bytes` bytes from e * step on, seen from the first element.
struct Run {
  bool store = false;
  std::int64_t at = 0;  ///< of element 0 in row 0, from the operand's address
  std::int64_t step = 0;
  std::int64_t bytes = 0;
  int place = 0;
};

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return -floor_div(-a, b); }

std::vector<Run> runs_of(const Kernel& kernel) {
  std::vector<Run> runs;
  for (const MicroOp& op : kernel.ops) {
    const MicroOpInfo& row = info(op.opcode);
    if (row.functional_unit != FunctionalUnit::memory) continue;
    const std::int64_t width = row.name.back() == '8' ? 1 : row.name.back() == '6' ? 2 : 4;
    runs.push_back({row.operands.front() == 'a', op.i, op.j * width, width, op.p});
  }
  return runs;
}

// Lanes work chunk by chunk: they load a chunk before they store it, and stores are under way while the next chunk
// loads. So a load must not want what the same instruction stores, unless in every view it comes too early to see it.
// What is wrong to meet:
enum class Wrong {
  any,            ///< a load after the store in the kernel, or in a later row
  later_element,  ///< a load before the store in the kernel, in the same row: an earlier element's load sees nothing
  other_element   ///< two stores in one row: of one element they come in the kernel's order
};

// Whether two runs meet as they must not. `distance`: from the store's first byte to the load's. A run without a step
// happens once for the row: a store after its elements, a load for each of them.
bool meet(const Run& store, const Run& load, std::int64_t distance, std::int64_t elements, Wrong wrong) {
  if (wrong != Wrong::any && elements == 1) return false;
  if (wrong == Wrong::later_element && store.step == 0) return false;
  if (wrong == Wrong::other_element && store.step == 0 && load.step == 0) return false;
  const std::int64_t last_load = load.step == 0 ? 0 : elements - 1;
  const std::int64_t end = distance + last_load * load.step + load.bytes;
  std::int64_t first = 0, last = 0;  // elements whose stores reach between the first and the last byte loaded
  if (store.step > 0) {
    first = std::max<std::int64_t>(0, ceil_div(distance - store.bytes + 1, store.step));
    last = std::min(elements - 1, floor_div(end - 1, store.step));
  }
  constexpr std::int64_t kPeriod = 4 * 65536;  // after so many elements, steps meet as they did before
  const std::int64_t most = store.step == load.step ? 1 : kPeriod;
  for (std::int64_t e = first; e <= std::min(last, first + most); ++e) {
    const std::int64_t begin = e * store.step - distance;  // from the first byte loaded
    if (load.step == 0) {
      if (begin < load.bytes && begin + store.bytes > 0) return true;
      continue;
    }
    std::int64_t low = std::max<std::int64_t>(0, ceil_div(begin - load.bytes + 1, load.step));
    const std::int64_t high = std::min(last_load, floor_div(begin + store.bytes - 1, load.step));
    if (store.step > 0 && wrong == Wrong::later_element) low = std::max(low, e);
    if (store.step > 0 && wrong != Wrong::any && low == e) ++low;  // its own
    if (low <= high) return true;
  }
  return false;
}

std::int64_t length(const Run& run, std::int64_t elements) { return run.bytes + run.step * (elements - 1); }

// A later row of `load` against an earlier one of `store`, their rows `store_row` and `load_row` bytes apart,
// `distance` in row 0.
bool meet_later(const Run& store, const Run& load, std::int64_t distance, std::int64_t store_row, std::int64_t load_row,
                std::int64_t rows, std::int64_t elements) {
  constexpr std::int64_t kRows = 256;  // rows of different strides: the first are looked at
  const auto apart = [&](std::int64_t d) { return d >= length(store, elements) || d <= -length(load, elements); };
  if (store_row != load_row) {
    for (std::int64_t l = 1; l < std::min(rows, kRows); ++l) {
      for (std::int64_t s = 0; s < l; ++s) {
        const std::int64_t d = distance + l * load_row - s * store_row;
        if (!apart(d) && meet(store, load, d, elements, Wrong::any)) return true;
      }
    }
    return false;
  }
  if (store_row == 0) return rows > 1 && meet(store, load, distance, elements, Wrong::any);
  // Only those differences of rows count that bring the two runs together.
  const std::int64_t step = std::abs(store_row), sign = store_row > 0 ? 1 : -1;
  const std::int64_t least = sign > 0 ? ceil_div(-length(load, elements) + 1 - distance, step)
                                      : ceil_div(distance - length(store, elements) + 1, step);
  const std::int64_t first = std::max<std::int64_t>(1, least), most = store.step == load.step ? 65536 : kRows;
  for (std::int64_t r = first; r < std::min(rows, first + most) && !apart(distance + r * store_row); ++r) {
    if (meet(store, load, distance + r * store_row, elements, Wrong::any)) return true;
  }
  return false;
}

// A distance between operands that no loop changes; rows may.
bool meet(const Instruction& in, const Run& store, const Run& other, Wrong wrong) {
  const Place &a = in.places[store.place], &b = in.places[other.place];
  if (a.space != b.space || a.stride != b.stride) return false;
  const std::int64_t store_row = in.fields[field::gate::s0 + store.place],
                     other_row = in.fields[field::gate::s0 + other.place];
  const std::int64_t all = in.fields[field::gate::rows], elements = in.fields[field::gate::elements];
  const std::int64_t rows = store_row == other_row ? 1 : std::min<std::int64_t>(all, 256);
  const std::int64_t distance = b.base + other.at - a.base - store.at;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (meet(store, other, distance + r * (other_row - store_row), elements, wrong)) return true;
  }
  return !other.store && meet_later(store, other, distance, store_row, other_row, all, elements);
}

void check_gate(const Program& program, std::size_t index, const std::vector<Run>& runs, List& found) {
  const Instruction& in = program.code[index];
  for (std::size_t s = 0; s < runs.size(); ++s) {
    for (std::size_t l = 0; runs[s].store && l < runs.size(); ++l) {
      const bool twice = runs[l].store;
      if ((twice && l <= s) || !meet(in, runs[s], runs[l],
                                     twice   ? Wrong::other_element
                                     : s < l ? Wrong::any
                                             : Wrong::later_element))
        continue;
      return found.add(label(program, index) + (twice ? ": stores" : ": loads") + " through p" +
                       std::to_string(runs[l].place) + " bytes that are stored through p" +
                       std::to_string(runs[s].place) +
                       "; allowed: to load what the same element stores afterwards, nothing else");
    }
  }
}

// A column of the array adds to its own word only.
void check_sums(const Program& program, std::size_t index, List& found) {
  const Instruction& in = program.code[index];
  const std::int64_t stride = in.fields[field::mmul::dst_stride], row = 4 * in.fields[field::mmul::cols];
  if (!(writes_sums(in) || reads_sums(in)) || in.fields[field::mmul::vectors] == 1 || stride == 0 || stride >= row)
    return;
  found.add(label(program, index) + ": rows of sums overlap with dst_stride " + std::to_string(stride) +
            "; allowed: 0, or at least " + std::to_string(row));
}

}  // namespace

void check_overlaps(const Program& program, List& found) {
  std::vector<std::vector<Run>> runs;
  for (const Kernel& kernel : program.kernels) runs.push_back(runs_of(kernel));
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& in = program.code[i];
    if (in.opcode == Opcode::mmul) check_sums(program, i, found);
    if (in.opcode == Opcode::gate)
      check_gate(program, i, runs[static_cast<std::size_t>(in.fields[field::gate::kernel])], found);
  }
}

}  // namespace rondo::check_parts

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

// Which loads of an element are wrong to meet the store of element e: those of any other element when the store comes first
// among the micro-operations, those of later elements when the load does.
enum class Order { store_first, load_first };

// Whether a store and a load in one row meet as they must not. `distance`: from the store's first byte to the load's. A store or
// load without a step happens once for the row: after its elements, or for each of them.
bool meet(const Run& store, const Run& load, std::int64_t distance, std::int64_t elements, Order order) {
  if (elements == 1 || (store.step == 0 && order == Order::load_first)) return false;
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
    if (store.step > 0 && order == Order::load_first) low = std::max(low, e);
    if (store.step > 0 && low == e) ++low;  // an element may store where it loads itself
    if (low <= high) return true;
  }
  return false;
}

// A distance between operands that no loop changes; rows may, a few are looked at.
bool meet(const Instruction& in, const Run& store, const Run& load, Order order) {
  const Place &a = in.places[store.place], &b = in.places[load.place];
  if (a.space != b.space || a.stride != b.stride) return false;
  const std::int64_t per_row = in.fields[field::gate::s0 + load.place] - in.fields[field::gate::s0 + store.place];
  const std::int64_t rows = per_row == 0 ? 1 : std::min<std::int64_t>(in.fields[field::gate::rows], 256);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t distance = b.base + load.at - a.base - store.at + r * per_row;
    if (meet(store, load, distance, in.fields[field::gate::elements], order)) return true;
  }
  return false;
}

void check_gate(const Program& program, std::size_t index, const std::vector<Run>& runs, List& found) {
  const Instruction& in = program.code[index];
  for (std::size_t s = 0; s < runs.size(); ++s) {
    for (std::size_t l = 0; runs[s].store && l < runs.size(); ++l) {
      if (runs[l].store || !meet(in, runs[s], runs[l], s < l ? Order::store_first : Order::load_first)) continue;
      return found.add(label(program, index) + ": loads through p" + std::to_string(runs[l].place) +
                       " bytes that another element of the row stores through p" + std::to_string(runs[s].place) +
                       "; allowed only bytes that no element, or the same one, stores");
    }
  }
}

}  // namespace

void check_overlaps(const Program& program, List& found) {
  std::vector<std::vector<Run>> runs;
  for (const Kernel& kernel : program.kernels) runs.push_back(runs_of(kernel));
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& in = program.code[i];
    if (in.opcode == Opcode::gate) check_gate(program, i, runs[static_cast<std::size_t>(in.fields[field::gate::kernel])], found);
  }
}

}  // namespace rondo::check_parts

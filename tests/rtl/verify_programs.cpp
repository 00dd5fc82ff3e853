#include "tests/rtl/verify_programs.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "models/base/error.hpp"
#include "models/isa/walker.hpp"
#include "models/values/executor.hpp"
#include "traces/builder.hpp"
#include "traces/hazards.hpp"
#include "traces/sync.hpp"

namespace rondo::rtl {
namespace {

using testing::Dice;

/// DRAM that a random program uses, so that its image stays small; and what the indices of gathers take of it and of
/// the activation SRAM, from address 0 on, where nothing else writes.
constexpr std::int64_t kDramBytes = 2048, kIndices = 16, kIndexBytes = 4 * kIndices;

// --- Making instructions and kernels more various than timing alone needs
// ---------------------------------------------

template <class T>
T any_of(Dice& dice, const std::vector<T>& list) {
  return list[static_cast<std::size_t>(dice.number(0, static_cast<std::int64_t>(list.size()) - 1))];
}

// Limits, constants and shifts that are mostly ordinary, sometimes extreme.
std::int64_t random_word(Dice& dice) {
  switch (dice.number(0, 5)) {
    case 0: return dice.one_of<std::int64_t>({INT32_MIN, INT32_MAX, 0, -1, 1});
    case 1: return static_cast<std::int32_t>(dice.number(0, UINT32_MAX));
    default: return dice.number(-3000, 3000);
  }
}

// Another micro-operation with the same registers, with integers that fit it.
void vary_arithmetic(MicroOp& op, Dice& dice) {
  const std::string_view letters = info(op.opcode).operands;
  const bool reduction = info(op.opcode).functional_unit == FunctionalUnit::reducer;
  const auto registers = [](std::string_view operands) { return operands.substr(0, operands.find_first_of("ij")); };
  std::vector<MicroOpcode> alike;
  for (const MicroOpInfo& row : micro_op_table()) {
    if (row.functional_unit == FunctionalUnit::memory || row.operands.find('s') != std::string_view::npos) continue;
    if (registers(row.operands) != registers(letters)) continue;
    if ((row.functional_unit == FunctionalUnit::reducer) == reduction) alike.push_back(row.opcode);
  }
  op.opcode = any_of(dice, alike);
  op.i = op.j = 0;
  switch (op.opcode) {
    case MicroOpcode::li:
    case MicroOpcode::addi:
    case MicroOpcode::rsubi: op.i = random_word(dice); break;
    case MicroOpcode::select: op.i = dice.chance(50) ? 0 : random_word(dice); break;
    case MicroOpcode::clip:
      op.i = random_word(dice), op.j = random_word(dice);
      if (op.i > op.j) std::swap(op.i, op.j);
      break;
    case MicroOpcode::sat: op.i = dice.number(2, 32); break;
    case MicroOpcode::shift: op.i = dice.chance(80) ? dice.number(-8, 12) : dice.number(-31, 62); break;
    case MicroOpcode::scalei:
      op.i = dice.number(-32768, 32767), op.j = dice.chance(80) ? dice.number(0, 20) : dice.number(0, 62);
      break;
    case MicroOpcode::mul:
    case MicroOpcode::scale: op.i = dice.chance(80) ? dice.number(0, 16) : dice.number(0, 62); break;
    case MicroOpcode::div: op.i = dice.number(0, 30); break;
    case MicroOpcode::sigmoid:
    case MicroOpcode::tanh:
    case MicroOpcode::exp:
    case MicroOpcode::softplus:
    case MicroOpcode::ln: op.i = dice.chance(80) ? dice.number(4, 16) : dice.number(0, 30); break;
    default: break;
  }
}

// Other widths and steps: RandomProgram leaves room for 4 x elements + 8 bytes behind an operand.
void vary_memory(MicroOp& op, Dice& dice) {
  const bool load = info(op.opcode).operands.front() == 'd';
  const std::int64_t width = dice.one_of<std::int64_t>({1, 2, 4});
  if (load) op.opcode = width == 1 ? MicroOpcode::ld8 : width == 2 ? MicroOpcode::ld16 : MicroOpcode::ld32;
  if (!load) op.opcode = width == 1 ? MicroOpcode::st8 : width == 2 ? MicroOpcode::st16 : MicroOpcode::st32;
  op.i = dice.number(0, 4);
  if (op.j != 0) op.j = dice.number(1, 4 / width);
}

// A register may be used again once nothing reads it any more: the result goes into its own operand's place.
void reuse_registers(Kernel& kernel, Dice& dice) {
  for (std::size_t k = 0; k < kernel.ops.size(); ++k) {
    MicroOp& op = kernel.ops[k];
    const std::string_view letters = info(op.opcode).operands;
    if (letters.find('d') == std::string_view::npos || letters.find('a') == std::string_view::npos || !dice.chance(30))
      continue;
    const auto uses = [](const MicroOp& later, char letter) {
      return info(later.opcode).operands.find(letter) != std::string_view::npos;
    };
    bool free = true;
    for (std::size_t later = k + 1; later < kernel.ops.size(); ++later) {
      const MicroOp& other = kernel.ops[later];
      free &= !(uses(other, 'a') && other.a == op.a) && !(uses(other, 'b') && other.b == op.a);
    }
    if (!free) continue;
    const std::uint8_t old = op.d;
    op.d = op.a;
    for (std::size_t later = k + 1; later < kernel.ops.size(); ++later) {
      if (uses(kernel.ops[later], 'a') && kernel.ops[later].a == old) kernel.ops[later].a = op.d;
      if (uses(kernel.ops[later], 'b') && kernel.ops[later].b == old) kernel.ops[later].b = op.d;
    }
  }
}

// RandomKernel uses the registers up to 17, and 30.
constexpr std::uint8_t kFolded = 28, kLimit = 29, kSpare = 31;

// A selection whose operand just meets the limit: chance seldom brings that about.
void meet_a_limit(Kernel& kernel, Dice& dice) {
  const auto select = std::find_if(kernel.ops.begin(), kernel.ops.end(),
                                   [](const MicroOp& op) { return op.opcode == MicroOpcode::select; });
  if (select == kernel.ops.end() || !dice.chance(50)) return;
  select->a = kLimit;
  kernel.ops.insert(select, {MicroOpcode::li, kLimit, 0, 0, 0, select->i, 0});
}

// What is stored is made of several results, so that few of them come to nothing.
void fold_results(Kernel& kernel, Dice& dice) {
  const auto store = std::find_if(kernel.ops.begin(), kernel.ops.end(), [](const MicroOp& op) {
    return info(op.opcode).functional_unit == FunctionalUnit::memory && info(op.opcode).operands.front() == 'a';
  });
  if (store == kernel.ops.begin() || !dice.chance(70)) return;
  const auto before = store - kernel.ops.begin();
  std::vector<MicroOp> folds;
  std::uint8_t last = store->a;
  for (std::int64_t more = dice.number(1, 4); more > 0; --more) {
    const MicroOp& other = kernel.ops[static_cast<std::size_t>(dice.number(0, before - 1))];
    folds.push_back({MicroOpcode::sub, kFolded, last, other.d, 0, 0, 0});
    last = kFolded;
  }
  store->a = kFolded;
  kernel.ops.insert(store, folds.begin(), folds.end());
}

// More reductions behind the first one: the next is stored, those after it only take the reducer's time.
void reduce_again(Kernel& kernel, Dice& dice) {
  if (kernel.ops.size() < 2 || !dice.chance(50)) return;
  MicroOp reduction = kernel.ops[kernel.ops.size() - 2], store = kernel.ops.back();
  if (info(reduction.opcode).functional_unit != FunctionalUnit::reducer) return;
  kernel.ops.back().i = 0;
  reduction.d = store.a = kSpare;
  store.i = 4;
  kernel.ops.push_back(reduction);
  kernel.ops.push_back(store);
  for (std::int64_t more = dice.number(0, 5); more > 0; --more) kernel.ops.push_back(reduction);
}

void vary_kernels(Program& program, Dice& dice) {
  for (Kernel& kernel : program.kernels) {
    for (MicroOp& op : kernel.ops) {
      if (info(op.opcode).operands.find('s') != std::string_view::npos) continue;  // pop keeps its column
      if (info(op.opcode).functional_unit != FunctionalUnit::memory) {
        if (dice.chance(70)) vary_arithmetic(op, dice);
      } else if (dice.chance(60)) {
        vary_memory(op, dice);
      }
    }
    meet_a_limit(kernel, dice);
    fold_results(kernel, dice);
    reuse_registers(kernel, dice);
    reduce_again(kernel, dice);
  }
}

/// The rows of an operand: in which fields their number and distance are; whether they are only read, and whether the
/// distance may be negative.
struct Rows {
  int count, stride, place;
  bool read, turn;
};

std::vector<Rows> rows_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::mload: return {{field::mload::rows, field::mload::stride, 0, true, false}};
    case Opcode::mmul: return {{field::mmul::vectors, field::mmul::src_stride, 0, true, true}};
    case Opcode::load:
      return {{field::load::rows, field::load::src_stride, 0, true, true},
              {field::load::rows, field::load::dst_stride, 1, false, true}};
    case Opcode::store:
      return {{field::store::rows, field::store::src_stride, 0, true, true},
              {field::store::rows, field::store::dst_stride, 1, false, true}};
    case Opcode::gate: {
      std::vector<Rows> list;
      for (int p = 0; p < kMaxPlaces; ++p) list.push_back({field::gate::rows, field::gate::s0 + p, p, false, true});
      return list;
    }
    default: return {};
  }
}

// What an instruction reads may overlap (any stride up to the present one), and rows may come from the last to the
// first.
void vary_rows(Instruction& in, Dice& dice) {
  for (const Rows& rows : rows_of(in.opcode)) {
    std::int64_t& stride = in.fields[rows.stride];
    if (rows.read && dice.chance(15)) stride = dice.number(0, stride);
    const bool used = in.opcode != Opcode::gate || !(in.places[rows.place] == Place{});
    if (!rows.turn || !used || !dice.chance(15)) continue;
    in.places[rows.place].base += (in.fields[rows.count] - 1) * stride;
    stride = -stride;
  }
}

// Products of one array may follow each other through the same sums only column by column: rows of sums on a grid as
// wide as the array see to that.
void align_sums(Program& program, Dice& dice) {
  const std::int64_t pitch = 4 * program.machine.cols, lines = program.machine.accumulator_bytes / pitch;
  for (Instruction& in : program.code) {
    if (in.opcode != Opcode::mmul || !(reads_sums(in) || writes_sums(in))) continue;
    const std::int64_t vectors = in.fields[field::mmul::vectors];
    if (vectors > lines) continue;
    in.places[1] = Place{Space::accumulator, pitch * dice.number(0, lines - vectors), {}};
    in.fields[field::mmul::dst_stride] = pitch;
  }
}

// --- Memory that nothing overwrites, and bytes to begin with
// ----------------------------------------------------------

// Moves every operand in the activation SRAM and in DRAM behind the indices, and points gathers at those.
void make_room_for_indices(Program& program, Dice& dice) {
  for (Instruction& in : program.code) {
    for (std::size_t p = 0; p < info(in.opcode).places.size(); ++p) {
      Place& place = in.places[p];
      const bool unused = (in.opcode == Opcode::gate && place == Place{}) ||
                          (in.opcode == Opcode::mmul && p == 1 && !reads_sums(in) && !writes_sums(in));
      if (!unused && (place.space == Space::activation || place.space == Space::dram)) place.base += kIndexBytes;
    }
    if (in.opcode != Opcode::gather) continue;
    in.places[2] = Place{Space::activation, 4 * dice.number(0, kIndices - in.fields[field::gather::rows]), {}};
  }
}

Instruction load_of(Space space, std::int64_t from, std::int64_t to, std::int64_t rows, std::int64_t bytes) {
  Instruction in;
  in.opcode = Opcode::load, in.unit = Unit::load;
  in.places[0] = Place{Space::dram, from, {}}, in.places[1] = Place{space, to, {}};
  in.fields[field::load::rows] = rows, in.fields[field::load::bytes] = bytes;
  in.fields[field::load::src_stride] = in.fields[field::load::dst_stride] = bytes;
  return in;
}

// The indices of the gathers, and random bytes in parts of the SRAMs.
void begin_with_loads(Program& program, Dice& dice) {
  const auto gathers = [](const Instruction& in) { return in.opcode == Opcode::gather; };
  std::vector<Instruction> loads;
  if (std::any_of(program.code.begin(), program.code.end(), gathers))
    loads.push_back(load_of(Space::activation, 0, 0, 1, kIndexBytes));
  for (Space space : {Space::weight, Space::activation, Space::parameter}) {
    if (!dice.chance(80)) continue;
    const std::int64_t least = space == Space::activation ? kIndexBytes : 0;
    const std::int64_t room = std::min(program.machine.capacity(space), kDramBytes) - least;
    const std::int64_t bytes = dice.number(room / 4, room);
    loads.push_back(load_of(space, dice.number(0, kDramBytes - bytes), least + dice.number(0, room - bytes), 1, bytes));
  }
  program.code.insert(program.code.begin(), loads.begin(), loads.end());
}

void add_dram_image(Program& program, Dice& dice) {
  Segment image{0, {}};
  for (std::int64_t n = 0; n < kIndices; ++n) {
    image.bytes.push_back(static_cast<std::uint8_t>(dice.number(0, 15)));
    image.bytes.insert(image.bytes.end(), 3, 0);
  }
  add_random_bytes(image.bytes, kDramBytes, dice);
  program.data.push_back(std::move(image));
}

// --- Keeping conflicting instructions apart
// ---------------------------------------------------------------------------

Block tree_of(const std::vector<Instruction>& code, std::size_t& at) {
  Block block;
  for (; at < code.size() && code[at].opcode != Opcode::end && code[at].opcode != Opcode::halt; ++at) {
    Item item;
    if (code[at].opcode == Opcode::loop) {
      item.count = code[at].fields[field::loop::count];
      item.body = tree_of(code, ++at);
    } else {
      item.instruction = code[at];
    }
    block.push_back(std::move(item));
  }
  return block;
}

void flatten(const Block& block, std::vector<Instruction>& code) {
  for (const Item& item : block) {
    if (!item.is_loop()) {
      code.push_back(item.instruction);
      continue;
    }
    Instruction loop, end;
    loop.opcode = Opcode::loop, loop.fields[field::loop::count] = item.count;
    end.opcode = Opcode::end;
    code.push_back(loop);
    flatten(item.body, code);
    code.push_back(end);
  }
}

void keep_conflicts_apart(Program& program) {
  std::size_t at = 0;
  Block tree = tree_of(program.code, at);
  synchronise(tree, program);
  program.code.clear();
  flatten(tree, program.code);
  program.code.emplace_back();
}

// --- What is wrong with a program
// -------------------------------------------------------------------------------------

// Without the semaphores that are posted in both ways, which the hazard checker refuses. What is free of races without
// them is so with them.
Program without_mixed_semaphores(Program program) {
  std::uint64_t signalled = 0, released = 0;
  for (const Instruction& in : program.code) signalled |= in.signal, released |= in.release;
  const std::uint64_t keep = ~(signalled & released);
  for (Instruction& in : program.code) in.wait &= keep, in.signal &= keep, in.release &= keep;
  return program;
}

// In program order every wait finds a token: then no order of the units ever stops for good.
std::string unmet_wait(const Program& program) {
  std::vector<std::int64_t> tokens;
  for (const Semaphore& s : program.semaphores) tokens.push_back(s.initial);
  for (Walker walker(program); !walker.done(); walker.next()) {
    const Instruction& in = walker.instruction();
    for (std::size_t s = 0; s < tokens.size(); ++s) {
      if ((in.wait >> s & 1) && --tokens[s] < 0)
        return "instruction " + std::to_string(walker.index()) + " waits for semaphore " + std::to_string(s) +
               " once too often";
      tokens[s] += (in.signal >> s & 1) + (in.release >> s & 1);
    }
  }
  return "";
}

// Lanes work element by element, the executor micro-operation by micro-operation: they agree when no byte that one
// element stores is touched by another; except that rows may store to the same place, one after the other.
class ElementsMeet {
 public:
  explicit ElementsMeet(const Program& program) : program_(program), seen_(program.code.size()) {
    for (int s = 0; s < kSpaces; ++s) {
      if (static_cast<Space>(s) != Space::dram)
        touches_[s].resize(static_cast<std::size_t>(program.machine.capacity(static_cast<Space>(s))));
    }
  }

  /// Code indices of gate instructions that do it in some iteration.
  std::vector<int> find() {
    std::set<int> found;
    for (Walker walker(program_); !walker.done(); walker.next()) {
      const Instruction& in = walker.instruction();
      if (in.opcode != Opcode::gate || found.count(walker.index()) != 0) continue;
      auto at = walker.addresses();
      // Only the distances between the operands matter, and those of most gates are the same in every iteration.
      auto distances = at;
      for (std::int64_t& distance : distances) distance -= at[0];
      if (seen_[static_cast<std::size_t>(walker.index())].insert(distances).second && meet(in, at))
        found.insert(walker.index());
    }
    return {found.begin(), found.end()};
  }

 private:
  struct Touch {
    std::int64_t stamp = 0;
    std::int64_t element = 0;  ///< numbered over all rows; below 0: what happens once in a row, or several
    std::ptrdiff_t op = 0;     ///< who touches it first
    bool stored = false, loaded = false;
  };

  bool meet(const Instruction& in, const std::array<std::int64_t, kMaxPlaces>& at) {
    ++stamp_;
    const std::int64_t elements = in.fields[field::gate::elements];
    const std::vector<MicroOp>& ops = program_.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])].ops;
    for (const MicroOp& op : ops) {
      const MicroOpInfo& row = info(op.opcode);
      if (row.functional_unit != FunctionalUnit::memory || row.operands.find('p') == std::string_view::npos) continue;
      const std::int64_t width = row.name.back() == '8' ? 1 : row.name.back() == '6' ? 2 : 4;
      auto& touches = touches_[static_cast<std::size_t>(in.places[op.p].space)];
      for (std::int64_t r = 0; r < in.fields[field::gate::rows]; ++r) {
        for (std::int64_t e = 0; e < (op.j == 0 ? 1 : elements); ++e) {
          const std::int64_t first = at[op.p] + r * in.fields[field::gate::s0 + op.p] + op.i + e * op.j * width;
          const std::int64_t who = op.j == 0 && elements > 1 ? -1 - r : r * elements + e;
          for (std::int64_t b = first; b < first + width; ++b) {
            if (b < 0 || b >= static_cast<std::int64_t>(touches.size())) continue;  // for check_program to find
            if (clash(touches[static_cast<std::size_t>(b)], who, &op - ops.data(), row.operands.front() == 'a'))
              return true;
          }
        }
      }
    }
    return false;
  }

  bool clash(Touch& touch, std::int64_t who, std::ptrdiff_t op, bool store) const {
    if (touch.stamp != stamp_) {
      touch = {stamp_, who, op, store, !store};
      return false;
    }
    const bool again = store && !touch.loaded && touch.op == op;  // the next row
    if (touch.element != who && (store || touch.stored) && !again) return true;
    if (touch.element != who) touch.element = INT64_MIN;
    if (touch.op != op) touch.op = -1;
    touch.stored |= store, touch.loaded |= !store;
    return false;
  }

  const Program& program_;
  std::vector<std::set<std::array<std::int64_t, kMaxPlaces>>> seen_;
  std::array<std::vector<Touch>, kSpaces> touches_;
  std::int64_t stamp_ = 0;
};

bool pops(const Kernel& kernel) {
  return std::any_of(kernel.ops.begin(), kernel.ops.end(),
                     [](const MicroOp& op) { return info(op.opcode).operands.find('s') != std::string_view::npos; });
}

bool outside_of_memory(const Program& program) {
  const std::vector<std::string> findings = check_program(program);
  return std::any_of(findings.begin(), findings.end(),
                     [](const std::string& f) { return f.find("memory; allowed 0..") != std::string::npos; });
}

// Gives the results of gate instructions whose elements meet another memory; what still meets then does nothing. The
// start of the activation SRAM stays free for the indices.
void part_elements(Program& program, Dice& dice) {
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt <= kAttempts; ++attempt) {
    for (const int code : ElementsMeet(program).find()) {
      Instruction& in = program.code[static_cast<std::size_t>(code)];
      const Kernel& kernel = program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])];
      if (attempt == kAttempts && !pops(kernel)) {
        in.opcode = Opcode::sync;
        in.places = {}, in.fields = {};
        continue;
      }
      const KernelSummary summary = summarise(kernel);
      const Instruction before = in;
      for (int p = 0; p < kMaxPlaces; ++p) {
        if (summary.operands[p].written)
          in.places[p].space = dice.one_of({Space::accumulator, Space::parameter, Space::weight});
      }
      if (outside_of_memory(program)) in = before;
    }
  }
}

}  // namespace

void add_random_bytes(std::vector<std::uint8_t>& bytes, std::int64_t until, Dice& dice) {
  const std::int64_t kind = dice.number(0, 4);
  while (static_cast<std::int64_t>(bytes.size()) < until) {
    const std::int64_t byte = kind == 0   ? dice.one_of<std::int64_t>({127, 127, 127, 128})
                              : kind == 1 ? dice.number(-9, 9)
                                          : dice.number(0, 255);
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
}

Program random_race_free_program(const Machine& machine, Dice& dice) {
  Machine smaller = machine;
  smaller.semaphores = std::min<std::int64_t>(8, machine.semaphores / 2);
  smaller.dram_bytes = kDramBytes - kIndexBytes;
  smaller.activation_bytes -= kIndexBytes;
  const int nested =
      dice.chance(35) ? static_cast<int>(dice.chance(30) ? machine.loop_depth : dice.number(3, machine.loop_depth)) : 0;
  const testing::Freedom freedom{dice.chance(90), dice.chance(90), true, nested};
  const std::int64_t length = nested > 0 ? dice.number(1, 8) : dice.number(3, 40);
  Program program = testing::RandomProgram(smaller, dice, freedom).make(static_cast<int>(length));
  program.machine = machine;
  vary_kernels(program, dice);
  for (Instruction& in : program.code) vary_rows(in, dice);
  if (dice.chance(85)) align_sums(program, dice);
  make_room_for_indices(program, dice);
  part_elements(program, dice);
  begin_with_loads(program, dice);
  add_dram_image(program, dice);
  keep_conflicts_apart(program);
  return program;
}

void scatter_semaphores(Program& program, Dice& dice) {
  const std::size_t used = program.semaphores.size();
  if (used == 0 || used > static_cast<std::size_t>(program.machine.semaphores)) return;  // check_program will say
  std::vector<std::size_t> numbers(static_cast<std::size_t>(program.machine.semaphores));
  std::iota(numbers.begin(), numbers.end(), 0);
  for (std::size_t s = 0; s < used; ++s) {
    const auto other = dice.number(static_cast<std::int64_t>(s), static_cast<std::int64_t>(numbers.size()) - 1);
    std::swap(numbers[s], numbers[static_cast<std::size_t>(other)]);
  }
  numbers.resize(used);
  const std::vector<Semaphore> before = program.semaphores;
  program.semaphores.assign(*std::max_element(numbers.begin(), numbers.end()) + 1, before.front());  // some unused
  for (std::size_t s = 0; s < used; ++s) program.semaphores[numbers[s]] = before[s];
  for (Instruction& in : program.code) {
    for (std::uint64_t* mask : {&in.wait, &in.signal, &in.release}) {
      const std::uint64_t old = std::exchange(*mask, 0);
      for (std::size_t s = 0; s < used; ++s) *mask |= (old >> s & 1) << numbers[s];
    }
  }
}

std::string why_unfit(const Program& program) {
  const std::vector<std::string> findings = check_program(program);
  if (!findings.empty()) return findings.front();
  if (std::string text = unmet_wait(program); !text.empty()) return text;
  const std::vector<std::string> hazards = find_hazards(without_mixed_semaphores(program));
  if (!hazards.empty()) return hazards.front();
  const std::vector<int> meeting = ElementsMeet(program).find();
  if (!meeting.empty())
    return "instruction " + std::to_string(meeting.front()) +
           ": one of its elements stores where another loads or stores";
  try {
    execute(program);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace rondo::rtl

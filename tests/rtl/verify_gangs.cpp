#include "tests/rtl/verify_gangs.hpp"

#include <algorithm>
#include <vector>

#include "tests/rtl/verify_programs.hpp"

namespace rondo::rtl {
namespace {

using testing::Dice;

/// Slots of every bank: what everybody reads, what the gate and the load unit write, and the sums of each array.
enum Slot { kShared, kOfGate, kOfLoad, kOfArray0 };
constexpr int kSlots = kOfArray0 + kMaxArrays;

class GangProgram {
 public:
  GangProgram(const Machine& machine, Dice& dice) : dice_(dice) {
    program_.name = "gang";
    program_.machine = machine;
    program_.kernels = {kernel(1), kernel(2), kernel(3)};
    Segment image{0, {}};
    add_random_bytes(image.bytes, 1024, dice_);
    for (int b = 0; b < 64; ++b)
      image.bytes[static_cast<std::size_t>(b)] = b % 4 == 0 ? static_cast<std::uint8_t>(dice_.number(0, 15)) : 0;
    program_.data.push_back(image);
  }

  Program make() {
    fill_shared_slots();
    for (std::int64_t rounds = dice_.number(1, 4); rounds > 0; --rounds) {
      Instruction loop;
      loop.opcode = Opcode::loop, loop.fields[field::loop::count] = dice_.number(2, 6);
      program_.code.push_back(loop);
      round();
      Instruction end;
      end.opcode = Opcode::end;
      program_.code.push_back(end);
    }
    program_.code.emplace_back();
    return std::move(program_);
  }

 private:
  // Operands 0 .. loads-1 are added up and stored at operand 4.
  static Kernel kernel(int loads) {
    Kernel out{"add" + std::to_string(loads), {}};
    for (std::uint8_t l = 0; l < loads; ++l) {
      out.ops.push_back({MicroOpcode::ld8, l, 0, 0, l, 0, 1});
      if (l > 0) out.ops.push_back({MicroOpcode::add, 0, 0, l, 0, 0, 0});
    }
    out.ops.push_back({MicroOpcode::st8, 0, 0, 0, 4, 0, 1});
    return out;
  }

  std::int64_t slot_bytes(Space space) const { return program_.machine.bank_bytes(space) / kSlots / 4 * 4; }

  // The gang's bank of a round, or now and then another one.
  Place slot(Space space, Slot which) {
    const std::int64_t banks = program_.machine.banks(space);
    const std::int64_t bank = dice_.chance(80) ? hot_ % banks : dice_.number(0, banks - 1);
    return {space, bank * program_.machine.bank_bytes(space) + which * slot_bytes(space), {}};
  }

  Instruction of(Opcode opcode, Unit unit) {
    Instruction in;
    in.opcode = opcode, in.unit = unit;
    return in;
  }

  // Before the first round, each load on its own.
  void fill_shared_slots() {
    for (Space space : {Space::weight, Space::activation, Space::parameter}) {
      for (std::int64_t bank = 0; bank < program_.machine.banks(space); ++bank) {
        Instruction in = of(Opcode::load, Unit::load);
        in.places[0].space = Space::dram;  // valid indices come first there
        in.places[1] = {space, bank * program_.machine.bank_bytes(space), {}};
        in.fields[field::load::rows] = 1,
        in.fields[field::load::bytes] = std::min<std::int64_t>(slot_bytes(space), 1024);
        program_.code.push_back(in);
      }
    }
    const std::size_t last = program_.code.size() - 1;
    for (Unit unit : units()) {  // nobody reads before they are there
      if (unit == Unit::load) continue;
      program_.code[last].signal |= bit(Unit::load, unit);
      Instruction in = of(Opcode::sync, unit);
      in.wait = bit(Unit::load, unit);
      program_.code.push_back(in);
    }
  }

  std::vector<Unit> units() const {
    std::vector<Unit> list;
    for (int u = 0; u < kUnits; ++u) {
      if (program_.machine.has(static_cast<Unit>(u))) list.push_back(static_cast<Unit>(u));
    }
    return list;
  }

  // The semaphore between two units, declared when first asked for.
  std::uint64_t bit(Unit from, Unit to) {
    for (std::size_t s = 0; s < program_.semaphores.size(); ++s) {
      if (std::uint64_t{1} << s == twice_) continue;
      if (program_.semaphores[s].from == from && program_.semaphores[s].to == to) return std::uint64_t{1} << s;
    }
    program_.semaphores.push_back({from, to, 0});
    return std::uint64_t{1} << (program_.semaphores.size() - 1);
  }

  void round() {
    hot_ = dice_.number(0, 63);
    const std::vector<Unit> all = units();
    const Unit caller = all[static_cast<std::size_t>(dice_.number(0, static_cast<std::int64_t>(all.size()) - 1))];
    if (dice_.chance(40)) two_posts(all);
    std::vector<Instruction> gang;
    for (Unit unit : all) {
      if (unit == caller || dice_.chance(25)) continue;
      const bool tile = kind_of(unit) == Unit::weights;
      if (tile && program_.machine.tile_fifo == 1) continue;
      if (kind_of(unit) == Unit::matrix)
        program_.code.push_back(load_tile(array_of(unit)));  // so that it needs no more than ports
      Instruction in = random(unit);
      in.wait = bit(caller, unit), in.signal = bit(unit, caller);
      gang.push_back(in);
      if (tile) gang.push_back(product(array_of(unit)));
    }
    Instruction call = of(Opcode::sync, caller), wait = call;
    for (const Instruction& in : gang) {
      if (in.wait == 0) continue;
      call.signal |= in.wait;
      wait.wait |= in.signal;
    }
    program_.code.push_back(call);
    program_.code.insert(program_.code.end(), gang.begin(), gang.end());
    program_.code.push_back(wait);
  }

  // Of one semaphore in one cycle, by a unit whose sync signals and releases at once; both are needed.
  void two_posts(const std::vector<Unit>& all) {
    if (twice_ == 0) {
      const Unit from = dice_.one_of({Unit::gate, Unit::load});
      Unit to = from;
      while (to == from) to = all[static_cast<std::size_t>(dice_.number(0, static_cast<std::int64_t>(all.size()) - 1))];
      program_.semaphores.push_back({from, to, 0});
      twice_ = std::uint64_t{1} << (program_.semaphores.size() - 1);
      twice_from_ = from, twice_to_ = to;
    }
    Instruction post = of(Opcode::sync, twice_from_), wait = of(Opcode::sync, twice_to_);
    post.signal = post.release = wait.wait = twice_;
    program_.code.insert(program_.code.end(), {post, wait, wait});
  }

  // All tiles have the same size: the array's, or what slots have room for.
  Instruction load_tile(int array) {
    Instruction in = of(Opcode::mload, weights_unit(array));
    in.places[0] = slot(Space::weight, kShared);
    auto& f = in.fields;
    const std::int64_t room = slot_bytes(Space::weight);
    f[field::mload::cols] = std::min({program_.machine.cols, slot_bytes(Space::accumulator) / 4, room});
    f[field::mload::rows] =
        std::min({program_.machine.rows, room / f[field::mload::cols], slot_bytes(Space::activation)});
    f[field::mload::stride] = f[field::mload::cols], f[field::mload::bits] = 8, f[field::mload::array] = array;
    return in;
  }

  Instruction product(int array) {
    const auto tile = load_tile(array).fields;
    Instruction in = of(Opcode::mmul, matrix_unit(array));
    in.places[0] = slot(Space::activation, kShared);
    in.places[1] = slot(Space::accumulator, static_cast<Slot>(kOfArray0 + array));
    auto& f = in.fields;
    f[field::mmul::rows] = tile[field::mload::rows], f[field::mmul::cols] = tile[field::mload::cols];
    const bool held = program_.machine.dataflow == Dataflow::output_stationary;
    f[field::mmul::vectors] =
        std::min({dice_.number(1, 4), slot_bytes(Space::accumulator) / (4 * f[field::mmul::cols]),
                  slot_bytes(Space::activation) - f[field::mmul::rows] + 1, held ? program_.machine.rows : INT64_MAX});
    f[field::mmul::src_stride] = 1, f[field::mmul::dst_stride] = 4 * f[field::mmul::cols], f[field::mmul::bits] = 8;
    f[field::mmul::accumulate] = dice_.number(0, 1), f[field::mmul::array] = array;
    return in;
  }

  Instruction random(Unit unit) {
    switch (kind_of(unit)) {
      case Unit::weights: return load_tile(array_of(unit));
      case Unit::matrix: return product(array_of(unit));
      case Unit::gate: return gate();
      case Unit::load: return dice_.chance(40) ? gather() : load();
      default: return store();
    }
  }

  Instruction gate() {
    Instruction in = of(Opcode::gate, Unit::gate);
    const std::int64_t number = dice_.number(0, 2);
    const auto space = [&] {
      return dice_.one_of({Space::activation, Space::activation, Space::weight, Space::parameter, Space::accumulator});
    };
    std::int64_t room = 64;
    for (int p = 0; p <= number; ++p)
      in.places[p] = slot(space(), kShared), room = std::min(room, slot_bytes(in.places[p].space));
    in.places[4] = slot(space(), kOfGate), room = std::min(room, slot_bytes(in.places[4].space));
    in.fields[field::gate::kernel] = number, in.fields[field::gate::rows] = 1,
    in.fields[field::gate::elements] = dice_.number(1, room);
    return in;
  }

  Instruction load() {
    Instruction in = of(Opcode::load, Unit::load);
    in.places[0] = {Space::dram, 512, {}};
    in.places[1] = slot(dice_.one_of({Space::activation, Space::activation, Space::weight, Space::parameter}), kOfLoad);
    in.fields[field::load::rows] = 1,
    in.fields[field::load::bytes] = dice_.number(1, std::min<std::int64_t>(64, slot_bytes(in.places[1].space)));
    return in;
  }

  Instruction gather() {
    Instruction in = load();
    in.opcode = Opcode::gather;
    in.places[2] = slot(Space::activation, kShared);
    in.fields = {};
    const std::int64_t rows =
        std::min<std::int64_t>({dice_.number(1, 4), slot_bytes(Space::activation) / 4, slot_bytes(in.places[1].space)});
    const std::int64_t bytes = dice_.number(1, std::min<std::int64_t>(8, slot_bytes(in.places[1].space) / rows));
    in.fields[field::gather::rows] = rows,
    in.fields[field::gather::bytes] = in.fields[field::gather::dst_stride] = bytes;
    in.fields[field::gather::table_rows] = 16;
    return in;
  }

  Instruction store() {
    Instruction in = of(Opcode::store, Unit::store);
    in.places[0] = slot(Space::activation, kShared);
    in.places[1] = {Space::dram, 1024 + 64 * dice_.number(0, 3), {}};
    in.fields[field::store::rows] = 1,
    in.fields[field::store::bytes] = dice_.number(1, std::min<std::int64_t>(64, slot_bytes(Space::activation)));
    return in;
  }

  Dice& dice_;
  Program program_;
  std::int64_t hot_ = 0;     ///< bank that a round's gang wants
  std::uint64_t twice_ = 0;  ///< the semaphore that is posted twice in a cycle
  Unit twice_from_ = Unit::gate, twice_to_ = Unit::gate;
};

}  // namespace

Program random_gang_program(const Machine& machine, Dice& dice) { return GangProgram(machine, dice).make(); }

}  // namespace rondo::rtl

#include <gtest/gtest.h>

#include <set>

#include "models/isa/instruction.hpp"

namespace rondo {
namespace {

TEST(Isa, EveryOpcodeRowIsFoundByItsName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < opcode_table().size(); ++i) {
    const OpcodeInfo& row = opcode_table()[i];
    EXPECT_EQ(static_cast<std::size_t>(row.opcode), i);
    EXPECT_EQ(find_opcode(row.name), row.opcode);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.sentence.empty());
    EXPECT_LE(row.places.size(), std::size_t{kMaxPlaces});
    EXPECT_LE(row.fields.size(), std::size_t{kMaxFields});
  }
  EXPECT_FALSE(find_opcode("nonsense"));
}

TEST(Isa, EveryOpcodeRowIsSound) {
  const std::set<std::string_view> spaces = {"dram", "weight", "activation", "parameter", "accumulator", "sram", "any"};
  std::set<std::string_view> units(kUnitNames.begin(), kUnitNames.end());
  units.insert({"sequencer", "any"});
  for (const OpcodeInfo& row : opcode_table()) {
    EXPECT_TRUE(units.count(row.unit)) << row.name;
    std::set<std::string_view> keys = {"wait", "signal", "release", "layer"};  // keys share one line of assembly
    for (const PlaceInfo& place : row.places) {
      EXPECT_TRUE(spaces.count(place.spaces)) << row.name << " " << place.name;
      EXPECT_TRUE(keys.insert(place.name).second) << row.name << " " << place.name;
    }
    for (const FieldRow& field : row.fields) {
      EXPECT_LE(field.least, field.most) << row.name << " " << field.name;
      EXPECT_TRUE(keys.insert(field.name).second) << row.name << " " << field.name;
    }
  }
}

// The names in namespace `field` are positions in the rows.
TEST(Isa, FieldNamesAreThoseOfTheRows) {
  const auto name = [](Opcode opcode, std::size_t f) { return info(opcode).fields.at(f).name; };
  EXPECT_EQ(name(Opcode::loop, field::loop::count), "count");
  EXPECT_EQ(name(Opcode::mload, field::mload::rows), "rows");
  EXPECT_EQ(name(Opcode::mload, field::mload::cols), "cols");
  EXPECT_EQ(name(Opcode::mload, field::mload::stride), "stride");
  EXPECT_EQ(name(Opcode::mload, field::mload::bits), "bits");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::vectors), "vectors");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::rows), "rows");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::cols), "cols");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::src_stride), "src_stride");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::dst_stride), "dst_stride");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::bits), "bits");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::accumulate), "accumulate");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::keep), "keep");
  EXPECT_EQ(name(Opcode::mload, field::mload::array), "array");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::array), "array");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::stream), "stream");
  EXPECT_EQ(name(Opcode::mmul, field::mmul::hold), "hold");
  EXPECT_EQ(name(Opcode::gate, field::gate::kernel), "kernel");
  EXPECT_EQ(name(Opcode::gate, field::gate::elements), "elements");
  EXPECT_EQ(name(Opcode::gate, field::gate::rows), "rows");
  for (std::size_t p = 0; p < kMaxPlaces; ++p) {
    EXPECT_EQ(name(Opcode::gate, field::gate::s0 + p), "s" + std::to_string(p));
    EXPECT_EQ(info(Opcode::gate).places.at(p).name, "p" + std::to_string(p));
  }
  EXPECT_EQ(name(Opcode::load, field::load::src_stride), "src_stride");
  EXPECT_EQ(name(Opcode::load, field::load::dst_stride), "dst_stride");
  EXPECT_EQ(name(Opcode::gather, field::gather::dst_stride), "dst_stride");
  EXPECT_EQ(name(Opcode::gather, field::gather::table_rows), "table_rows");
  EXPECT_EQ(name(Opcode::store, field::store::bytes), "bytes");
}

TEST(Isa, EveryMicroOperationRowIsSound) {
  for (std::size_t i = 0; i < micro_op_table().size(); ++i) {
    const MicroOpInfo& row = micro_op_table()[i];
    EXPECT_EQ(static_cast<std::size_t>(row.opcode), i);
    EXPECT_EQ(find_micro_op(row.name), row.opcode);
    EXPECT_FALSE(row.sentence.empty());
    EXPECT_EQ(row.operands.find_first_not_of("dabpsij"), std::string_view::npos) << row.name;
    EXPECT_EQ(row.operands.find('p') != std::string_view::npos, row.functional_unit == FunctionalUnit::memory)
        << row.name;
    EXPECT_EQ(row.operands.find('s') != std::string_view::npos, row.functional_unit == FunctionalUnit::stream)
        << row.name;
  }
}

Instruction make(Opcode opcode, std::vector<std::int64_t> fields, std::vector<Space> spaces) {
  Instruction in;
  in.opcode = opcode;
  std::copy(fields.begin(), fields.end(), in.fields.begin());
  for (std::size_t p = 0; p < spaces.size(); ++p) in.places[p].space = spaces[p];
  return in;
}

struct Expected {
  Space space;
  bool write;
  std::int64_t address, rows, bytes, stride;
};

void expect_accesses(const Instruction& in, const std::vector<Kernel>& kernels, const std::vector<Expected>& expected) {
  const auto found = accesses(in, {1000, 2000, 3000}, kernels);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t a = 0; a < found.size(); ++a) {
    SCOPED_TRACE(a);
    EXPECT_EQ(found[a].space, expected[a].space);
    EXPECT_EQ(found[a].write, expected[a].write);
    EXPECT_EQ(found[a].address, expected[a].address);
    EXPECT_EQ(found[a].rows, expected[a].rows);
    EXPECT_EQ(found[a].bytes, expected[a].bytes);
    EXPECT_EQ(found[a].stride, expected[a].stride);
  }
}

TEST(Accesses, OfTheMatrixUnits) {
  expect_accesses(make(Opcode::mload, {8, 6, 100, 16}, {Space::weight}), {},
                  {{Space::weight, false, 1000, 8, 12, 100}});
  expect_accesses(make(Opcode::mmul, {3, 8, 6, 16, 24, 8, 0, 0}, {Space::activation, Space::accumulator}), {},
                  {{Space::activation, false, 1000, 3, 8, 16}, {Space::accumulator, true, 2000, 3, 24, 24}});
  expect_accesses(make(Opcode::mmul, {3, 8, 6, 16, 24, 16, 1, 0}, {Space::activation, Space::accumulator}), {},
                  {{Space::activation, false, 1000, 3, 16, 16},
                   {Space::accumulator, true, 2000, 3, 24, 24},
                   {Space::accumulator, false, 2000, 3, 24, 24}});
}

TEST(Accesses, OfCopies) {
  expect_accesses(make(Opcode::load, {4, 10, 64, 32}, {Space::dram, Space::weight}), {},
                  {{Space::dram, false, 1000, 4, 10, 64}, {Space::weight, true, 2000, 4, 10, 32}});
  expect_accesses(make(Opcode::store, {4, 10, 64, 32}, {Space::activation, Space::dram}), {},
                  {{Space::activation, false, 1000, 4, 10, 64}, {Space::dram, true, 2000, 4, 10, 32}});
  expect_accesses(make(Opcode::gather, {5, 16, 32, 100}, {Space::dram, Space::activation, Space::activation}), {},
                  {{Space::dram, false, 1000, 1, 1600, 0},
                   {Space::activation, true, 2000, 5, 16, 32},
                   {Space::activation, false, 3000, 1, 20, 0}});
}

TEST(Accesses, OfAKernelAreThoseOfItsMemoryOperations) {
  const Kernel kernel{"k",
                      {{MicroOpcode::ld16, 0, 0, 0, 1, 6, 2},
                       {MicroOpcode::ld8, 1, 0, 0, 0, 0, 1},
                       {MicroOpcode::add, 2, 0, 1, 0, 0, 0},
                       {MicroOpcode::rsum, 3, 2, 0, 0, 0, 0},
                       {MicroOpcode::st32, 0, 3, 0, 2, 4, 0}}};
  Instruction in = make(Opcode::gate, {0, 5, 3, 50, 60, 70}, {Space::parameter, Space::activation, Space::accumulator});
  expect_accesses(in, {kernel},
                  {{Space::activation, false, 2006, 3, 2 * (4 * 2 + 1), 60},
                   {Space::parameter, false, 1000, 3, 5, 50},
                   {Space::accumulator, true, 3004, 3, 4, 70}});
  const KernelSummary summary = summarise(kernel);
  EXPECT_EQ(summary.operands[1].read_bytes, 2);
  EXPECT_EQ(summary.operands[0].read_bytes, 1);
  EXPECT_EQ(summary.operands[2].row_written_bytes, 4);
  EXPECT_FALSE(summary.operands[2].read);
  EXPECT_EQ(summary.uses[static_cast<int>(FunctionalUnit::memory)], 3);
  EXPECT_EQ(summary.uses[static_cast<int>(FunctionalUnit::reducer)], 1);
  EXPECT_EQ(summary.uses[static_cast<int>(FunctionalUnit::adder)], 1);
}

// Every instruction that names a memory operand touches it, and every access belongs to an operand.
TEST(Accesses, CoverEveryOperandOfEveryRow) {
  Kernel all{"all", {}};
  for (std::uint8_t p = 0; p < kMaxPlaces; ++p) all.ops.push_back({MicroOpcode::ld8, 0, 0, 0, p, 0, 1});
  for (const OpcodeInfo& row : opcode_table()) {
    Instruction in;
    in.opcode = row.opcode;
    for (std::size_t f = 0; f < row.fields.size(); ++f)
      in.fields[f] = row.fields[f].least > 0 ? row.fields[f].least : 0;
    std::set<int> touched;
    for (const Access& access : accesses(in, {}, {all})) touched.insert(access.place);
    EXPECT_EQ(touched.size(), row.places.size()) << row.name;
    for (int place : touched) EXPECT_LT(place, static_cast<int>(row.places.size())) << row.name;
  }
}

TEST(Machine, CapacityAndBanksBelongToTheSpace) {
  Machine m;
  m.weight_bytes = 100, m.weight_banks = 4, m.activation_bytes = 200, m.activation_banks = 2, m.parameter_bytes = 300;
  m.parameter_banks = 3, m.accumulator_bytes = 400, m.accumulator_banks = 8, m.dram_bytes = 5000;
  EXPECT_EQ(m.capacity(Space::weight), 100);
  EXPECT_EQ(m.bank_bytes(Space::weight), 25);
  EXPECT_EQ(m.bank_bytes(Space::activation), 100);
  EXPECT_EQ(m.bank_bytes(Space::parameter), 100);
  EXPECT_EQ(m.bank_bytes(Space::accumulator), 50);
  EXPECT_EQ(m.bank_bytes(Space::dram), 5000);
  Machine other = m;
  EXPECT_TRUE(other == m);
  other.loop_depth = 3;
  EXPECT_TRUE(other != m);
}

}  // namespace
}  // namespace rondo

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/isa/check_parts.hpp"

namespace rondo::check_parts {
namespace {

constexpr std::int64_t kLeastWord = INT32_MIN, kMostWord = INT32_MAX;

struct Limits {
  std::int64_t least_i = 0, most_i = 0, least_j = 0, most_j = 0;
};

// What the integers of a micro-operation may be: shifts and widths that the 32-bit registers and 64-bit
// products allow.
Limits limits(MicroOpcode opcode) {
  switch (opcode) {
    case MicroOpcode::ld8:
    case MicroOpcode::ld16:
    case MicroOpcode::ld32:
    case MicroOpcode::st8:
    case MicroOpcode::st16:
    case MicroOpcode::st32: return {kLeastWord, kMostWord, 0, 65535};
    case MicroOpcode::pop: return {0, 4095, 0, 4095};
    case MicroOpcode::li:
    case MicroOpcode::addi:
    case MicroOpcode::rsubi:
    case MicroOpcode::select: return {kLeastWord, kMostWord, 0, 0};
    case MicroOpcode::clip: return {kLeastWord, kMostWord, kLeastWord, kMostWord};
    case MicroOpcode::sat: return {2, 32, 0, 0};
    case MicroOpcode::shift: return {-31, 62, 0, 0};
    case MicroOpcode::mul:
    case MicroOpcode::scale: return {0, 62, 0, 0};
    case MicroOpcode::scalei: return {-32768, 32767, 0, 62};
    case MicroOpcode::sigmoid:
    case MicroOpcode::tanh:
    case MicroOpcode::exp:
    case MicroOpcode::softplus:
    case MicroOpcode::ln:
    case MicroOpcode::div: return {0, 30, 0, 0};
    default: return {};
  }
}

bool is_store(MicroOpcode opcode) {
  return opcode == MicroOpcode::st8 || opcode == MicroOpcode::st16 || opcode == MicroOpcode::st32;
}
bool is_reduction(MicroOpcode opcode) { return opcode == MicroOpcode::rmax || opcode == MicroOpcode::rsum; }

std::string range(std::int64_t least, std::int64_t most) {
  return least == most ? "only " + std::to_string(least) : std::to_string(least) + ".." + std::to_string(most);
}

// Walks one kernel from its first micro-operation to its last, knowing which registers hold what.
class KernelChecker {
 public:
  KernelChecker(const Program& program, std::size_t index, List& found)
      : machine_(program.machine), kernel_(program.kernels[index]), found_(found) {
    where_ = "kernel " + std::to_string(index) + (kernel_.name.empty() ? "" : " (" + kernel_.name + ")");
  }

  void run() {
    if (kernel_.ops.empty()) found_.add(where_ + ": has no micro-operations; allowed at least one");
    for (step_ = 0; step_ < kernel_.ops.size(); ++step_) check(kernel_.ops[step_]);
  }

 private:
  enum class Content { nothing, element, reduction };

  void add(const std::string& text) {
    const auto number = static_cast<std::size_t>(kernel_.ops[step_].opcode);
    const std::string name = number < micro_op_table().size() ? std::string(info(kernel_.ops[step_].opcode).name) : "?";
    found_.add(where_ + ", micro-operation " + std::to_string(step_) + " (" + name + "): " + text);
  }

  void check(const MicroOp& op) {
    if (static_cast<std::size_t>(op.opcode) >= micro_op_table().size()) {
      return add("is no micro-operation; allowed those of `rondo describe`");
    }
    const std::string_view letters = info(op.opcode).operands;
    const auto uses = [&](char letter) { return letters.find(letter) != std::string_view::npos; };
    check_integers(op);
    uses('s') ? check_stream(op) : void(check_number("p", op.p, uses('p') ? kMaxPlaces - 1 : 0));
    const bool d_exists = check_number("d", op.d, uses('d') ? kRegisters - 1 : 0);
    const bool a_exists = check_number("a", op.a, uses('a') ? kRegisters - 1 : 0);
    const bool b_exists = check_number("b", op.b, uses('b') ? kRegisters - 1 : 0);
    if (uses('a') && a_exists) read(op, op.a);
    if (uses('b') && b_exists) read(op, op.b);
    if (uses('d') && d_exists) write(op);
  }

  void check_stream(const MicroOp& op) {
    if (machine_.stream_rows == 0) return add("the machine has no streams; allowed with machine.stream_rows above 0");
    check_number("s", op.p, static_cast<int>(std::clamp<std::int64_t>(machine_.arrays, 1, kMaxArrays)) - 1);
  }

  bool check_number(const char* operand, int value, int most) {
    if (value <= most) return true;
    add(std::string(operand) + " is " + std::to_string(value) + "; allowed " + range(0, most));
    return false;
  }

  void check_integers(const MicroOp& op) {
    const Limits allowed = limits(op.opcode);
    if (op.i < allowed.least_i || op.i > allowed.most_i) {
      add("i is " + std::to_string(op.i) + "; allowed " + range(allowed.least_i, allowed.most_i));
    }
    if (op.j < allowed.least_j || op.j > allowed.most_j) {
      add("j is " + std::to_string(op.j) + "; allowed " + range(allowed.least_j, allowed.most_j));
    }
    if (op.opcode == MicroOpcode::clip && op.i > op.j) add("its least value is above its most; allowed i <= j");
  }

  void read(const MicroOp& op, int reg) {
    const std::string name = "register r" + std::to_string(reg);
    const bool once_per_row = is_store(op.opcode) && op.j == 0;
    switch (content_[reg]) {
      case Content::nothing:
        return add(name + " is read before it is written; allowed a register that an earlier micro-operation wrote");
      case Content::element:
        if (once_per_row) add(name + " holds one value per element; allowed with j = 0: the result of rmax or rsum");
        return;
      case Content::reduction:
        if (!once_per_row) add(name + " holds a reduction; allowed only a store with j = 0");
        return;
    }
  }

  void write(const MicroOp& op) { content_[op.d] = is_reduction(op.opcode) ? Content::reduction : Content::element; }

  const Machine& machine_;
  const Kernel& kernel_;
  List& found_;
  std::string where_;
  std::size_t step_ = 0;
  std::array<Content, kRegisters> content_{};
};

}  // namespace

void check_kernel(const Program& program, std::size_t index, List& found) {
  KernelChecker(program, index, found).run();
}

}  // namespace rondo::check_parts

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "models/base/params.hpp"
#include "traces/assembler.hpp"

namespace rondo {
namespace {

constexpr std::size_t kCommentColumn = 100;
constexpr std::size_t kBytesPerLine = 32;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A name that can stand without quotes: a word that is neither a loop (i0, i1, ...) nor `none`.
bool is_bare(const std::string& name) {
  if (name.empty() || !is_letter(name[0]) || name == "none") return false;
  if (name[0] == 'i' && std::all_of(name.begin() + 1, name.end(), is_digit)) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '.'; });
}

std::string hex_digits(std::uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

std::string quoted(const std::string& name) {
  if (is_bare(name)) return name;
  std::string text = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      text += "\\x" + hex_digits(static_cast<std::uint8_t>(c));
    } else {
      text += c;
    }
  }
  return text + '"';
}

// The shortest decimal that reads back as the same number.
std::string exact(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

template <class List>
std::string joined(const List& list) {
  std::string text;
  for (auto value : list) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

std::string numbers_of(std::uint64_t mask) {
  std::vector<int> set;
  for (int bit = 0; bit < 64; ++bit) {
    if (mask >> bit & 1) set.push_back(bit);
  }
  return joined(set);
}

// Finds the symbol that an address lies in.
class SymbolMap {
 public:
  explicit SymbolMap(const std::vector<Symbol>& symbols) {
    std::map<std::pair<Space, std::string>, int> uses;
    for (const Symbol& s : symbols) ++uses[{s.space, s.name}];
    for (const Symbol& s : symbols) {
      if (uses[{s.space, s.name}] == 1 && s.address >= 0) at_[s.space].emplace(s.address, &s);
    }
  }

  /// `w0+128`, or the number alone.
  std::string text(Space space, std::int64_t address) const {
    const auto map = at_.find(space);
    if (map == at_.end()) return std::to_string(address);
    auto next = map->second.upper_bound(address);
    if (next == map->second.begin()) return std::to_string(address);
    const Symbol& symbol = *(--next)->second;
    const std::int64_t offset = address - symbol.address;
    if (offset == 0) return quoted(symbol.name);
    return offset < symbol.bytes ? quoted(symbol.name) + "+" + std::to_string(offset) : std::to_string(address);
  }

 private:
  std::map<Space, std::map<std::int64_t, const Symbol*>> at_;
};

struct MachineText {
  std::vector<std::string> fields;
  void integer(const char* name, std::int64_t value, const char*, const char*, std::int64_t, std::int64_t) {
    fields.push_back(std::string(name) + "=" + std::to_string(value));
  }
  void choice(const char* name, const std::string& value, const std::vector<std::string>&, const char*) {
    fields.push_back(std::string(name) + "=" + value);
  }
};

class Writer {
 public:
  explicit Writer(const Program& program) : program_(program), symbols_(program.symbols) {
    for (const Kernel& kernel : program.kernels) ++kernel_names_[kernel.name];
    for (const std::string& layer : program.layers) ++layer_names_[layer];
  }

  std::string run() {
    line(".rondo 1");
    line(".program " + quoted(program_.name));
    machine();
    declarations();
    for (const Kernel& k : program_.kernels) kernel(k);
    line("");
    for (std::size_t i = 0; i < program_.code.size(); ++i) instruction(i);
    for (const Segment& segment : program_.data) data(segment);
    return std::move(text_);
  }

  std::vector<std::string> statements() {
    std::vector<std::string> list;
    for (const Instruction& in : program_.code) list.push_back(statement(in));
    return list;
  }

 private:
  void line(const std::string& text) { text_.append(text).push_back('\n'); }

  void machine() {
    MachineText all;
    const_cast<Machine&>(program_.machine).fields(all);
    for (std::size_t f = 0; f < all.fields.size(); f += 4) {
      std::string text = ".machine";
      for (std::size_t k = f; k < std::min(f + 4, all.fields.size()); ++k) text += " " + all.fields[k];
      line(text);
    }
  }

  void declarations() {
    line("");
    for (const std::string& layer : program_.layers) line(".layer " + quoted(layer));
    for (std::size_t s = 0; s < program_.semaphores.size(); ++s) {
      const Semaphore& semaphore = program_.semaphores[s];
      line(".semaphore " + std::to_string(s) + " from=" + name(semaphore.from) + " to=" + name(semaphore.to) +
           " initial=" + std::to_string(semaphore.initial));
    }
    for (const Symbol& s : program_.symbols) {
      line(".symbol " + quoted(s.name) + " " + name(s.space) + "[" + std::to_string(s.address) +
           "] bytes=" + std::to_string(s.bytes));
    }
    for (const Port& p : program_.ports) {
      line(std::string(".port ") + (p.output ? "output " : "input ") + quoted(p.name) + " dram[" +
           symbols_.text(Space::dram, p.address) + "] bits=" + std::to_string(p.bits) + " scale=" + exact(p.scale) +
           (p.shape.empty() ? "" : " shape=" + joined(p.shape)));
    }
  }

  void kernel(const Kernel& kernel) {
    line("");
    line(".kernel " + quoted(kernel.name));
    for (const MicroOp& op : kernel.ops) line("  " + micro_op(op));
    line(".end");
  }

  // Operands in the order of the row; the integers of a memory operation or a pop have names and are left out where
  // usual.
  static std::string micro_op(const MicroOp& op) {
    const MicroOpInfo& row = info(op.opcode);
    const bool addressed =
        row.functional_unit == FunctionalUnit::memory || row.functional_unit == FunctionalUnit::stream;
    std::string list, keys;
    for (char letter : row.operands) {
      std::string text;
      switch (letter) {
        case 'd': text = "r" + std::to_string(op.d); break;
        case 'a': text = "r" + std::to_string(op.a); break;
        case 'b': text = "r" + std::to_string(op.b); break;
        case 'p': text = "p" + std::to_string(op.p); break;
        case 's': text = "s" + std::to_string(op.p); break;
        case 'i': text = std::to_string(op.i); break;
        default: text = std::to_string(op.j); break;
      }
      if (!addressed || (letter != 'i' && letter != 'j')) {
        list += (list.empty() ? "" : ", ") + text;
      } else if (letter == 'i' ? op.i != 0 : op.j != 1) {
        keys += (letter == 'i' ? " at=" : " step=") + text;
      }
    }
    std::string name(row.name);
    name.resize(std::max<std::size_t>(name.size() + 1, 9), ' ');
    return name + list + keys;
  }

  void instruction(std::size_t index) {
    const Instruction& in = program_.code[index];
    if (in.opcode == Opcode::end && depth_ > 0) --depth_;
    if (in.layer != layer_) line(".in_layer " + layer_name(in.layer));
    layer_ = in.layer;
    std::string text(2 * std::min(depth_, kMaxLoops), ' ');
    text += statement(in);
    if (text.size() < kCommentColumn) text.resize(kCommentColumn, ' ');
    line(text + " # " + std::to_string(index));
    if (in.opcode == Opcode::loop) ++depth_;
  }

  std::string statement(const Instruction& in) {
    std::string text(info(in.opcode).name);
    if (info(in.opcode).unit == "any") text += " " + name(in.unit);
    operands(in, text);
    if (in.wait) text += " wait=" + numbers_of(in.wait);
    if (in.signal) text += " signal=" + numbers_of(in.signal);
    if (in.release) text += " release=" + numbers_of(in.release);
    return text;
  }

  void operands(const Instruction& in, std::string& text) {
    const OpcodeInfo& row = info(in.opcode);
    std::size_t f = 0;
    if (in.opcode == Opcode::loop) text += " " + std::to_string(in.fields[f++]);
    if (in.opcode == Opcode::gate) text += " " + kernel_name(in.fields[f++]);
    for (std::size_t p = 0; p < row.places.size(); ++p) {
      const bool optional =
          in.opcode == Opcode::gate || (in.opcode == Opcode::mmul && p == 1 && !reads_sums(in) && !writes_sums(in));
      if (optional && in.places[p] == Place{}) continue;
      text += " " + std::string(row.places[p].name) + "=" + place(in.places[p]);
    }
    for (; f < row.fields.size(); ++f) {
      const bool optional = row.fields[f].least <= 0;
      if (!optional || in.fields[f] != 0)
        text += " " + std::string(row.fields[f].name) + "=" + std::to_string(in.fields[f]);
    }
  }

  std::string place(const Place& place) {
    std::string text = name(place.space) + "[" + symbols_.text(place.space, place.base);
    for (int d = 0; d < kMaxLoops; ++d) {
      const std::int64_t stride = place.stride[d];
      if (stride == 0) continue;
      const std::string number = std::to_string(stride);
      text += (stride < 0 ? " - " + number.substr(1) : " + " + number) + "*i" + std::to_string(d);
    }
    return text + "]";
  }

  std::string kernel_name(std::int64_t number) {
    if (number < 0 || number >= static_cast<std::int64_t>(program_.kernels.size())) return std::to_string(number);
    const std::string& name = program_.kernels[number].name;
    return kernel_names_[name] == 1 ? quoted(name) : std::to_string(number);
  }

  std::string layer_name(std::int32_t number) {
    if (number == -1) return "none";
    if (number < 0 || number >= static_cast<std::int64_t>(program_.layers.size())) return std::to_string(number);
    return layer_names_[program_.layers[number]] == 1 ? quoted(program_.layers[number]) : std::to_string(number);
  }

  void data(const Segment& segment) {
    line("");
    line(".data dram[" + symbols_.text(Space::dram, segment.address) + "]");
    text_.reserve(text_.size() + segment.bytes.size() * 5 / 2 + 64);
    for (std::size_t b = 0; b < segment.bytes.size(); b += kBytesPerLine) {
      const std::size_t end = std::min(b + kBytesPerLine, segment.bytes.size());
      for (std::size_t k = b; k < end; ++k) {
        if (k % 4 == 0) text_ += k == b ? "  " : " ";
        text_ += hex_digits(segment.bytes[k]);
      }
      text_ += '\n';
    }
    line(".end");
  }

  static std::string name(Unit unit) { return std::string(kUnitNames[static_cast<std::size_t>(unit)]); }
  static std::string name(Space space) { return std::string(kSpaceNames[static_cast<std::size_t>(space)]); }

  const Program& program_;
  SymbolMap symbols_;
  std::map<std::string, int> kernel_names_, layer_names_;
  std::int32_t layer_ = -1;
  int depth_ = 0;
  std::string text_;
};

}  // namespace

std::string to_assembly(const Program& program) { return Writer(program).run(); }

std::vector<std::string> assembly_statements(const Program& program) { return Writer(program).statements(); }

}  // namespace rondo

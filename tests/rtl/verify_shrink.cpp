#include "tests/rtl/verify_shrink.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "tests/rtl/verify_cases.hpp"
#include "tests/rtl/verify_programs.hpp"

namespace rondo::rtl {
namespace {

bool is_control(const Instruction& in) { return info(in.opcode).unit == "sequencer"; }

// Whether code [begin, end) closes every loop that it opens, and no other.
bool balanced(const std::vector<Instruction>& code, std::size_t begin, std::size_t end) {
  int open = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (code[i].opcode == Opcode::loop) ++open;
    if (code[i].opcode == Opcode::end && --open < 0) return false;
  }
  return open == 0;
}

std::size_t end_of(const std::vector<Instruction>& code, std::size_t loop) {
  std::size_t end = loop + 1;
  while (!balanced(code, loop, end)) ++end;
  return end;  // behind its `end`
}

Instruction only_semaphores(const Instruction& in) {
  Instruction out;
  out.opcode = Opcode::sync, out.unit = in.unit, out.layer = in.layer;
  out.wait = in.wait, out.signal = in.signal, out.release = in.release;
  return out;
}

class Shrinker {
 public:
  Shrinker(Witness witness, const Differs& differs, std::int64_t most)
      : now_(std::move(witness)), differs_(differs), left_(most) {}

  Witness run() {
    bare_program();
    for (bool again = true; again && left_ > 0;) {
      again = drop_semaphores();
      again |= delete_code();
      again |= delete_companions();
      again |= shorten_loops();
      again |= reduce_fields();
      again |= delete_micro_ops();
      again |= reduce_pace();
      again |= reduce_places();
    }
    clear_data();
    tidy();
    return std::move(now_);
  }

 private:
  // Takes a changed program (or chip) when the sides still differ on it.
  template <class Change>
  bool attempt(Change change) {
    if (left_ <= 0) return false;
    Witness next = now_;
    change(next);
    if (next == now_) return false;
    --left_;
    if (!why_unfit(next.program).empty() || !differs_(next)) return false;
    now_ = std::move(next);
    return true;
  }

  std::vector<Instruction>& code() { return now_.program.code; }

  void bare_program() {
    attempt([](Witness& w) {
      w.program.symbols.clear(), w.program.ports.clear(), w.program.layers.clear();
      for (Instruction& in : w.program.code) in.layer = -1;
    });
  }

  bool drop_semaphores() {
    bool any = false;
    for (std::size_t s = 0; s < now_.program.semaphores.size(); ++s) {
      any |= attempt([s](Witness& w) {
        for (Instruction& in : w.program.code) {
          for (std::uint64_t* mask : {&in.wait, &in.signal, &in.release}) *mask &= ~(std::uint64_t{1} << s);
        }
        w.program.semaphores[s].initial = 0;
      });
    }
    return any;
  }

  // Windows of half the program, then of a quarter, and so on: deleted, or reduced to their semaphores.
  bool delete_code() {
    bool any = false;
    for (std::size_t size = std::max<std::size_t>(1, code().size() / 2); size > 0; size /= 2) {
      for (std::size_t begin = 0; begin + size < code().size();) {
        const bool deleted = balanced(code(), begin, begin + size) && attempt([=](Witness& w) {
                               auto& code = w.program.code;
                               code.erase(code.begin() + static_cast<std::ptrdiff_t>(begin),
                                          code.begin() + static_cast<std::ptrdiff_t>(begin + size));
                             });
        const bool emptied = !deleted && attempt([=](Witness& w) {
          for (std::size_t i = begin; i < begin + size; ++i) {
            if (!is_control(w.program.code[i])) w.program.code[i] = only_semaphores(w.program.code[i]);
          }
        });
        any |= deleted || emptied;
        if (!deleted) begin += size;
      }
    }
    return any;
  }

  // What only goes together, reduced to its semaphores: everything about all arrays, or about one; or a product, the
  // tile before it and the gate instruction after it that may take its sums, in any selection.
  bool delete_companions() {
    std::array<std::vector<std::size_t>, kMaxArrays> of_array;
    std::vector<std::size_t> of_any;
    for (int a = 0; a < kMaxArrays; ++a) {
      for (std::size_t i = 0; i < code().size(); ++i) {
        if (is_of_array(code()[i], a)) of_array[a].push_back(i), of_any.push_back(i);
      }
    }
    bool any = empty(of_any);
    for (const std::vector<std::size_t>& all : of_array) {
      any |= empty(all);
      for (const std::size_t i : all) {
        if (code()[i].opcode != Opcode::mmul) continue;
        for (const bool tile : {true, false}) {
          for (const bool gate : {true, false}) {
            std::vector<std::size_t> some = {i};
            const auto before = std::find_if(all.rbegin(), all.rend(),
                                             [&](std::size_t k) { return k < i && code()[k].opcode == Opcode::mload; });
            const auto after = std::find_if(all.begin(), all.end(),
                                            [&](std::size_t k) { return k > i && code()[k].opcode == Opcode::gate; });
            if (tile && before != all.rend()) some.push_back(*before);
            if (gate && after != all.end()) some.push_back(*after);
            any |= empty(some);
          }
        }
      }
    }
    return any;
  }

  bool is_of_array(const Instruction& in, int array) const {
    if (in.opcode == Opcode::gate)
      return summarise(now_.program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])]).pops >> array &
             1;
    return (in.opcode == Opcode::mload || in.opcode == Opcode::mmul) && array_of(in.unit) == array;
  }

  bool empty(const std::vector<std::size_t>& some) {
    return attempt([&](Witness& w) {
      for (const std::size_t i : some) w.program.code[i] = only_semaphores(w.program.code[i]);
    });
  }

  // Counts halved; a loop of one iteration opened, the loops inside it moving outwards.
  bool shorten_loops() {
    bool any = false;
    int depth = 0;
    for (std::size_t i = 0; i < code().size(); ++i) {
      depth -= code()[i].opcode == Opcode::end;
      if (code()[i].opcode != Opcode::loop) continue;
      for (const std::int64_t part : {1, 2}) {
        any |= attempt([=](Witness& w) {
          std::int64_t& count = w.program.code[i].fields[field::loop::count];
          count = part == 1 ? 1 : (count + 1) / 2;
        });
      }
      const bool opened = code()[i].fields[field::loop::count] == 1 &&
                          attempt([=](Witness& w) { open_loop(w.program.code, i, depth); });
      any |= opened;
      if (opened)
        --i;
      else
        ++depth;
    }
    return any;
  }

  static void open_loop(std::vector<Instruction>& code, std::size_t loop, int depth) {
    const std::size_t end = end_of(code, loop);
    for (std::size_t k = loop; k < end; ++k) {
      for (Place& place : code[k].places) {
        for (int d = depth; d + 1 < kMaxLoops; ++d) place.stride[d] = place.stride[d + 1];
        place.stride[kMaxLoops - 1] = 0;
      }
    }
    code.erase(code.begin() + static_cast<std::ptrdiff_t>(end) - 1);
    code.erase(code.begin() + static_cast<std::ptrdiff_t>(loop));
  }

  // Sizes: of one instruction, or of all that have the same (a tile and its products, a product and who pops it).
  bool reduce_fields() {
    static const std::set<std::string_view> sizes = {"rows", "cols", "vectors", "elements", "bytes"};
    bool any = false;
    for (std::size_t i = 0; i < code().size(); ++i) {
      const auto& fields = info(code()[i].opcode).fields;
      for (std::size_t f = 0; f < fields.size(); ++f) {
        if (sizes.count(fields[f].name) == 0) continue;
        for (const bool together : {false, true}) {
          for (const std::int64_t part : {1, 2})
            any |= attempt([=](Witness& w) { reduce(w.program, i, f, part == 1, together); });
        }
      }
    }
    return any;
  }

  static void reduce(Program& program, std::size_t i, std::size_t f, bool to_one, bool together) {
    const std::int64_t before = program.code[i].fields[f], after = to_one ? 1 : (before + 1) / 2;
    const std::string_view name = info(program.code[i].opcode).fields[f].name;
    const auto alike = [&](std::string_view other) {
      const auto lines = [](std::string_view n) { return n == "rows" || n == "vectors"; };
      return other == name || (lines(other) && lines(name));
    };
    for (std::size_t k = 0; k < program.code.size(); ++k) {
      const auto& fields = info(program.code[k].opcode).fields;
      for (std::size_t g = 0; g < fields.size(); ++g) {
        const bool same = k == i && g == f;
        if (same || (together && alike(fields[g].name) && program.code[k].fields[g] == before))
          program.code[k].fields[g] = after;
      }
    }
  }

  bool delete_micro_ops() {
    bool any = false;
    for (std::size_t k = 0; k < now_.program.kernels.size(); ++k) {
      for (std::size_t o = now_.program.kernels[k].ops.size(); o-- > 0;) {
        any |= attempt([=](Witness& w) {
          auto& ops = w.program.kernels[k].ops;
          ops.erase(ops.begin() + static_cast<std::ptrdiff_t>(o));
          clear_unused_places(w.program);
        });
      }
    }
    return any;
  }

  static void clear_unused_places(Program& program) {
    for (Instruction& in : program.code) {
      if (in.opcode != Opcode::gate) continue;
      const KernelSummary summary =
          summarise(program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])]);
      for (int p = 0; p < kMaxPlaces; ++p) {
        if (!summary.operands[p].read && !summary.operands[p].written) in.places[p] = Place{};
      }
    }
  }

  // Sets the n-th field of a chip to 1, or halves it; counts the fields.
  struct Pace {
    std::int64_t wanted, part, seen = 0;
    void integer(const char*, std::int64_t& value, const char*, const char*, std::int64_t least, std::int64_t) {
      if (seen++ == wanted) value = std::max(least, part == 1 ? 1 : (value + 1) / 2);
    }
    void choice(const char*, std::string&, const std::vector<std::string>&, const char*) {}
    void word(const char*, std::string&, const char*) {}
  };
  static std::int64_t set_pace(ChipParams& chip, std::int64_t wanted, std::int64_t part) {
    Pace pace{wanted, part};
    const std::int64_t lanes = chip.gate.lanes, bits = chip.matrix.operand_bits;
    chip.sections([&](std::string_view name, auto& section) {
      if (name != "machine") section.fields(pace);
    });
    chip.gate.lanes = lanes;  // belongs to the shape
    if (chip.matrix.operand_bits != 16) chip.matrix.operand_bits = std::min<std::int64_t>(bits, 8);
    return pace.seen;
  }

  bool reduce_pace() {
    ChipParams copy = now_.chip;
    const std::int64_t fields = set_pace(copy, -1, 1);
    bool any = false;
    for (std::int64_t f = 0; f < fields; ++f) {
      for (const std::int64_t part : {1, 2}) any |= attempt([=](Witness& w) { set_pace(w.chip, f, part); });
    }
    return any;
  }

  bool reduce_places() {
    bool any = false;
    for (std::size_t i = 0; i < code().size(); ++i) {
      for (std::size_t p = 0; p < kMaxPlaces; ++p) {
        any |= attempt([=](Witness& w) { w.program.code[i].places[p].stride = {}; });
        any |= attempt([=](Witness& w) { w.program.code[i].places[p].base = 0; });
      }
    }
    return any;
  }

  void clear_data() {
    if (attempt([](Witness& w) { w.program.data.clear(); })) return;
    for (std::size_t s = 0; s < now_.program.data.size(); ++s) {
      for (std::size_t size = now_.program.data[s].bytes.size(); size > 0; size /= 2) {
        for (std::size_t at = 0; at + size <= now_.program.data[s].bytes.size(); at += size) {
          attempt([=](Witness& w) {
            auto& bytes = w.program.data[s].bytes;
            std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, std::uint8_t{0});
          });
        }
        if (size == 1) break;
      }
      attempt([=](Witness& w) {
        auto& bytes = w.program.data[s].bytes;
        while (!bytes.empty() && bytes.back() == 0) bytes.pop_back();
      });
    }
  }

  // Semaphores and kernels that nobody names any more.
  void tidy() {
    for (std::size_t k = now_.program.kernels.size(); k-- > 0;)
      attempt([=](Witness& w) { drop_kernel(w.program, static_cast<std::int64_t>(k)); });
    for (std::size_t s = now_.program.semaphores.size(); s-- > 0;)
      attempt([=](Witness& w) { drop_semaphore(w.program, s); });
  }

  static void drop_kernel(Program& program, std::int64_t number) {
    for (Instruction& in : program.code) {
      if (in.opcode != Opcode::gate) continue;
      if (in.fields[field::gate::kernel] == number) return;
    }
    program.kernels.erase(program.kernels.begin() + number);
    for (Instruction& in : program.code) {
      if (in.opcode == Opcode::gate && in.fields[field::gate::kernel] > number) --in.fields[field::gate::kernel];
    }
  }

  static void drop_semaphore(Program& program, std::size_t s) {
    const std::uint64_t below = (std::uint64_t{1} << s) - 1;
    for (const Instruction& in : program.code) {
      if ((in.wait | in.signal | in.release) >> s & 1) return;
    }
    program.semaphores.erase(program.semaphores.begin() + static_cast<std::ptrdiff_t>(s));
    for (Instruction& in : program.code) {
      for (std::uint64_t* mask : {&in.wait, &in.signal, &in.release}) *mask = (*mask & below) | ((*mask >> 1) & ~below);
    }
  }

  Witness now_;
  const Differs& differs_;
  std::int64_t left_;
};

}  // namespace

bool Witness::operator==(const Witness& other) const {
  return program == other.program && settings_of(chip) == settings_of(other.chip);
}

Witness shrunk(Witness witness, const Differs& differs, std::int64_t most_asked) {
  return Shrinker(std::move(witness), differs, most_asked).run();
}

}  // namespace rondo::rtl

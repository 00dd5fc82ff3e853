#include "traces/assembly_arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace rondo::assembly {
namespace {

using Wide = __int128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 123 or 0x7b, without a sign; empty when it is neither or has more than 64 bits.
std::optional<std::uint64_t> magnitude(std::string_view text) {
  const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A word in a message, cut where it becomes a burden.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  return "'" + std::string(text.substr(0, kMost)) + (text.size() > kMost ? "..." : "") + "'";
}

// i0 to i7; empty for other words.
std::optional<std::int64_t> loop_number(const Word& word) {
  if (word.quoted || word.text.size() < 2 || word.text[0] != 'i') return std::nullopt;
  if (!std::all_of(word.text.begin() + 1, word.text.end(), is_digit)) return std::nullopt;
  const auto number = magnitude(word.text.substr(1));
  return number && *number < kMaxLoops ? static_cast<std::int64_t>(*number) : kMaxLoops;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Adds up the terms of an address.
class PlaceReader {
 public:
  PlaceReader(bool loops, const NameTable& symbols, Problems& problems)
      : loops_(loops), symbols_(symbols), problems_(problems) {}

  bool add(const Term& term) {
    if (const auto loop = loop_number(term.first)) return add_stride(*loop, term.first, term.times, term);
    if (term.first.quoted || !is_digit(term.first.text[0])) return add_symbol(term);
    if (!term.times.text.empty()) {
      const auto times = loop_number(term.times);
      if (!times) return problem(term.times, "is no loop; allowed i0 (outermost) to i7"), false;
      return add_stride(*times, term.times, term.first, term);
    }
    const auto number = magnitude(term.first.text);
    if (!number)
      return problem(term.first, "is no address; allowed a decimal or 0x number of 64 bits, or a symbol"), false;
    base_ += term.negative ? -Wide{*number} : Wide{*number};
    return true;
  }

  std::optional<Place> take(const Item& item, Space space) {
    Place place;
    place.space = space;
    bool fits = base_ >= INT64_MIN && base_ <= INT64_MAX;
    for (int d = 0; d < kMaxLoops; ++d) {
      fits = fits && stride_[d] >= INT64_MIN && stride_[d] <= INT64_MAX;
      place.stride[d] = static_cast<std::int64_t>(stride_[d]);
    }
    if (!fits) return problems_.add(item.space.data(), "the address is too large; allowed 64 bits"), std::nullopt;
    place.base = static_cast<std::int64_t>(base_);
    return place;
  }

 private:
  void problem(const Word& word, const std::string& text) {
    problems_.add(word.text.data(), shown(word.text) + " " + text);
  }

  bool add_stride(std::int64_t loop, const Word& name, const Word& factor, const Term& term) {
    if (loop >= kMaxLoops) return problem(name, "is no loop; allowed i0 (outermost) to i7"), false;
    if (!loops_) return problem(name, "does not belong here; allowed an address that does not move"), false;
    if (seen_ >> loop & 1) return problem(name, "stands twice; allowed one stride for a loop"), false;
    seen_ |= 1 << loop;
    std::optional<std::uint64_t> stride = 1;
    if (!factor.text.empty()) stride = magnitude(factor.text);
    if (!stride) return problem(factor, "is no stride; allowed a decimal or 0x number of 64 bits"), false;
    stride_[loop] = term.negative ? -Wide{*stride} : Wide{*stride};
    return true;
  }

  bool add_symbol(const Term& term) {
    if (!term.times.text.empty()) return problem(term.first, "is no number; allowed a number before or after *"), false;
    const auto name = name_of(term.first, problems_);
    if (!name) return false;
    const auto* address = symbols_.find(*name);
    if (address == nullptr)
      return problem(term.first, "is no symbol of this memory; allowed those declared above"), false;
    if (!*address)
      return problem(term.first, "is declared more than once; allowed a number, or one declaration"), false;
    if (term.negative) return problem(term.first, "is subtracted; allowed + before a symbol"), false;
    base_ += **address;
    return true;
  }

  const bool loops_;
  const NameTable& symbols_;
  Problems& problems_;
  Wide base_ = 0;
  std::array<Wide, kMaxLoops> stride_{};
  unsigned seen_ = 0;
};

}  // namespace

void Problems::add_at(std::uint32_t line, std::size_t column, const std::string& text) {
  if (++count_ > kShown) return;
  findings_.add(file_ + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + text);
}

void Problems::raise() {
  if (count_ > kShown) findings_.add(file_ + ": and " + std::to_string(count_ - kShown) + " more mistakes");
  findings_.raise();
}

std::optional<std::int64_t> integer(const Word& word, std::int64_t least, std::int64_t most, std::string_view what,
                                    Problems& problems) {
  std::string_view digits = word.text;
  const bool negative = !digits.empty() && digits[0] == '-';
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  const auto number = word.quoted ? std::nullopt : magnitude(digits);
  const Wide value = number ? (negative ? -Wide{*number} : Wide{*number}) : 0;
  if (number && value >= least && value <= most) return static_cast<std::int64_t>(value);
  problems.add(word.text.data(), std::string(what) + " is " + shown(word.text) + "; allowed " + std::to_string(least) +
                                     ".." + std::to_string(most));
  return std::nullopt;
}

std::optional<double> real(const Word& word, Problems& problems) {
  std::string_view text = word.text;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!word.quoted && !text.empty() && error == std::errc() && end == text.data() + text.size()) return value;
  problems.add(word.text.data(), shown(word.text) + " is no number; allowed one like 0.5 or 3.05e-05, within a double");
  return std::nullopt;
}

std::optional<std::string> name_of(const Word& word, Problems& problems) {
  if (!word.quoted) return std::string(word.text);
  std::string name;
  for (std::size_t i = 0; i < word.text.size(); ++i) {
    if (word.text[i] != '\\') {
      name += word.text[i];
      continue;
    }
    const char kind = word.text[++i];  // the grammar lets no quoted word end in a lone backslash
    if (kind == '"' || kind == '\\') {
      name += kind;
    } else if (kind == 'x' && i + 2 < word.text.size() && hex_digit(word.text[i + 1]) >= 0 &&
               hex_digit(word.text[i + 2]) >= 0) {
      name += static_cast<char>(hex_digit(word.text[i + 1]) * 16 + hex_digit(word.text[i + 2]));
      i += 2;
    } else {
      problems.add(&word.text[i - 1], "this escape is unknown; allowed \\\\, \\\" and \\x with two hexadecimal digits");
      return std::nullopt;
    }
  }
  return name;
}

std::optional<std::int64_t> number_or_name(const Word& word, const NameTable& names, std::int64_t least,
                                           std::int64_t most, const std::string& what, Problems& problems) {
  const bool is_number =
      !word.quoted && !word.text.empty() && (word.text[0] == '-' || (word.text[0] >= '0' && word.text[0] <= '9'));
  if (is_number) return integer(word, least, most, what, problems);
  const auto name = name_of(word, problems);
  if (!name) return std::nullopt;
  const auto* number = names.find(*name);
  if (number == nullptr) {
    problems.add(word.text.data(), "there is no such " + what + "; allowed the number or name of one declared above");
  } else if (!*number) {
    problems.add(word.text.data(), "this " + what + " is declared more than once; allowed its number");
  }
  return number == nullptr ? std::nullopt : *number;
}

std::optional<Unit> unit_of(const Word& word, Problems& problems) {
  for (int u = 0; u < kUnits; ++u) {
    if (!word.quoted && word.text == kUnitNames[u]) return static_cast<Unit>(u);
  }
  std::string allowed;
  for (std::string_view name : kUnitNames) allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  problems.add(word.text.data(), shown(word.text) + " is no unit; allowed " + allowed);
  return std::nullopt;
}

std::optional<Place> place_of(const Item& item, bool loops, const SymbolTables& symbols, Problems& problems) {
  const auto space = std::find(kSpaceNames.begin(), kSpaceNames.end(), item.space);
  if (space == kSpaceNames.end()) {
    problems.add(item.space.data(),
                 shown(item.space) + " is no memory; allowed dram, weight, activation, parameter, accumulator");
    return std::nullopt;
  }
  const auto number = static_cast<std::size_t>(space - kSpaceNames.begin());
  PlaceReader reader(loops, symbols[number], problems);
  for (const Term& term : item.terms) {
    if (!reader.add(term)) return std::nullopt;
  }
  return reader.take(item, static_cast<Space>(number));
}

const Word* Arguments::word(std::string_view what) {
  const Item* item = next(Kind::word, what);
  return item == nullptr ? nullptr : &item->words.front();
}
const Item* Arguments::list(std::string_view what) { return next(Kind::list, what); }
const Item* Arguments::place(std::string_view what) { return next(Kind::place, what); }

const Word* Arguments::word(std::string_view key, bool required) {
  const Item* item = keyed(Kind::word, key, required);
  return item == nullptr ? nullptr : &item->words.front();
}
const Item* Arguments::list(std::string_view key, bool required) { return keyed(Kind::list, key, required); }
const Item* Arguments::place(std::string_view key, bool required) { return keyed(Kind::place, key, required); }

bool Arguments::has_word() const {
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (!taken_[i] && statement_.items[i].key.empty()) return statement_.items[i].words.size() == 1;
  }
  return false;
}

const Item* Arguments::next(Kind kind, std::string_view what) {
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i] || !statement_.items[i].key.empty()) continue;
    taken_[i] = true;
    return checked(kind, statement_.items[i], what);
  }
  problems_.add(head(), std::string(what) + " is missing; allowed after " + shown(statement_.head));
  return nullptr;
}

const Item* Arguments::keyed(Kind kind, std::string_view key, bool required) {
  keys_.push_back(key);
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i] || statement_.items[i].key != key) continue;
    taken_[i] = true;
    return checked(kind, statement_.items[i], key);
  }
  if (required)
    problems_.add(head(), shown(statement_.head) + " has no " + std::string(key) + "=; allowed only with it");
  return nullptr;
}

const Item* Arguments::checked(Kind kind, const Item& item, std::string_view what) {
  const bool is_place = !item.space.empty();
  if (kind == Kind::place ? is_place : !is_place && (kind == Kind::list || item.words.size() == 1)) return &item;
  constexpr std::array<const char*, 3> kWanted = {"one word", "words with commas between", "memory[address]"};
  problems_.add(position(item), std::string(what) + " has the wrong form; allowed " + kWanted[static_cast<int>(kind)]);
  return nullptr;
}

const char* Arguments::position(const Item& item) const {
  if (!item.key.empty()) return item.key.data();
  if (!item.space.empty()) return item.space.data();
  return item.words.empty() ? head() : item.words.front().text.data();
}

void Arguments::finish() {
  std::string allowed;
  for (std::string_view key : keys_) allowed += (allowed.empty() ? "" : ", ") + std::string(key);
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i]) continue;
    const Item& item = statement_.items[i];
    const std::string after = " after " + shown(statement_.head);
    if (item.key.empty()) {
      problems_.add(position(item), "there is a word too many" + after + "; allowed keys: " + allowed);
    } else if (std::find(keys_.begin(), keys_.end(), item.key) != keys_.end()) {
      problems_.add(position(item), std::string(item.key) + "= stands twice; allowed once");
    } else {
      problems_.add(position(item),
                    shown(item.key) + " is unknown" + after + "; allowed " + (allowed.empty() ? "no keys" : allowed));
    }
  }
}

}  // namespace rondo::assembly

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/error.hpp"
#include "models/isa/instruction.hpp"
#include "traces/assembly_grammar.hpp"

namespace rondo::assembly {

/// What is wrong in a text, with file, line and column; only so much of it as a person would read.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void start_line(std::string_view line) { line_ = line, ++number_; }
  std::uint32_t line_number() const { return number_; }

  /// `at` points into the present line.
  void add(const char* at, const std::string& text) {
    add_at(number_, at == nullptr ? 1 : static_cast<std::size_t>(at - line_.data()) + 1, text);
  }
  void add_at(std::uint32_t line, std::size_t column, const std::string& text);
  std::size_t count() const { return count_; }
  void raise();

 private:
  static constexpr std::size_t kShown = 100;
  std::string file_;
  std::string_view line_;
  std::uint32_t number_ = 0;
  std::size_t count_ = 0;
  Findings findings_;
};

/// Values by name, for names that mean one thing.
class NameTable {
 public:
  void add(const std::string& name, std::int64_t value) {
    const auto [place, is_new] = values_.try_emplace(name, value);
    if (!is_new) place->second.reset();
  }
  /// Whether the name was ever added; the value is empty if it was added more than once.
  const std::optional<std::int64_t>* find(const std::string& name) const {
    const auto place = values_.find(name);
    return place == values_.end() ? nullptr : &place->second;
  }

 private:
  std::map<std::string, std::optional<std::int64_t>> values_;
};

using SymbolTables = std::array<NameTable, kSpaces>;

/// What a text has declared so far, and the layer that instructions now belong to.
struct Scope {
  SymbolTables symbols;
  NameTable kernels, layers;
  std::int32_t layer = -1;
};

/// Turns a word into what it stands for; empty, with a problem, when it cannot.
std::optional<std::int64_t> integer(const Word& word, std::int64_t least, std::int64_t most, std::string_view what,
                                    Problems& problems);
std::optional<double> real(const Word& word, Problems& problems);
std::optional<std::string> name_of(const Word& word, Problems& problems);
/// A number as it stands, or that of a declared name; `what` is the kind of thing, for messages.
std::optional<std::int64_t> number_or_name(const Word& word, const NameTable& names, std::int64_t least,
                                           std::int64_t most, const std::string& what, Problems& problems);
std::optional<Unit> unit_of(const Word& word, Problems& problems);
/// An address with at most one symbol; strides only where `loops` is set.
std::optional<Place> place_of(const Item& item, bool loops, const SymbolTables& symbols, Problems& problems);

/// Hands out the items of a statement; whatever nobody asked for is a problem in the end.
class Arguments {
 public:
  Arguments(const Statement& statement, Problems& problems)
      : statement_(statement), problems_(problems), taken_(statement.items.size()) {}

  /// The next item without a key that is one word (a list of words, a place); a missing one is a problem.
  /// `what` says what it would be.
  const Word* word(std::string_view what);
  const Item* list(std::string_view what);
  const Item* place(std::string_view what);
  bool has_word() const;

  /// The item with this key; a missing one is a problem if it is required.
  const Word* word(std::string_view key, bool required);
  const Item* list(std::string_view key, bool required);
  const Item* place(std::string_view key, bool required);

  void finish();
  const char* head() const { return statement_.head.data(); }

 private:
  enum class Kind { word, list, place };
  const Item* next(Kind kind, std::string_view what);
  const Item* keyed(Kind kind, std::string_view key, bool required);
  const Item* checked(Kind kind, const Item& item, std::string_view what);
  const char* position(const Item& item) const;

  const Statement& statement_;
  Problems& problems_;
  std::vector<bool> taken_;
  std::vector<std::string_view> keys_;  ///< those that were asked for
};

}  // namespace rondo::assembly

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The grammar of one line of assembly, without any meaning: which words stand where. Every view points into
/// the line, so that a finding can name its column.
namespace rondo::assembly {

/// `mload`, `r3`, `-0x10`, `1e-5` or `"a quoted name"` (then `text` is still escaped, without the quotes).
struct Word {
  std::string_view text;
  bool quoted = false;
};

/// One summand of an address: `w0`, `- 128`, `+ 64*i0`, `i0*64`.
struct Term {
  bool negative = false;
  Word first;
  Word times;  ///< empty text: no factor
};

/// `[key =] space[term + term ...]` or `[key =] word, word, ...`.
struct Item {
  std::string_view key;
  std::string_view space;  ///< empty: a list of words
  std::vector<Term> terms;
  std::vector<Word> words;
};

/// `head item item ...`; an empty head is a line without a statement.
struct Statement {
  std::string_view head;
  std::vector<Item> items;
};

/// What stopped a parser, and where. `text` is empty when nothing did.
struct Mistake {
  const char* at = nullptr;
  std::string text;
};

/// Reads a line (no line feed in it) into `statement`, whose vectors are reused.
Mistake parse_statement(std::string_view line, Statement& statement);

/// How the lines of a data block are written.
enum class DataForm { hex, int8, int16, int32 };

/// Appends the bytes of a line of a data block: pairs of hexadecimal digits, or decimal numbers stored
/// little-endian.
Mistake parse_data(std::string_view line, DataForm form, std::vector<std::uint8_t>& bytes);

}  // namespace rondo::assembly

#include "traces/assembly_grammar.hpp"

#include <boost/spirit/home/x3.hpp>
#include <functional>
#include <limits>
#include <utility>

namespace rondo::assembly {
namespace {

namespace x3 = boost::spirit::x3;
using Iterator = const char*;

struct Target;  // tag: the statement that is being read
struct Bytes;   // tag: the bytes that are being read

template <class Context>
std::string_view matched(const Context& context) {
  const auto& range = x3::_attr(context);
  return {range.begin(), static_cast<std::size_t>(range.end() - range.begin())};
}
template <class Context>
Statement& statement_of(const Context& context) {
  return x3::get<Target>(context).get();
}
template <class Context>
Item& item_of(const Context& context) {
  return statement_of(context).items.back();
}

const auto set_head = [](auto& context) { statement_of(context).head = matched(context); };
const auto add_item = [](auto& context) { statement_of(context).items.emplace_back(); };
const auto set_key = [](auto& context) { item_of(context).key = matched(context); };
const auto set_space = [](auto& context) { item_of(context).space = matched(context); };
const auto add_word = [](auto& context) { item_of(context).words.push_back({matched(context), false}); };
const auto add_quoted = [](auto& context) { item_of(context).words.push_back({matched(context), true}); };
const auto add_term = [](auto& context) { item_of(context).terms.emplace_back(); };
const auto set_minus = [](auto& context) { item_of(context).terms.back().negative = true; };
const auto set_first = [](auto& context) { item_of(context).terms.back().first = {matched(context), false}; };
const auto set_first_quoted = [](auto& context) { item_of(context).terms.back().first = {matched(context), true}; };
const auto set_times = [](auto& context) { item_of(context).terms.back().times = {matched(context), false}; };

const auto comment = x3::char_("#;") >> *x3::char_;
const auto blanks = x3::char_(" \t") | comment;

const auto letter = x3::char_("A-Za-z_");
const auto letters = x3::char_("A-Za-z0-9_.");
const auto name = x3::raw[x3::lexeme[letter >> *letters]];
const auto simple = x3::raw[x3::lexeme[+letters]];
// A number may have a sign in front and another one after its exponent.
const auto exponent = x3::char_("eEpP") >> x3::char_("+-") >> &x3::char_("0-9");
const auto word = x3::raw[x3::lexeme[-x3::char_("+-") >> letters >> *(exponent | letters)]];
const auto inside = x3::raw[*(('\\' >> x3::char_) | ~x3::char_("\"\\"))];

const auto first = x3::lexeme['"' >> inside[set_first_quoted] > '"'] | simple[set_first];
const auto product = first > -('*' > simple[set_times]);
const auto place = x3::eps[add_term] > -(x3::lit('-')[set_minus] | '+') > product >
                   *(&x3::char_("+-") > x3::eps[add_term] > (x3::lit('-')[set_minus] | '+') > product) > ']';
const auto one_word = x3::lexeme['"' >> inside[add_quoted] > '"'] | word[add_word];
const auto value = ((name >> '[')[set_space] > place) | (one_word > *(',' > one_word));
const auto item = x3::eps[add_item] > -(name >> '=')[set_key] > value;
const auto statement =
    -(x3::raw[x3::lexeme[-x3::lit('.') >> letter >> *letters]][set_head] > *((!x3::eoi) > item)) > x3::eoi;

const auto add_byte = [](auto& context) { x3::get<Bytes>(context).get().push_back(x3::_attr(context)); };

// A decimal number, kept as `Number` and stored little-endian.
template <class Number>
void add_little_endian(std::int64_t value, std::vector<std::uint8_t>& bytes) {
  for (std::size_t b = 0; b < sizeof(Number); ++b) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * b));
}
template <class Number>
const auto add_number = [](auto& context) {
  const std::int64_t value = x3::_attr(context);
  x3::_pass(context) = value >= std::numeric_limits<Number>::min() && value <= std::numeric_limits<Number>::max();
  if (x3::_pass(context)) add_little_endian<Number>(value, x3::get<Bytes>(context).get());
};

const auto hex_byte = x3::uint_parser<std::uint8_t, 16, 2, 2>();
const auto hex_line = *((!x3::eoi) > hex_byte[add_byte]);
template <class Number>
const auto number_line = *((!x3::eoi) > x3::lexeme[x3::int_parser<std::int64_t>()[add_number<Number>] >> !letters]);

std::string quote(Iterator at) {
  const auto c = static_cast<unsigned char>(*at);
  return c < 0x20 || c > 0x7e ? "this character" : std::string("'") + *at + "'";
}

// Runs a parser over a whole line; `allowed` is what the reader of a message may do instead.
template <class Parser>
Mistake run(std::string_view line, const Parser& parser, const char* allowed) {
  Iterator at = line.data();
  const Iterator end = at + line.size();
  try {
    if (x3::phrase_parse(at, end, parser, blanks) && at == end) return {};
  } catch (const x3::expectation_failure<Iterator>& failure) {
    at = failure.where();
    if (at == end && failure.which().size() == 3)
      return {at, "the line ends without " + failure.which() + "; allowed " + allowed};
  }
  while (at != end && (*at == ' ' || *at == '\t')) ++at;
  return {at, at == end ? std::string("the line ends too early; allowed ") + allowed
                        : quote(at) + " is out of place; allowed " + allowed};
}

}  // namespace

Mistake parse_statement(std::string_view line, Statement& result) {
  result.head = {};
  result.items.clear();
  return run(line, x3::with<Target>(std::ref(result))[statement],
             "`name key=value key=memory[address + stride*i0] ...`, then a comment after # or ;");
}

Mistake parse_data(std::string_view line, DataForm form, std::vector<std::uint8_t>& bytes) {
  const auto with_bytes = [&](const auto& parser) { return x3::with<Bytes>(std::ref(bytes))[parser]; };
  switch (form) {
    case DataForm::hex: return run(line, with_bytes(hex_line), "bytes of two hexadecimal digits, or .end");
    case DataForm::int8: return run(line, with_bytes(number_line<std::int8_t>), "numbers -128..127, or .end");
    case DataForm::int16: return run(line, with_bytes(number_line<std::int16_t>), "numbers -32768..32767, or .end");
    case DataForm::int32: break;
  }
  return run(line, with_bytes(number_line<std::int32_t>), "numbers -2147483648..2147483647, or .end");
}

}  // namespace rondo::assembly

#include "traces/assembly_reader.hpp"

#include <algorithm>
#include <utility>

#include "models/base/params.hpp"
#include "traces/assembler.hpp"
#include "traces/assembly_arguments.hpp"
#include "traces/assembly_code.hpp"
#include "traces/trace_limits.hpp"

namespace rondo::assembly {
namespace {

constexpr std::int64_t kMost = INT64_MAX, kLeast = INT64_MIN;

// Sets the fields of a Machine that a statement names.
class MachineReader {
 public:
  MachineReader(Arguments& arguments, Problems& problems, std::vector<std::string>& set)
      : arguments_(arguments), problems_(problems), set_(set) {}

  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t least, std::int64_t most) {
    if (const Word* word = take(name)) {
      value = rondo::assembly::integer(*word, least, most, name, problems_).value_or(least);
    }
  }
  void choice(const char* name, std::string& value, const std::vector<std::string>& words, const char*) {
    const Word* word = take(name);
    if (word == nullptr) return;
    if (std::find(words.begin(), words.end(), word->text) != words.end()) {
      value = word->text;
      return;
    }
    std::string allowed;
    for (const std::string& one : words) allowed += (allowed.empty() ? "" : ", ") + one;
    problems_.add(word->text.data(), std::string(name) + " has no such value; allowed " + allowed);
  }

 private:
  // The value of a field that the statement sets, and that no statement before it set.
  const Word* take(const char* name) {
    const Word* word = arguments_.word(std::string_view(name), false);
    if (word == nullptr) return nullptr;
    if (std::find(set_.begin(), set_.end(), name) != set_.end()) {
      problems_.add(word->text.data(), "machine." + std::string(name) + " is set already; allowed once");
      return nullptr;
    }
    set_.push_back(name);
    return word;
  }

  Arguments& arguments_;
  Problems& problems_;
  std::vector<std::string>& set_;
};

// The names of all fields of a Machine.
struct MachineNames {
  std::vector<std::string> names;
  void integer(const char* name, std::int64_t&, const char*, const char*, std::int64_t, std::int64_t) {
    names.emplace_back(name);
  }
  void choice(const char* name, std::string&, const std::vector<std::string>&, const char*) {
    names.emplace_back(name);
  }
};

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : text_(text), problems_(file) {}

  Assembled run() {
    for (std::size_t from = 0; from < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', from), text_.size());
      std::string_view line = text_.substr(from, end - from);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      problems_.start_line(line);
      read(line);
      from = end + 1;
    }
    if (!begun_) problems_.add_at(1, 1, "there is no trace in here; allowed a text that begins with .rondo 1");
    if (block_ != Block::none)
      problems_.add_at(block_line_, 1, "this block has no end; allowed .end before anything else");
    if (begun_) require_machine();
    problems_.raise();
    return std::move(out_);
  }

 private:
  enum class Block { none, kernel, data };

  Program& program() { return out_.program; }

  void read(std::string_view line) {
    const std::size_t begin_of_text = std::min(line.find_first_not_of(" \t"), line.size());
    if (block_ == Block::data && line.substr(begin_of_text, 1) != ".") {
      const Mistake mistake = parse_data(line, form_, program().data.back().bytes);
      if (!mistake.text.empty()) problems_.add(mistake.at, mistake.text);
      return;
    }
    const Mistake mistake = parse_statement(line, statement_);
    if (!mistake.text.empty()) return problems_.add(mistake.at, mistake.text);
    if (statement_.head.empty()) return;
    Arguments arguments(statement_, problems_);
    if (!begun_) return begin(arguments);
    if (statement_.head[0] == '.') {
      directive(arguments);
    } else if (block_ == Block::kernel) {
      micro_op(arguments);
    } else {
      instruction(arguments);
    }
  }

  // The first statement says what this is: without it, a wrong file would be one long list of mistakes.
  void begin(Arguments& arguments) {
    begun_ = true;
    if (statement_.head != ".rondo") {
      problems_.add(arguments.head(), "this is no trace; allowed a text that begins with .rondo 1");
      problems_.raise();
    }
    if (const Word* version = arguments.word("the version")) {
      integer(*version, kTraceVersion, kTraceVersion, "the version of the trace", problems_);
    }
    arguments.finish();
    problems_.raise();
  }

  void directive(Arguments& arguments) {
    using Action = void (Reader::*)(Arguments&);
    static const std::vector<std::pair<std::string_view, Action>> table = {
        {".program", &Reader::name_program}, {".machine", &Reader::machine}, {".layer", &Reader::layer},
        {".semaphore", &Reader::semaphore},  {".symbol", &Reader::symbol},   {".port", &Reader::port},
        {".kernel", &Reader::kernel},        {".data", &Reader::data},       {".in_layer", &Reader::in_layer},
        {".end", &Reader::end_block}};
    for (const auto& [name, action] : table) {
      if (name != statement_.head) continue;
      if (block_ != Block::none && name != ".end") {
        problems_.add(arguments.head(),
                      "the block of line " + std::to_string(block_line_) + " is open; allowed .end first");
        block_ = Block::none;
      }
      (this->*action)(arguments);
      return arguments.finish();
    }
    std::string allowed;
    for (const auto& [name, action] : table) allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    problems_.add(arguments.head(), "there is no such directive; allowed " + allowed);
  }

  void name_program(Arguments& arguments) {
    if (const auto name = read_name(arguments, "the name")) program().name = *name;
  }

  void machine(Arguments& arguments) {
    MachineReader reader(arguments, problems_, machine_set_);
    program().machine.fields(reader);
  }

  void require_machine() {
    MachineNames all;
    program().machine.fields(all);
    std::string missing;
    for (const std::string& name : all.names) {
      const bool is_set = std::find(machine_set_.begin(), machine_set_.end(), name) != machine_set_.end();
      if (!is_set) missing += (missing.empty() ? "" : ", ") + name;
    }
    if (!missing.empty())
      problems_.add_at(1, 1, "the machine lacks " + missing + "; allowed .machine lines that set them");
  }

  void layer(Arguments& arguments) {
    const auto name = read_name(arguments, "the name");
    if (name) scope_.layers.add(*name, static_cast<std::int64_t>(program().layers.size()));
    program().layers.push_back(name.value_or(""));
  }

  void in_layer(Arguments& arguments) {
    const Word* word = arguments.word("the layer");
    if (word == nullptr) return;
    if (!word->quoted && word->text == "none") {
      scope_.layer = -1;
    } else if (const auto number = number_or_name(*word, scope_.layers, INT32_MIN, INT32_MAX, "layer", problems_)) {
      scope_.layer = static_cast<std::int32_t>(*number);
    }
  }

  void semaphore(Arguments& arguments) {
    const auto count = static_cast<std::int64_t>(program().semaphores.size());
    Semaphore semaphore;
    if (const Word* number = arguments.word("the number")) integer(*number, count, count, "the number", problems_);
    if (const Word* from = arguments.word("from", true))
      semaphore.from = unit_of(*from, problems_).value_or(Unit::load);
    if (const Word* to = arguments.word("to", true)) semaphore.to = unit_of(*to, problems_).value_or(Unit::load);
    if (const Word* initial = arguments.word("initial", false)) {
      semaphore.initial = integer(*initial, kLeast, kMost, "initial", problems_).value_or(0);
    }
    program().semaphores.push_back(semaphore);
  }

  void symbol(Arguments& arguments) {
    Symbol symbol;
    symbol.name = read_name(arguments, "the name").value_or("");
    if (const auto place = read_address(arguments)) symbol.space = place->space, symbol.address = place->base;
    if (const Word* bytes = arguments.word("bytes", true)) {
      symbol.bytes = integer(*bytes, kLeast, kMost, "bytes", problems_).value_or(0);
    }
    scope_.symbols[static_cast<std::size_t>(symbol.space)].add(symbol.name, symbol.address);
    program().symbols.push_back(std::move(symbol));
  }

  void port(Arguments& arguments) {
    Port port;
    if (const Word* word = arguments.word("input or output")) {
      port.output = word->text == "output";
      if (!port.output && word->text != "input")
        problems_.add(word->text.data(), "a port is input or output; allowed these");
    }
    port.name = read_name(arguments, "the name").value_or("");
    if (const auto place = read_dram_address(arguments)) port.address = place->base;
    if (const Word* bits = arguments.word("bits", true)) {
      port.bits = static_cast<int>(integer(*bits, INT32_MIN, INT32_MAX, "bits", problems_).value_or(16));
    }
    if (const Word* scale = arguments.word("scale", true)) port.scale = real(*scale, problems_).value_or(1);
    if (const Item* shape = arguments.list("shape", false)) {
      for (const Word& size : shape->words)
        port.shape.push_back(integer(size, kLeast, kMost, "shape", problems_).value_or(1));
    }
    program().ports.push_back(std::move(port));
  }

  void kernel(Arguments& arguments) {
    open(Block::kernel);
    const auto name = read_name(arguments, "the name");
    if (name) scope_.kernels.add(*name, static_cast<std::int64_t>(program().kernels.size()));
    program().kernels.push_back({name.value_or(""), {}});
    out_.kernel_lines.emplace_back();
  }

  void data(Arguments& arguments) {
    open(Block::data);
    form_ = DataForm::hex;
    program().data.emplace_back();
    if (const auto place = read_dram_address(arguments)) program().data.back().address = place->base;
    if (!arguments.has_word()) return;
    const Word& word = *arguments.word("the form");
    constexpr std::array<std::string_view, 4> kForms = {"hex", "int8", "int16", "int32"};
    const auto form = std::find(kForms.begin(), kForms.end(), word.text);
    if (form == kForms.end())
      return problems_.add(word.text.data(), "data has no such form; allowed hex, int8, int16, int32");
    form_ = static_cast<DataForm>(form - kForms.begin());
  }

  void open(Block block) {
    block_ = block;
    block_line_ = problems_.line_number();
  }

  void end_block(Arguments& arguments) {
    if (block_ == Block::none) problems_.add(arguments.head(), ".end closes nothing; allowed after .kernel and .data");
    block_ = Block::none;
  }

  void micro_op(Arguments& arguments) {
    const auto op = read_micro_op(statement_.head, arguments, problems_);
    if (!op) return;
    program().kernels.back().ops.push_back(*op);
    out_.kernel_lines.back().push_back(problems_.line_number());
  }

  void instruction(Arguments& arguments) {
    if (program().code.size() >= kMostInstructions) {
      problems_.add(arguments.head(), "there are too many instructions; allowed " + std::to_string(kMostInstructions));
      problems_.raise();
    }
    const auto in = read_instruction(statement_.head, arguments, scope_, problems_);
    if (!in) return;
    program().code.push_back(*in);
    out_.lines.push_back(problems_.line_number());
  }

  std::optional<std::string> read_name(Arguments& arguments, std::string_view what) {
    const Word* word = arguments.word(what);
    return word == nullptr ? std::nullopt : name_of(*word, problems_);
  }

  std::optional<Place> read_address(Arguments& arguments) {
    const Item* item = arguments.place("the address");
    return item == nullptr ? std::nullopt : place_of(*item, false, scope_.symbols, problems_);
  }

  std::optional<Place> read_dram_address(Arguments& arguments) {
    const Item* item = arguments.place("the address");
    if (item == nullptr) return std::nullopt;
    const auto place = place_of(*item, false, scope_.symbols, problems_);
    if (place && place->space != Space::dram)
      problems_.add(item->space.data(), "this lies in another memory; allowed dram");
    return place;
  }

  std::string_view text_;
  Problems problems_;
  Assembled out_;
  Statement statement_;
  Scope scope_;
  std::vector<std::string> machine_set_;
  Block block_ = Block::none;
  std::uint32_t block_line_ = 0;
  DataForm form_ = DataForm::hex;
  bool begun_ = false;
};

}  // namespace

Assembled assemble(std::string_view text, const std::string& file) { return Reader(text, file).run(); }

}  // namespace rondo::assembly

namespace rondo {

Program parse_assembly(std::string_view text, const std::string& file) {
  return std::move(assembly::assemble(text, file).program);
}

}  // namespace rondo

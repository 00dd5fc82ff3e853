#include <algorithm>
#include <boost/crc.hpp>

#include "models/base/error.hpp"
#include "models/base/params.hpp"
#include "traces/assembler.hpp"
#include "traces/trace_limits.hpp"
#include "traces/trace_packing.hpp"

// The binary form: magic, version, sections in a fixed order, CRC-32 of all before it. A section is its
// number, its length and its contents. All numbers are varints (7 bits a byte, least first); those that may
// be negative are zigzag coded (0, -1, 1, -2 ...). Only what is not at its usual value is stored, after a
// mask of what follows.
namespace rondo {
namespace {

constexpr std::string_view kMagic(
    "\x89"
    "RONDO\r\n",
    8);

enum class Section : std::uint8_t { name = 1, machine, layers, semaphores, symbols, ports, kernels, code, data };
constexpr std::uint64_t kSections = 9;

// ---- One pair of functions per kind of thing. ----

struct MachinePacker {
  Packer& to;
  void integer(const char* name, std::int64_t value, const char*, const char*, std::int64_t, std::int64_t) {
    to.text(name);
    to.integer(value);
  }
  void choice(const char* name, const std::string& value, const std::vector<std::string>&, const char*) {
    to.text(name);
    to.text(value);
  }
};
struct MachineUnpacker {
  Unpacker& from;
  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t, std::int64_t) {
    expect(name);
    value = from.integer();
  }
  void choice(const char* name, std::string& value, const std::vector<std::string>& words, const char*) {
    expect(name);
    value = from.text();
    if (std::find(words.begin(), words.end(), value) == words.end())
      from.fail("machine." + std::string(name) + " has no value '" + value + "'");
  }
  void expect(const char* name) {
    if (from.text() != name) from.fail("the machine has other fields than machine." + std::string(name));
  }
};

void pack(const std::vector<Kernel>& kernels, Packer& to) {
  to.number(kernels.size());
  for (const Kernel& kernel : kernels) {
    to.text(kernel.name);
    to.number(kernel.ops.size());
    for (const MicroOp& op : kernel.ops) pack(op, to);
  }
}

void unpack(Unpacker& from, std::vector<Kernel>& kernels) {
  for (std::size_t left = from.count(); left > 0; --left) {
    kernels.emplace_back().name = from.text();
    for (std::size_t ops = from.count(); ops > 0; --ops) kernels.back().ops.push_back(unpack_micro_op(from));
  }
}

void pack(const std::vector<Semaphore>& semaphores, Packer& to) {
  to.number(semaphores.size());
  for (const Semaphore& semaphore : semaphores) {
    to.byte(static_cast<std::uint8_t>(semaphore.from));
    to.byte(static_cast<std::uint8_t>(semaphore.to));
    to.integer(semaphore.initial);
  }
}

void unpack(Unpacker& from, std::vector<Semaphore>& semaphores) {
  for (std::size_t left = from.count(); left > 0; --left) {
    Semaphore& semaphore = semaphores.emplace_back();
    semaphore.from = static_cast<Unit>(from.below(kUnits, "unit"));
    semaphore.to = static_cast<Unit>(from.below(kUnits, "unit"));
    semaphore.initial = from.integer();
  }
}

void pack(const std::vector<std::string>& layers, Packer& to) {
  to.number(layers.size());
  for (const std::string& layer : layers) to.text(layer);
}

void unpack(Unpacker& from, std::vector<std::string>& layers) {
  for (std::size_t left = from.count(); left > 0; --left) layers.emplace_back(from.text());
}

void pack(const std::vector<Symbol>& symbols, Packer& to) {
  to.number(symbols.size());
  for (const Symbol& symbol : symbols) {
    to.text(symbol.name);
    to.byte(static_cast<std::uint8_t>(symbol.space));
    to.integer(symbol.address);
    to.integer(symbol.bytes);
  }
}

void unpack(Unpacker& from, std::vector<Symbol>& symbols) {
  for (std::size_t left = from.count(); left > 0; --left) {
    Symbol& symbol = symbols.emplace_back();
    symbol.name = from.text();
    symbol.space = static_cast<Space>(from.below(kSpaces, "memory"));
    symbol.address = from.integer();
    symbol.bytes = from.integer();
  }
}

void pack(const std::vector<Port>& ports, Packer& to) {
  to.number(ports.size());
  for (const Port& port : ports) {
    to.text(port.name);
    to.byte(port.output);
    to.integer(port.address);
    to.integer(port.bits);
    to.real(port.scale);
    to.number(port.shape.size());
    for (std::int64_t size : port.shape) to.integer(size);
  }
}

void unpack(Unpacker& from, std::vector<Port>& ports) {
  for (std::size_t left = from.count(); left > 0; --left) {
    Port& port = ports.emplace_back();
    port.name = from.text();
    port.output = from.below(2, "direction of a port:") == 1;
    port.address = from.integer();
    const std::int64_t bits = from.integer();
    if (bits < 0 || bits > 64) from.fail("there is no word of " + std::to_string(bits) + " bits");
    port.bits = static_cast<int>(bits);
    port.scale = from.real();
    for (std::size_t sizes = from.count(); sizes > 0; --sizes) port.shape.push_back(from.integer());
  }
}

void pack(const std::vector<Segment>& data, Packer& to) {
  to.number(data.size());
  for (const Segment& segment : data) {
    to.integer(segment.address);
    to.text({reinterpret_cast<const char*>(segment.bytes.data()), segment.bytes.size()});
  }
}

void unpack(Unpacker& from, std::vector<Segment>& data) {
  for (std::size_t left = from.count(); left > 0; --left) {
    Segment& segment = data.emplace_back();
    segment.address = from.integer();
    const std::string_view bytes = from.text();
    segment.bytes.assign(bytes.begin(), bytes.end());
  }
}

// ---- The file. ----

void pack(const Program& program, Section section, Packer& to) {
  MachinePacker machine{to};
  switch (section) {
    case Section::name: return to.text(program.name);
    case Section::machine: return const_cast<Machine&>(program.machine).fields(machine);
    case Section::layers: return pack(program.layers, to);
    case Section::semaphores: return pack(program.semaphores, to);
    case Section::symbols: return pack(program.symbols, to);
    case Section::ports: return pack(program.ports, to);
    case Section::kernels: return pack(program.kernels, to);
    case Section::code: return pack(program.code, to);
    case Section::data: return pack(program.data, to);
  }
}

void unpack(Unpacker& from, Section section, Program& program) {
  MachineUnpacker machine{from};
  switch (section) {
    case Section::name: program.name = from.text(); return;
    case Section::machine: return program.machine.fields(machine);
    case Section::layers: return unpack(from, program.layers);
    case Section::semaphores: return unpack(from, program.semaphores);
    case Section::symbols: return unpack(from, program.symbols);
    case Section::ports: return unpack(from, program.ports);
    case Section::kernels: return unpack(from, program.kernels);
    case Section::code: return unpack(from, program.code);
    case Section::data: return unpack(from, program.data);
  }
}

std::uint32_t checksum(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

constexpr std::size_t kChecksumBytes = 4;

// The part that the checksum covers, once the checksum is right.
std::string_view verified(std::string_view bytes, const std::string& file) {
  const auto fail = [&](const char* what) {
    throw Error(file + ": " + what + "; allowed a whole trace as Rondo writes it");
  };
  if (bytes.substr(0, kMagic.size()) != kMagic) fail("this is no binary trace");
  if (bytes.size() < kMagic.size() + kChecksumBytes + 1) fail("the trace is cut short");
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  std::uint32_t stored = 0;
  for (std::size_t b = 0; b < kChecksumBytes; ++b) {
    stored |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[body.size() + b])) << 8 * b;
  }
  if (stored != checksum(body)) fail("the trace is damaged or cut short (its checksum differs)");
  return body;
}

}  // namespace

std::string to_binary(const Program& program) {
  Packer to;
  to.number(kTraceVersion);
  for (std::uint64_t s = 1; s <= kSections; ++s) {
    Packer contents;
    pack(program, static_cast<Section>(s), contents);
    to.number(s);
    to.text(contents.take());
  }
  std::string bytes = std::string(kMagic) + to.take();
  const std::uint32_t sum = checksum(bytes);
  for (std::size_t b = 0; b < kChecksumBytes; ++b) bytes += static_cast<char>(sum >> 8 * b);
  return bytes;
}

Program parse_binary(std::string_view bytes, const std::string& file) {
  const std::string_view body = verified(bytes, file);
  Unpacker from(body.substr(kMagic.size()), kMagic.size(), file);
  const std::uint64_t version = from.number();
  if (version != kTraceVersion) {
    throw Error(file + ": the trace has version " + std::to_string(version) + "; allowed " +
                std::to_string(kTraceVersion));
  }
  Program program;
  for (std::uint64_t s = 1; s <= kSections; ++s) {
    if (from.number() != s) from.fail("section " + std::to_string(s) + " is missing");
    Unpacker contents = from.part();
    unpack(contents, static_cast<Section>(s), program);
    if (!contents.empty()) contents.fail("section " + std::to_string(s) + " holds more than it says");
  }
  if (!from.empty()) from.fail("there is something after the last section");
  return program;
}

}  // namespace rondo

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

enum class Section : std::uint8_t {
  name = 1,
  machine,
  layers,
  semaphores,
  symbols,
  ports,
  kernels,
  code,
  data
};
constexpr std::uint64_t kSections = 9;

// ---- One pair of functions per kind of thing. ----

struct MachinePacker {
  Packer& to;
  void integer(const char* name, std::int64_t value, const char*, const char*, std::int64_t, std::int64_t) {
    to.text(name);
    to.integer(value);
  }
};
struct MachineUnpacker {
  Unpacker& from;
  void integer(const char* name, std::int64_t& value, const char*, const char*, std::int64_t, std::int64_t) {
    if (from.text() != name) from.fail("the machine has other fields than machine." + std::string(name));
    value = from.integer();
  }
};

void pack(const Place& place, Packer& to) {
  std::uint8_t mask = 0;
  for (int d = 0; d < kMaxLoops; ++d) mask |= static_cast<std::uint8_t>((place.stride[d] != 0) << d);
  to.byte(static_cast<std::uint8_t>(place.space));
  to.integer(place.base);
  to.byte(mask);
  for (std::int64_t stride : place.stride) {
    if (stride != 0) to.integer(stride);
  }
}

Place unpack_place(Unpacker& from) {
  Place place;
  place.space = static_cast<Space>(from.below(kSpaces, "memory"));
  place.base = from.integer();
  const std::uint8_t mask = from.byte();
  for (int d = 0; d < kMaxLoops; ++d) {
    if (mask >> d & 1) place.stride[d] = from.integer();
  }
  return place;
}

// An instruction is its opcode, a mask of what is not as usual, and that: bits 0 to 4 wait, signal, release,
// layer (another than the instruction before), unit (another than the opcode's), then one bit for each place
// and each field.
constexpr std::uint64_t kWait = 1, kSignal = 2, kRelease = 4, kLayer = 8, kUnit = 16;
constexpr unsigned kPlacesAt = 5, kFieldsAt = kPlacesAt + kMaxPlaces, kMaskBits = kFieldsAt + kMaxFields;

Unit usual_unit(Opcode opcode) {
  const auto unit = std::find(kUnitNames.begin(), kUnitNames.end(), info(opcode).unit);
  return unit == kUnitNames.end() ? Unit::weights : static_cast<Unit>(unit - kUnitNames.begin());
}

std::uint64_t mask_of(const Instruction& in, std::int32_t last_layer) {
  std::uint64_t mask = (in.wait ? kWait : 0) | (in.signal ? kSignal : 0) | (in.release ? kRelease : 0) |
                       (in.layer != last_layer ? kLayer : 0) | (in.unit != usual_unit(in.opcode) ? kUnit : 0);
  for (unsigned p = 0; p < kMaxPlaces; ++p)
    mask |= std::uint64_t{!(in.places[p] == Place{})} << (kPlacesAt + p);
  for (unsigned f = 0; f < kMaxFields; ++f) mask |= std::uint64_t{in.fields[f] != 0} << (kFieldsAt + f);
  return mask;
}

void pack(const Instruction& in, std::int32_t last_layer, Packer& to) {
  const std::uint64_t mask = mask_of(in, last_layer);
  to.byte(static_cast<std::uint8_t>(in.opcode));
  to.number(mask);
  if (mask & kWait) to.number(in.wait);
  if (mask & kSignal) to.number(in.signal);
  if (mask & kRelease) to.number(in.release);
  if (mask & kLayer) to.integer(in.layer);
  if (mask & kUnit) to.byte(static_cast<std::uint8_t>(in.unit));
  for (unsigned p = 0; p < kMaxPlaces; ++p) {
    if (mask >> (kPlacesAt + p) & 1) pack(in.places[p], to);
  }
  for (unsigned f = 0; f < kMaxFields; ++f) {
    if (mask >> (kFieldsAt + f) & 1) to.integer(in.fields[f]);
  }
}

Instruction unpack_instruction(std::int32_t last_layer, Unpacker& from) {
  Instruction in;
  in.opcode = static_cast<Opcode>(from.below(opcode_table().size(), "instruction"));
  in.unit = usual_unit(in.opcode);
  in.layer = last_layer;
  const std::uint64_t mask = from.below(std::uint64_t{1} << kMaskBits, "such mask of an instruction:");
  if (mask & kWait) in.wait = from.number();
  if (mask & kSignal) in.signal = from.number();
  if (mask & kRelease) in.release = from.number();
  if (mask & kLayer) {
    const std::int64_t layer = from.integer();
    if (layer < INT32_MIN || layer > INT32_MAX) from.fail("there is no layer " + std::to_string(layer));
    in.layer = static_cast<std::int32_t>(layer);
  }
  if (mask & kUnit) in.unit = static_cast<Unit>(from.below(kUnits, "unit"));
  for (unsigned p = 0; p < kMaxPlaces; ++p) {
    if (mask >> (kPlacesAt + p) & 1) in.places[p] = unpack_place(from);
  }
  for (unsigned f = 0; f < kMaxFields; ++f) {
    if (mask >> (kFieldsAt + f) & 1) in.fields[f] = from.integer();
  }
  return in;
}

void pack(const std::vector<Instruction>& code, Packer& to) {
  to.number(code.size());
  std::int32_t layer = -1;
  for (const Instruction& in : code) {
    pack(in, layer, to);
    layer = in.layer;
  }
}

void unpack(Unpacker& from, std::vector<Instruction>& code) {
  const std::size_t count = from.count();
  if (count > kMostInstructions)
    from.fail("there are more than " + std::to_string(kMostInstructions) + " instructions");
  std::int32_t layer = -1;
  for (std::size_t i = 0; i < count; ++i) {
    code.push_back(unpack_instruction(layer, from));
    layer = code.back().layer;
  }
}

// A micro-operation is its opcode, a mask of the operands that are not 0, and those.
void pack(const MicroOp& op, Packer& to) {
  to.byte(static_cast<std::uint8_t>(op.opcode));
  to.byte(static_cast<std::uint8_t>((op.d != 0) | (op.a != 0) << 1 | (op.b != 0) << 2 | (op.p != 0) << 3 |
                                    (op.i != 0) << 4 | (op.j != 0) << 5));
  for (std::uint8_t operand : {op.d, op.a, op.b, op.p}) {
    if (operand != 0) to.byte(operand);
  }
  if (op.i != 0) to.integer(op.i);
  if (op.j != 0) to.integer(op.j);
}

MicroOp unpack_micro_op(Unpacker& from) {
  MicroOp op;
  op.opcode = static_cast<MicroOpcode>(from.below(micro_op_table().size(), "micro-operation"));
  const std::uint64_t mask = from.below(64, "such mask of a micro-operation:");
  if (mask & 1) op.d = from.byte();
  if (mask & 2) op.a = from.byte();
  if (mask & 4) op.b = from.byte();
  if (mask & 8) op.p = from.byte();
  if (mask & 16) op.i = from.integer();
  if (mask & 32) op.j = from.integer();
  return op;
}

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
    case Section::name:
      return to.text(program.name);
    case Section::machine:
      return const_cast<Machine&>(program.machine).fields(machine);
    case Section::layers:
      return pack(program.layers, to);
    case Section::semaphores:
      return pack(program.semaphores, to);
    case Section::symbols:
      return pack(program.symbols, to);
    case Section::ports:
      return pack(program.ports, to);
    case Section::kernels:
      return pack(program.kernels, to);
    case Section::code:
      return pack(program.code, to);
    case Section::data:
      return pack(program.data, to);
  }
}

void unpack(Unpacker& from, Section section, Program& program) {
  MachineUnpacker machine{from};
  switch (section) {
    case Section::name:
      program.name = from.text();
      return;
    case Section::machine:
      return program.machine.fields(machine);
    case Section::layers:
      return unpack(from, program.layers);
    case Section::semaphores:
      return unpack(from, program.semaphores);
    case Section::symbols:
      return unpack(from, program.symbols);
    case Section::ports:
      return unpack(from, program.ports);
    case Section::kernels:
      return unpack(from, program.kernels);
    case Section::code:
      return unpack(from, program.code);
    case Section::data:
      return unpack(from, program.data);
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

#include "sim/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sim/output.hpp"

namespace rondo {
namespace {

constexpr std::size_t kMostWindows = 2048;
constexpr int kProcess = 1;

// Colours of the Chrome trace viewer for what a unit waits for.
constexpr std::array<const char*, kCauses> kColours = {
    "good",            // busy
    "grey",            // drain
    "yellow",          // wait_weights
    "olive",           // wait_matrix
    "rail_animation",  // wait_gate
    "rail_load",       // wait_load
    "rail_response",   // wait_store
    "terrible",        // bank
    "startup",         // stream
    "bad",             // dram
    "rail_idle",       // queue_full
    "white",           // no_instruction
    "white",           // done
};

constexpr std::array<const char*, kSpaces> kMemoryNames = {"dram", "weight_sram", "activation_sram", "parameter_sram",
                                                           "accumulators"};

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

int row_number(std::size_t unit, int lane) {
  return static_cast<int>(unit + 1) * 100 + (lane < 0 ? 99 : std::min(lane, 98));
}

// Writes events to a file, one a line, and finds out at once when the disk is full.
class EventFile {
 public:
  explicit EventFile(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wbe"), &std::fclose) {
    if (!file_) throw Failure(path + ": cannot be written: " + std::strerror(errno));
  }
  void put(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail();
  }
  void event(const std::string& text) {
    put(first_ ? "\n" : ",\n");
    put(text);
    first_ = false;
  }
  void close() {
    if (std::fclose(file_.release()) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const { throw Failure(path_ + ": cannot be written: " + std::strerror(errno)); }

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  bool first_ = true;
};

std::string name_event(const char* kind, int row, const std::string& name) {
  return fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"{}","args":{{"name":{}}}}})", kProcess, row, kind,
                     quoted(name));
}

std::string order_event(int row) {
  return fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})",
                     kProcess, row, row);
}

void write_bandwidth(EventFile& file, const char* name, const Bandwidth& bandwidth) {
  const auto cycles = static_cast<double>(bandwidth.window_cycles());
  const auto event = [&](Cycle at, double read, double written) {
    file.event(fmt::format(
        R"({{"ph":"C","pid":{},"ts":{},"name":"{} bytes/cycle","args":{{"read":{:.2f},"written":{:.2f}}}}})", kProcess,
        at, name, read, written));
  };
  Bandwidth::Window last{-1, -1};
  Cycle at = 0;
  for (const Bandwidth::Window& window : bandwidth.windows()) {
    if (window.read != last.read || window.written != last.written)
      event(at, window.read / cycles, window.written / cycles);
    last = window;
    at += bandwidth.window_cycles();
  }
  if (at > 0) event(at, 0, 0);
}

}  // namespace

void Bandwidth::grow_to(Cycle end) {
  while (end > window_cycles_ * static_cast<Cycle>(kMostWindows)) {
    const std::size_t count = windows_.size();
    for (std::size_t i = 0; i < count; i += 2) {
      Window merged = windows_[i];
      if (i + 1 < count) merged.read += windows_[i + 1].read, merged.written += windows_[i + 1].written;
      windows_[i / 2] = merged;
    }
    windows_.resize((count + 1) / 2);
    window_cycles_ *= 2;
  }
  const auto needed = static_cast<std::size_t>((end + window_cycles_ - 1) / window_cycles_);
  if (windows_.size() < needed) windows_.resize(needed);
}

void Bandwidth::add(Cycle start, Cycle end, std::int64_t read, std::int64_t written) {
  if (read == 0 && written == 0) return;
  end = std::max(end, start + 1);
  grow_to(end);
  const auto length = static_cast<double>(end - start);
  for (Cycle at = start; at < end;) {
    const Cycle window_end = std::min(end, (at / window_cycles_ + 1) * window_cycles_);
    Window& window = windows_[static_cast<std::size_t>(at / window_cycles_)];
    const double share = static_cast<double>(window_end - at) / length;
    window.read += share * static_cast<double>(read);
    window.written += share * static_cast<double>(written);
    at = window_end;
  }
}

Timeline::Timeline(const Program& program, std::int64_t most)
    : program_(program), most_(static_cast<std::size_t>(most)) {
  const std::array<std::int64_t, kMaxPlaces> nowhere{};
  for (const Instruction& instruction : program.code) {
    Traffic traffic;
    for (const Access& access : accesses(instruction, nowhere, program.kernels)) {
      auto& bytes = access.write ? traffic.written : traffic.read;
      bytes[static_cast<std::size_t>(access.space)] += access.rows * access.bytes;
    }
    traffic_.push_back(traffic);
  }
}

// Instructions of one unit may overlap (one drains while the next is read); slices of one row must not.
std::int16_t Timeline::lane_for(std::size_t unit, Cycle start, Cycle end) {
  std::vector<Cycle>& ends = lane_ends_[unit];
  std::size_t lane = 0;
  while (lane < ends.size() && lane < 98 && ends[lane] > start) ++lane;
  if (lane == ends.size()) ends.push_back(0);
  ends[lane] = end;
  return static_cast<std::int16_t>(lane);
}

void Timeline::instruction(Unit unit, int code_index, Cycle start, Cycle end) {
  ++seen_;
  const auto index = static_cast<std::size_t>(unit);
  const Traffic& traffic = traffic_[static_cast<std::size_t>(code_index)];
  Cycle from = start;
  if (unit == Unit::load || unit == Unit::store) {  // many in flight, but their data come one after another
    if (moved_until_[index] < end) from = std::max(start, moved_until_[index]);
    moved_until_[index] = std::max(end, moved_until_[index]);
  }
  for (std::size_t space = 0; space < kSpaces; ++space) {
    bandwidth_[space].add(from, end, traffic.read[space], traffic.written[space]);
  }
  if (slices_.size() >= most_) return;
  slices_.push_back({start, end, code_index, static_cast<std::int16_t>(index), lane_for(index, start, end)});
}

void Timeline::waited(int unit, Cause cause, Cycle from, Cycle to) {
  ++seen_;
  if (slices_.size() < most_)
    slices_.push_back({from, to, static_cast<std::int32_t>(cause), static_cast<std::int16_t>(unit), -1});
}

std::string Timeline::instruction_name(const Instruction& instruction) const {
  if (instruction.opcode != Opcode::gate) return std::string(info(instruction.opcode).name);
  return program_.kernels[static_cast<std::size_t>(instruction.fields[field::gate::kernel])].name;
}

std::string Timeline::slice_event(const Slice& slice) const {
  const int row = row_number(static_cast<std::size_t>(slice.unit), slice.lane);
  const std::string frame = fmt::format(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":)", kProcess, row,
                                        slice.start, slice.end - slice.start);
  if (slice.lane < 0) {
    const auto cause = static_cast<std::size_t>(slice.what);
    return frame + fmt::format(R"("{}","cname":"{}"}})", kCauseTable[cause].name, kColours[cause]);
  }
  const Instruction& instruction = program_.code[static_cast<std::size_t>(slice.what)];
  const std::string layer = instruction.layer < 0 ? "" : program_.layers[static_cast<std::size_t>(instruction.layer)];
  return frame + quoted(instruction_name(instruction)) +
         fmt::format(R"(,"args":{{"layer":{},"instruction":{}}}}})", quoted(layer), slice.what);
}

void Timeline::write(const std::string& path, const std::string& title) {
  std::sort(slices_.begin(), slices_.end(), [](const Slice& a, const Slice& b) {
    return std::tie(a.start, a.unit, a.lane, a.end, a.what) < std::tie(b.start, b.unit, b.lane, b.end, b.what);
  });
  EventFile file(path);
  file.put(R"({"traceEvents":[)");
  file.event(name_event("process_name", 0, title));
  for (std::size_t unit = 0; unit < kChipUnits; ++unit) {
    if (unit < kUnits && !program_.machine.has(static_cast<Unit>(unit))) continue;
    const std::string name(kChipUnitNames[unit]);
    const int lanes = std::max(1, static_cast<int>(lane_ends_[unit].size()));
    for (int lane = 0; lane < lanes && unit < kUnits; ++lane) {
      file.event(name_event("thread_name", row_number(unit, lane),
                            name + (lane == 0 ? "" : ", overlapping " + std::to_string(lane))));
      file.event(order_event(row_number(unit, lane)));
    }
    file.event(name_event("thread_name", row_number(unit, -1), name + " waits"));
    file.event(order_event(row_number(unit, -1)));
  }
  for (const Slice& slice : slices_) file.event(slice_event(slice));
  for (std::size_t space = 0; space < kSpaces; ++space) write_bandwidth(file, kMemoryNames[space], bandwidth_[space]);
  const std::string note =
      kept() == seen_ ? fmt::format("all {} slices", seen_) : fmt::format("the first {} of {} slices", kept(), seen_);
  file.put(
      fmt::format("\n],\n\"displayTimeUnit\":\"ns\",\n\"otherData\":{{\"title\":{},\"time\":\"1 us is 1 "
                  "cycle\",\"holds\":\"{}\"}}}}\n",
                  quoted(title), note));
  file.close();
}

}  // namespace rondo

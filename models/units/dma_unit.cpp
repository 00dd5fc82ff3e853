#include "models/units/dma_unit.hpp"

#include "models/base/error.hpp"

namespace rondo {
namespace {

std::int64_t bytes_of(const DramRequest& request) { return request.rows * request.bytes; }

}  // namespace

DmaUnit::DmaUnit(const sc_core::sc_module_name& name, Unit unit, const Wires& wires, const DmaParams& params,
                 DramLink& dram)
    : InstructionUnit(name, unit, wires, params.queue_depth),
      front_client_(unit == Unit::store ? Client::store : Client::gather),
      dram_(dram),
      by_code_(wires.program.code.size()),
      ring_(static_cast<std::size_t>(params.outstanding)) {
  for_each_own([this](std::size_t code, const Instruction& in) { by_code_[code] = shape_of(in); });
  const auto traffic = [this](MemoryBooks& memory, Space space, bool write, const char* counter) {
    traffic_[port_kind(space, write)] = std::make_unique<Traffic>(stats, memory, write, counter);
  };
  traffic(wires.memories.activation, Space::activation, false, "activation_sram_read_bytes");
  if (unit == Unit::store) return;
  traffic(wires.memories.weight, Space::weight, true, "weight_sram_written_bytes");
  traffic(wires.memories.activation, Space::activation, true, "activation_sram_written_bytes");
  traffic(wires.memories.parameter, Space::parameter, true, "parameter_sram_written_bytes");
}

DmaUnit::Shape DmaUnit::shape_of(const Instruction& in) const {
  const auto& f = in.fields;
  const DmaPace pace = dma_pace(wires_.params, in);
  Shape shape{pace.front, pace.back, {}};
  switch (in.opcode) {
    case Opcode::load:
      shape.request = {false, 0, f[field::load::rows], f[field::load::bytes], f[field::load::src_stride], 0};
      break;
    case Opcode::gather:
      shape.request = {true, 0, f[field::gather::rows], f[field::gather::bytes], 0, 0, f[field::gather::table_rows]};
      break;
    case Opcode::store:
      shape.request = {false, 0, f[field::store::rows], f[field::store::bytes], f[field::store::dst_stride], 0};
      break;
    default: break;
  }
  return shape;
}

Span DmaUnit::tick(Cycle now) {
  if (in_front_ && now >= front_ends_) end_front(now);
  if (in_back_ && now >= back_ends_) end_back(now);
  const bool bank = !in_back_ && size_ > 0 && !start_back(now);
  Cause cause = Cause::dram;
  if (!in_front_ && size_ < ring_.size()) start_front(now, cause);
  if (in_front_ || in_back_) {
    return {Cause::busy, std::min(in_front_ ? front_ends_ : kNever, in_back_ ? back_ends_ : kNever)};
  }
  if (bank) return {Cause::bank, kNever};
  if (size_ > 0 && cause != Cause::bank) return {Cause::dram, kNever};
  return {cause, kNever};
}

bool DmaUnit::start_front(Cycle now, Cause& cause) {
  const Work* work = ready(now, cause);
  if (work == nullptr) return false;
  if (size_ > 0 && by_code_[work->code].request.scattered) {
    cause = Cause::dram;
    return false;
  }
  const bool sync = rows_[work->code].is_sync;
  const PortRequest ports = sync ? PortRequest{} : Ports::only(work->ports, false);
  if (!wires_.ports.free(now, front_client_, ports)) {
    cause = Cause::bank;
    return false;
  }
  front_ends_ = now + (sync ? 1 : by_code_[work->code].front);
  in_front_ = true;
  ++size_;
  ring_[youngest()] = {work->code, now, false, sync ? PortRequest{} : Ports::only(work->ports, true),
                       work->dram_address};
  dram_.replies.clear(static_cast<int>(youngest()));
  hold(front_client_, ports, front_ends_);
  if (wires_.starts) wires_.starts->front(now, unit_, *work, front_ends_ - now);
  begin(now, *work);
  return true;
}

void DmaUnit::end_front(Cycle now) {
  const std::size_t slot = youngest();
  Descriptor& descriptor = ring_[slot];
  in_front_ = false;
  descriptor.passed_front = true;
  if (unit_ == Unit::store) wires_.semaphores.post(now, rows_[descriptor.code].release);
  if (rows_[descriptor.code].is_sync) return;
  check(dram_.requests.room(now), "a DMA unit has more requests than descriptors");
  DramRequest& request = dram_.requests.push(now);
  request = by_code_[descriptor.code].request;
  request.address = descriptor.dram_address;
  request.slot = static_cast<int>(slot);
}

bool DmaUnit::start_back(Cycle now) {
  const Descriptor& descriptor = oldest();
  if (!descriptor.passed_front) return true;
  const bool sync = rows_[descriptor.code].is_sync;
  if (!sync && !dram_.replies.seen(static_cast<int>(first_), now)) return true;
  const bool writes = descriptor.back_ports.kinds != 0;  // only a load's data
  if (writes && !wires_.ports.free(now, Client::load, descriptor.back_ports)) return false;
  back_ends_ = now + (sync ? 1 : by_code_[descriptor.code].back);
  in_back_ = true;
  hold(Client::load, descriptor.back_ports, back_ends_);
  if (wires_.starts) wires_.starts->back(now, unit_, back_ends_ - now);
  return true;
}

void DmaUnit::end_back(Cycle now) {
  const Descriptor& descriptor = oldest();
  const auto& row = rows_[descriptor.code];
  if (unit_ == Unit::load) wires_.semaphores.post(now, row.release);
  wires_.semaphores.post(now, row.signal);
  if (observer_) observer_->instruction(unit_, descriptor.code, descriptor.start, now);
  in_back_ = false;
  first_ = (first_ + 1) % ring_.size();
  --size_;
}

void DmaUnit::hold(Client client, const PortRequest& ports, Cycle until) {
  for (std::uint32_t kinds = ports.kinds; kinds != 0; kinds &= kinds - 1) {
    const int kind = __builtin_ctz(kinds);
    wires_.ports.hold(client, kind, ports.banks[kind], until);
  }
}

std::string DmaUnit::plight(Cycle now) {
  if (size_ > 0) return stats.unit() + " waits for the DRAM with instruction " + std::to_string(oldest().code);
  return InstructionUnit::plight(now);
}

void DmaUnit::settle() {
  for_each_executed([this](std::size_t code, const Instruction& in, std::int64_t times) {
    if (in.opcode == Opcode::sync) return;
    const std::int64_t bytes = times * bytes_of(by_code_[code].request);
    descriptor_ += times;
    byte_ += bytes;
    if (in.opcode == Opcode::gather)
      *traffic_[port_kind(Space::activation, false)] += times * 4 * in.fields[field::gather::rows];
    const bool write = in.opcode != Opcode::store;
    *traffic_[port_kind(in.places[write ? 1 : 0].space, write)] += bytes;
  });
}

}  // namespace rondo

#include "models/units/ports.hpp"

namespace rondo {
namespace {

constexpr std::array<Unit, kClients> kUnitOfClient = {Unit::store,   Unit::load,     Unit::load,    Unit::gate,
                                                      Unit::matrix,  Unit::weights,  Unit::matrix1, Unit::weights1,
                                                      Unit::matrix2, Unit::weights2, Unit::matrix3, Unit::weights3};

constexpr std::array<std::string_view, kPortKinds> kParameters = {
    "weight_sram.read_ports",      "weight_sram.write_ports",   "activation_sram.read_ports",
    "activation_sram.write_ports", "parameter_sram.read_ports", "parameter_sram.write_ports",
    "accumulators.read_ports",     "accumulators.write_ports"};

bool overlap(const PortRequest& a, const PortRequest& b) {
  for (int kind = 0; kind < kPortKinds; ++kind) {
    if ((a.kinds & b.kinds & (1u << kind)) && (a.banks[kind] & b.banks[kind])) return true;
  }
  return false;
}

}  // namespace

std::string_view ports_parameter(int kind) { return kParameters[static_cast<std::size_t>(kind)]; }

Ports::Ports(Wakes& wakes, const ChipParams& params)
    : wakes_(wakes), clients_(static_cast<int>(Client::matrix) + 2 * static_cast<int>(params.machine.arrays)) {
  for (int kind = 0; kind < kPortKinds; ++kind) {
    const SramParams& sram = params.sram(space_of_kind(kind));
    ports_[kind] = is_write_kind(kind) ? sram.write_ports : sram.read_ports;
    banks_[kind].resize(static_cast<std::size_t>(params.machine.banks(space_of_kind(kind))));
  }
}

bool Ports::free(Cycle now, Client client, const PortRequest& request) {
  const int me = static_cast<int>(client);
  const Cycle held = held_until(now, me, request);
  const bool older = (waiters_ > 0 || last_left_ == now) && behind_older(now, me, request);
  Waiting& mine = waiting_[me];
  const bool waited = mine.left == kNever;
  if (held <= now && !older) {
    if (waited) leave(now, me);
    return true;
  }
  if (!waited) {
    mine = {now, kNever, request};
    ++waiters_;
  }
  // Behind an older request, only its success (see leave) or a success in this very cycle changes anything.
  if (held > now)
    wakes_.call(static_cast<int>(kUnitOfClient[me]), held);
  else if (last_left_ == now)
    wakes_.call(static_cast<int>(kUnitOfClient[me]), now + 1);
  return false;
}

// The first cycle in which rule (1) can hold, as far as is known now; `now` or less when it holds.
Cycle Ports::held_until(Cycle now, int client, const PortRequest& request) const {
  Cycle result = now;
  for (std::uint32_t kinds = request.kinds; kinds != 0; kinds &= kinds - 1) {
    const int kind = __builtin_ctz(kinds);
    for_each_bank(request.banks[kind], [&](int bank) {
      const Bank& holds = banks_[kind][bank];
      if (!holds.may_be_full(client, now)) return;
      std::int64_t held = 0;
      Cycle first_end = kNever;
      for (int c = 0; c < clients_; ++c) {
        if (c == client || holds.until[c] <= now) continue;
        ++held;
        first_end = std::min(first_end, holds.until[c]);
      }
      if (held >= ports_[kind]) result = std::max(result, first_end);
    });
  }
  return result;
}

bool Ports::behind_older(Cycle now, int client, const PortRequest& request) const {
  const Cycle mine = waiting_[client].left == kNever ? waiting_[client].since : now;
  for (int c = 0; c < clients_; ++c) {
    const Waiting& other = waiting_[c];
    if (c == client || other.left < now || other.since >= mine) continue;
    if (overlap(request, other.request)) return true;
  }
  return false;
}

void Ports::leave(Cycle now, int client) {
  waiting_[client].left = now;
  last_left_ = now;
  --waiters_;
  for (int c = 0; c < clients_; ++c) {
    if (waiting_[c].left == kNever) wakes_.call(static_cast<int>(kUnitOfClient[c]), now + 1);
  }
}

PortRequest Ports::only(const PortRequest& request, bool write) {
  PortRequest some = request;
  std::uint32_t mask = 0;
  for (int kind = 0; kind < kPortKinds; ++kind) {
    if (is_write_kind(kind) == write) mask |= 1u << kind;
  }
  some.kinds &= mask;
  return some;
}

}  // namespace rondo

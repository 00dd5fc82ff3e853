#include "models/units/port_holds.hpp"

#include <algorithm>

#include "models/base/error.hpp"

namespace rondo {
namespace {

// When a client asks within a cycle: store, load, gather, gate, the matrix units, the weights units.
int turn_of(Client client) {
  if (client < Client::matrix) return static_cast<int>(client);
  const int first = static_cast<int>(Client::matrix), unit = static_cast<int>(client) - first;
  return first + (unit % 2 == 0 ? 0 : kMaxArrays) + unit / 2;
}
static_assert(kClients == static_cast<int>(Client::matrix) + 2 * kMaxArrays);

// Calls f(kind, banks) for every kind that both have, with the banks that both have.
template <class F>
void for_each_common(const PortRequest& a, const PortRequest& b, F&& f) {
  for (std::uint32_t kinds = a.kinds & b.kinds; kinds != 0; kinds &= kinds - 1) {
    const int kind = __builtin_ctz(kinds);
    if (const Banks banks = a.banks[kind] & b.banks[kind]) f(kind, banks);
  }
}

}  // namespace

PortHolds::PortHolds(const ChipParams& params) {
  for (int kind = 0; kind < kPortKinds; ++kind) {
    const SramParams& sram = params.sram(space_of_kind(kind));
    ports_[kind] = is_write_kind(kind) ? sram.write_ports : sram.read_ports;
  }
}

void PortHolds::add(Client client, const Hold& hold) {
  if (hold.request.kinds == 0) return;
  Fifo<Hold>& holds = holds_[turn_of(client)];
  // What ended before can no longer be an obstacle; those granted in the cycle before may still be older
  // requests.
  while (!holds.empty() && std::max(holds.front().until, holds.front().late_until) < hold.at &&
         holds.front().at + 1 < hold.at) {
    holds.pop();
  }
  holds.push(hold);
}

// Whether others held every port of a bank in now - 1, when this client asked.
bool PortHolds::was_full(Cycle now, int client, int kind, int bank) {
  std::int64_t held = 0;
  for (int c = 0; c < kClients; ++c) {
    if (c == client) continue;
    bool holds_one = false;
    for (std::size_t i = holds_[c].size(); i-- > 0 && !holds_one;) {
      const Hold& hold = holds_[c][i];
      const bool seen = hold.at < now - 1 || (hold.at == now - 1 && c < client);
      holds_one = seen && until(hold, kind) >= now && (hold.request.kinds >> kind & 1) &&
                  (hold.request.banks[kind] >> bank & 1);
    }
    held += holds_one;
  }
  return held >= ports_[kind];
}

std::pair<const PortHolds::Hold*, int> PortHolds::ended_now(Cycle now, int client, int holder,
                                                            const PortRequest& request) {
  Fifo<Hold>& holds = holds_[holder];
  for (std::size_t i = holds.size(); i-- > 0;) {
    const Hold& hold = holds[i];
    int obstacle = -1;
    for_each_common(request, hold.request, [&](int kind, Banks banks) {
      if (hold.at >= now || until(hold, kind) != now) return;
      for (; banks != 0 && obstacle < 0; banks &= banks - 1) {
        if (was_full(now, client, kind, __builtin_ctzll(banks))) obstacle = kind;
      }
    });
    if (obstacle >= 0) return {&hold, obstacle};
  }
  return {nullptr, -1};
}

PortHolds::Obstacle PortHolds::last_obstacle(Cycle now, Cycle asked, Client client, const PortRequest& request) {
  const int me = turn_of(client);
  for (int holder = 0; holder < kClients; ++holder) {
    if (holder == me) continue;
    const auto [hold, port] = ended_now(now, me, holder, request);
    if (hold != nullptr) return {Reason::bank, hold->step, port};
  }
  for (int other = 0; other < kClients; ++other) {
    if (other == me) continue;
    Fifo<Hold>& holds = holds_[other];
    for (std::size_t i = holds.size(); i-- > 0;) {
      int common = -1;
      for_each_common(request, holds[i].request, [&](int kind, Banks) { common = common < 0 ? kind : common; });
      if (common >= 0 && holds[i].at == now - 1 && holds[i].asked < asked) return {Reason::turn, holds[i].step, common};
    }
  }
  check(false, "an instruction waited for a port that nobody held");
  return {Reason::bank, PathTree::kNone, -1};
}

}  // namespace rondo

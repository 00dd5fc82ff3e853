#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/units/params.hpp"
#include "models/units/wakes.hpp"
#include "models/units/work.hpp"

namespace rondo {

/// Who asks for ports. The load unit asks twice: for where its data goes, and for the index list of a gather. Their
/// fixed order of priority is that in which units are looked at.
enum class Client : std::uint8_t {
  store,
  load,
  gather,
  gate,
  matrix,
  weights,
  matrix1,
  weights1,
  matrix2,
  weights2,
  matrix3,
  weights3
};
inline constexpr int kClients = 12;
constexpr Client matrix_client(int array) { return static_cast<Client>(static_cast<int>(Client::matrix) + 2 * array); }
constexpr Client weights_client(int array) {
  return static_cast<Client>(static_cast<int>(Client::weights) + 2 * array);
}

/// The parameter that says how many ports of this kind a bank has.
std::string_view ports_parameter(int kind);

/// The ports of all SRAM banks. An instruction takes every port it needs in one cycle, or none. It can take
/// them when
///   (1) each bank has a port of that kind that no other client holds, and
///   (2) no other client has been waiting for one of these ports since an earlier cycle than this one;
/// within a cycle, clients ask in their fixed order. A client never conflicts with itself. Rule (2) makes the
/// oldest request win, so nobody starves; a client still counts as waiting in the cycle in which it succeeds.
class Ports {
 public:
  Ports(Wakes& wakes, const ChipParams& params);

  /// True when `client` can take the ports of `request` in this cycle: it must then hold() them. False: it
  /// counts as waiting from now on, must ask again with the same request, and is called when it may succeed.
  bool free(Cycle now, Client client, const PortRequest& request);

  /// Holds ports of one kind up to, not including, cycle `until`; never shorter than this client already
  /// does.
  void hold(Client client, int kind, Banks banks, Cycle until) {
    for_each_bank(banks, [&](int b) { banks_[kind][b].hold(static_cast<int>(client), until); });
  }

  /// The kinds of `request` that read (or write), as a request of its own.
  static PortRequest only(const PortRequest& request, bool write);

 private:
  struct Waiting {
    Cycle since = kNever;
    Cycle left = -1;  ///< cycle in which it succeeded; kNever while it waits
    PortRequest request;
  };

  /// The holds of one bank's ports of one kind.
  struct Bank {
    std::array<Cycle, kClients> until{};  ///< by client
    int last = 0;                         ///< the client that holds longest

    void hold(int client, Cycle end) {
      until[client] = end;
      if (end >= until[last]) last = client;
    }
    /// Whether others may hold every port. Never for the client that holds longest: one of the ports is its
    /// own, or all are free.
    bool may_be_full(int client, Cycle now) const { return client != last && until[last] > now; }
  };

  template <class F>
  static void for_each_bank(Banks banks, F&& f) {
    for (; banks != 0; banks &= banks - 1) f(__builtin_ctzll(banks));
  }
  Cycle held_until(Cycle now, int client, const PortRequest& request) const;
  bool behind_older(Cycle now, int client, const PortRequest& request) const;
  void leave(Cycle now, int client);

  Wakes& wakes_;
  const int clients_;                                ///< that this chip has: the first ones
  std::array<std::int64_t, kPortKinds> ports_{};     ///< per bank, by kind
  std::array<std::vector<Bank>, kPortKinds> banks_;  ///< [kind][bank]
  std::array<Waiting, kClients> waiting_;
  int waiters_ = 0;  ///< clients that wait now
  Cycle last_left_ = -1;
};

}  // namespace rondo

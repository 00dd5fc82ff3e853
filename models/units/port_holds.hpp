#pragma once

#include <array>
#include <utility>

#include "models/units/fifo.hpp"
#include "models/units/params.hpp"
#include "models/units/path_tree.hpp"
#include "models/units/ports.hpp"

namespace rondo {

/// Who holds which bank's port until when, once more, to say afterwards what a request that was not granted
/// at once had to wait for.
class PortHolds {
 public:
  explicit PortHolds(const ChipParams& params);

  /// A request that was granted in `at`.
  struct Hold {
    Cycle at = 0;
    Cycle asked = 0;       ///< first cycle in which it could ask
    Cycle until = 0;       ///< first cycle in which the ports are free again ...
    Cycle late_until = 0;  ///< ... those of the kinds in `late`
    std::uint32_t late = 0;
    PathTree::Id step = PathTree::kNone;
    PortRequest request;
  };
  void add(Client client, const Hold& hold);

  /// What let `client`, refused in now - 1, take the ports of `request` now: the hold that ended now at a
  /// bank that had been full (Reason::bank), or the older request granted in now - 1 (Reason::turn). Of
  /// several, that of the client that asks first within a cycle. `asked`: the cycle in which this request
  /// was first made.
  struct Obstacle {
    Reason reason;
    PathTree::Id step;
    int port;  ///< its kind
  };
  Obstacle last_obstacle(Cycle now, Cycle asked, Client client, const PortRequest& request);

  /// Calls f(ready, step) for every hold, where the step may be replaced.
  template <class F>
  void for_each_step(F&& f) {
    for (Fifo<Hold>& holds : holds_) {
      for (std::size_t i = 0; i < holds.size(); ++i) f(std::max(holds[i].until, holds[i].late_until), holds[i].step);
    }
  }

 private:
  static Cycle until(const Hold& hold, int kind) { return hold.late >> kind & 1 ? hold.late_until : hold.until; }
  bool was_full(Cycle now, int client, int kind, int bank);
  /// The hold, and the kind of the port.
  std::pair<const Hold*, int> ended_now(Cycle now, int client, int holder, const PortRequest& request);

  std::array<std::int64_t, kPortKinds> ports_{};
  std::array<Fifo<Hold>, kClients> holds_;  ///< by the client's turn within a cycle, in order of `at` and of both ends
};

}  // namespace rondo

#pragma once

#include <memory>

#include "models/dram/channel.hpp"

namespace rondo::dram {

/// A DRAM with its controller: transfers in, the clocks of their data out. Splits each transfer over the
/// channels, which then go their own ways. As long as all of them have been asked for the same, one is
/// simulated and stands for all.
class Controller {
 public:
  /// At most `transfers` are in flight at a time.
  Controller(const Device& device, const Policy& policy, std::size_t transfers);

  /// Takes a transfer whose bursts can be served from clock `arrival` on. Returns its place.
  int add(const Transfer& transfer, Clock arrival);
  /// Gives every command that begins before clock `until`.
  void advance(Clock until);

  /// Bursts of the transfer in a place.
  std::int64_t bursts(int place) const { return bursts_[static_cast<std::size_t>(place)]; }
  /// How far it is. When no burst is left, `end` is final, and the place can be freed.
  const Progress& progress(int place) const { return progress_[static_cast<std::size_t>(place)]; }
  void free(int place) { free_.push_back(place); }
  /// A clock before which a transfer with bursts left cannot end.
  Clock soonest_end(int place) const;

  /// Counts up to clock `until`, to which everything advances.
  Counts counts(Clock until);
  std::int64_t channels() const { return policy_.channels; }
  /// To be called before the first transfer.
  void observe(CommandObserver* observer);

 private:
  bool even(const Transfer& transfer) const;
  void part();
  std::int64_t& last(std::size_t place, std::size_t channel) {
    return last_[place * static_cast<std::size_t>(policy_.channels) + channel];
  }

  const Policy policy_;
  const AddressMap map_;
  std::vector<Transfer> transfers_;  ///< by place
  std::vector<std::int64_t> bursts_;
  std::vector<Progress> progress_;
  std::vector<std::int64_t> last_;  ///< by place and channel: number of its last burst there; -1: none
  std::vector<int> free_;
  std::vector<std::unique_ptr<Channel>> channels_;  ///< one as long as all are alike
};

}  // namespace rondo::dram

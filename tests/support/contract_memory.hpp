#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "models/units/chip.hpp"
#include "tests/support/dram_counts.hpp"

/// Section 7 of the contract: what the memory behind the DMA units does with their requests.
namespace rondo::testing {

/// The number is that of the request in program order.
struct MemoryRequest {
  std::size_t number;
  Unit unit;
  Cycle seen;
  dram::Transfer transfer;
};
struct MemoryReply {
  std::size_t number;
  Cycle given;
};

/// Replies come one after the other, earliest first. Requests may be told in any order, but each before the reply is
/// asked for after which it was made.
class ContractMemory {
 public:
  virtual ~ContractMemory() = default;
  virtual void ask(const MemoryRequest& request) = 0;
  /// The next reply; there must be a request without one.
  virtual MemoryReply answer() = 0;
};

/// The memory of fixed latency and bandwidth.
class ContractIdealMemory final : public ContractMemory {
 public:
  explicit ContractIdealMemory(const DramParams& params) : params_(params) {}

  void ask(const MemoryRequest& request) override { waiting_[{request.seen, request.unit == Unit::store}] = request; }
  MemoryReply answer() override {
    const auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
    const MemoryRequest next = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    const std::int64_t moved = next.transfer.rows * up(next.transfer.bytes, params_.burst_bytes) * params_.burst_bytes;
    bus_free_ = std::max(next.seen + params_.latency, bus_free_) + up(moved, params_.bytes_per_cycle);
    return {next.number, bus_free_};
  }

 private:
  const DramParams& params_;
  std::map<std::pair<Cycle, bool>, MemoryRequest> waiting_;
  Cycle bus_free_ = 0;
};

/// A device: the controller of dram_reference.hpp, clock by clock, and the chip's cycles beside its clocks.
class ContractDevice final : public ContractMemory {
 public:
  explicit ContractDevice(const ChipParams& chip)
      : chip_(chip), device_(*chip.dram.device), policy_(chip.dram.policy()) {
    for (int i = 0; i < policy_.channels; ++i) channels_.emplace_back(device_, policy_, i);
    told_.resize(channels_.size());
  }

  void ask(const MemoryRequest& request) override {
    const auto id = static_cast<int>(flights_.size());
    flights_.push_back({request.number, request.seen, bursts_of(request.transfer)});
    const dram::Clock arrival = clock_from(request.seen + chip_.dram.controller_latency);
    for (auto& channel : channels_) channel.add(request.transfer, id, arrival);
  }

  // In the clock in which the data of a request end, all that could end before it has.
  MemoryReply answer() override {
    for (;; step()) {
      for (Flight& flight : flights_) {
        if (flight.reply >= 0 || flight.left > 0 || flight.end > now_) continue;
        flight.reply = cycle_from(flight.end);
        return {flight.number, flight.reply};
      }
    }
  }

  /// What the DRAM has counted in a run of so many cycles.
  struct Books {
    dram::Counts counts;
    dram::Clock clocks = 0;
    Cycle busy = 0, waiting = 0;  ///< data of some request have begun to move; there are only others
  };
  Books books(Cycle total) {
    Books books;
    books.clocks = clock_from(total);
    while (now_ < books.clocks) step();
    for (const auto& channel : channels_)
      books.counts.add(dram::testing::CountsOf(device_, policy_, channel.given, books.clocks).counts, 1);
    std::vector<char> asked(static_cast<std::size_t>(total)), moving = asked;
    for (const Flight& flight : flights_) {
      std::fill(asked.begin() + flight.seen, asked.begin() + flight.reply, 1);
      std::fill(moving.begin() + cycle_from(flight.first), moving.begin() + flight.reply, 1);
    }
    books.busy = std::count(moving.begin(), moving.end(), 1);
    books.waiting = std::count(asked.begin(), asked.end(), 1) - books.busy;
    return books;
  }

 private:
  struct Flight {
    std::size_t number;
    Cycle seen;
    std::int64_t left;                          ///< bursts without their command
    dram::Clock first = dram::kNever, end = 0;  ///< of the data
    Cycle reply = -1;
  };

  // Clock d begins d / clock_mhz, cycle c begins c / chip_mhz: the first of one that begins no earlier than the other.
  dram::Clock clock_from(Cycle cycle) const { return first_from(cycle, chip_.clock_mhz, device_.clock_mhz); }
  Cycle cycle_from(dram::Clock clock) const { return first_from(clock, device_.clock_mhz, chip_.clock_mhz); }
  static std::int64_t first_from(std::int64_t tick, std::int64_t its_mhz, std::int64_t other_mhz) {
    std::int64_t other = tick * other_mhz / its_mhz;
    while (other * its_mhz < tick * other_mhz) ++other;
    return other;
  }

  std::int64_t bursts_of(const dram::Transfer& transfer) const {
    std::int64_t bursts = 0;
    for (std::int64_t row = 0; row < transfer.rows; ++row) {
      const std::int64_t first = dram::testing::address_of(transfer, row), size = device_.burst_bytes();
      bursts += (first + transfer.bytes - 1) / size - first / size + 1;
    }
    return bursts;
  }

  void step() {
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      channels_[c].clock(now_);
      for (; told_[c] < channels_[c].given.size(); ++told_[c]) serve(channels_[c].given[told_[c]]);
    }
    ++now_;
  }
  void serve(const dram::testing::Given& given) {
    if (!dram::is_column(given.command)) return;
    const bool read = given.command == dram::Command::read || given.command == dram::Command::read_precharge;
    const dram::Clock last = given.at + device_.length[static_cast<std::size_t>(given.command)] - 1;
    const dram::Clock data = last + (read ? device_.read_latency : device_.write_latency);
    Flight& flight = flights_[static_cast<std::size_t>(given.transfer)];
    flight.first = std::min(flight.first, data);
    flight.end = std::max(flight.end, data + device_.burst_length / 2);
    --flight.left;
  }

  const ChipParams& chip_;
  const dram::Device& device_;
  const dram::Policy policy_;
  std::vector<dram::testing::ReferenceChannel> channels_;
  std::vector<std::size_t> told_;  ///< of each channel: commands heard of
  std::vector<Flight> flights_;
  dram::Clock now_ = 0;
};

}  // namespace rondo::testing

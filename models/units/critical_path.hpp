#pragma once

#include <array>
#include <vector>

#include "models/isa/instruction.hpp"
#include "models/units/fifo.hpp"
#include "models/units/pace.hpp"
#include "models/units/path_tree.hpp"
#include "models/units/port_holds.hpp"
#include "models/units/start_observer.hpp"

namespace rondo {

/// The critical path of a run: from its end back to cycle 0, each step the one that let the next one start.
///
/// It hears what starts when and works out from the timing contract (models/README.md) when each condition of
/// that start began to hold. The last one, which must be the cycle of the start itself, is its reason. Where
/// several began to hold in that cycle, the one counts that the contract examines first:
///   1. the unit (its stage, the bus, the slot before), then the descriptors in flight;
///   2. the queue;   3. semaphores, the lowest-numbered first;   4. tile or room for one, stream;   5. ports.
/// Of several instructions whose results are the last, that of the first unit in the order of kChipUnitNames
/// counts. A start that no condition explains is a broken promise (Broken), in every build.
class CriticalPath final : public StartObserver {
 public:
  /// `capacity`: steps to hold before those of no more use are looked for.
  CriticalPath(const ChipParams& params, const Program& program, std::size_t capacity = PathTree::kCapacity);

  void slot(Cycle now, std::int32_t code) override;
  void started(Cycle now, Unit unit, const Work& work, Cycle window, Cycle drain) override;
  void front(Cycle now, Unit unit, const Work& work, Cycle cycles) override;
  void back(Cycle now, Unit unit, Cycle cycles) override;
  void requested(Cycle now, Unit unit, int slot) override;
  void served(Cycle now, const DramService& service) override;
  void ended(Cycle total) override;

  /// After the end: every cycle of the run in exactly one link; their cycles sum to the run's total.
  const std::vector<PathLink>& links() const { return links_; }
  Cycle total() const { return total_; }
  /// Steps that were held at once, at most.
  std::size_t capacity() const { return tree_.capacity(); }

 private:
  /// What is looked up of an instruction, by code index.
  struct Row {
    std::uint64_t wait = 0, signal = 0, release = 0;
    Opcode opcode = Opcode::halt;
    Unit unit = Unit::weights;
    bool queued = false;  ///< goes to a unit
    bool keeps_tile = false;
    std::int64_t streamed_rows = 0;  ///< vectors of an mmul that streams its sums
    Cycle sums_cycles = 0;           ///< from row to row of sums out of an output-stationary array
    GatePops pops;
  };
  struct UnitState {
    Fifo<Pin> queued;       ///< the slots of the instructions in the queue
    std::vector<Pin> room;  ///< by number of the push, modulo the depth: when there is room for it
    std::int64_t pushed = 0, started = 0;
    Pin taken;                    ///< the instruction before, or the front stage
    Pin result;                   ///< its last result
    std::uint32_t held_late = 0;  ///< kinds of port that it holds until its drain has ended
  };
  struct Descriptor {
    std::int32_t code = -1;
    Pin front;  ///< the end of its front stage, or where the DRAM sees its request
    PortRequest back_ports;
  };
  struct DmaState {
    Fifo<Descriptor> flight;             ///< in the front stage or between the stages, oldest first
    std::vector<PathTree::Id> requests;  ///< by place of the descriptor: seen by the DRAM, not served
    std::vector<Pin> replies;            ///< by place of the descriptor
    std::vector<Pin> complete;           ///< by number of the descriptor, modulo those that may be in flight
    Pin back;                            ///< the back stage is taken
    std::int64_t entered_back = 0;
  };
  struct TileState {
    Fifo<Pin> tiles;         ///< in the array, oldest first: when it can be used
    std::vector<Pin> freed;  ///< by number of the mload, modulo the tiles: when there is room for it
    std::int64_t loads = 0, frees = 0;
  };
  /// The stream from an array to the gate unit.
  struct StreamState {
    struct Sums {
      Cycle first = 0, step = 0;  ///< as in GatePops::ready
      PathTree::Id mmul = PathTree::kNone;
    };
    struct Room {
      std::int64_t rows = 0;
      Pin since;
    };
    Fifo<Sums> sums;        ///< of mmuls that no gate instruction has popped, oldest first
    Fifo<Room> given;       ///< by gate instructions, in order
    std::int64_t rows = 0;  ///< free without those in `given`
  };
  struct SemaphoreState {
    std::int64_t initial = 0;
    Fifo<Pin> posts;  ///< that nobody took yet, in order of time
  };

  /// The last of several conditions to hold, the first of equals.
  struct Last {
    Cycle ready = -1;
    PathTree::Id step = PathTree::kNone;
    Reason reason = Reason::start;
    std::int8_t port = -1;
    void consider(const Pin& pin, Reason why) {
      if (pin.ready > ready) ready = pin.ready, step = pin.step, reason = why;
    }
  };

  void make_room(Cycle now);
  template <class F>
  void for_each_pin(F&& f);
  PathTree::Id add(Cycle at, const Last& last, Stage stage, std::int32_t code, Cycle window, Cycle drain = 0);

  void consider_queue(Unit unit, Last& last);
  void consider_semaphores(std::uint64_t wait, Last& last);
  void consider_ports(Cycle now, Client client, const PortRequest& request, Last& last);
  void consider_tiles(const Row& row, Last& last);
  void consider_streams(const Row& row, Last& last);
  void use_streams(Cycle now, const Row& row, Cycle window, PathTree::Id step);
  void leave_queue(Cycle now, Unit unit, PathTree::Id step);
  void post(std::uint64_t mask, const Pin& pin);
  DmaState& dma(Unit unit) { return dma_[unit == Unit::store]; }

  const ChipParams& params_;
  std::vector<Row> rows_;
  PathTree tree_;
  PortHolds ports_;
  std::array<UnitState, kUnits> units_;
  std::array<DmaState, 2> dma_;
  std::array<TileState, kMaxArrays> tiles_;
  std::array<StreamState, kMaxArrays> streams_;
  std::vector<SemaphoreState> semaphores_;
  Pin slot_;                ///< the slot before: its cycle's end
  std::int64_t slots_ = 0;  ///< used in its cycle
  Pin bus_;                 ///< of the DRAM: the request served last
  int requests_ = 0;        ///< that the DRAM has seen and not served
  std::vector<PathLink> links_;
  Cycle total_ = 0;
};

}  // namespace rondo

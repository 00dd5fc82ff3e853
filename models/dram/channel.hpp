#pragma once

#include "models/dram/refresh.hpp"
#include "models/dram/stream.hpp"
#include "models/dram/timing.hpp"

namespace rondo::dram {

/// How the controller decides.
struct Policy {
  std::int64_t channels = 1;
  std::int64_t ranks = 1;
  std::string mapping;
  bool closed_page = false;
  RefreshMode refresh = RefreshMode::all_bank;
  std::int64_t queue_depth = 1;
  std::int64_t overtakes = 1;
};

/// What a DRAM has done.
struct Counts {
  std::int64_t activates = 0;
  std::int64_t read_bursts = 0;
  std::int64_t written_bursts = 0;
  std::int64_t refreshes = 0;
  std::int64_t row_hits = 0;
  std::int64_t row_misses = 0;
  std::int64_t row_conflicts = 0;
  std::int64_t turnarounds = 0;
  Clock active_clocks = 0;  ///< summed over ranks: a row is open

  void add(const Counts& other, std::int64_t times);
};

/// Hears every command, those of a channel in order of time, but for the refreshes of a channel at rest: rank
/// by rank.
class CommandObserver {
 public:
  virtual ~CommandObserver() = default;
  /// `transfer` is the place in the controller that a column command works for, else -1.
  virtual void command(int channel, Command command, int bank, int row, Clock at, int transfer) = 0;
};

/// How far a transfer is.
struct Progress {
  std::int64_t left = 0;  ///< bursts whose command has not been given, on the channels that are simulated
  Clock first = kNever;   ///< first clock of data
  Clock end = 0;          ///< first clock after the data, as far as commands have been given
};

/// One channel: its queues, its scheduler, its banks. README.md says what it decides and when. Advances from
/// command to command, and over commands that can be foretold.
class Channel {
 public:
  Channel(const Device& device, const Policy& policy, const AddressMap& map, int index,
          const std::vector<Transfer>& transfers, std::vector<Progress>& progress);
  /// A channel that has been asked for the same as `other`, and is in the same state.
  Channel(const Channel& other, int index);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Gives every command that begins before clock `until`.
  void advance(Clock until);
  /// The bursts of a transfer on this channel (there are `bursts` > 0) come in clock `arrival`, not before
  /// the clock to which the channel has advanced.
  void add(Direction direction, int transfer, std::int64_t bursts, Clock arrival);

  const Stream& stream(Direction direction) const { return lanes_[static_cast<std::size_t>(direction)].stream; }
  /// The burst of this direction with this number, if it is not served yet, has not wholly moved its data
  /// before this clock.
  Clock soonest_end(Direction direction, std::int64_t number) const;

  /// Counts up to the clock to which the channel has advanced.
  Counts counts() const;
  CommandObserver* observer = nullptr;

 private:
  /// One direction's queue: it holds the oldest `queue_depth` bursts that have come and are not served.
  struct Lane {
    Lane(Direction direction, const AddressMap& map, int channel, const std::vector<Transfer>& transfers);
    Lane(const Lane& other, int channel);

    const Command plain, with_precharge;
    Clock data_after = 0;    ///< from command to data
    Clock closed_after = 0;  ///< from command to its automatic precharge, at least
    Stream stream;
    std::vector<Run> runs;          ///< by the number of their next burst, so oldest first
    std::int64_t served = 0;        ///< bursts
    std::int64_t overtaken = 0;     ///< bursts served since the oldest one became the oldest
    std::int64_t room_at = kNever;  ///< so many served let the next run in; kNever: it has not come
  };
  struct Choice {
    Clock at = kNever;
    Command command = Command::activate;
    int bank = 0;
    std::int64_t run = -1;  ///< -1: for a refresh
  };
  /// The oldest bursts, served in order: burst i begins in clock at + i x spacing.
  struct Streak {
    Clock at = 0;
    Clock spacing = 0;
    std::int64_t bursts = 1;
    std::int64_t in_turn = 1;  ///< runs that take turns
    std::int64_t told = 0;     ///< bursts that the observer has heard of
    Clock column = 0;          ///< clocks of a column command on a bus that rows share
    Clock slot(std::int64_t burst) const { return at + burst * spacing; }
    Clock gap(Clock from, Clock length) const;
  };
  /// A row that was opened for a burst which has not been served yet, and why it had to be.
  enum class Fresh : std::uint8_t { no, miss, conflict };
  struct Bank {
    std::int32_t row = -1;  ///< the open one
    bool conflict = false;  ///< closed because another row was asked for
    Fresh fresh = Fresh::no;
  };
  /// Banks whose row is open, and since when some row has been. While none is, `active_until` is when the last
  /// one closes; that time is not yet in the counts.
  struct Rank {
    int open = 0;
    Clock active_since = 0, active_until = 0;
  };

  Bank& bank(int b) { return banks_[static_cast<std::size_t>(b)]; }
  const Bank& bank(int b) const { return banks_[static_cast<std::size_t>(b)]; }
  bool hit(const Run& run) const { return bank(run.bank).row == run.row; }

  // channel.cpp: time, queues, rest, banks
  void meet_event();
  void expect_events();
  void admit(Lane& lane);
  void expect_room(Lane& lane) const;
  void choose_direction();
  std::uint64_t queued_banks() const;
  void rest(Clock until);
  bool can_skip_refreshes(int rank, std::int64_t times) const;
  void skip_refreshes(int rank, std::int64_t times);
  void open(int bank, std::int32_t row, Clock at);
  void close(int bank, Clock at);
  void tell(Command command, int bank, Clock at, int transfer = -1) const;

  // channel_choose.cpp: which command comes next
  Choice choose();
  template <class Place>
  void choose_refresh(Choice& best, Place&& place);
  Choice choose_column(std::uint64_t reserved);
  void survey(std::uint64_t reserved);
  template <class Place>
  void choose_row(Choice& best, Place&& place);
  bool closes(std::size_t run) const;

  // channel_serve.cpp: giving it
  void carry_out(const Choice& choice, Clock limit);
  void carry_out_row(const Choice& choice);
  void serve(const Choice& choice);
  void count_data(const Run& run, std::int64_t bursts, Clock first_command, Clock last_command);
  void count_row(int bank);

  // channel_streak.cpp: what is bound to follow
  Streak streak(const Choice& choice, Clock limit) const;
  Clock streak_spacing(const Choice& choice) const;
  std::int64_t in_order(const Streak& streak) const;
  std::int64_t next_run() const;
  void fill_gaps(Streak& streak);
  void hold_rows(Streak& streak, std::int64_t served_before, std::int64_t served) const;
  void see_queue(Streak& streak, std::int64_t before, std::int64_t served);
  void serve_streak(Streak& streak);
  void tell_columns(Streak& streak, Clock before) const;
  void settle_runs(std::int64_t touched, std::int64_t in_turn);
  bool goes_on(Choice& next, Clock limit);

  const AddressMap& map_;
  const int index_;
  const bool closed_page_;
  const std::int64_t depth_;
  const std::int64_t overtakes_;
  const Clock burst_clocks_;
  std::vector<Progress>& progress_;
  Timing timing_;
  Refresh refresh_;

  std::array<Lane, 2> lanes_;
  Lane* lane_ = &lanes_[0];  ///< of the direction that is being served
  Lane* other_ = &lanes_[1];
  std::int64_t in_turn_ = 0;  ///< bursts served in this direction while the other one had some
  std::vector<Bank> banks_;
  std::vector<Rank> ranks_;
  Clock now_ = 0;
  Clock event_ = 0;  ///< when a refresh falls due or the next transfer comes
  Counts counts_;

  // What choose() found besides its choice.
  std::int64_t visible_ = 0;   ///< runs whose next burst is in the queue
  std::uint64_t to_open_ = 0;  ///< banks in which some burst misses and none hits
  bool held_back_ = false;     ///< there are banks in which some burst misses and another hits
  Clock row_from_ = kNever;    ///< the first clock in which a row command is legal, the bus not considered
};

}  // namespace rondo::dram

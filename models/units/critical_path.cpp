#include "models/units/critical_path.hpp"

#include <string>

#include "models/base/error.hpp"
#include "models/units/links.hpp"

namespace rondo {
namespace {

constexpr std::size_t kMostSteps = 4;  // that one call adds

std::int64_t queue_depth(const ChipParams& params, Unit unit) {
  switch (kind_of(unit)) {
    case Unit::weights: return params.weights.queue_depth;
    case Unit::matrix: return params.matrix.queue_depth;
    case Unit::gate: return params.gate.queue_depth;
    case Unit::load: return params.load.queue_depth;
    default: return params.store.queue_depth;
  }
}

Client client_of(Unit unit) {
  switch (kind_of(unit)) {
    case Unit::weights: return weights_client(array_of(unit));
    case Unit::matrix: return matrix_client(array_of(unit));
    default: return Client::gate;
  }
}

// The kinds of port that an instruction holds until its drain has ended (section 5 of the contract).
std::uint32_t held_late(Unit unit) {
  std::uint32_t kinds = 0;
  for (int kind = 0; kind < kPortKinds; ++kind) {
    const bool late = kind_of(unit) == Unit::matrix ? space_of_kind(kind) == Space::accumulator
                                                    : unit == Unit::gate && is_write_kind(kind);
    if (late) kinds |= 1u << kind;
  }
  return kinds;
}

template <class T>
T& in_turn(std::vector<T>& places, std::int64_t number) {
  return places[static_cast<std::size_t>(number) % places.size()];
}

}  // namespace

CriticalPath::CriticalPath(const ChipParams& params, const Program& program, std::size_t capacity)
    : params_(params), tree_(capacity), ports_(params) {
  for (const Instruction& in : program.code) {
    Row row;
    row.wait = in.wait, row.signal = in.signal, row.release = in.release, row.opcode = in.opcode, row.unit = in.unit;
    row.queued = info(in.opcode).unit != "sequencer";
    row.keeps_tile = in.opcode == Opcode::mmul && in.fields[field::mmul::keep] != 0;
    if (in.opcode == Opcode::mmul && in.fields[field::mmul::stream])
      row.streamed_rows = in.fields[field::mmul::vectors];
    if (row.streamed_rows > 0 && params.machine.dataflow == Dataflow::output_stationary)
      row.sums_cycles = mmul_pace(params, in, 8).per_row;
    if (in.opcode == Opcode::gate)
      row.pops = gate_pops(params, in, program.kernels[static_cast<std::size_t>(in.fields[field::gate::kernel])]);
    rows_.push_back(row);
  }
  for (int unit = 0; unit < kUnits; ++unit) {
    units_[unit].room.resize(static_cast<std::size_t>(queue_depth(params, static_cast<Unit>(unit))));
    units_[unit].held_late = held_late(static_cast<Unit>(unit));
  }
  for (const Unit unit : {Unit::load, Unit::store}) {
    const DmaParams& p = unit == Unit::load ? params.load : params.store;
    dma(unit).requests.assign(static_cast<std::size_t>(p.outstanding), PathTree::kNone);
    dma(unit).replies.resize(static_cast<std::size_t>(p.outstanding));
    dma(unit).complete.resize(static_cast<std::size_t>(p.outstanding));
  }
  for (TileState& array : tiles_) array.freed.resize(static_cast<std::size_t>(params.machine.tile_fifo));
  for (StreamState& stream : streams_) stream.rows = params.machine.stream_rows;
  semaphores_.resize(program.semaphores.size());
  for (std::size_t s = 0; s < semaphores_.size(); ++s) semaphores_[s].initial = program.semaphores[s].initial;
}

// A condition that began to hold before the present cycle is no reason for anything any more: a start happens
// in the cycle in which its last condition begins to hold.
void CriticalPath::make_room(Cycle now) {
  if (!tree_.crowded(kMostSteps)) return;
  for_each_pin([&](Cycle ready, PathTree::Id& step) {
    if (ready < now) step = PathTree::kNone;
    if (step != PathTree::kNone) tree_.keep(step);
  });
  tree_.collect();
  for_each_pin([&](Cycle, PathTree::Id& step) {
    if (step != PathTree::kNone) step = tree_.moved(step);
  });
}

// Calls f(ready, step) for everything that a later step may have to wait for.
template <class F>
void CriticalPath::for_each_pin(F&& f) {
  const auto one = [&](Pin& pin) { f(pin.ready, pin.step); };
  const auto all = [&](auto& pins) {
    for (std::size_t i = 0; i < pins.size(); ++i) one(pins[i]);
  };
  for (UnitState& unit : units_) all(unit.queued), all(unit.room), one(unit.taken), one(unit.result);
  for (DmaState& dma : dma_) {
    for (std::size_t i = 0; i < dma.flight.size(); ++i) one(dma.flight[i].front);
    all(dma.replies), all(dma.complete), one(dma.back);
    for (PathTree::Id& request : dma.requests) f(kNever, request);
  }
  for (TileState& array : tiles_) all(array.tiles), all(array.freed);
  for (StreamState& stream : streams_) {
    for (std::size_t i = 0; i < stream.sums.size(); ++i) f(kNever, stream.sums[i].mmul);
    for (std::size_t i = 0; i < stream.given.size(); ++i) one(stream.given[i].since);
  }
  for (SemaphoreState& semaphore : semaphores_) all(semaphore.posts);
  ports_.for_each_step(f);
  one(slot_);
  f(requests_ > 0 ? kNever : bus_.ready, bus_.step);  // the DRAM may tell late what it has done
}

PathTree::Id CriticalPath::add(Cycle at, const Last& last, Stage stage, std::int32_t code, Cycle window, Cycle drain) {
  if (last.ready != at || last.step == PathTree::kNone) {
    broken_at("critical path", at,
              "no condition explains why instruction " + std::to_string(code) + " started, the last one held from " +
                  std::to_string(last.ready));
  }
  return tree_.add({at, window, static_cast<std::int32_t>(drain), code, last.step, stage, last.reason, last.port});
}

void CriticalPath::slot(Cycle now, std::int32_t code) {
  make_room(now);
  const Row& row = rows_[static_cast<std::size_t>(code)];
  Last last;
  if (slot_.step == PathTree::kNone && slot_.ready < 0) {
    last = {0, tree_.origin(), Reason::start};
  } else {
    const bool same_cycle = slots_ < params_.sequencer.dispatch_width;
    last.consider({slot_.ready - same_cycle, slot_.step}, Reason::taken);
  }
  UnitState& unit = units_[static_cast<std::size_t>(row.unit)];
  if (row.queued) last.consider(in_turn(unit.room, unit.pushed++), Reason::queue_room);
  const PathTree::Id step = add(now, last, Stage::slot, code, 1);
  slots_ = now + 1 == slot_.ready ? slots_ + 1 : 1;
  slot_ = {now + 1, step};
  if (row.queued) unit.queued.push({now + 1, step});
}

void CriticalPath::consider_queue(Unit unit, Last& last) {
  last.consider(units_[static_cast<std::size_t>(unit)].queued.front(), Reason::dispatch);
}

// The n-th start to take from a semaphore needs its n-th post.
void CriticalPath::consider_semaphores(std::uint64_t wait, Last& last) {
  for_each_bit(wait, [&](int s) {
    SemaphoreState& semaphore = semaphores_[static_cast<std::size_t>(s)];
    if (semaphore.initial > 0) {
      --semaphore.initial;
      return;
    }
    check(!semaphore.posts.empty(), "an instruction took from a semaphore that was not posted");
    last.consider(semaphore.posts.front(), Reason::semaphore);
    semaphore.posts.pop();
  });
}

void CriticalPath::consider_tiles(const Row& row, Last& last) {
  TileState& array = tiles_[static_cast<std::size_t>(array_of(row.unit))];
  if (row.opcode == Opcode::mload) last.consider(in_turn(array.freed, array.loads++), Reason::tile_room);
  if (row.opcode == Opcode::mmul) last.consider(array.tiles.front(), Reason::tile);
}

void CriticalPath::consider_streams(const Row& row, Last& last) {
  if (row.streamed_rows > 0) {
    StreamState& stream = streams_[static_cast<std::size_t>(array_of(row.unit))];
    for (; stream.rows < row.streamed_rows; stream.given.pop()) {
      check(!stream.given.empty(), "an mmul streamed into a full stream");
      stream.rows += stream.given.front().rows;
      last.consider(stream.given.front().since, Reason::stream_room);
    }
    stream.rows -= row.streamed_rows;
  }
  for_each_bit(row.pops.arrays, [&](int a) {
    Fifo<StreamState::Sums>& sums = streams_[static_cast<std::size_t>(a)].sums;
    check(!sums.empty(), "a gate instruction popped an empty stream");
    last.consider({row.pops.ready(a, sums.front().first, sums.front().step), sums.front().mmul}, Reason::stream);
    sums.pop();
  });
}

void CriticalPath::use_streams(Cycle now, const Row& row, Cycle window, PathTree::Id step) {
  if (row.streamed_rows > 0) {
    // Rows leave an output-stationary array in the end of the window, evenly over all of it else.
    const Cycle per_row = row.sums_cycles > 0 ? row.sums_cycles : window / row.streamed_rows;
    const Cycle to_column_0 = mmul_drain(params_) - (params_.machine.cols - 1);
    const Cycle first = now + window - (row.streamed_rows - 1) * per_row + to_column_0;
    streams_[static_cast<std::size_t>(array_of(row.unit))].sums.push({first, per_row, step});
  }
  for_each_bit(row.pops.arrays, [&](int a) {
    streams_[static_cast<std::size_t>(a)].given.push({row.pops.rows, {now + window + 1, step}});
  });
}

// When all else held before the start, a port was the last thing.
void CriticalPath::consider_ports(Cycle now, Client client, const PortRequest& request, Last& last) {
  if (last.ready >= now || request.kinds == 0) return;
  const PortHolds::Obstacle obstacle = ports_.last_obstacle(now, last.ready, client, request);
  last = {now, obstacle.step, obstacle.reason, static_cast<std::int8_t>(obstacle.port)};
}

void CriticalPath::leave_queue(Cycle now, Unit unit, PathTree::Id step) {
  UnitState& state = units_[static_cast<std::size_t>(unit)];
  state.queued.pop();
  in_turn(state.room, state.started++) = {now + 1, step};
}

void CriticalPath::post(std::uint64_t mask, const Pin& pin) {
  for_each_bit(mask, [&](int s) {
    Fifo<Pin>& posts = semaphores_[static_cast<std::size_t>(s)].posts;
    posts.push(pin);
    // A release may come before the signal of an earlier instruction.
    for (std::size_t i = posts.size() - 1; i > 0 && posts[i].ready < posts[i - 1].ready; --i) {
      std::swap(posts[i], posts[i - 1]);
    }
  });
}

void CriticalPath::started(Cycle now, Unit unit, const Work& work, Cycle window, Cycle drain) {
  make_room(now);
  const Row& row = rows_[static_cast<std::size_t>(work.code)];
  UnitState& state = units_[static_cast<std::size_t>(unit)];
  Last last;
  last.consider(state.taken, Reason::taken);
  consider_queue(unit, last);
  consider_semaphores(row.wait, last);
  consider_tiles(row, last);
  consider_streams(row, last);
  const Cycle asked = last.ready;
  const bool sync = row.opcode == Opcode::sync;
  if (!sync) consider_ports(now, client_of(unit), work.ports, last);

  const PathTree::Id step = add(now, last, Stage::window, work.code, window, drain);
  leave_queue(now, unit, step);
  const Cycle read = now + window, done = read + drain;
  state.taken = {unit == Unit::gate ? done : read, step};
  state.result = {done, step};
  post(row.release, {read + 1, step});
  post(row.signal, {done + 1, step});
  if (sync) return;
  ports_.add(client_of(unit), {now, asked, read, done, state.held_late, step, work.ports});
  use_streams(now, row, window, step);
  TileState& array = tiles_[static_cast<std::size_t>(array_of(unit))];
  if (row.opcode == Opcode::mload) array.tiles.push({done, step});
  if (row.opcode == Opcode::mmul && !row.keeps_tile) {
    array.tiles.pop();
    in_turn(array.freed, array.frees++) = {read + 1, step};
  }
}

void CriticalPath::front(Cycle now, Unit unit, const Work& work, Cycle cycles) {
  make_room(now);
  const Row& row = rows_[static_cast<std::size_t>(work.code)];
  UnitState& state = units_[static_cast<std::size_t>(unit)];
  DmaState& stages = dma(unit);
  const bool sync = row.opcode == Opcode::sync;
  const Client client = unit == Unit::store ? Client::store : Client::gather;
  const PortRequest reads = sync ? PortRequest{} : Ports::only(work.ports, false);
  Last last;
  last.consider(state.taken, Reason::taken);
  last.consider(in_turn(stages.complete, state.started), Reason::in_flight);
  if (row.opcode == Opcode::gather) last.consider(stages.back, Reason::in_flight);
  consider_queue(unit, last);
  consider_semaphores(row.wait, last);
  const Cycle asked = last.ready;
  consider_ports(now, client, reads, last);

  const PathTree::Id step = add(now, last, Stage::front, work.code, cycles);
  leave_queue(now, unit, step);
  state.taken = {now + cycles, step};
  // A sync can enter the back stage when it leaves the front stage; the DRAM sees other descriptors a cycle
  // later.
  stages.flight.push(
      {work.code, {state.taken.ready + !sync, step}, sync ? PortRequest{} : Ports::only(work.ports, true)});
  ports_.add(client, {now, asked, now + cycles, 0, 0, step, reads});
  if (unit == Unit::store) post(row.release, {now + cycles + 1, step});
}

// Its latency takes as long as it will turn out to.
void CriticalPath::requested(Cycle now, Unit unit, int slot) {
  make_room(now);
  DmaState& stages = dma(unit);
  const auto places = static_cast<std::int64_t>(stages.requests.size());
  const std::int64_t ahead = (slot - stages.entered_back % places + places) % places;
  const Descriptor& descriptor = stages.flight[static_cast<std::size_t>(ahead)];
  Last last;
  last.consider(descriptor.front, Reason::request);
  stages.requests[static_cast<std::size_t>(slot)] = add(now, last, Stage::request, descriptor.code, kNever);
  ++requests_;
}

void CriticalPath::served(Cycle now, const DramService& service) {
  make_room(now);
  DmaState& stages = dma(service.unit);
  PathTree::Id& request = stages.requests[static_cast<std::size_t>(service.slot)];
  Last last;
  last.consider(bus_, Reason::taken);
  last.consider({service.soonest, request}, Reason::latency);
  const Cycle overhead = service.end - service.begin - service.data;
  const PathTree::Id transfer = add(service.begin, last, Stage::transfer, tree_[request].code, service.data, overhead);
  bus_ = {service.end, transfer};
  stages.replies[static_cast<std::size_t>(service.slot)] = {service.end + 1, transfer};
  request = PathTree::kNone;
  --requests_;
}

void CriticalPath::back(Cycle now, Unit unit, Cycle cycles) {
  make_room(now);
  DmaState& stages = dma(unit);
  const Descriptor& descriptor = stages.flight.front();
  const Row& row = rows_[static_cast<std::size_t>(descriptor.code)];
  Last last;
  last.consider(stages.back, Reason::taken);
  if (row.opcode == Opcode::sync) {
    last.consider(descriptor.front, Reason::taken);
  } else {
    last.consider(in_turn(stages.replies, stages.entered_back), Reason::reply);
  }
  const Cycle asked = last.ready;
  consider_ports(now, Client::load, descriptor.back_ports, last);

  const PathTree::Id step = add(now, last, Stage::back, descriptor.code, cycles);
  const Pin done = {now + cycles, step};
  ports_.add(Client::load, {now, asked, done.ready, 0, 0, step, descriptor.back_ports});
  stages.back = done;
  units_[static_cast<std::size_t>(unit)].result = done;
  in_turn(stages.complete, stages.entered_back++) = done;
  if (unit == Unit::load) post(row.release, {done.ready + 1, step});
  post(row.signal, {done.ready + 1, step});
  stages.flight.pop();
}

void CriticalPath::ended(Cycle total) {
  Last last;
  for (UnitState& unit : units_) last.consider(unit.result, Reason::end);
  last.consider(slot_, Reason::end);
  links_ = tree_.path_to(add(total, last, Stage::end, -1, 0)).links();
  total_ = total;
  Cycle sum = 0;
  for (const PathLink& link : links_) sum += link.cycles();
  check(sum == total, "the critical path does not add up to the run");
}

}  // namespace rondo

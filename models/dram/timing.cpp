#include "models/dram/timing.hpp"

namespace rondo::dram {
namespace {

// Whether a row makes column commands and others of the same rank or channel wait for each other. That
// columns and the closing or refresh of their whole rank do is no harm: a rank that owes a refresh takes no
// columns.
bool mixes(Level level, const Constraint& row) {
  if (level == Level::bank || is_column(row.before) == is_column(row.after)) return false;
  return !(level == Level::rank && is_for_rank(row.after));
}

}  // namespace

Timing::Timing(const Device& device, std::int64_t ranks, unsigned used)
    : banks_(static_cast<int>(device.banks())),
      ranks_(static_cast<int>(ranks)),
      two_buses_(device.command_buses == 2),
      length_(device.length) {
  const auto groups = static_cast<std::size_t>(ranks * device.bank_groups);
  const auto all = static_cast<std::size_t>(ranks * device.banks());
  node_list_.resize(static_cast<std::size_t>(ranks) + groups + all);
  for (std::size_t bank = 0; bank < all; ++bank) {
    const std::size_t rank = bank / static_cast<std::size_t>(banks_);
    Node* const first_group = &node_list_[static_cast<std::size_t>(ranks)];
    nodes_.push_back({&node_list_[rank], first_group + bank / static_cast<std::size_t>(device.banks_per_group),
                      first_group + groups + bank, static_cast<int>(rank)});
  }
  std::array<ByLevel, kCommands> effects;
  const auto given = [used](Command command) { return used >> static_cast<unsigned>(command) & 1; };
  for (const Constraint& row : device.constraints) {
    if (!given(row.before) || !given(row.after)) continue;
    if (row.level == Level::other_rank && ranks_ == 1) continue;
    // With one rank, what binds the channel binds the rank: fewer places to keep up to date.
    const Level level = row.level == Level::channel && ranks_ == 1 ? Level::rank : row.level;
    add(level, row, row.clocks + length(row.before) - length(row.after), effects[static_cast<std::size_t>(row.before)]);
  }
  for (std::size_t c = 0; c < kCommands; ++c) {
    measure_spacing(c, effects[c]);
    const auto of = [&](Level level) -> std::vector<Effect>& { return effects[c][static_cast<std::size_t>(level)]; };
    Effects& all_of = effects_[c];
    all_of.own = of(Level::rank);
    all_of.group = all_of.own.size();
    all_of.own.insert(all_of.own.end(), of(Level::bank_group).begin(), of(Level::bank_group).end());
    all_of.bank = all_of.own.size();
    all_of.own.insert(all_of.own.end(), of(Level::bank).begin(), of(Level::bank).end());
    all_of.channel = of(Level::channel);
    all_of.other_ranks = of(Level::other_rank);
  }
}

Timing::Timing(const Timing& other)
    : banks_(other.banks_),
      ranks_(other.ranks_),
      two_buses_(other.two_buses_),
      length_(other.length_),
      spacing_(other.spacing_),
      group_spacing_(other.group_spacing_),
      least_spacing_(other.least_spacing_),
      rows_apart_(other.rows_apart_),
      bus_free_(other.bus_free_),
      effects_(other.effects_),
      windows_(other.windows_),
      channel_(other.channel_),
      node_list_(other.node_list_),
      nodes_(other.nodes_) {
  const auto own = [&](const Node* node) { return node_list_.data() + (node - other.node_list_.data()); };
  for (Nodes& at : nodes_) at = {own(at.rank_ready), own(at.group_ready), own(at.bank_ready), at.rank};
}

// Of several rows for the same pair and level the longest counts.
void Timing::add(Level level, const Constraint& row, Clock clocks, ByLevel& effects) {
  if (row.window > 1) {
    const auto length = static_cast<std::size_t>(row.window), ranks = static_cast<std::size_t>(ranks_);
    windows_.push_back({row.before, row.after, clocks, length, std::vector<Clock>(length * ranks, -clocks),
                        std::vector<std::size_t>(ranks, 0)});
    effects_[static_cast<std::size_t>(row.before)].opens_window = true;
    return;
  }
  if (mixes(level, row)) rows_apart_ = false;
  const auto after = static_cast<std::int32_t>(row.after);
  auto& list = effects[static_cast<std::size_t>(level)];
  for (Effect& effect : list) {
    if (effect.after != after) continue;
    effect.clocks = std::max(effect.clocks, static_cast<std::int32_t>(clocks));
    return;
  }
  list.push_back({after, static_cast<std::int32_t>(clocks)});
}

void Timing::measure_spacing(std::size_t c, const ByLevel& effects) {
  const auto between = [&](Level level) {
    Clock clocks = 0;
    for (const Effect& effect : effects[static_cast<std::size_t>(level)]) {
      if (effect.after == static_cast<std::int32_t>(c)) clocks = effect.clocks;
    }
    return clocks;
  };
  const Clock anywhere = std::max(length_[c], between(Level::channel));
  spacing_[c] = std::max(anywhere, between(Level::rank));
  group_spacing_[c] = std::max({spacing_[c], between(Level::bank_group), between(Level::bank)});
  least_spacing_[c] = ranks_ == 1 ? spacing_[c] : std::min(spacing_[c], std::max(anywhere, between(Level::other_rank)));
}

void Timing::issue(Command command, int bank, Clock now) {
  const Nodes& at = nodes_[static_cast<std::size_t>(bank)];
  const auto c = static_cast<std::size_t>(command);
  Clock& bus_free = bus_free_[static_cast<std::size_t>(bus(command))];
  bus_free = std::max(bus_free, now + length_[c]);
  const Effects& effects = effects_[c];
  const Effect* const own = effects.own.data();
  raise(*at.rank_ready, own, own + effects.group, now);
  raise(*at.group_ready, own + effects.group, own + effects.bank, now);
  raise(*at.bank_ready, own + effects.bank, own + effects.own.size(), now);
  if (ranks_ > 1) issue_to_others(effects, at.rank, now);
  if (!effects.opens_window) return;
  for (Window& window : windows_) {
    if (window.before == command) issue_window(window, at.rank, now);
  }
}

void Timing::issue_to_others(const Effects& effects, int rank, Clock now) {
  raise(channel_, effects.channel.data(), effects.channel.data() + effects.channel.size(), now);
  for (int other = 0; other < ranks_; ++other) {
    if (other == rank) continue;
    raise(node_list_[static_cast<std::size_t>(other)], effects.other_ranks.data(),
          effects.other_ranks.data() + effects.other_ranks.size(), now);
  }
}

void Timing::issue_window(Window& window, int rank, Clock now) {
  const auto r = static_cast<std::size_t>(rank);
  Clock* past = &window.past[r * window.length];
  std::size_t& next = window.next[r];
  past[next] = now;
  next = next + 1 == window.length ? 0 : next + 1;
  Clock& ready = node_list_[r][static_cast<std::size_t>(window.after)];
  ready = std::max(ready, past[next] + window.clocks);
}

}  // namespace rondo::dram

#pragma once

#include "traces/network.hpp"
#include "traces/network_entries.hpp"

namespace rondo {

/// Builds a YAML network's graph and its seeded inputs. What does not fit goes to `findings`; the network is
/// to be used only if there are none.
///
/// A layer's value is [steps][batch][features], or [batch][features] after `last_step`. `last_step` of a
/// recurrent layer is its final output h: where each sequence and direction ends.
void build_layers(const NetworkEntries& entries, bool timing_only, Findings& findings, Network& network);

}  // namespace rondo

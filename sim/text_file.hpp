#pragma once

#include <cstdint>
#include <string>

namespace rondo {

/// Reads a small text file whole. A path that is missing, a directory, a pipe or a device, longer than
/// `limit` bytes, unreadable, empty, or not UTF-8 text is an Error that names it; nothing is ever waited for.
std::string read_text_file(const std::string& path, std::int64_t limit = 1 << 20);

/// The same path as short as it can be said: relative to the working directory when it lies below it.
std::string display_path(const std::string& path);

/// The known word that is nearest to a mistyped one, as ` (did you mean "rows"?)`; empty if none is near.
template <class Words>
std::string did_you_mean(const std::string& word, const Words& known);

/// Letters to insert, delete, replace or swap to turn one word into the other.
int edit_distance(const std::string& a, const std::string& b);

template <class Words>
std::string did_you_mean(const std::string& word, const Words& known) {
  std::string best;
  int least = 1 + static_cast<int>(word.size()) / 3;
  for (const auto& candidate : known) {
    const int distance = edit_distance(word, candidate);
    if (distance < least || (distance == least && best.empty())) {
      least = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : " (did you mean \"" + best + "\"?)";
}

}  // namespace rondo

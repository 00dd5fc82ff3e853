#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

/// Wrong input: what a user wrote or handed over cannot be used. Carries one or many findings, each
/// of the form `file:line:column: what is wrong; what is allowed`. Only `main` catches it (exit status 2).
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& finding) : Error(std::vector<std::string>{finding}) {}
  explicit Error(std::vector<std::string> findings);

  const std::vector<std::string>& findings() const { return findings_; }

 private:
  std::vector<std::string> findings_;
};

/// A broken promise inside Rondo, never the user's fault (exit status 1).
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Collects findings so that all mistakes of a file are reported at once.
class Findings {
 public:
  void add(std::string finding) { list_.push_back(std::move(finding)); }
  bool empty() const { return list_.empty(); }
  const std::vector<std::string>& list() const { return list_; }
  /// Throws Error with every finding, if there is one.
  void raise() const;

 private:
  std::vector<std::string> list_;
};

/// Stops with `message` when `holds` is false, in every build type.
inline void check(bool holds, const char* message) {
  if (!holds) throw Broken(message);
}

/// The same inside a running chip: the message names the unit and the cycle.
[[noreturn]] void broken_at(std::string_view unit, std::int64_t cycle, const std::string& message);

}  // namespace rondo

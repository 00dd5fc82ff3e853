#include "models/base/error.hpp"

#include <utility>

namespace rondo {
namespace {

std::string joined(const std::vector<std::string>& findings) {
  std::string text;
  for (const std::string& finding : findings) {
    if (!text.empty()) text += '\n';
    text += finding;
  }
  return text;
}

}  // namespace

Error::Error(std::vector<std::string> findings)
    : std::runtime_error(joined(findings)), findings_(std::move(findings)) {}

void Findings::raise() const {
  if (!list_.empty()) throw Error(list_);
}

void broken_at(std::string_view unit, std::int64_t cycle, const std::string& message) {
  throw Broken(std::string(unit) + ", cycle " + std::to_string(cycle) + ": " + message);
}

}  // namespace rondo

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

/// One line of what a finished run counted: the copy of an Action, Part or Counter.
struct Quantity {
  std::string name;
  std::string sentence;
  std::int64_t count = 0;
};

/// Everything one unit or memory counted and is made of, as plain data: what models/cost prices.
struct Counted {
  std::string owner;  ///< "matrix", "weight_sram", ...
  std::vector<Quantity> actions;
  std::vector<Quantity> parts;
  std::vector<Quantity> counters;
  std::int64_t bank_bytes = 0;  ///< of a memory: bytes of one bank, by which laws price an access; else 0
  std::string kind = {};        ///< whose prices it has: "matrix" for "matrix1" too; empty: its own

  const std::string& priced_as() const { return kind.empty() ? owner : kind; }
};

}  // namespace rondo

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace millrace {

/// What a plugin may do, as its manifest asks for it: what somebody agrees to. Each list is in order and has nothing
/// twice.
struct Permissions {
  std::vector<std::string> does;  ///< its actions with their effects: "update contacts.rename"; those with none are not
                                  ///< in it
  std::vector<std::string> calls;  ///< actions of others: "contacts.list", with "?" where it can do without
  std::vector<std::string> hosts;  ///< origins; "any" where an input of an action is an address
  std::vector<std::string> files;  ///< folders below output/, without a slash at the end
  std::int64_t memory_mib = 0;     ///< of a library; 0: it has none

  bool operator==(const Permissions&) const = default;
};

Permissions permissions_of(const Manifest& plugin);

/// What of `asked` nobody has agreed to, in words: "files output/acme/", "update contacts.rename", "a library". An
/// effect that is told otherwise than before counts, also where it is told as less: what was a `delete` and is called a
/// `read` now would be done in plans.
std::vector<std::string> widened(const Permissions& agreed, const Permissions& asked);

}  // namespace millrace

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "journal/database.hpp"

namespace millrace {

// Durable values of plugins and of the engine, as texts.

Result<std::optional<std::string>> select_state(Database& database, const std::string& owner, const std::string& key);
Result<std::vector<std::pair<std::string, std::string>>> select_states(Database& database, const std::string& owner,
                                                                       const std::string& prefix);
/// The bytes of the owner's keys and values.
Result<std::uint64_t> select_state_size(Database& database, const std::string& owner);

}  // namespace millrace

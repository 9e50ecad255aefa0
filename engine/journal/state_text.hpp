#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// The text under which a store keeps `value`; an error where a part of it is unknown.
Result<std::string> state_text(const Value& value);
/// The value of such a text, which stands in the store under `owner` and `key`.
Result<Value> state_value(std::string_view text, const std::string& owner, const std::string& key);
/// What is said where the store does not hold what was written there.
Error damaged_state(const std::string& owner, const std::string& key);

/// The bytes of an owner's keys and values, in a store in memory.
std::uint64_t state_bytes(const std::map<std::pair<std::string, std::string>, Value>& states, const std::string& owner);

/// Whether a key that holds `held` holds what was expected.
bool same_state(const Value& held, const Value& expected);
/// What is said where it does not.
Error state_conflict(const std::string& owner, const std::string& key);

}  // namespace millrace

#pragma once

#include <string_view>

namespace millrace {

/// The name under which marked JSON says what is not known.
inline constexpr std::string_view unknown_key = "$unknown";

/// Whether the name is `unknown_key` with more "$" in front: how marked JSON writes the names of data that look so.
constexpr bool is_marked_name(std::string_view name) noexcept {
  return name.size() > unknown_key.size() && name.ends_with(unknown_key) &&
         name.find_first_not_of('$') == name.size() - unknown_key.size() + 1;
}

}  // namespace millrace

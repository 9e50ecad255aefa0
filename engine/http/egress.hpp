#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Why the engine must not reach an address unless a connection of the project names its host: "private", "loopback",
/// "link-local" ... Nothing for a public address. `address` is numeric, IPv4 or IPv6; an IPv4 address inside an IPv6
/// one (mapped, translated, 6to4) is judged as what it is. What cannot be read is refused as "not an address".
/// Addresses where clouds hand out credentials are "link-local" or "a cloud's own": `hands_out_credentials`.
std::optional<std::string_view> why_not_public(const std::string& address);

bool hands_out_credentials(std::string_view why) noexcept;

}  // namespace millrace

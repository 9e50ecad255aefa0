#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/egress_rights.hpp"

namespace millrace {

/// Why the engine must not reach an address unless a connection of the project names its host: "private", "loopback",
/// "link-local" ... Nothing for a public address. `address` is numeric, IPv4 or IPv6; an IPv4 address inside an IPv6
/// one (mapped, translated, 6to4) is judged as what it is. What cannot be read is refused as "not an address".
/// Addresses where clouds hand out credentials are "link-local" or "a cloud's own": `hands_out_credentials`.
std::optional<std::string_view> why_not_public(const std::string& address);

bool hands_out_credentials(std::string_view why) noexcept;

/// Why the address that `host` leads to must not be reached with these rights, in words with their cure; nothing where
/// it may.
std::optional<std::string> why_unreachable(const EgressRights& rights, const std::string& host,
                                           const std::string& address);

}  // namespace millrace

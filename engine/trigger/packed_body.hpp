#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "http/http_server.hpp"

namespace millrace {

/// A body is as large as this at most, packed or unpacked.
inline constexpr std::size_t largest_delivery = 4u << 20;

/// Why a delivery is not taken: what its sender is told.
struct Refusal {
  int status = 400;
  std::string code;     ///< "invalid": as in the answer
  std::string message;  ///< for people; it holds nothing of what was sent but names
};

/// Whether the body comes packed (Content-Encoding).
bool comes_packed(const IncomingRequest& request);

/// How much of a packed body is unpacked before anybody is proved: twenty times its size, which is more than what
/// people send shrinks by, so that a stranger who sends a little makes little work.
std::size_t room_before_proof(const IncomingRequest& request);

/// Unpacks the body (gzip, deflate) where it comes packed, to `most` bytes: what only grows when it is unpacked is
/// given up as soon as it does (413). 415: a way to pack that is not read here; 400: it is not packed as it says, or
/// breaks off.
std::optional<Refusal> unpack(IncomingRequest& request, std::size_t most = largest_delivery);

}  // namespace millrace

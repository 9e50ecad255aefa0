#pragma once

#include <cstdint>
#include <string>

#include "async/task.hpp"
#include "base/result.hpp"

namespace millrace {

struct Host;

/// Renews a connection's tokens, here and now, where others than those of the version `seen` are not there yet; where
/// they were refused for good only if a person `asks_anyway`.
Task<Status> renew_here(Host& host, std::string connection, std::uint64_t seen, bool asks_anyway = false);

/// Whether the secrets are here with which the far side is asked.
bool can_renew(Host& host, const std::string& connection);

/// The same in a process of its own ("millrace connections renew"), which goes on to its end whatever becomes of this
/// one: between the moment at which the far side uses up a refresh token and the one at which the next is on the disk,
/// nothing that happens to a run or a service may lose the connection. Where no process can be started,
/// or it finds no secret to ask with (a server's that is away), it is done here.
Task<Status> renew_apart(Host& host, std::string connection, std::uint64_t seen);

/// What that process writes for the one that started it, and how that reads it.
std::string encode_outcome(const Status& outcome);
Status decode_outcome(const std::string& text);

}  // namespace millrace

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "abi/millrace_plugin.h"

namespace millrace::apart {

/// The functions that the library gets: each becomes a frame to the engine.
const mr_host& host_table() noexcept;

/// The handle of a call is its number.
mr_call* handle_of(std::uint64_t call) noexcept;

/// What the library may ask about a call without asking the engine.
struct CallFacts {
  std::string zone, location;
  std::int64_t now = 0;
};
void call_begins(std::uint64_t call, CallFacts facts);
void call_is_cancelled(std::uint64_t call);
/// `offsets`: pairs of numbers as in frames::Kind::zone.
void zone_is_known(const std::string& name, std::string_view offsets);
/// Hands an answer on to whoever has asked.
void answer(std::uint64_t question, bool ok, std::string_view json);

/// The call for the length of `open`, during which nothing can be asked.
inline constexpr std::uint64_t opening = 1;
void open_ends();
/// What the library failed with in `open`: code and message.
struct OpenFailure {
  bool failed = false;
  std::string code, message;
};
OpenFailure open_failure();

}  // namespace millrace::apart

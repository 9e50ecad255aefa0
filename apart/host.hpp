#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "abi/frames.hpp"
#include "abi/millrace_plugin.h"

namespace millrace::apart {

/// The functions that the library gets: each becomes a frame to the engine.
const mr_host& host_table() noexcept;

/// The handle of a call is its number.
mr_call* handle_of(std::uint64_t call) noexcept;

/// A call that the engine wants to be carried out; the texts are borrowed from its frame.
struct Order {
  std::string_view capability, input;
};
/// From now on the library may ask about the call.
Order call_begins(std::uint64_t call, std::string_view body);
/// Takes all else that the engine says: answers go to whoever has asked. Whether a call is to be cancelled, of which
/// the library has to be told.
bool hear(const frames::Head& head, std::string_view body);

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

#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Whether the character steers whoever shows it: control characters, those that turn the order of what stands around
/// them or end a line unseen, and those that nobody sees at all.
bool steers(unsigned code_point) noexcept;

/// Text from outside as a terminal, a log or a page may show it: characters that steer are spelled out ("\u001b").
/// `lines`: line ends and tabs stay. JSON stays the same JSON.
std::string printable(std::string_view text, bool lines = false);

}  // namespace millrace

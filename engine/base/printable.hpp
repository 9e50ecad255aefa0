#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Whether the character steers whoever shows it: control characters, those that turn the order of what stands around
/// them or end a line unseen, and those that nobody sees at all.
bool steers(unsigned code_point) noexcept;

/// Text from outside as a terminal, a log or a page may show it: characters that steer are spelled out ("\u001b"),
/// line ends among them ("\n"): what somebody else wrote makes no line of its own among ours. `lines`: line ends and
/// tabs stay, for what is put together already. JSON stays the same JSON.
std::string printable(std::string_view text, bool lines = false);

/// The same of what has several lines by nature: those behind the first begin with the margin, so that nobody takes
/// them for lines of ours.
std::string printable_below(std::string_view text, std::string_view margin);

}  // namespace millrace

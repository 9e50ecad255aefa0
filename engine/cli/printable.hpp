#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Text from the far side as a terminal may show it: characters that would steer the terminal, or turn the order of
/// what stands around them, are spelled out ("\u001b"). `lines`: line ends and tabs stay.
std::string printable(std::string_view text, bool lines = false);

}  // namespace millrace

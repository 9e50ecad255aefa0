#pragma once

#include <string>
#include <string_view>

namespace millrace {

// What carries a text writes some of its characters differently: percent signs in addresses, the escapes of JSON and of
// programs, the entities of HTML, and which characters these are differs from program to program. So they are undone,
// whichever they are, all kinds at once.

/// The text with its escapes undone once, in UTF-8, but percent signs of percent signs ("%2541") and "&amp;amp;" all at
/// once. A "+" is a space, as in forms, whether it is one or not.
std::string unescaped(std::string_view text);

}  // namespace millrace

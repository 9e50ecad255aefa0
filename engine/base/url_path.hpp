#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// What is wrong with a path, as it is sent and without its query, that is to stay below another one, in words behind
/// its name; empty where nothing is. Far sides differ in what they undo before they look: each segment is judged as it
/// stands and as often as it can be decoded. A way up ("..", also with parameters behind it, or behind an encoded
/// slash), control characters and backslashes are refused.
std::string strange_in_path(std::string_view path);

/// The same of what is to stand in a path as one segment, before it is encoded: a name with slashes in it
/// ("owner/name") may lead down and up again, and never up from where it begins.
std::string strange_in_segment(std::string_view text);

/// The same of an address: of its path, and of a query in which a line break or another control character stands.
std::string strange_in_address(std::string_view address);

/// An address as it is sent: blanks and letters beyond ASCII, which people and servers write, become %XX, and what is
/// encoded already stays.
std::string as_sent(std::string_view address);

}  // namespace millrace

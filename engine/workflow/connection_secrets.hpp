#pragma once

#include <string>
#include <string_view>

#include "workflow/project.hpp"

namespace millrace {

// What is wrong with how a connection names or writes its secrets, in words with the cure; empty: nothing.

/// A text that begins with "secret:" is a name and nothing besides.
std::string why_no_handle(std::string_view text);
/// The same of a base_url, which is such a name or an address without a user and a password.
std::string why_no_base(std::string_view url);
/// The name is none under which the vault keeps the tokens of a connection of the project.
std::string why_no_secret(std::string_view handle, const Project& project);
/// Headers that say where a message goes and where it ends are no place for a secret.
std::string why_no_place(std::string_view header);

}  // namespace millrace

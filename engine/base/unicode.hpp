#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

/// What a name that people type is compared by; two names are the same where their keys are. Full case folding and
/// normal form, every kind of blank trimmed and joined, characters that nobody sees left out. Empty where a name cannot
/// be compared with another: nothing is left of it, it is not UTF-8, or a character of it was lost (U+FFFD).
/// The key is for comparing only, never to be shown or sent.
std::string name_key(std::string_view name);

/// Coarser than `name_key`: also equal where somebody else may take two names for the same one. Compatibility forms
/// (wide letters, ligatures, superscripts), i with and without its dot, and all that is not drawn do not count.
std::string vague_name_key(std::string_view name);

/// Whether two names are the same for a person.
bool same_name(std::string_view left, std::string_view right);

/// The text in lower or upper case, every letter of Unicode; letters that become several do ("Straße" is "STRASSE"),
/// and a sigma at the end of a word is the final one. What is not UTF-8 stays.
std::string in_lower_case(std::string_view text);
std::string in_upper_case(std::string_view text);

/// Writes the UTF-8 of a character to `bytes`, four of them at most; gives how many.
std::size_t put_utf8(char32_t point, char* bytes) noexcept;

}  // namespace millrace

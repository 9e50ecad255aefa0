#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// The words of a schedule's sentence. Pure.

/// The words of a sentence in small letters: "9:00-17:00" is three of them, "15min" is two, and "9 am" is one.
std::vector<std::string> words_in(std::string_view text);

/// "minutes", "mins".
bool minutes_in(std::string_view word);
/// "hours", "hrs".
bool hours_in(std::string_view word);

/// What a word is: itself where a schedule has it, else the nearest one; nothing where none is near.
std::optional<std::string> schedule_word(const std::string& word);

}  // namespace millrace

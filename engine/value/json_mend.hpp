#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// JSON text in which half surrogate pairs and bytes that are no UTF-8 have become U+FFFD; nothing else is changed, and
/// no place in the text moves but by the second. Empty where nothing was to be mended.
std::string with_texts_mended(std::string_view json);

/// The same with numbers that the library takes for too large: the largest double in place of 1e400, 0.0 of 0e400.
std::string with_numbers_mended(std::string_view json);

/// The JSON with what reading it would lose as text: a number that is more than it can be read to by its digits, half a
/// surrogate pair by its escape, a byte that is no UTF-8 as \x and two digits. Empty where nothing is lost.
std::string with_losses_told(std::string_view json);

}  // namespace millrace

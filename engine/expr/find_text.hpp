#pragma once

#include <cstddef>
#include <string_view>

namespace millrace {

/// Where `part` first stands in `text` at or behind `from`, and where it last stands, beginning at `until` at the
/// latest; npos where it does not. As std::string has them, but never longer than both texts together: that of the
/// standard library compares letter by letter anew at each place, which whoever writes both texts can make take for
/// ever.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) noexcept;
std::size_t find_text_last(std::string_view text, std::string_view part, std::size_t until = std::string_view::npos);

}  // namespace millrace

#pragma once

#include <optional>
#include <string_view>

#include "secret/units.hpp"

namespace millrace {

/// The character that an entity of HTML is, by its number or by its name; `text` begins with its "&".
std::optional<Unit> entity_at(std::string_view text);

/// A character that is written in so many bytes.
Unit character(std::size_t length, char32_t code);

}  // namespace millrace

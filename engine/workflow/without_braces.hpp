#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "expr/template.hpp"

namespace millrace {

/// What a field that is one expression stands for.
enum class Meaning : std::uint8_t { anything, condition, number, text };

/// The expression that was meant by one with `${{ }}` around parts of it: `${{ a }} == 1` is `a == 1`. Empty where it
/// is not certain that text stands around the braces as operators do: `${{ a }}-${{ b }}`.
std::string without_braces(std::string_view text, const std::vector<Hole>& holes, Meaning meaning);

/// `order-${{ event.id }}` as an expression: `"order-" + string(event.id)`. Empty where that cannot be told.
std::string put_together(std::string_view text, const std::vector<Hole>& holes);

/// Whether nothing but braces tells `before` from `after`, an expression in place of a whole scalar.
bool only_braces_apart(std::string before, const std::string& after);

}  // namespace millrace

#pragma once

#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// Takes one pair of a query or of a form. The value is neither a list nor a mapping; it may be unknown.
using TakePair = std::function<Status(std::string_view name, const Value& value)>;

/// `value` as pairs: a list gives one an item, null none, all else one. `style` is a manifest's word for another way:
/// "comma", "space" and "pipe" put a list into one pair, "json" whatever it is; "deep" takes mappings, too, and gives a
/// pair a member
/// ("filter[state]") or item ("ids[]", and "items[0][price]" where items hold more). Ends at the first that is refused.
Status each_pair(std::string_view name, const Value& value, std::string_view style, const TakePair& take);

}  // namespace millrace

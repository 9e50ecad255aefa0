#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// `text` as HTML and XML show it, in an element and in an attribute.
std::string in_markup(std::string_view text);

}  // namespace millrace

#pragma once

#include <algorithm>
#include <string_view>

namespace millrace {

/// Whether a header, a method or a cookie may be called so: a token of RFC 9110, 5.6.2.
inline bool is_http_token(std::string_view text) noexcept {
  const auto fits = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(letter) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace millrace

#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// `text` with a sign on either side: "[vip]", "'vip'". (GCC 12 warns without cause where a literal is added in front
/// of a temporary string.)
inline std::string between(char left, std::string_view text, char right) {
  std::string result(1, left);
  result += text;
  result += right;
  return result;
}

}  // namespace millrace

#include "yaml/quotes.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "base/text.hpp"

namespace millrace {
namespace {

/// Line ends of Unicode (U+0085, U+2028, U+2029) and the byte order mark are none of a plain text's letters to YAML.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> spelled = {
    {{"\xC2\x85", "\\u0085"}, {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}, {"\xEF\xBB\xBF", "\\ufeff"}}};

bool controls(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// What stands for the character at the beginning of `rest`, and how many bytes that is; itself where nothing has to.
std::pair<std::string, std::size_t> spelling(std::string_view rest) {
  const char c = rest[0];
  const auto odd =
      std::find_if(spelled.begin(), spelled.end(), [rest](const auto& one) { return rest.starts_with(one.first); });
  if (odd != spelled.end()) return {std::string(odd->second), odd->first.size()};
  if (c == '\n') return {"\\n", 1};
  if (c == '\t') return {"\\t", 1};
  if (c == '\r') return {"\\r", 1};
  if (!controls(c)) return {std::string(1, c), 1};
  std::array<char, 8> code = {};
  std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
  return {code.data(), 1};
}

}  // namespace

std::string in_double_quotes(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    if (text[0] == '"' || text[0] == '\\') quoted += '\\';
    const auto [said, size] = spelling(text);
    quoted += said;
    text.remove_prefix(size);
  }
  return quoted + "\"";
}

std::string in_yaml_quotes(std::string_view text) {
  if (text.find('\'') != std::string_view::npos) return in_double_quotes(text);
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(1)) {
    if (spelling(rest).first != rest.substr(0, 1)) return in_double_quotes(text);
  }
  return between('\'', text, '\'');
}

}  // namespace millrace

#include "cli/shell_words.hpp"

#include <algorithm>

namespace millrace {

std::string shell_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./,:=+@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string begun_for(const std::filesystem::path& folder) {
  return folder == "." ? "millrace" : "millrace -C " + shell_word(folder.string());
}

}  // namespace millrace

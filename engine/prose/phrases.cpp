#include "prose/phrases.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "prose/phrases_en.hpp"

namespace millrace {

const Phrases& phrases() noexcept { return english; }

std::string fill(std::string_view phrase, std::initializer_list<std::pair<std::string_view, std::string_view>> places) {
  std::string text;
  while (!phrase.empty()) {
    const std::size_t open = phrase.find('{');
    const std::size_t close = phrase.find('}', open == std::string_view::npos ? phrase.size() : open);
    text += phrase.substr(0, close == std::string_view::npos ? phrase.size() : open);
    if (close == std::string_view::npos) break;
    const std::vector<std::string> parts = split(phrase.substr(open + 1, close - open - 1), '|');
    const auto* given =
        std::find_if(places.begin(), places.end(), [&](const auto& place) { return place.first == parts.front(); });
    if (given == places.end()) {
      text += phrase.substr(open, close + 1 - open);
    } else if (parts.size() == 3) {
      text += given->second == "1" ? parts[1] : parts[2];
    } else {
      text += given->second;
    }
    phrase.remove_prefix(close + 1);
  }
  return text;
}

}  // namespace millrace

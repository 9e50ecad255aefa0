#include <algorithm>
#include <cctype>

#include "base/percent.hpp"
#include "base/url.hpp"
#include "secret/forms.hpp"

namespace millrace {

namespace {

/// Of words of addresses ("services", "sendMessage", "v2") it tells what nobody says by chance: eight characters with a
/// letter and a digit among them, or twenty letters in a row.
bool looks_like_key(std::string_view part) {
  constexpr std::size_t shortest = 8, longest_word = 20;
  const std::string text = percent_decode(part).value_or(std::string(part));
  std::size_t row = 0, longest_row = 0;
  bool letter = false, digit = false;
  for (const char c : text) {
    letter = letter || std::isalpha(static_cast<unsigned char>(c)) != 0;
    digit = digit || std::isdigit(static_cast<unsigned char>(c)) != 0;
    row = std::isalnum(static_cast<unsigned char>(c)) != 0 ? row + 1 : 0;
    longest_row = std::max(longest_row, row);
  }
  return (text.size() >= shortest && letter && digit) || (letter && longest_row >= longest_word);
}

class AddressKeys {
 public:
  explicit AddressKeys(std::string_view address) {
    const std::string_view rest = rest_of(address);
    constexpr std::size_t shortest_rest = 6;  // "/hook" is a word of many
    if (rest.size() >= shortest_rest) keys_.emplace_back(rest);
    address.remove_prefix(address.find("://") + 3);
    address.remove_suffix(rest.size());
    take_user(address.substr(0, std::min(address.rfind('@'), address.size())), address.find('@') != address.npos);
    const std::size_t end = std::min(rest.find_first_of("?#"), rest.size());
    take_path(rest.substr(0, end));
    if (end < rest.size()) take_query(rest.substr(end + 1));
  }

  std::vector<std::string> found() && { return std::move(keys_); }

 private:
  void take(std::string_view part) {
    if (looks_like_key(part)) keys_.emplace_back(part);
  }

  void take_parts(std::string_view text, std::string_view between) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(between), text.size());
      take(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void take_user(std::string_view user, bool there) {
    const std::size_t colon = user.find(':');
    if (!there) return;
    if (colon == user.npos) return take(user);
    keys_.emplace_back(user);
    keys_.emplace_back(user.substr(colon + 1));
  }

  void take_path(std::string_view path) {
    take(path);
    while (path.starts_with('/')) path.remove_prefix(1);
    take(path);
    while (path.ends_with('/')) path.remove_suffix(1);
    take(path);
    take_parts(path, "/");
    take_parts(path, "/:;,=@");
  }

  void take_query(std::string_view query) {
    take(query);
    take_parts(query, "#");
    for (std::string_view left = query; !left.empty();) {
      const std::string_view pair = left.substr(0, left.find_first_of("&;#"));
      take(pair.substr(pair.find('=') + 1));  // npos + 1 is none: all of it
      left.remove_prefix(std::min(pair.size() + 1, left.size()));
    }
  }

  std::vector<std::string> keys_;
};

}  // namespace

std::vector<std::string> keys_in_address(std::string_view value) {
  constexpr std::size_t longest_scheme = 12;
  return value.find("://") <= longest_scheme ? AddressKeys(value).found() : std::vector<std::string>();
}

}  // namespace millrace

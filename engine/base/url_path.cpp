#include "base/url_path.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

/// Nobody means an address that is encoded more often than this.
constexpr int most_decodings = 4;

bool is_control(char letter) noexcept {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < 0x20 || byte == 0x7F;
}

std::string strange_in_any_part(std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos) return "holds a line break";
  return std::any_of(text.begin(), text.end(), is_control) ? "holds a control character" : "";
}

/// "%u002e": what some far sides decode although it is no encoding of addresses.
bool has_foreign_escape(std::string_view text) noexcept {
  constexpr std::size_t digits = 4;
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view behind = text.substr(at + 1, digits + 1);
    if (behind.size() <= digits || (behind.front() | 0x20) != 'u') continue;
    if (behind.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos) return true;
  }
  return false;
}

/// What can be decoded is, and what is malformed stays.
std::string decoded_once(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size();) {
    const auto letter = text[at] == '%' ? percent_decode(text.substr(at, 3)) : std::nullopt;
    decoded += letter ? *letter : std::string(1, text[at]);
    at += letter ? 3 : 1;
  }
  return decoded;
}

enum class Ways : unsigned char { none_up, none_out };

std::string strange_as_it_stands(std::string_view text, Ways ways) {
  if (std::string strange = strange_in_any_part(text); !strange.empty()) return strange;
  if (text.find('\\') != std::string_view::npos) return "holds a backslash";
  // Dots and slashes are hidden in overlong forms, which lenient far sides decode.
  if (!valid_utf8(text)) return "holds bytes that are no text";
  if (has_foreign_escape(text)) return "holds \"%u\", which is no encoding of an address";
  for (int depth = 0; true;) {
    const std::string_view piece = text.substr(0, text.find('/'));
    const bool up = piece.substr(0, piece.find(';')) == "..";
    depth += up ? -1 : piece.empty() || piece == "." ? 0 : 1;
    if (up && (ways == Ways::none_up || depth < 0)) return "cannot hold \"..\"";
    if (piece.size() == text.size()) return "";
    text.remove_prefix(piece.size() + 1);
  }
}

std::string strange_in(std::string text, Ways ways) {
  for (int times = 0; times <= most_decodings; ++times) {
    if (std::string strange = strange_as_it_stands(text, ways); !strange.empty()) return strange;
    if (text.find('%') == std::string::npos) return "";
    std::string decoded = decoded_once(text);
    if (decoded == text) return "";
    text = std::move(decoded);
  }
  return "is encoded again and again";
}

}  // namespace

std::string strange_in_path(std::string_view path) { return strange_in(std::string(path), Ways::none_up); }
std::string strange_in_segment(std::string_view text) { return strange_in(std::string(text), Ways::none_out); }

std::string strange_in_address(std::string_view address) {
  std::string strange = strange_in_path(address.substr(0, address.find_first_of("?#")));
  return strange.empty() ? strange_in_any_part(address) : strange;
}

std::string as_sent(std::string_view address) {
  std::string sent;
  for (const char& letter : address) {
    const bool odd = letter == ' ' || static_cast<unsigned char>(letter) > 0x7E;
    sent += odd ? percent_encode({&letter, 1}) : std::string(1, letter);
  }
  return sent;
}

}  // namespace millrace

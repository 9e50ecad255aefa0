#include "base/url_path.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/percent.hpp"

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

/// Bytes that stand in no UTF-8: of old, dots and slashes were hidden in them.
bool is_overlong(char letter) noexcept { return letter == '\xC0' || letter == '\xC1'; }

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
  if (std::any_of(text.begin(), text.end(), is_overlong)) return "holds bytes that are no text";
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

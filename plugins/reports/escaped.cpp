#include "escaped.hpp"

namespace millrace::reports {

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";  // of base64

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(letter);
        const bool no_text = (byte < 0x20 && letter != '\n' && letter != '\t') || byte == 0x7F;
        // A lone CR would be read as a line break; the other controls may not stand in a page at all.
        if (letter == '\r') {
          out += "&#13;";
        } else if (no_text) {
          out += "\uFFFD";
        } else {
          out += letter;
        }
      }
    }
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0, known = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char letter : text) {
    const std::size_t value = letters.find(letter);
    if (value == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<unsigned>(value);
    known += 6;
    if (known < 8) continue;
    known -= 8;
    bytes += static_cast<char>(bits >> known & 0xFF);
  }
  return bytes;
}

std::string data_url(std::string_view type, std::string_view bytes) {
  std::string url = "data:" + std::string(type) + ";base64,";
  url.reserve(url.size() + bytes.size() * 4 / 3 + 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned bits = 0;
    for (std::size_t next = 0; next < 3; ++next)
      bits = bits << 8 | (at + next < bytes.size() ? static_cast<unsigned char>(bytes[at + next]) : 0u);
    for (std::size_t sixth = 0; sixth < 4; ++sixth) {
      const bool filled = at + sixth <= bytes.size();
      url += filled ? letters[bits >> (18 - 6 * sixth) & 63] : '=';
    }
  }
  return url;
}

}  // namespace millrace::reports

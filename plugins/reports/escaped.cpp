#include "escaped.hpp"

#include "crypto/base64.hpp"

namespace millrace::reports {

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

std::string data_url(std::string_view type, std::string_view bytes) {
  return "data:" + std::string(type) + ";base64," + encode_base64(bytes);
}

}  // namespace millrace::reports

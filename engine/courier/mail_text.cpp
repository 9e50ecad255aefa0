#include "courier/mail_text.hpp"

#include <algorithm>
#include <cstddef>

#include "base/percent.hpp"
#include "crypto/base64.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_line = 76;
constexpr std::size_t longest_plain_text = 60;
constexpr std::size_t bytes_a_word = 42;  // of text: 56 in base64, and 12 around them

bool plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string shown_address(const MailAddress& address) {
  if (address.name.empty()) return address.address;
  const bool plain = plain_ascii(address.name) && address.name.size() <= longest_plain_text &&
                     address.name.find("=?") == std::string::npos;
  return (plain ? in_quotes(address.name) : encoded_words(address.name)) + " <" + address.address + ">";
}

}  // namespace

std::string encoded_words(std::string_view text) {
  if (plain_ascii(text) && text.size() <= longest_plain_text && text.find("=?") == std::string_view::npos)
    return std::string(text);
  std::string words;
  while (!text.empty()) {
    std::size_t end = std::min(bytes_a_word, text.size());
    // No character is torn apart: each word is to be text by itself.
    while (end < text.size() && end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    words += (words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + encode_base64(text.substr(0, end)) + "?=";
    text.remove_prefix(end);
  }
  return words;
}

std::string address_list(const std::vector<MailAddress>& addresses) {
  std::string list;
  for (const MailAddress& each : addresses) list += (list.empty() ? "" : ",\r\n ") + shown_address(each);
  return list;
}

std::string file_name_parameter(std::string_view name) {
  if (plain_ascii(name)) return "filename=" + in_quotes(name);
  std::string plain;
  for (const char c : name) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) plain += c >= ' ' && c <= '~' ? c : '_';
  }
  // Some programs take the first that they know.
  return "filename*=UTF-8''" + percent_encode(name) + ";\r\n filename=" + in_quotes(plain);
}

std::string quoted_printable(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string lines;
  std::size_t width = 0;
  const auto end_line = [&] {
    lines += "\r\n";
    width = 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      end_line();
      continue;
    }
    const bool last = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool as_it_is = (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !last);
    const std::size_t size = as_it_is ? 1 : 3;
    if (width + size > longest_line - 1) {
      lines += "=";
      end_line();
    }
    width += size;
    if (as_it_is) {
      lines += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      lines += {'=', digits[byte >> 4], digits[byte & 15]};
    }
  }
  if (width > 0) end_line();
  return lines;
}

std::string base64_lines(std::string_view bytes) {
  constexpr std::size_t bytes_a_line = longest_line / 4 * 3;
  std::string lines;
  lines.reserve(bytes.size() * 4 / 3 + bytes.size() / bytes_a_line * 2 + 8);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes_a_line, bytes.size())))
    lines += encode_base64(bytes.substr(0, bytes_a_line)) + "\r\n";
  return lines;
}

}  // namespace millrace

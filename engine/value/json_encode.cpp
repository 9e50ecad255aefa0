#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "value/unknown_marks.hpp"

namespace millrace {
namespace {

/// Writes one value after the other to the end of a text.
class Writer {
 public:
  Writer(std::string& out, JsonStyle style, bool marked)
      : out_(out), indented_(style == JsonStyle::indented), marked_(marked) {}

  void write(const Value& value);

 private:
  void write_text(std::string_view text);
  void write_name(const std::string& name);
  void write_number(double number);
  void write_list(const Value::List& items);
  void write_map(const Map& members);
  void write_unknown(const std::string& what);
  template <class Integer>
  void write_integer(Integer number) {
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
  void new_line() {
    if (!indented_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  std::string& out_;
  bool indented_;
  bool marked_;  // names of data are told apart from that of unknowns
  std::size_t depth_ = 0;
};

std::string base64(std::string_view data) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < data.size(); at += 3) {
    const auto byte = [&](std::size_t n) -> unsigned {
      return at + n < data.size() ? static_cast<unsigned char>(data[at + n]) : 0u;
    };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += alphabet[three >> 18];
    text += alphabet[three >> 12 & 63];
    text += at + 1 < data.size() ? alphabet[three >> 6 & 63] : '=';
    text += at + 2 < data.size() ? alphabet[three & 63] : '=';
  }
  return text;
}

/// "1.5s": seconds and at most nine decimals, whatever the length.
std::string seconds_text(Duration duration) {
  constexpr std::uint64_t second = 1'000'000'000;
  const bool negative = duration.count() < 0;
  auto nanos = static_cast<std::uint64_t>(duration.count());
  if (negative) nanos = 0 - nanos;
  std::string text = (negative ? "-" : "") + std::to_string(nanos / second);
  if (nanos % second != 0) {
    std::string decimals = std::to_string(second + nanos % second).substr(1);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    text += "." + decimals;
  }
  return text + "s";
}

void append_escaped(std::string& out, char letter) {
  switch (letter) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  out += "\\u00";
  out += hexadecimal[static_cast<unsigned char>(letter) >> 4];
  out += hexadecimal[static_cast<unsigned char>(letter) & 15];
}

/// How much of the beginning is written as it stands: ASCII without quotes, backslashes and control characters. Eight
/// bytes at a time, which is nearly all of what is ever written.
std::size_t plain_length(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
  const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word; };
  std::size_t length = 0;
  for (std::uint64_t eight = 0; text.size() - length >= sizeof eight; length += sizeof eight) {
    std::memcpy(&eight, text.data() + length, sizeof eight);
    const std::uint64_t control = (eight - ones * 0x20) & ~eight;
    const std::uint64_t special = eight | control | has_zero(eight ^ ones * '"') | has_zero(eight ^ ones * '\\');
    if ((special & highs) != 0) break;
  }
  const auto plain = [](char letter) { return letter >= 0x20 && letter != '"' && letter != '\\'; };
  while (length < text.size() && plain(text[length])) ++length;
  return length;
}

bool needs_escape(char letter) noexcept {
  return static_cast<unsigned char>(letter) < 0x20 || letter == '"' || letter == '\\';
}

void Writer::write_text(std::string_view text) {
  const std::size_t beginning = plain_length(text);
  if (!valid_utf8(text.substr(beginning))) return write_text(mended_utf8(text));  // so that it can be read again
  out_ += '"';
  std::size_t plain = 0;
  for (std::size_t at = beginning; at < text.size(); ++at) {
    if (!needs_escape(text[at])) continue;
    out_.append(text, plain, at - plain);
    append_escaped(out_, text[at]);
    plain = at + 1;
  }
  out_.append(text, plain);
  out_ += '"';
}

void Writer::write_number(double number) {
  if (std::isnan(number)) return write_text("NaN");
  if (std::isinf(number)) return write_text(number > 0 ? "Infinity" : "-Infinity");
  // Without an exponent as far as people read it easily, as texts have it. Between programs of ours it stays the
  // shortest, which the seals of plans are made over.
  const double size = std::fabs(number);
  const bool fixed = !marked_ && size >= 1e-6 && size < 1e21;
  char digits[64];
  char* const last = digits + sizeof digits;
  const char* end =
      (fixed ? std::to_chars(digits, last, number, std::chars_format::fixed) : std::to_chars(digits, last, number)).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out_ += text;
  if (text.find_first_of(".e") == std::string_view::npos) out_ += ".0";  // a double is read back as a double
}

void Writer::write_list(const Value::List& items) {
  if (items.empty()) {
    out_ += "[]";
    return;
  }
  out_ += '[';
  ++depth_;
  for (const Value& item : items) {
    if (&item != &items.front()) out_ += ',';
    new_line();
    write(item);
  }
  --depth_;
  new_line();
  out_ += ']';
}

void Writer::write_name(const std::string& name) {
  const bool looks_so = marked_ && (name == unknown_key || is_marked_name(name));
  write_text(looks_so ? "$" + name : name);
}

std::string text_of_key(const Value& key) {
  if (key.is_text()) return key.text();
  if (key.is(Kind::boolean)) return key.boolean() ? "true" : "false";
  return key.is(Kind::unsigned_integer) ? std::to_string(key.unsigned_integer()) : encode_json(key);
}

void Writer::write_map(const Map& members) {
  if (members.empty()) {
    out_ += "{}";
    return;
  }
  out_ += '{';
  ++depth_;
  bool first = true;
  for (const auto& [key, value] : members) {
    if (!first) out_ += ',';
    first = false;
    new_line();
    if (key.is_text()) {
      write_name(key.text());
    } else {
      write_text(text_of_key(key));
    }
    out_ += indented_ ? ": " : ":";
    write(value);
  }
  --depth_;
  new_line();
  out_ += '}';
}

void Writer::write_unknown(const std::string& what) {
  out_ += '{';
  ++depth_;
  new_line();
  write_text(unknown_key);
  out_ += indented_ ? ": " : ":";
  write_text(what);
  --depth_;
  new_line();
  out_ += '}';
}

void Writer::write(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      out_ += "null";
      return;
    case Kind::boolean:
      out_ += value.boolean() ? "true" : "false";
      return;
    case Kind::integer:
      return write_integer(value.integer());
    case Kind::unsigned_integer:
      return write_integer(value.unsigned_integer());
    case Kind::number:
      return write_number(value.number());
    case Kind::text:
      return write_text(value.text());
    case Kind::bytes:
      return write_text(base64(value.bytes()));
    case Kind::list:
      return write_list(value.list());
    case Kind::map:
      return write_map(value.map());
    case Kind::timestamp:
      return write_text(render(value.timestamp()));
    case Kind::duration:
      return write_text(seconds_text(value.duration()));
    case Kind::type:
      return write_text(value.type_name());
    case Kind::optional:
      if (const Value* inner = value.optional_value()) return write(*inner);
      out_ += "null";
      return;
    case Kind::unknown:
      return write_unknown(value.unknown_what());
  }
}

}  // namespace

std::string encode_json(const Value& value, JsonStyle style) {
  std::string text;
  Writer(text, style, false).write(value);
  return text;
}

std::string encode_marked_json(const Value& value, JsonStyle style) {
  std::string text;
  Writer(text, style, true).write(value);
  return text;
}

}  // namespace millrace

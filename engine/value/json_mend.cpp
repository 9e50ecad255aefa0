#include "value/json_mend.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::string_view largest = "1.7976931348623157e308";
constexpr std::size_t escape_size = 6;  // of \u12ab

/// The number in an escape "\u12ab" that begins at `at`.
std::optional<unsigned> escaped(std::string_view text, std::size_t at) {
  if (text.size() - std::min(at, text.size()) < escape_size || text[at] != '\\' || text[at + 1] != 'u')
    return std::nullopt;
  unsigned unit = 0;
  const char* end = text.data() + at + escape_size;
  const auto read = std::from_chars(text.data() + at + 2, end, unit, 16);
  return read.ec == std::errc() && read.ptr == end ? std::optional(unit) : std::nullopt;
}

bool high_half(unsigned unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
bool low_half(unsigned unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

/// True where it changed something. Backslashes stand only in texts, so their quotes need not be followed.
bool mend_pairs(std::string& text) {
  bool changed = false;
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    const auto unit = escaped(text, at);
    if (!unit) {
      at += 2;
      continue;
    }
    const auto next = escaped(text, at + escape_size);
    const bool pair = high_half(*unit) && next && low_half(*next);
    if (!pair && (high_half(*unit) || low_half(*unit))) {
      text.replace(at, escape_size, "\\ufffd");
      changed = true;
    }
    at += pair ? 2 * escape_size : escape_size;
  }
  return changed;
}

bool of_number(char c) noexcept {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

}  // namespace

std::string with_texts_mended(std::string_view json) {
  const bool whole = valid_utf8(json);
  const bool escapes = json.find("\\ud") != std::string_view::npos || json.find("\\uD") != std::string_view::npos;
  if (whole && !escapes) return "";
  std::string mended = whole ? std::string(json) : mended_utf8(json);
  return mend_pairs(mended) || !whole ? mended : "";
}

std::string with_numbers_mended(std::string_view json) {
  std::string mended;
  mended.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t begin = at;
    if (json[at] == '"') {
      for (++at; at < json.size() && json[at] != '"'; ++at) at += json[at] == '\\' ? 1 : 0;
      at = std::min(at + 1, json.size());
    } else if (json[at] == '-' || (json[at] >= '0' && json[at] <= '9')) {
      while (at < json.size() && of_number(json[at])) ++at;
      const std::string number(json.substr(begin, at - begin));
      char* end = nullptr;
      const double value = std::strtod(number.c_str(), &end);
      const bool nothing = value == 0 && number.find_first_of("eE") != std::string::npos;  // 0e400
      if (*end == '\0' && (std::isinf(value) || nothing)) {
        mended.append(number[0] == '-' ? "-" : "").append(nothing ? "0.0" : largest);
        continue;
      }
    } else {
      ++at;
    }
    mended += json.substr(begin, at - begin);
  }
  return mended;
}

namespace {

/// Whether another number than this one is read to the same value.
bool loses(std::string_view number) {
  constexpr int kept_digits = 15;  // of every double, in decimal
  const char* const end = number.data() + number.size();
  if (number.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t whole = 0;
    std::uint64_t large = 0;
    const bool fits = std::from_chars(number.data(), end, whole).ec == std::errc() ||
                      (number.front() != '-' && std::from_chars(number.data(), end, large).ec == std::errc());
    return !fits;
  }
  double value = 0;
  if (std::from_chars(number.data(), end, value).ec != std::errc()) return true;
  int digits = 0;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c >= '0' && c <= '9' && (c != '0' || digits > 0)) ++digits;
  }
  return digits > kept_digits;
}

/// Walks over JSON and writes down what would be lost of it.
class Losses {
 public:
  explicit Losses(std::string_view json) : json_(json), whole_(valid_utf8(json)) {}

  std::string told() {
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (!whole_ && static_cast<unsigned char>(c) >= 0x80) {
        character();
      } else if (in_text_ && c == '\\') {
        escape();
      } else if (!in_text_ && (c == '-' || (c >= '0' && c <= '9'))) {
        number();
      } else {
        in_text_ = in_text_ != (c == '"');
        keep(1);
      }
    }
    return std::move(told_);
  }

 private:
  void keep(std::size_t size) {
    if (lost_) told_ += json_.substr(at_, size);
    at_ += size;
  }

  /// Nothing is written down before the first of them: nearly all JSON has none.
  void lose() {
    if (std::exchange(lost_, true)) return;
    told_.reserve(json_.size() + 64);
    told_ = json_.substr(0, at_);
  }

  void character() {
    if (const std::size_t size = utf8_size(json_.substr(at_)); size > 0) return keep(size);
    lose();
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(json_[at_++]);
    ((told_ += "\\\\x") += digits[byte >> 4U]) += digits[byte & 15U];
  }

  void escape() {
    const auto unit = escaped(json_, at_);
    if (!unit) return keep(2);
    const auto next = escaped(json_, at_ + escape_size);
    const bool pair = high_half(*unit) && next && low_half(*next);
    if (pair) return keep(2 * escape_size);
    if (high_half(*unit) || low_half(*unit)) {
      lose();
      told_ += '\\';
      told_ += '\\';
      ++at_;
      return keep(escape_size - 1);
    }
    keep(escape_size);
  }

  void number() {
    std::size_t size = 0;
    while (at_ + size < json_.size() && of_number(json_[at_ + size])) ++size;
    if (!loses(json_.substr(at_, size))) return keep(size);
    lose();
    told_ += '"';
    keep(size);
    told_ += '"';
  }

  const std::string_view json_;
  const bool whole_;
  std::size_t at_ = 0;
  bool in_text_ = false, lost_ = false;
  std::string told_;  // empty until something is lost
};

}  // namespace

std::string with_losses_told(std::string_view json) { return Losses(json).told(); }

}  // namespace millrace

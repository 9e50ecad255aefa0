#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "value/value.hpp"

namespace millrace {

/// Writes numbers, texts and values one after the other: numbers in as few bytes as they need, seven bits each.
class ByteWriter {
 public:
  /// `expected`: so many bytes at once, where that is known to be too few seldom.
  explicit ByteWriter(std::size_t expected = 0) { out_.resize(expected); }
  std::string take() {
    out_.resize(used_);
    return std::move(out_);
  }

  void byte(unsigned char value) {
    *room(1) = static_cast<char>(value);
    ++used_;
  }
  void number(std::uint64_t value) { used_ += put(room(longest_number), value); }
  void signed_number(std::int64_t value) {
    number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    char* const at = room(longest_number + value.size());
    const std::size_t head = put(at, value.size());
    value.copy(at + head, value.size());
    used_ += head + value.size();
  }
  void time(Timestamp time) {
    signed_number(time.seconds);
    number(static_cast<std::uint64_t>(time.nanos));
  }

  void value(const Value& value);

 private:
  static constexpr std::size_t longest_number = 10;
  /// How many bytes it took.
  static std::size_t put(char* bytes, std::uint64_t value) {
    std::size_t count = 0;
    while (value >= 0x80) {
      bytes[count++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes[count++] = static_cast<char>(value);
    return count;
  }
  /// Where so many bytes may be put.
  char* room(std::size_t bytes) {
    if (out_.size() - used_ < bytes) grow(bytes);
    return out_.data() + used_;
  }
  void grow(std::size_t bytes);

  std::string out_;       ///< longer than what is written, so that most writes need no look at its capacity
  std::size_t used_ = 0;  ///< of it
};

/// Reads what a `ByteWriter` wrote. After the first thing that does not fit everything reads as nothing, and `good`
/// says so. What it reads from outlives it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}
  bool good() const noexcept { return good_; }
  bool at_end() const noexcept { return in_.empty(); }

  unsigned char byte() {
    if (in_.empty()) return fail();
    const auto value = static_cast<unsigned char>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const unsigned char part = byte();
      value |= static_cast<std::uint64_t>(part & 0x7f) << shift;
      if ((part & 0x80) == 0) return value;
    }
    return fail();
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view text = in_.substr(0, size);
    in_.remove_prefix(size);
    return text;
  }
  Timestamp time() {
    const std::int64_t seconds = signed_number();
    const std::uint64_t nanos = number();
    if (nanos > 999'999'999) fail();
    return {seconds, static_cast<std::int32_t>(nanos % 1'000'000'000)};
  }
  Value value(int depth = 0);
  unsigned char fail() {
    good_ = false;
    in_ = {};
    return 0;
  }
  std::size_t left() const noexcept { return in_.size(); }

 private:
  Value list(int depth);
  Value map(int depth);

  std::string_view in_;
  bool good_ = true;
};

}  // namespace millrace

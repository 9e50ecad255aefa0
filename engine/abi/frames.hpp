#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

/// What the engine and `millrace-plugin` say to each other over the one socket between them. Both are of one build on
/// one machine, so numbers are as the processor has them. JSON goes through as it is: only the engine reads it.
namespace millrace::frames {

/// The parts of a frame's body stand behind its kind. The order is the order on the wire: append, never renumber.
enum class Kind : std::uint8_t {
  // From the engine.
  begin = 1,   ///< capability, input, zone, location's name, now (number)
  cancel = 2,  ///< nothing
  answer = 3,  ///< question (number), ok (number), JSON
  zone = 4,    ///< name, offsets: pairs of numbers, since when (ms since 1970) and how far ahead of UTC (ms)
  // From the program.
  ready = 32,        ///< the library is open: whether it wants times as milliseconds (number)
  refused = 33,      ///< code, message
  log = 34,          ///< level (number), message
  finish = 35,       ///< JSON
  fail = 36,         ///< code, message
  emit = 37,         ///< JSON
  call_action = 38,  ///< question (number), action, JSON
  http = 39,         ///< question (number), JSON
  write_file = 40,   ///< question (number), path, content
  read_state = 41,   ///< question (number), key
  write_state = 42,  ///< question (number), key, JSON
  announce = 43,     ///< question (number), JSON
  swap_state = 44,   ///< question (number), key, expected JSON, JSON
  tried = 45,        ///< words for what the cage refused
};

struct Head {
  std::uint32_t size = 0;  ///< of the body
  Kind kind = Kind::begin;
  std::uint8_t unused[3] = {};
  std::uint64_t call = 0;  ///< which call it is about; 0: none
};
static_assert(sizeof(Head) == 16);

/// A body that is larger is a mistake, and ends the conversation.
inline constexpr std::size_t most_bytes = std::size_t{64} << 20;

/// The descriptors that the program inherits, beside 0 to 2.
inline constexpr int socket_descriptor = 3;
inline constexpr int library_descriptor = 4;

/// A number as a part.
class Number {
 public:
  explicit Number(std::uint64_t value) { std::memcpy(bytes_, &value, sizeof value); }
  operator std::string_view() const { return {bytes_, sizeof bytes_}; }

 private:
  char bytes_[sizeof(std::uint64_t)];
};

/// A whole frame, as it is sent.
inline std::string make(Kind kind, std::uint64_t call, std::initializer_list<std::string_view> parts = {}) {
  Head head;
  head.kind = kind;
  head.call = call;
  for (const std::string_view part : parts)
    head.size += static_cast<std::uint32_t>(sizeof(std::uint32_t) + part.size());
  std::string frame(reinterpret_cast<const char*>(&head), sizeof head);
  frame.reserve(sizeof head + head.size);
  for (const std::string_view part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    frame.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
  }
  return frame;
}

/// Takes a body apart. What is asked for and is not there is empty, and makes the frame a broken one.
class Parts {
 public:
  explicit Parts(std::string_view body) : rest_(body) {}
  std::string_view text() {
    std::uint32_t size = 0;
    if (rest_.size() < sizeof size) return broken();
    std::memcpy(&size, rest_.data(), sizeof size);
    rest_.remove_prefix(sizeof size);
    if (rest_.size() < size) return broken();
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
  std::uint64_t number() {
    const std::string_view part = text();
    std::uint64_t value = 0;
    if (part.size() != sizeof value) return broken(), 0;
    std::memcpy(&value, part.data(), sizeof value);
    return value;
  }
  /// Whether all that was asked for was there, and nothing else is.
  bool whole() const { return !broken_ && rest_.empty(); }

 private:
  std::string_view broken() {
    broken_ = true;
    rest_ = {};
    return {};
  }
  std::string_view rest_;
  bool broken_ = false;
};

}  // namespace millrace::frames

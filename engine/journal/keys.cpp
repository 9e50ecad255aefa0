#include "journal/keys.hpp"

#include <sys/random.h>

#include <algorithm>

namespace millrace {

namespace {

constexpr std::int64_t epoch = 1'577'836'800'000;  // 2020, in milliseconds since 1970
constexpr int counter_bits = 19;
constexpr std::int64_t guest_bit = std::int64_t{1} << (counter_bits - 1);
constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int digit_count = 13;

std::string text_of(char kind, std::int64_t key) {
  std::string text(digit_count + 1, kind);
  auto rest = static_cast<std::uint64_t>(key);
  for (int i = digit_count; i > 0; --i, rest >>= 5) text[static_cast<std::size_t>(i)] = digits[rest & 31];
  return text;
}

std::optional<std::int64_t> key_of(char kind, std::string_view text) noexcept {
  if (text.size() != digit_count + 1 || text.front() != kind) return std::nullopt;
  std::uint64_t key = 0;
  for (const char letter : text.substr(1)) {
    const std::size_t digit = digits.find(letter);
    if (digit == std::string_view::npos || key >> 59 != 0) return std::nullopt;
    key = key << 5 | digit;
  }
  if (key >> 63 != 0) return std::nullopt;
  return static_cast<std::int64_t>(key);
}

std::int64_t milliseconds_of(Timestamp time) noexcept {
  return std::max<std::int64_t>(time.seconds * 1000 + time.nanos / 1'000'000 - epoch, 0);
}

Timestamp time_of(std::int64_t key) noexcept {
  const std::int64_t milliseconds = (key >> counter_bits) + epoch;
  return {milliseconds / 1000, static_cast<std::int32_t>(milliseconds % 1000 * 1'000'000)};
}

std::int64_t random_counter() noexcept {
  std::uint32_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) random = 1;
  return guest_bit | (random & (guest_bit - 1));
}

}  // namespace

std::string render(RunKey key) { return text_of('r', static_cast<std::int64_t>(key)); }
std::string render(EventKey key) { return text_of('e', static_cast<std::int64_t>(key)); }

std::optional<RunKey> parse_run_key(std::string_view text) noexcept {
  const auto key = key_of('r', text);
  return key ? std::optional(RunKey{*key}) : std::nullopt;
}

std::optional<EventKey> parse_event_key(std::string_view text) noexcept {
  const auto key = key_of('e', text);
  return key ? std::optional(EventKey{*key}) : std::nullopt;
}

Timestamp made_at(RunKey key) noexcept { return time_of(static_cast<std::int64_t>(key)); }
Timestamp made_at(EventKey key) noexcept { return time_of(static_cast<std::int64_t>(key)); }

EventKey first_key_of(Timestamp time) noexcept { return EventKey{milliseconds_of(time) << counter_bits}; }

KeyMaker::KeyMaker(std::int64_t last, bool guest) : last_(last), guest_(guest) {}

std::int64_t KeyMaker::next(Timestamp now) noexcept {
  std::int64_t earliest = milliseconds_of(now) << counter_bits;
  if (guest_ && earliest > last_) earliest |= random_counter();  // there may be several guests
  last_ = std::max(last_ + 1, earliest);
  // One half of each millisecond's numbers is the service's, the other one the guests', wherever the last key came
  // from.
  const bool guests_half = (last_ & guest_bit) != 0;
  if (guest_ && !guests_half) last_ |= guest_bit;
  if (!guest_ && guests_half) last_ = ((last_ >> counter_bits) + 1) << counter_bits;
  return last_;
}

}  // namespace millrace

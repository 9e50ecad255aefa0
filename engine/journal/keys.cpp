#include "journal/keys.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/random.hpp"

namespace millrace {

namespace {

constexpr std::int64_t epoch = 1'577'836'800'000;  // 2020, in milliseconds since 1970
constexpr int counter_bits = 19;
// From the top: the guests' bit; then, of the service's keys, the line; then what counts within the millisecond.
constexpr std::int64_t guest_bit = std::int64_t{1} << (counter_bits - 1);
constexpr int line_place = 13, lines = 32;
constexpr std::int64_t counter_mask = (std::int64_t{1} << counter_bits) - 1;
/// A clock that is set back by less is waited for: keys stay ahead of it and keep their order.
constexpr std::int64_t longest_lead = 10 * 60 * 1000;
/// No clock that is right shows less: where a machine has lost its time, keys stay where they were.
constexpr std::int64_t earliest_right = 1'767'225'600'000 - epoch;  // 2026
static_assert(keys_in_a_quarter == std::int64_t{15 * 60 * 1000} << counter_bits && epoch % (15 * 60 * 1000) == 0);
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
  std::uint32_t random = 1;
  if (const auto bytes = random_bytes(sizeof random)) std::memcpy(&random, bytes->data(), sizeof random);
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

bool is_service_key(std::int64_t key) noexcept { return (key & guest_bit) == 0; }

int line_of(std::int64_t key) noexcept { return static_cast<int>(key >> line_place & (lines - 1)); }

bool made_before(RunKey one, RunKey other) noexcept {
  const auto left = static_cast<std::int64_t>(one), right = static_cast<std::int64_t>(other);
  const bool in_lines = is_service_key(left) && is_service_key(right);  // a guest's key has chance in that place
  const int ahead = in_lines ? (line_of(right) - line_of(left) + lines) % lines : 0;  // lines follow in a circle
  return ahead == 0 ? left < right : ahead < lines / 2;
}

std::int64_t first_key_ahead(Timestamp now) noexcept {
  const std::int64_t time = milliseconds_of(now);
  return time < earliest_right ? INT64_MAX : (time + longest_lead + 1) << counter_bits;
}

KeyMaker::KeyMaker(std::int64_t last, bool guest, std::int64_t own, const std::set<int>& ahead)
    : last_(last), guest_(guest), line_(line_of(own)) {
  for (int tried = 0; ahead.contains(line_) && tried < lines; ++tried) line_ = (line_ + 1) % lines;
}

/// The least key of ours that is not smaller.
std::int64_t KeyMaker::of_ours(std::int64_t least) const noexcept {
  const std::int64_t kind = guest_ ? guest_bit : std::int64_t{line_} << line_place;
  const std::int64_t kind_mask = guest_ ? guest_bit : counter_mask & ~((std::int64_t{1} << line_place) - 1);
  if ((least & kind_mask) == kind) return least;
  const std::int64_t same_time = (least & ~counter_mask) | kind;
  return same_time > least ? same_time : same_time + counter_mask + 1;
}

std::int64_t KeyMaker::next(Timestamp now) noexcept {
  if (last_ >= first_key_ahead(now)) {
    line_ = (line_ + 1) % lines;
    last_ = 0;
  }
  std::int64_t earliest = milliseconds_of(now) << counter_bits;
  if (guest_ && earliest > last_) earliest |= random_counter();  // there may be several guests
  last_ = of_ours(std::max(last_ + 1, earliest));
  return last_;
}

}  // namespace millrace

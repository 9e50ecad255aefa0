#include "base/duration.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "base/text.hpp"

namespace millrace {

namespace {
thread_local const SteadySource* steady_source = nullptr;
}

std::chrono::steady_clock::time_point steady_now() noexcept {
  return steady_source != nullptr ? steady_source->now() : std::chrono::steady_clock::now();
}

void use_steady_source(const SteadySource* source) noexcept { steady_source = source; }

namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

constexpr std::int64_t second = 1'000'000'000;
constexpr std::array<Unit, 7> units = {{{"d", 86'400 * second},
                                        {"h", 3'600 * second},
                                        {"m", 60 * second},
                                        {"s", second},
                                        {"ms", 1'000'000},
                                        {"us", 1'000},
                                        {"ns", 1}}};

bool digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }

/// Reads numbers off the front of a text and adds them up, noticing when they no longer fit.
class Sum {
 public:
  explicit Sum(std::string_view text) : rest_(text) {}

  std::string_view rest() const noexcept { return rest_; }
  bool fits() const noexcept { return fits_; }
  std::int64_t nanos() const noexcept { return nanos_; }
  bool skip(char letter) {
    if (!rest_.starts_with(letter)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// The digits at the front, with at most one dot between or before them; empty where there are none.
  std::string_view number() {
    std::size_t end = 0;
    std::size_t dots = 0;
    while (end < rest_.size() && (digit(rest_[end]) || rest_[end] == '.')) {
      if (rest_[end] == '.' && ++dots > 1) return {};
      ++end;
    }
    if (end == dots) return {};
    const std::string_view digits = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return digits;
  }

  std::string_view letters() {
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] >= 'a' && rest_[end] <= 'z') ++end;
    const std::string_view name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return name;
  }

  void add(std::string_view digits, std::int64_t unit) {
    const std::size_t dot = digits.find('.');
    std::int64_t whole = 0;
    for (const char letter : digits.substr(0, dot)) {
      note(__builtin_mul_overflow(whole, 10, &whole));
      note(__builtin_add_overflow(whole, letter - '0', &whole));
    }
    note(__builtin_mul_overflow(whole, unit, &whole));
    note(__builtin_add_overflow(nanos_, whole, &nanos_));
    if (dot == std::string_view::npos) return;
    for (const char letter : digits.substr(dot + 1)) {
      unit /= 10;
      note(__builtin_add_overflow(nanos_, (letter - '0') * unit, &nanos_));
    }
  }

 private:
  void note(bool overflow) noexcept { fits_ = fits_ && !overflow; }

  std::string_view rest_;
  std::int64_t nanos_ = 0;
  bool fits_ = true;
};

std::string quoted(std::string_view text) {
  const std::string_view start = text.substr(0, offset_of_character(text, 40));
  return "\"" + std::string(start) + (start.size() < text.size() ? "...\"" : "\"");
}

/// "5 minutes" as it is written here: "5m"; empty where it is something else.
std::string in_short(std::string_view text) {
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  if (unit_at == 0 || unit_at > 9 || unit_at == std::string_view::npos) return {};
  std::string unit = lower(trim(text.substr(unit_at)));
  if (unit.size() > 1 && unit.ends_with('s')) unit.pop_back();
  const std::string number(text.substr(0, unit_at));
  if (unit == "second" || unit == "sec") return number + "s";
  if (unit == "minute" || unit == "min") return number + "m";
  if (unit == "hour" || unit == "hr") return number + "h";
  if (unit == "day") return number + "d";
  return unit == "week" ? std::to_string(std::stol(number) * 7) + "d" : "";
}

Error not_a_duration(std::string_view text) {
  const std::string meant = in_short(text);
  if (!meant.empty())
    return {.code = ErrorCode::invalid, .message = quoted(text) + " is not a duration: write " + meant};
  return {.code = ErrorCode::invalid,
          .message = quoted(text) + " is not a duration: write numbers with units, such as 10s, 5m, 1h30m or 90d"};
}

Error no_fixed_length(std::string_view text) {
  return {
      .code = ErrorCode::invalid,
      .message = quoted(text) + " is not a duration: years and months have no fixed length, write days, such as 30d"};
}

/// "1h30m"; false where the text has another form.
bool read_own(Sum& sum) {
  while (!sum.rest().empty()) {
    const std::string_view digits = sum.number();
    if (digits.empty()) return false;
    const std::string_view name = sum.letters();
    const Unit* known = nullptr;
    for (const Unit& unit : units) {
      if (unit.name == name) known = &unit;
    }
    if (known == nullptr) return false;
    sum.add(digits, known->nanos);
  }
  return true;
}

/// What follows the "P" of ISO 8601.
bool read_iso(Sum& sum, bool& in_months) {
  bool in_time = false;
  bool any = false;
  while (!sum.rest().empty()) {
    if (!in_time && sum.skip('T')) {
      in_time = true;
      any = false;  // "PT" alone says nothing
      continue;
    }
    const std::string_view digits = sum.number();
    if (digits.empty()) return false;
    if (!in_time && sum.skip('W')) {
      sum.add(digits, 7 * units[0].nanos);
    } else if (!in_time && sum.skip('D')) {
      sum.add(digits, units[0].nanos);
    } else if (in_time && sum.skip('H')) {
      sum.add(digits, units[1].nanos);
    } else if (in_time && sum.skip('M')) {
      sum.add(digits, units[2].nanos);
    } else if (in_time && sum.skip('S')) {
      sum.add(digits, units[3].nanos);
    } else {
      in_months = sum.skip('Y') || sum.skip('M');
      return false;
    }
    any = true;
  }
  return any;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  Sum sum(negative ? text.substr(1) : text);
  if (sum.rest() == "0") return Duration(0);
  if (sum.rest().empty()) return not_a_duration(text);

  bool in_months = false;
  const bool read = sum.skip('P') ? read_iso(sum, in_months) : read_own(sum);
  if (in_months) return no_fixed_length(text);
  if (!read) {
    if (text.find_first_not_of("0123456789") == std::string_view::npos) {
      return Error{.code = ErrorCode::invalid,
                   .message = quoted(text) + " has no unit: write " + std::string(text.substr(0, 20)) +
                              "s for seconds, or m, h or d for minutes, hours or days"};
    }
    return not_a_duration(text);
  }
  if (!sum.fits()) {
    return Error{.code = ErrorCode::invalid, .message = quoted(text) + " is too long: a duration is at most 292 years"};
  }
  return Duration(negative ? -sum.nanos() : sum.nanos());
}

namespace {

/// The number and its units, none of them larger than `largest`.
std::string render(Duration duration, std::int64_t largest) {
  const bool negative = duration.count() < 0;
  // Negated as unsigned: the most negative duration has no positive counterpart.
  auto left = static_cast<std::uint64_t>(duration.count());
  if (negative) left = 0 - left;
  if (left == 0) return "0s";

  std::string text = negative ? "-" : "";
  for (const Unit& unit : units) {
    const auto size = static_cast<std::uint64_t>(unit.nanos);
    if (left < size || unit.nanos > largest) continue;
    text += std::to_string(left / size);
    left %= size;
    if (size <= static_cast<std::uint64_t>(second) && left != 0) {  // below a second decimals are shorter
      std::string decimals = std::to_string(size + left).substr(1);
      decimals.erase(decimals.find_last_not_of('0') + 1);
      text += "." + decimals;
      left = 0;
    }
    text += unit.name;
    if (left == 0) break;
  }
  return text;
}

}  // namespace

std::string render(Duration duration) { return render(duration, units.front().nanos); }

std::string render_for_expression(Duration duration) { return render(duration, 3'600 * second); }

std::string written_out_duration(std::string_view bare) {
  const bool plain = bare.find_first_not_of("0123456789smhd") == std::string_view::npos;
  const Result<Duration> duration = plain ? parse_duration(bare) : Error();
  if (!duration) return {};
  const bool has_days = bare.find('d') != std::string_view::npos;
  return "duration('" + (has_days ? render_for_expression(*duration) : std::string(bare)) + "')";
}

}  // namespace millrace

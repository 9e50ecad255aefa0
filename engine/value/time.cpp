#include "value/time.hpp"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>

#include "base/rfc3339.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

using Seconds = cctz::time_point<cctz::seconds>;

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t first_second = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t last_second = 253'402'300'799;   // 9999-12-31T23:59:59Z
constexpr std::size_t longest_zone_name = 64;

Error invalid(std::string message) { return {.code = ErrorCode::invalid, .message = std::move(message)}; }

std::string in_quotes(std::string_view text) {
  const std::string_view start = text.substr(0, offset_of_character(text, 40));
  return "\"" + std::string(start) + (start.size() < text.size() ? "...\"" : "\"");
}

Result<Timestamp> in_range(std::int64_t seconds, std::int32_t nanos) {
  if (seconds >= first_second && seconds <= last_second) return Timestamp{seconds, nanos};
  return invalid("the time is outside the years 1 to 9999");
}

std::filesystem::path zone_folder() {
  const char* named = std::getenv("TZDIR");
  return named != nullptr && *named != '\0' ? named : "/usr/share/zoneinfo";
}

/// True for the form of an IANA name. The library would also read absolute paths and climb out of its folder.
bool like_a_zone(std::string_view name) {
  if (name.empty() || name.size() > longest_zone_name || name.front() < 'A' || name.front() > 'Z') return false;
  return std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
           letter == '/' || letter == '_' || letter == '-' || letter == '+';
  });
}

bool holds_zone(const std::filesystem::path& path) {
  std::array<char, 4> start{};
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), start.size()) && std::string_view(start.data(), start.size()) == "TZif";
}

/// The zone with its rules, or nothing. Each thread remembers those it has met, so the loop and workers never wait for
/// each other.
std::optional<cctz::time_zone> zone_named(std::string_view name) {
  thread_local std::map<std::string, cctz::time_zone, std::less<>> met;
  const auto found = met.find(name);
  if (found != met.end()) return found->second;
  if (name == "UTC") return cctz::utc_time_zone();
  // Looked for by ourselves first: the library remembers every name that it was ever asked for, wrong ones too.
  if (!like_a_zone(name) || !holds_zone(zone_folder() / name)) return std::nullopt;
  cctz::time_zone zone;
  if (!cctz::load_time_zone(std::string(name), &zone)) return std::nullopt;
  met.emplace(name, zone);
  return zone;
}

/// Without a guess at what was meant: where the name is data there may be any number of wrong ones.
Error unknown_zone(std::string_view zone) {
  return invalid("unknown time zone " + in_quotes(zone) +
                 ": write a name such as Europe/London, or an offset such as +02:00");
}

std::vector<std::string> read_zone_names() {
  std::vector<std::string> names = {"UTC"};
  const std::filesystem::path folder = zone_folder();
  std::error_code failure;
  std::filesystem::recursive_directory_iterator entry(folder, failure);
  for (; !failure && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failure)) {
    const std::string name = entry->path().lexically_relative(folder).generic_string();
    if (!like_a_zone(name)) {
      if (entry->is_directory(failure)) entry.disable_recursion_pending();  // "posix" and "right" repeat all names
    } else if (name != "UTC" && entry->is_regular_file(failure) && holds_zone(entry->path())) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

CivilTime civil(const cctz::civil_second& at) {
  const cctz::civil_day day(at);
  // Theirs begins on Monday, ours on Sunday.
  const int weekday = (static_cast<int>(cctz::get_weekday(day)) + 1) % 7;
  return {.year = at.year(),
          .month = at.month(),
          .day = at.day(),
          .hour = at.hour(),
          .minute = at.minute(),
          .second = at.second(),
          .weekday = weekday,
          .day_of_year = cctz::get_yearday(day) - 1};
}

Error not_a_time(std::string_view text, std::string_view why) {
  return invalid(in_quotes(text) + " is not a time: " + std::string(why));
}

void append(std::string& text, int number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) text.append(width - digits.size(), '0');
  text += digits;
}

}  // namespace

Result<Timestamp> parse_timestamp(std::string_view text) {
  std::string why;
  const auto written = parse_rfc3339(text, why);
  if (!written) return not_a_time(text, why);
  return in_range(written->seconds, written->nanos);
}

std::string render(Timestamp time) {
  const cctz::civil_second at = cctz::civil_second() + time.seconds;
  std::string text;
  text.reserve(30);
  append(text, static_cast<int>(at.year()), 4);
  text += '-';
  append(text, at.month(), 2);
  text += '-';
  append(text, at.day(), 2);
  text += 'T';
  append(text, at.hour(), 2);
  text += ':';
  append(text, at.minute(), 2);
  text += ':';
  append(text, at.second(), 2);
  if (time.nanos != 0) {
    text += '.';
    append(text, time.nanos, 9);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 'Z';
}

bool known_zone(std::string_view zone) { return zone_named(zone).has_value(); }

const std::vector<std::string>& zone_names() {
  static const std::vector<std::string> names = read_zone_names();
  return names;
}

Result<CivilTime> civil_time(Timestamp time, std::string_view zone) {
  if (const auto east = parse_utc_offset(zone)) return civil(cctz::civil_second() + (time.seconds + *east));
  const auto known = zone_named(zone);
  if (!known) return unknown_zone(zone);
  return civil(known->lookup(Seconds(cctz::seconds(time.seconds))).cs);
}

std::string_view weekday_name(int weekday) noexcept {
  constexpr std::array<std::string_view, 7> names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                     "Thursday", "Friday", "Saturday"};
  return names[static_cast<std::size_t>(weekday)];
}

std::string_view month_name(int month) noexcept {
  constexpr std::array<std::string_view, 12> names = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
  return names[static_cast<std::size_t>(month - 1)];
}

Result<std::int64_t> utc_offset(Timestamp time, std::string_view zone) {
  if (const auto east = parse_utc_offset(zone)) return *east;
  const auto known = zone_named(zone);
  if (!known) return unknown_zone(zone);
  return known->lookup(Seconds(cctz::seconds(time.seconds))).offset;
}

std::vector<std::pair<std::int64_t, std::int64_t>> utc_offsets(std::string_view zone) {
  constexpr std::int64_t from = -2'208'988'800, to = 4'102'444'800;
  const auto first = utc_offset({from, 0}, zone);
  if (!first) return {};
  std::vector<std::pair<std::int64_t, std::int64_t>> offsets = {{from, *first}};
  const auto known = zone_named(zone);
  if (!known) return offsets;
  cctz::time_zone::civil_transition change;
  Seconds at{cctz::seconds(from)};
  while (known->next_transition(at, &change)) {
    at = known->lookup(change.to).trans;
    if (at.time_since_epoch().count() >= to) break;
    offsets.emplace_back(at.time_since_epoch().count(), known->lookup(at).offset);
  }
  return offsets;
}

std::string render_in(std::string_view zone, Timestamp time) {
  const auto offset = utc_offset(time, zone);
  if (!offset || zone == "UTC") return render(Timestamp{time.seconds, 0});
  std::string text = render(Timestamp{time.seconds + *offset, 0});
  const std::int64_t minutes = std::abs(*offset) / 60;
  char shown[16];
  std::snprintf(shown, sizeof shown, "%c%02d:%02d", *offset < 0 ? '-' : '+', static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60));
  return text.replace(text.size() - 1, 1, shown);
}

Result<Timestamp> instant(const CivilTime& time, std::string_view zone) {
  if (time.year < 0 || time.year > 10'000) return invalid("the time is outside the years 1 to 9999");
  const cctz::civil_second at(time.year, time.month, time.day, time.hour, time.minute, time.second);
  if (const auto east = parse_utc_offset(zone)) return in_range((at - cctz::civil_second()) - *east, 0);
  const auto known = zone_named(zone);
  if (!known) return unknown_zone(zone);
  // `convert` gives the transition for a skipped time, and the first of two.
  return in_range(cctz::convert(at, *known).time_since_epoch().count(), 0);
}

Timestamp now_utc() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
  return {nanos / nanos_per_second, static_cast<std::int32_t>(nanos % nanos_per_second)};
}

double seconds_between(Timestamp from, Timestamp to) noexcept {
  return static_cast<double>(to.seconds - from.seconds) + static_cast<double>(to.nanos - from.nanos) / 1e9;
}

Result<Timestamp> add(Timestamp time, Duration by) {
  std::int64_t seconds = time.seconds + by.count() / nanos_per_second;
  std::int64_t nanos = time.nanos + by.count() % nanos_per_second;
  if (nanos < 0) {
    nanos += nanos_per_second;
    --seconds;
  } else if (nanos >= nanos_per_second) {
    nanos -= nanos_per_second;
    ++seconds;
  }
  return in_range(seconds, static_cast<std::int32_t>(nanos));
}

}  // namespace millrace

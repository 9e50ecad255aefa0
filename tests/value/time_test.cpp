#include "value/time.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace millrace {
namespace {

std::string time_again(std::string_view text) {
  const auto time = parse_timestamp(text);
  return time ? render(*time) : "refused: " + time.error().message;
}

Timestamp at(std::string_view text) {
  const auto time = parse_timestamp(text);
  REQUIRE_MESSAGE(time, text);
  return *time;
}

/// "2026-03-29 01:30:00" for the civil time in a zone.
std::string local(std::string_view text, std::string_view zone) {
  const auto civil = civil_time(at(text), zone);
  if (!civil) return "refused: " + civil.error().message;
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02d-%02d %02d:%02d:%02d", static_cast<int>(civil->year), civil->month,
                civil->day, civil->hour, civil->minute, civil->second);
  return out;
}

std::string instant_of(int year, int month, int day, int hour, int minute, std::string_view zone) {
  const auto time = instant({.year = year, .month = month, .day = day, .hour = hour, .minute = minute}, zone);
  return time ? render(*time) : "refused: " + time.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("value");

TEST_CASE("timestamps are read with any offset and written in UTC") {
  CHECK(time_again("2026-11-23T09:00:00Z") == "2026-11-23T09:00:00Z");
  CHECK(time_again("2026-11-23t09:00:00z") == "2026-11-23T09:00:00Z");
  CHECK(time_again("2026-11-23T09:00:00+05:30") == "2026-11-23T03:30:00Z");
  CHECK(time_again("2026-12-31T23:00:00-08:00") == "2027-01-01T07:00:00Z");
  CHECK(time_again("2026-11-23T09:00:00.120Z") == "2026-11-23T09:00:00.12Z");
  CHECK(time_again("1969-12-31T23:59:59.999999999Z") == "1969-12-31T23:59:59.999999999Z");
  CHECK(time_again("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z");
  CHECK(time_again("9999-12-31T23:59:59.999999999Z") == "9999-12-31T23:59:59.999999999Z");
  CHECK(time_again("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
  CHECK(at("1969-12-31T23:59:59.5Z") == Timestamp{-1, 500'000'000});
}

TEST_CASE("what is no time is refused with the reason") {
  CHECK(time_again("yesterday") ==
        "refused: \"yesterday\" is not a time: it is written like 2026-11-23T09:00:00Z or 2026-11-23T09:00:00+01:00");
  CHECK(time_again("2026-02-30T00:00:00Z") ==
        "refused: \"2026-02-30T00:00:00Z\" is not a time: that month has no day 30");
  CHECK(time_again("2025-02-29T00:00:00Z") ==
        "refused: \"2025-02-29T00:00:00Z\" is not a time: that month has no day 29");
  CHECK(time_again("2026-13-01T00:00:00Z") == "refused: \"2026-13-01T00:00:00Z\" is not a time: there is no month 13");
  CHECK(time_again("2026-01-01T24:00:00Z") ==
        "refused: \"2026-01-01T24:00:00Z\" is not a time: a day ends at 23:59:59");
  CHECK(time_again("2026-01-01T00:00:00") ==
        "refused: \"2026-01-01T00:00:00\" is not a time: it is written like 2026-11-23T09:00:00Z or "
        "2026-11-23T09:00:00+01:00");
  CHECK(time_again("2026-01-01T00:00:00.Z") ==
        "refused: \"2026-01-01T00:00:00.Z\" is not a time: seconds have one to nine decimals");
  CHECK(time_again("0001-01-01T00:00:00+01:00") == "refused: the time is outside the years 1 to 9999");
  for (const std::string text :
       {"", "2026-01-00T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.1234567891Z",
        "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:0001:00", "2026-01-01T00:00:00Zx", "0000-01-01T00:00:00Z",
        "2026-01-01T00:00:60Z", "-026-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00"}) {
    CHECK_MESSAGE(!parse_timestamp(text), text);
  }
}

TEST_CASE("London: a time that the clocks skip is the end of the gap, one that comes twice is the first") {
  const std::string zone = "Europe/London";
  CHECK(instant_of(2026, 3, 29, 0, 59, zone) == "2026-03-29T00:59:00Z");
  CHECK(instant_of(2026, 3, 29, 1, 0, zone) == "2026-03-29T01:00:00Z");
  CHECK(instant_of(2026, 3, 29, 1, 30, zone) == "2026-03-29T01:00:00Z");
  CHECK(instant_of(2026, 3, 29, 2, 0, zone) == "2026-03-29T01:00:00Z");
  CHECK(instant_of(2026, 10, 25, 1, 30, zone) == "2026-10-25T00:30:00Z");
  CHECK(instant_of(2026, 10, 25, 2, 0, zone) == "2026-10-25T02:00:00Z");
  CHECK(local("2026-03-29T00:59:59Z", zone) == "2026-03-29 00:59:59");
  CHECK(local("2026-03-29T01:00:00Z", zone) == "2026-03-29 02:00:00");
  CHECK(local("2026-10-25T00:30:00Z", zone) == "2026-10-25 01:30:00");
  CHECK(local("2026-10-25T01:30:00Z", zone) == "2026-10-25 01:30:00");
}

TEST_CASE("New York: gap and overlap, and the rules go on after 2037") {
  const std::string zone = "America/New_York";
  CHECK(instant_of(2026, 3, 8, 2, 30, zone) == "2026-03-08T07:00:00Z");
  CHECK(instant_of(2026, 11, 1, 1, 30, zone) == "2026-11-01T05:30:00Z");
  CHECK(local("2050-07-01T12:00:00Z", zone) == "2050-07-01 08:00:00");
  CHECK(local("2050-01-01T12:00:00Z", zone) == "2050-01-01 07:00:00");
  CHECK(instant_of(2050, 3, 13, 2, 30, zone) == "2050-03-13T07:00:00Z");
  CHECK(local("9999-07-01T12:00:00Z", zone) == "9999-07-01 08:00:00");
}

TEST_CASE("the first and the last year are civil times too") {
  CHECK(local("0001-01-01T00:00:00Z", "UTC") == "0001-01-01 00:00:00");
  CHECK(local("9999-12-31T23:59:59Z", "UTC") == "9999-12-31 23:59:59");
  CHECK(local("0001-01-01T00:00:00Z", "-08:00") == "0000-12-31 16:00:00");
  CHECK(local("9999-12-31T23:59:59Z", "+01:00") == "10000-01-01 00:59:59");
  CHECK(instant_of(1, 1, 1, 0, 0, "UTC") == "0001-01-01T00:00:00Z");
  CHECK(instant_of(0, 12, 31, 0, 0, "UTC") == "refused: the time is outside the years 1 to 9999");
  CHECK(instant_of(10'000, 1, 1, 0, 0, "UTC") == "refused: the time is outside the years 1 to 9999");
}

TEST_CASE("for people a time is shown with the offset of their zone, which can be read back") {
  const auto shown = [](const char* time, const char* zone) { return render_in(zone, at(time)); };
  CHECK(shown("2026-07-01T07:00:00Z", "Europe/Berlin") == "2026-07-01T09:00:00+02:00");
  CHECK(shown("2026-12-31T23:30:00.25Z", "Europe/Berlin") == "2027-01-01T00:30:00+01:00");
  CHECK(shown("2026-11-01T05:30:00Z", "America/New_York") == "2026-11-01T01:30:00-04:00");
  CHECK(shown("2026-11-01T06:30:00Z", "America/New_York") == "2026-11-01T01:30:00-05:00");
  CHECK(shown("2026-11-01T06:30:00Z", "Asia/Kathmandu") == "2026-11-01T12:15:00+05:45");
  CHECK(shown("2026-11-01T06:30:00Z", "America/St_Johns") == "2026-11-01T03:00:00-03:30");
  CHECK(shown("2026-11-01T06:30:00.9Z", "UTC") == "2026-11-01T06:30:00Z");
  CHECK(shown("2026-01-01T06:30:00Z", "Europe/London") == "2026-01-01T06:30:00+00:00");
  CHECK(shown("2026-11-01T06:30:00Z", "Nowhere") == "2026-11-01T06:30:00Z");
  CHECK(*parse_timestamp(shown("2026-11-01T06:30:00Z", "America/St_Johns")) == at("2026-11-01T06:30:00Z"));
}

TEST_CASE("a zone may be an offset") {
  CHECK(local("2026-11-23T09:00:00Z", "+02:00") == "2026-11-23 11:00:00");
  CHECK(local("2026-11-23T09:00:00Z", "02:00") == "2026-11-23 11:00:00");
  CHECK(local("2026-11-23T09:00:00Z", "-09:30") == "2026-11-22 23:30:00");
  CHECK(instant_of(2026, 11, 23, 11, 0, "+02:00") == "2026-11-23T09:00:00Z");
}

TEST_CASE("days of the week and of the year are counted from nought") {
  const auto civil = civil_time(at("2026-11-22T12:00:00Z"), "UTC");
  REQUIRE(civil);
  CHECK(civil->weekday == 0);  // a Sunday
  CHECK(civil->day_of_year == 325);
  CHECK(civil_time(at("2024-12-31T12:00:00Z"), "UTC")->day_of_year == 365);
  CHECK(civil_time(at("2026-01-01T12:00:00Z"), "UTC")->day_of_year == 0);
}

TEST_CASE("fields beyond their range roll over, so that a calendar can be stepped through") {
  CHECK(instant_of(2026, 12, 32, 9, 0, "UTC") == "2027-01-01T09:00:00Z");
  CHECK(instant_of(2026, 13, 1, 0, 0, "UTC") == "2027-01-01T00:00:00Z");
}

TEST_CASE("zones are IANA names that this system knows, and nothing else is opened") {
  CHECK(known_zone("Europe/London"));
  CHECK(known_zone("UTC"));
  CHECK(known_zone("Etc/GMT+5"));
  CHECK(known_zone("America/Port-au-Prince"));
  for (const std::string zone :
       {"", "europe/london", "Europe", "Europe/", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "localtime",
        "posix/UTC", "right/UTC", "zone.tab", "Fixed/UTC+05:00:00", "file:UTC", "EST5EDT,M3.2.0,M11.1.0"}) {
    CHECK_MESSAGE(!known_zone(zone), zone);
  }
  CHECK(local("2026-11-23T09:00:00Z", "Europe/Londn") ==
        "refused: unknown time zone \"Europe/Londn\": write a name such as Europe/London, or an offset such as +02:00");
  CHECK(local("2026-11-23T09:00:00Z", "Mars") ==
        "refused: unknown time zone \"Mars\": write a name such as Europe/London, or an offset such as +02:00");
  const std::vector<std::string>& names = zone_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::count(names.begin(), names.end(), "Europe/London") == 1);
  CHECK(std::all_of(names.begin(), names.end(), [](const std::string& name) { return known_zone(name); }));
}

TEST_CASE("durations are added exactly, and not beyond the calendar") {
  using namespace std::chrono_literals;
  CHECK(*add(at("2026-11-23T09:00:00.9Z"), 200ms) == at("2026-11-23T09:00:01.1Z"));
  CHECK(*add(at("1970-01-01T00:00:00Z"), -1ns) == at("1969-12-31T23:59:59.999999999Z"));
  CHECK(*add(at("2026-11-23T09:00:00Z"), 24h * 90) == at("2027-02-21T09:00:00Z"));
  CHECK_FALSE(add(at("9999-12-31T23:59:59.999999999Z"), 1ns));
  CHECK_FALSE(add(at("0001-01-01T00:00:00Z"), -1ns));
}

TEST_CASE("the offsets of a zone are told with the moments of their changes") {
  for (const std::string zone : {"Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC", "+02:00"}) {
    const auto offsets = utc_offsets(zone);
    REQUIRE_FALSE(offsets.empty());
    CAPTURE(zone);
    for (std::size_t n = 1; n < offsets.size(); ++n) {
      const auto& [since, ahead] = offsets[n];
      CHECK(since > offsets[n - 1].first);
      CHECK(*utc_offset({since, 0}, zone) == ahead);
      CHECK(*utc_offset({since - 1, 0}, zone) == offsets[n - 1].second);
    }
    CHECK(*utc_offset({4'102'444'799, 0}, zone) == offsets.back().second);
  }
  CHECK(utc_offsets("Europe/London").size() > 200);
  CHECK(utc_offsets("Nowhere/Here").empty());
}

TEST_SUITE_END();

}  // namespace millrace

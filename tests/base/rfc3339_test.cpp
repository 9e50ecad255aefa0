#include "base/rfc3339.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace millrace;

namespace {

/// "seconds.nanos", or why it cannot be read.
std::string read(std::string_view text) {
  std::string why;
  const auto time = parse_rfc3339(text, why);
  return time ? std::to_string(time->seconds) + "." + std::to_string(time->nanos) : why;
}

}  // namespace

TEST_SUITE_BEGIN("base");

TEST_CASE("a time is read with any offset and up to nine decimals, before 1970 too") {
  CHECK(read("1970-01-01T00:00:00Z") == "0.0");
  CHECK(read("2026-03-29T02:30:00.25+02:00") == "1774744200.250000000");
  CHECK(read("2026-03-29T00:30:00.123456789-00:00") == "1774744200.123456789");
  CHECK(read("2024-02-29t23:59:59z") == "1709251199.0");
  CHECK(read("1969-12-31T23:59:59.5Z") == "-1.500000000");
  CHECK(read("0001-01-01T00:00:00+23:59") == "-62135683140.0");
}

TEST_CASE("what is no time is refused with what is wrong") {
  for (const char* text :
       {"", "2026-03-29", "2026-03-29 00:00:00Z", "2026-03-29T00:00Z", "-026-03-29T00:00:00Z", "2026-03-29T0x:00:00Z"})
    CHECK(read(text) == "it is written like 2026-11-23T09:00:00Z or 2026-11-23T09:00:00+01:00");
  CHECK(read("0000-01-01T00:00:00Z") == "years are 1 to 9999");
  CHECK(read("2026-00-01T00:00:00Z") == "there is no month 0");
  CHECK(read("2026-13-01T00:00:00Z") == "there is no month 13");
  CHECK(read("2026-02-29T00:00:00Z") == "that month has no day 29");
  CHECK(read("2026-04-00T00:00:00Z") == "that month has no day 0");
  for (const char* text : {"2026-04-01T24:00:00Z", "2026-04-01T23:60:00Z", "2026-04-01T23:59:60Z"})
    CHECK(read(text) == "a day ends at 23:59:59");
  for (const char* text : {"2026-04-01T00:00:00.Z", "2026-04-01T00:00:00.1234567890Z"})
    CHECK(read(text) == "seconds have one to nine decimals");
  for (const char* text : {"2026-04-01T00:00:000", "2026-04-01T00:00:00+0100", "2026-04-01T00:00:0001:00",
                           "2026-04-01T00:00:00+24:00", "2026-04-01T00:00:00Z "})
    CHECK(read(text) == "it must end with Z, or with an offset such as +01:00");
}

TEST_CASE("an offset from UTC is read with and without its sign") {
  CHECK(parse_utc_offset("+02:00") == 7200);
  CHECK(parse_utc_offset("-08:30") == -30600);
  CHECK(parse_utc_offset("02:00") == 7200);
  for (const char* text : {"", "Z", "2:00", "+24:00", "+02:60", "+0200"}) CHECK_FALSE(parse_utc_offset(text));
}

TEST_SUITE_END();

#include "runtime/today.hpp"

#include <doctest/doctest.h>

#include "value/time.hpp"

namespace millrace {
namespace {

std::string date(std::string_view moment, const std::string& zone) {
  const Value today = today_of(*parse_timestamp(moment), zone);
  return today.find("date")->text() + " " + today.find("weekday")->text() + " from " +
         render(today.find("start")->timestamp());
}

}  // namespace

TEST_SUITE_BEGIN("runtime");

TEST_CASE("today is the day of the zone that is asked for, to the second, in whichever order it is asked") {
  CHECK(date("2026-03-28T23:59:59Z", "Europe/London") == "2026-03-28 saturday from 2026-03-28T00:00:00Z");
  CHECK(date("2026-03-29T00:00:00Z", "Europe/London") == "2026-03-29 sunday from 2026-03-29T00:00:00Z");
  CHECK(date("2026-03-29T22:59:59.999Z", "Europe/London") == "2026-03-29 sunday from 2026-03-29T00:00:00Z");
  CHECK(date("2026-03-29T23:00:00Z", "Europe/London") == "2026-03-30 monday from 2026-03-29T23:00:00Z");
  CHECK(date("2026-03-29T12:00:00Z", "Europe/London") == "2026-03-29 sunday from 2026-03-29T00:00:00Z");
  CHECK(date("2026-03-29T12:00:00Z", "Pacific/Auckland") == "2026-03-30 monday from 2026-03-29T11:00:00Z");
  CHECK(date("2026-12-31T23:00:00Z", "UTC") == "2026-12-31 thursday from 2026-12-31T00:00:00Z");
  CHECK(date("2027-01-01T00:00:00Z", "UTC") == "2027-01-01 friday from 2027-01-01T00:00:00Z");
}

TEST_SUITE_END();

}  // namespace millrace

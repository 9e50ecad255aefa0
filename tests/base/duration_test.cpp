#include "base/duration.hpp"

#include <doctest/doctest.h>

namespace millrace {

TEST_SUITE_BEGIN("base");

using namespace std::chrono_literals;

TEST_CASE("durations are read in our own form and in that of ISO 8601") {
  const auto read = [](std::string_view text) {
    const auto duration = parse_duration(text);
    REQUIRE_MESSAGE(duration, text);
    return *duration;
  };
  CHECK(read("10s") == 10s);
  CHECK(read("5m") == 5min);
  CHECK(read("1h30m") == 90min);
  CHECK(read("90d") == 90 * 24h);
  CHECK(read("500ms") == 500ms);
  CHECK(read("1.5s") == 1500ms);
  CHECK(read("0.000000001s") == 1ns);
  CHECK(read("-5m") == -5min);
  CHECK(read("0") == 0s);
  CHECK(read("PT5M") == 5min);
  CHECK(read("P90D") == 90 * 24h);
  CHECK(read("P1DT2H3M4.5S") == 26h + 3min + 4500ms);
  CHECK(read("P2W") == 14 * 24h);
}

TEST_CASE("what is no duration is refused with a cure") {
  const auto refused = [](std::string_view text) {
    const auto duration = parse_duration(text);
    return duration ? "read as " + render(*duration) : duration.error().message;
  };
  const std::string how = " is not a duration: write numbers with units, such as 10s, 5m, 1h30m or 90d";
  for (const std::string text :
       {"", "-", "s", "5 m", "5x", "1.2.3s", ".s", "5M", "--5m", "P", "PT", "P1DT", "PT5D", "P5", "1h3"}) {
    CHECK(refused(text) == "\"" + text + "\"" + how);
  }
  CHECK(refused("30") == "\"30\" has no unit: write 30s for seconds, or m, h or d for minutes, hours or days");
  CHECK(refused("P1Y") == "\"P1Y\" is not a duration: years and months have no fixed length, write days, such as 30d");
  CHECK(refused("P1M") == "\"P1M\" is not a duration: years and months have no fixed length, write days, such as 30d");
  CHECK(refused("106752d") == "\"106752d\" is too long: a duration is at most 292 years");
  CHECK(refused("99999999999999999999999s") ==
        "\"99999999999999999999999s\" is too long: a duration is at most 292 years");
}

TEST_CASE("durations are written so that reading gives the same") {
  CHECK(render(90min) == "1h30m");
  CHECK(render(90 * 24h) == "90d");
  CHECK(render(250ms) == "250ms");
  CHECK(render(1500ms) == "1.5s");
  CHECK(render(0s) == "0s");
  CHECK(render(-5min) == "-5m");
  CHECK(render(1us) == "1us");
  CHECK(render_for_expression(90 * 24h) == "2160h");
  CHECK(render_for_expression(-(24h + 90s)) == "-24h1m30s");
  CHECK(written_out_duration("90d") == "duration('2160h')");
  CHECK(written_out_duration("1d12h") == "duration('36h')");
  CHECK(written_out_duration("90s") == "duration('90s')");
  for (const char* none : {"", "15", "d", "1.5h", "-5m", "P90D", "90w", "days"})
    CHECK(written_out_duration(none) == "");
  for (const Duration duration : {Duration(1), Duration(1'000'001), Duration(-999'999'999),
                                  Duration(86'400'000'000'001), Duration::max(), Duration(Duration::min() + 1ns)}) {
    const auto read = parse_duration(render(duration));
    REQUIRE_MESSAGE(read, render(duration));
    CHECK(*read == duration);
  }
  CHECK(render(Duration::min()) == "-106751d23h47m16.854775808s");
}

TEST_SUITE_END();

}  // namespace millrace

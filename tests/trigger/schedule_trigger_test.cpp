#include "trigger/schedule_trigger.hpp"

#include <doctest/doctest.h>

#include "trigger/trigger_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("trigger");

TEST_CASE("a trigger's own zone goes before the project's, and its settings are read") {
  const auto load = [](const std::string& text) { return test::trigger_of(text); };
  const auto own = schedule_of(load("{cron: '0 9 * * MON', timezone: Asia/Tokyo, if_missed: run_all, spread: 10m}"),
                               "Europe/London");
  REQUIRE(own);
  CHECK(own->calendar.zone() == "Asia/Tokyo");
  CHECK(own->if_missed == ScheduleTrigger::IfMissed::run_all);
  CHECK(own->spread == 10min);
  const auto plain = schedule_of(load("{schedule: every monday at 9:00}"), "Europe/London");
  REQUIRE(plain);
  CHECK(plain->calendar.zone() == "Europe/London");
  CHECK(plain->if_missed == ScheduleTrigger::IfMissed::run_once);
  CHECK_FALSE(schedule_of(load("{schedule: every day}"), "Europe/Nowhere"));
}

TEST_SUITE_END();

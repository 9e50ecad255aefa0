#include <doctest/doctest.h>

#include "schedule/preview.hpp"
#include "schedule/schedule_bench.hpp"

using namespace millrace;
using test::sentence;

namespace {

std::string notes_of(const std::string& text, const std::string& zone, const std::string& from) {
  std::string notes;
  for (const PreviewSlot& slot : preview(Calendar(sentence(text), zone), test::time_of(from), 1)) {
    if (slot.note.find("clocks go back") != std::string::npos) notes += slot.local.substr(11) + " " + slot.note + "\n";
  }
  return notes;
}

}  // namespace

TEST_SUITE_BEGIN("schedule");

TEST_CASE("what a schedule is in words is a sentence that means the same") {
  for (const char* said : {"every minute",
                           "every 15 minutes",
                           "hourly",
                           "every 6 hours",
                           "daily",
                           "daily at 7:30",
                           "mon-fri 7:30",
                           "every day at 8:00 and 17:30",
                           "every day at 0:05, 7:10, 9:20, 11:30, 13:00, 14:00, 15:00, 16:00, 17:00 and 18:45",
                           "sat-sun at noon",
                           "weekly",
                           "every 2 weeks on monday at 9:00",
                           "every 2 weeks on mon and fri 9:00 from 2026-01-05",
                           "every 3 days at 6:00",
                           "monthly",
                           "quarterly",
                           "yearly",
                           "on the 1st and 15th at 6:00",
                           "on the last day of the month",
                           "on the 2nd last day of the month",
                           "first monday of the month at 8:00",
                           "on the first and third tuesday of march and june at 9:00",
                           "last friday of the month at 17:00",
                           "first weekday of the month",
                           "last weekday of the month at 17:00",
                           "first 3 days of the month",
                           "last 3 days of february and march",
                           "first 2 fridays of the month",
                           "first 5 weekdays of the month",
                           "every 2 months from 2026-02-15",
                           "every 2 weeks from 2026-01-07",
                           "yearly from 2026-06-01",
                           "yearly on the last day at 18:00",
                           "quarterly on the last weekday",
                           "every other friday at 9:00",
                           "every 30 minutes on weekdays",
                           "every 15 minutes between 9:00 and 17:00",
                           "every 90 minutes from 22:00 to 6:00 on weekdays",
                           "every 2 hours from 23:00 to 1:00 on friday",
                           "every hour from 22:00 to 21:00 on the last day of march",
                           "every hour at :15 from 23:30 to 1:00 on friday",
                           "every 2 hours at :30 from 8:00 to 18:00",
                           "every 2 weeks on mon-sun",
                           "first monday and the 3rd at 8:00",
                           "on the 1st day, 15th day, last day and 2nd weekday of march",
                           "every 2 hours 9:00-17:00",
                           "hourly at :15",
                           "every 6 hours at :05",
                           "every day at 6:00 in june and july",
                           "on the 11th, 12th, 13th, 21st, 22nd and 23rd at 6:00"}) {
    const Schedule schedule = sentence(said);
    const std::string words = in_words(schedule);
    auto again = parse_schedule(words);
    REQUIRE_MESSAGE(std::holds_alternative<Schedule>(again), said << " -> " << words);
    CHECK_MESSAGE(std::get<Schedule>(again) == schedule, said << " -> " << words);
  }
}

TEST_CASE("words are those that people use") {
  CHECK(in_words(sentence("mon-fri 7:30")) == "at 07:30 on weekdays");
  CHECK(in_words(sentence("every 2 weeks on monday at 9:00")) == "at 09:00 every 2 weeks on Monday");
  CHECK(in_words(sentence("first monday of the month at 8:00")) == "at 08:00 on the first Monday of the month");
  CHECK(in_words(sentence("on the 1st and 15th at 6:00")) == "at 06:00 on the 1st and 15th of the month");
  CHECK(in_words(sentence("yearly")) == "at 00:00 on the 1st of the month in January");
  CHECK(in_words(sentence("every 15min between 9am and 5pm on weekdays")) ==
        "every 15 minutes from 09:00 to 17:00 on weekdays");
  CHECK(in_words(std::get<Schedule>(parse_cron("*/20 8-17 * * *"))) == "every 20 minutes from 08:00 to 17:40");
  CHECK(in_words(sentence("every 20 minutes from 23:00 to 1:00 on friday")) ==
        "every 20 minutes from 23:00 to 01:00 the next day on Friday");
  CHECK(in_words(std::get<Schedule>(parse_cron("0 22-1 * * 5"))) == "at 00:00, 01:00, 22:00 and 23:00 on Friday");
  CHECK(in_words(std::get<Schedule>(parse_cron("7 * * * *"))) == "every hour at :07");
  CHECK(in_words(std::get<Schedule>(parse_cron("5,35 * * * *"))) == "at minute 5 and 35 of every hour");
  CHECK(in_words(std::get<Schedule>(parse_cron("*/7 * * * *"))) ==
        "at minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour");
  CHECK(in_words(std::get<Schedule>(parse_cron("0 6 L-1 * *"))) == "at 06:00 on the 2nd last day of the month");
}

TEST_CASE("a preview says of an interval that it goes on, and of a time that it comes once") {
  CHECK(notes_of("every hour", "Europe/London", "2026-10-24T12:00:00Z") ==
        "01:00:00+00:00 clocks go back: 01:00 comes a second time, runs again\n");
  CHECK(notes_of("every day at 1:30", "Europe/London", "2026-10-24T12:00:00Z") ==
        "01:30:00+01:00 clocks go back: 01:30 comes twice, runs the first time only\n");
}

TEST_SUITE_END();

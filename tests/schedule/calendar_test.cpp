#include <doctest/doctest.h>

#include "schedule/calendar.hpp"
#include "schedule/schedule_bench.hpp"
#include "value/time.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::time_of;

namespace {

Calendar calendar(const std::string& sentence, const std::string& zone) {
  return {std::get<Schedule>(parse_schedule(sentence)), zone};
}

Calendar calendar_of(const std::string& fields, const std::string& zone) {
  return {std::get<Schedule>(parse_cron(fields)), zone};
}

std::string slots(const Calendar& calendar, const std::string& from, const std::string& until) {
  std::string text;
  for (const Timestamp slot : calendar.between(time_of(from), time_of(until), 1000)) {
    const CivilTime local = *civil_time(slot, calendar.zone());
    text += (text.empty() ? "" : " ") + render(slot).substr(11, 5) + "=" + std::to_string(local.hour) + ":" +
            std::to_string(local.minute);
  }
  return text;
}

ScheduleTrigger trigger(const std::string& sentence, ScheduleTrigger::IfMissed if_missed, Duration spread = {}) {
  return {calendar(sentence, "Europe/London"), if_missed, spread};
}

std::string told(const DueSlots& due) {
  std::string text = "run";
  for (const Timestamp slot : due.run) text += " " + render(slot).substr(8, 8);
  text += "; skipped";
  for (const Timestamp slot : due.skipped) text += " " + render(slot).substr(8, 8);
  return text + "; seen " + render(due.seen).substr(8, 8) + "; next " +
         (due.next ? render(*due.next).substr(8, 8) : "");
}

}  // namespace

TEST_SUITE_BEGIN("schedule");

TEST_CASE("P8: a time that the clocks skip fires once, at the end of the gap") {
  CHECK(slots(calendar("every day at 01:30", "Europe/London"), "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z") ==
        "01:00=2:0 00:30=1:30");
  CHECK(slots(calendar("every 15 minutes", "Europe/London"), "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z") ==
        "00:45=0:45 01:00=2:0 01:15=2:15 01:30=2:30");
  CHECK(slots(calendar("every day at 00:00", "Africa/Cairo"), "2026-04-23T12:00:00Z", "2026-04-24T12:00:00Z") ==
        "22:00=1:0");
}

TEST_CASE("P8: a time that comes twice fires once, at its first occurrence") {
  CHECK(slots(calendar("every day at 01:30", "Europe/London"), "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z") ==
        "00:30=1:30 01:30=1:30");
  CHECK(slots(calendar("every day at 01:00 and 01:30", "Europe/London"), "2026-10-24T23:45:00Z",
              "2026-10-25T02:30:00Z") == "00:00=1:0 00:30=1:30");
}

TEST_CASE("a night belongs to the day on which it begins") {
  const auto days = [](const char* sentence, const char* from, const char* until) {
    std::string text;
    for (const Timestamp slot : calendar(sentence, "UTC").between(time_of(from), time_of(until), 1000))
      text += (text.empty() ? "" : " ") + render(slot).substr(5, 11);
    return text;
  };
  // The 2nd of January 2026 is a Friday.
  CHECK(days("every 30 minutes from 23:30 to 1:00 on friday", "2025-12-31T00:00:00Z", "2026-01-09T12:00:00Z") ==
        "01-02T23:30 01-03T00:00 01-03T00:30 01-03T01:00");
  CHECK(days("every 2 hours between 22:00 and 2:00 on the last day of the month", "2026-01-31T22:00:00Z",
             "2026-03-01T12:00:00Z") == "02-01T00:00 02-01T02:00 02-28T22:00 03-01T00:00 03-01T02:00");
  CHECK(days("every 2 hours from 23:00 to 1:00 on the 1st", "2025-12-30T00:00:00Z", "2026-01-30T00:00:00Z") ==
        "01-01T23:00 01-02T01:00");
  CHECK(days("every 12 hours from 23:00 to 11:00 in december", "2025-12-30T12:00:00Z", "2026-02-01T00:00:00Z") ==
        "12-30T23:00 12-31T11:00 12-31T23:00 01-01T11:00");
  CHECK(days("every hour from 23:00 to midnight from 2026-01-05", "2026-01-01T00:00:00Z", "2026-01-06T12:00:00Z") ==
        "01-05T23:00 01-06T00:00");
  CHECK(days("every 2 weeks on sunday every hour from 23:00 to 0:00", "2026-01-01T00:00:00Z", "2026-01-19T12:00:00Z") ==
        "01-04T23:00 01-05T00:00 01-18T23:00 01-19T00:00");
  CHECK(days("every hour at :15 from 23:30 to 1:00 on friday", "2026-01-01T00:00:00Z", "2026-01-09T12:00:00Z") ==
        "01-03T00:15");
  CHECK(days("every hour from 23:00 to 1:00 the next day", "2026-01-01T00:30:00Z", "2026-01-02T00:00:00Z") ==
        "01-01T01:00 01-01T23:00 01-02T00:00");
  CHECK(!test::refusal(parse_schedule("every hour from 9:00 to 17:00 the next day")).empty());
}

TEST_CASE("an interval goes on through an hour that comes twice") {
  const auto autumn = [](const Calendar& calendar) {
    return slots(calendar, "2026-10-24T23:45:00Z", "2026-10-25T02:30:00Z");
  };
  CHECK(autumn(calendar("every 30 minutes", "Europe/London")) ==
        "00:00=1:0 00:30=1:30 01:00=1:0 01:30=1:30 02:00=2:0 02:30=2:30");
  CHECK(autumn(calendar("every hour", "Europe/London")) == "00:00=1:0 01:00=1:0 02:00=2:0");
  CHECK(autumn(calendar_of("10 * * * *", "Europe/London")) == "00:10=1:10 01:10=1:10 02:10=2:10");
  CHECK(autumn(calendar_of("*/30 1 * * *", "Europe/London")) == "00:00=1:0 00:30=1:30 01:00=1:0 01:30=1:30");
  CHECK(autumn(calendar_of("0,30 1 * * *", "Europe/London")) == "00:00=1:0 00:30=1:30");
  // Half an hour comes twice.
  CHECK(slots(calendar("every 15 minutes", "Australia/Lord_Howe"), "2026-04-04T14:20:00Z", "2026-04-04T15:45:00Z") ==
        "14:30=1:30 14:45=1:45 15:00=1:30 15:15=1:45 15:30=2:0 15:45=2:15");
  // Midnight comes twice, and the day before it has 25 hours.
  CHECK(slots(calendar("every hour", "Africa/Cairo"), "2026-10-29T19:30:00Z", "2026-10-29T23:00:00Z") ==
        "20:00=23:0 21:00=23:0 22:00=0:0 23:00=1:0");
}

TEST_CASE("asked at any moment of the repeated hour, an interval goes on where it was") {
  const Calendar quarter = calendar("every 15 minutes", "Europe/London");
  CHECK(render(*quarter.after(time_of("2026-10-25T00:50:00Z"))) == "2026-10-25T01:00:00Z");
  CHECK(render(*quarter.after(time_of("2026-10-25T01:00:00Z"))) == "2026-10-25T01:15:00Z");
  CHECK(render(*quarter.after(time_of("2026-10-25T01:59:00Z"))) == "2026-10-25T02:00:00Z");
  CHECK(render(*quarter.after(time_of("2026-10-25T02:00:00Z"))) == "2026-10-25T02:15:00Z");
}

TEST_CASE("asked in the second pass of an hour, the calendar does not fire the first again") {
  const Calendar daily = calendar("every day at 01:30", "Europe/London");
  CHECK(render(*daily.after(time_of("2026-10-25T00:29:59Z"))) == "2026-10-25T00:30:00Z");
  CHECK(render(*daily.after(time_of("2026-10-25T00:30:00Z"))) == "2026-10-26T01:30:00Z");
  CHECK(render(*daily.after(time_of("2026-10-25T01:10:00Z"))) == "2026-10-26T01:30:00Z");
}

TEST_CASE("a whole day that a zone leaves out fires at the beginning of the next") {
  // Samoa went from the 29th to the 31st of December 2011.
  CHECK(slots(calendar("every day at 09:00", "Pacific/Apia"), "2011-12-29T20:00:00Z", "2011-12-31T00:00:00Z") ==
        "10:00=0:0 19:00=9:0");
}

TEST_CASE("days of the month, its last day, and days that never come") {
  const auto next = [](const char* cron, const char* from) {
    const auto slot = Calendar(std::get<Schedule>(parse_cron(cron)), "UTC").after(time_of(from));
    return slot ? render(*slot) : "never";
  };
  CHECK(next("0 8 L * *", "2028-02-01T00:00:00Z") == "2028-02-29T08:00:00Z");
  CHECK(next("0 8 31 * *", "2026-02-01T00:00:00Z") == "2026-03-31T08:00:00Z");
  CHECK(next("0 0 29 2 *", "2026-01-01T00:00:00Z") == "2028-02-29T00:00:00Z");
  CHECK(next("0 0 29 2 *", "2096-03-01T00:00:00Z") == "2104-02-29T00:00:00Z");
  CHECK(next("0 0 * 2 MON#5", "2030-01-01T00:00:00Z") == "2044-02-29T00:00:00Z");
  CHECK(next("* * * * *", "2026-01-01T00:00:30.5Z") == "2026-01-01T00:01:00Z");
  CHECK(next("59 23 31 12 *", "2026-12-31T23:59:00Z") == "2027-12-31T23:59:00Z");
}

TEST_CASE("what was missed is skipped, run once, or run slot by slot") {
  using IfMissed = ScheduleTrigger::IfMissed;
  const auto due = [](IfMissed if_missed, const char* seen, const char* now) {
    return told(due_slots(trigger("every hour", if_missed), "flow", time_of(seen), time_of(now)));
  };
  const char* seen = "2026-01-05T08:00:00Z";
  const char* now = "2026-01-05T11:30:00Z";
  CHECK(due(IfMissed::skip, seen, now) == "run; skipped 05T09:00 05T10:00 05T11:00; seen 05T11:30; next 05T12:00");
  CHECK(due(IfMissed::run_once, seen, now) == "run 05T11:00; skipped 05T09:00 05T10:00; seen 05T11:30; next 05T12:00");
  CHECK(due(IfMissed::run_all, seen, now) == "run 05T09:00 05T10:00 05T11:00; skipped; seen 05T11:30; next 05T12:00");
  // The slot of this minute is in time, so it is the one run.
  CHECK(due(IfMissed::run_once, seen, "2026-01-05T11:00:40Z") ==
        "run 05T11:00; skipped 05T09:00 05T10:00; seen 05T11:00; next 05T12:00");
  CHECK(due(IfMissed::skip, seen, "2026-01-05T09:00:01Z") == "run 05T09:00; skipped; seen 05T09:00; next 05T10:00");
  CHECK(due(IfMissed::run_all, seen, "2026-01-05T08:59:59Z") == "run; skipped; seen 05T08:59; next 05T09:00");
}

TEST_CASE("run_all catches up with a hundred slots at most, the newest") {
  const DueSlots due = due_slots(trigger("every minute", ScheduleTrigger::IfMissed::run_all), "flow",
                                 time_of("2026-01-01T00:00:00Z"), time_of("2026-01-02T00:00:30Z"));
  CHECK(due.run.size() == 101);  // and the one of this minute
  CHECK(render(due.run.back()) == "2026-01-02T00:00:00Z");
  CHECK(due.skipped.size() == 100);
  CHECK(render(due.skipped.back()) == "2026-01-01T22:19:00Z");
}

TEST_CASE("spread moves the run by a time that is always the same for a workflow, and not its slot") {
  const ScheduleTrigger spread = trigger("every hour", ScheduleTrigger::IfMissed::skip, 30min);
  const Duration delay = spread.delay_of("flow");
  CHECK(delay == spread.delay_of("flow"));
  CHECK(delay > 0s);
  CHECK(delay < 30min);
  CHECK(delay != spread.delay_of("flow-2"));
  const Timestamp slot = time_of("2026-01-05T09:00:00Z");
  const Timestamp ripe = *add(slot, delay);
  DueSlots due = due_slots(spread, "flow", time_of("2026-01-05T08:50:00Z"), *add(ripe, -1s));
  CHECK(due.run.empty());
  CHECK(due.next == ripe);
  due = due_slots(spread, "flow", due.seen, ripe);
  CHECK(due.run == std::vector{slot});
  CHECK(due.next == *add(ripe, 1h));
  CHECK(due_slots(spread, "flow", due.seen, ripe).run.empty());
}

TEST_CASE("P7, P8: whatever the clock does, no slot is early and none is given twice") {
  const ScheduleTrigger every = trigger("every 15 minutes", ScheduleTrigger::IfMissed::run_all, 10min);
  Timestamp now = time_of("2026-03-28T00:00:00Z");
  Timestamp seen = now;
  std::vector<Timestamp> fired;
  std::uint32_t random = 1;
  while (now < time_of("2026-03-31T00:00:00Z")) {
    random = random * 1664525U + 1013904223U;
    now = *add(now, std::chrono::seconds(static_cast<int>(random >> 20U) - 600));  // sometimes backwards
    const DueSlots due = due_slots(every, "flow", seen, now);
    for (const Timestamp slot : due.run) {
      CHECK(*add(slot, every.delay_of("flow")) <= now);
      fired.push_back(slot);
    }
    CHECK(due.next);
    seen = due.seen;
  }
  const Timestamp last = *add(seen, 0s);
  CHECK(fired == every.calendar.between(time_of("2026-03-28T00:00:00Z"), last, 1000));
}

TEST_CASE("a checkpoint from a clock that was far ahead does not stop the schedule") {
  const DueSlots due = due_slots(trigger("every hour", ScheduleTrigger::IfMissed::run_once), "flow",
                                 time_of("2099-01-01T00:00:00Z"), time_of("2026-01-05T08:30:00Z"));
  CHECK(told(due) == "run; skipped; seen 05T08:30; next 05T09:00");
}

TEST_SUITE_END();

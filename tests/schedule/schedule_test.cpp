#include <doctest/doctest.h>

#include <vector>

#include "schedule/schedule_bench.hpp"

using namespace millrace;
using test::cron;
using test::days_of;
using test::refusal;
using test::sentence;

TEST_SUITE_BEGIN("schedule");

TEST_CASE("a sentence says the same as cron's five fields") {
  const std::vector<std::pair<const char*, const char*>> same = {
      {"every minute", "* * * * *"},
      {"every 15 minutes", "*/15 * * * *"},
      {"every hour", "0 * * * *"},
      {"hourly", "0 * * * *"},
      {"every 6 hours", "0 */6 * * *"},
      {"every day", "0 0 * * *"},
      {"daily", "0 0 * * *"},
      {"daily at 7:30", "30 7 * * *"},
      {"daily 7:30", "30 7 * * *"},
      {"7:30 daily", "30 7 * * *"},
      {"at 9:00 every monday", "0 9 * * MON"},
      {"Every Monday and friday at 9:05", "5 9 * * MON,FRI"},
      {"mondays, wednesdays and fridays at 9:05", "5 9 * * MON,WED,FRI"},
      {"mon-fri 7:30", "30 7 * * MON-FRI"},
      {"monday to friday at 7:30", "30 7 * * 1-5"},
      {"mon–fri at 7:30", "30 7 * * 1-5"},
      {"sat-sun at noon", "0 12 * * SAT-SUN"},
      {"weekdays at 7:30", "30 7 * * 1-5"},
      {"weekends at 7:30", "30 7 * * 0,6"},
      {"every weekday at 5pm", "0 17 * * 1-5"},
      {"every day at 8:00 and 17:00", "0 8,17 * * *"},
      {"every day at 8am, 12 pm and 5 pm", "0 8,12,17 * * *"},
      {"every day at 12am", "0 0 * * *"},
      {"every day at midnight and noon", "0 0,12 * * *"},
      {"weekly", "0 0 * * MON"},
      {"every week", "0 0 * * MON"},
      {"every week on friday at 17:00", "0 17 * * FRI"},
      {"weekly on friday 17:00", "0 17 * * FRI"},
      {"monthly", "0 0 1 * *"},
      {"every month at 6:00", "0 6 1 * *"},
      {"monthly on the 5th at 6:00", "0 6 5 * *"},
      {"quarterly", "0 0 1 */3 *"},
      {"every 3 months on the 2nd", "0 0 2 */3 *"},
      {"yearly", "0 0 1 1 *"},
      {"every year on the 24th of december at 18:00", "0 18 24 12 *"},
      {"on the 1st of the month at 08:00", "0 8 1 * *"},
      {"on the 1st and 15th at 6:00", "0 6 1,15 * *"},
      {"on the 1st, 10th and the 20th of every month", "0 0 1,10,20 * *"},
      {"on the 1st of january and july at 6:00", "0 6 1 1,7 *"},
      {"every day at 6:00 in june and july", "0 6 * JUN-JUL *"},
      {"on the last day of the month", "0 0 L * *"},
      {"last day of the month at 23:30", "30 23 L * *"},
      {"on the 2nd last day of the month", "0 0 L-1 * *"},
      {"first monday of the month at 8:00", "0 8 * * MON#1"},
      {"every first monday at 8:00", "0 8 * * MON#1"},
      {"on the first and third tuesday of the month at 9:00", "0 9 * * TUE#1,TUE#3"},
      {"on the 2nd friday of march", "0 0 * 3 FRI#2"},
      {"last friday of the month at 17:00", "0 17 * * FRIL"},
      {"last weekday of the month at 17:00", "0 17 LW * *"},
      {"every 30 minutes on weekdays", "*/30 * * * 1-5"},
      {"every 30 min on weekdays", "*/30 * * * 1-5"},
      {"every 2hrs", "0 */2 * * *"},
      {"every hour at :15", "15 * * * *"},
      {"every 2 hours at :05 on sunday", "5 */2 * * SUN"},
      {"every 15 minutes between 9:00 and 17:45", "*/15 9-17 * * *"},
      {"every 15min from 9am to 5:45pm", "*/15 9-17 * * *"},
      {"every year on 24 december at 18:00", "0 18 24 12 *"},
      {"december 24th at 18:00", "0 18 24 12 *"},
      {"on the 1st of january and july", "0 0 1 1,7 *"},
      {"on jan 1 and 15 at noon", "0 12 1,15 1 *"},
      {"@daily", "@daily"},
      {"@hourly", "0 * * * *"},
  };
  for (const auto& [said, fields] : same) {
    Schedule one = sentence(said);
    const Schedule other = cron(fields);
    CHECK_MESSAGE(one == other, std::string(said));
  }
}

TEST_CASE("an interval in a part of the day begins with it and ends with it, through the night as well") {
  const auto times = [](const char* said) {
    std::string text;
    const Schedule schedule = sentence(said);
    for (int minute = 0; minute < Schedule::minutes_a_day; ++minute) {
      if (schedule.times.test(static_cast<std::size_t>(minute)))
        text += std::to_string(minute / 60) + ":" + std::to_string(minute % 60) + " ";
    }
    return text;
  };
  CHECK(times("every 90 minutes between 9:00 and 14:00") == "9:0 10:30 12:0 13:30 ");
  CHECK(times("every 2 hours from 9:00 to 17:00") == "9:0 11:0 13:0 15:0 17:0 ");
  CHECK(times("every 2 hours from 21:30 until 4:00") == "1:30 3:30 21:30 23:30 ");
  CHECK(times("every 7 minutes between noon and 12:30pm") == "12:0 12:7 12:14 12:21 12:28 ");
  CHECK(times("every hour between 9:00 and 9:00") == "9:0 ");
  CHECK(times("every 20 minutes 23:20-0:40") == "0:0 0:20 0:40 23:20 23:40 ");
  CHECK(sentence("every 90 minutes between 9:00 and 14:00").interval);
  CHECK(times("hourly 8:00\xe2\x80\x93"
              "11:00") == "8:0 9:0 10:0 11:0 ");
  const Schedule working = sentence("weekdays between 8:00 and 18:00 every hour");
  CHECK(working.times == cron("0 8-18 * * *").times);
  CHECK(working.weekdays == cron("0 0 * * 1-5").weekdays);
}

TEST_CASE("a part of the day without an interval, or twice, and days of other months are refused") {
  CHECK(refusal(parse_schedule("weekdays between 9:00 and 17:00")).find("say how often") != std::string::npos);
  for (const char* said : {"every 90 minutes", "every 5 hours", "every 0 minutes between 9:00 and 17:00",
                           "every 25 hours between 9:00 and 17:00"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("does not come out even") != std::string::npos, std::string(said));
  for (const char* said : {"every hour between 9:00 and", "every hour from 9:00", "every hour 9:00-10:00 12:00-13:00",
                           "every hour at 9:00", "every 5 minutes at :15", "daily at :15", "january 1 and july 15",
                           "1 january and 15 july", "every hour at :75"})
    CHECK_MESSAGE(!refusal(parse_schedule(said)).empty(), std::string(said));
  const auto read = parse_schedule("every hour between 9 and 17.30");
  REQUIRE(std::holds_alternative<ScheduleError>(read));
  CHECK(std::get<ScheduleError>(read).suggestion == "every hour between 9:00 and 17:30");
}

TEST_CASE("a minute of the hour is that of every hour in a part of the day as well, or it is refused") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"every hour at :15 between 9:00 and 17:00", "every hour between 9:15 and 16:15"},
           {"every 2 hours at :30 from 8:00 to 18:00", "every 2 hours from 8:30 to 16:30"},
           {"every hour at :45 from 8:00 to 12:00 on weekdays", "every hour from 8:45 to 11:45 on weekdays"},
           {"on mondays between 9:00 and 18:00 every 3 hours at :20", "every 3 hours from 9:20 to 15:20 on monday"},
           {"hourly at :10 between 8:00 and 10:00", "hourly between 8:10 and 9:10"},
           {"every hour at :00 between 8:30 and 12:00", "every hour between 9:00 and 12:00"},
           {"at :15 every hour from 22:30 to 1:00", "every hour from 23:15 to 0:15"},
           {"at :15 every hour", "every hour at :15"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
  for (const auto& [said, hint] : std::vector<std::pair<const char*, const char*>>{
           {"every hour at :45 between 9:00 and 9:30", "no time at :45 lies between 09:00 and 09:30"},
           {"every hour at :15 at :45", "hours come at one minute"},
           {"every hour at :15 and :45", "hours come at one minute"},
           {"every 30 minutes at :15 between 9:00 and 17:00", "\"every hour at :15\""},
           {"weekdays at :15", "\"every hour at :15\""}})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find(hint) != std::string::npos, std::string(said));
}

TEST_CASE("cron with fields that it has not here is told which") {
  CHECK(refusal(parse_cron("0 0 9 * * MON")).find("none for seconds and years") != std::string::npos);
  CHECK(refusal(parse_cron("0 9 ? * MON *")).find("none for seconds and years") != std::string::npos);
  CHECK(refusal(parse_schedule("0 0 9 * * MON")).find("this is cron") != std::string::npos);
}

TEST_CASE("two times in a sentence are these two, not their hours by their minutes") {
  const Schedule schedule = sentence("every day at 8:00 and 17:30");
  CHECK(schedule.times.count() == 2);
  CHECK((schedule.times.test(8 * 60) && schedule.times.test(17 * 60 + 30)));
}

TEST_CASE("every so many days and weeks are counted from a day that is always the same, or from the one that is said") {
  CHECK(days_of(sentence("every 2 weeks on monday at 9:00"), 2026, 4) == "1-12 1-26 2-9 2-23");
  CHECK(days_of(sentence("every other week on monday at 9:00"), 2026, 4) == "1-12 1-26 2-9 2-23");
  CHECK(days_of(sentence("every 2 weeks on monday and friday"), 2026, 4) == "1-2 1-12 1-16 1-26");
  CHECK(days_of(sentence("every 2 weeks"), 2026, 2) == "1-12 1-26");
  CHECK(days_of(sentence("every 2 weeks on monday at 9:00 from 2026-01-05"), 2026, 3) == "1-5 1-19 2-2");
  CHECK(days_of(sentence("every 2 weeks on monday at 9:00 from 2026-01-07"), 2026, 3) == "1-19 2-2 2-16");
  CHECK(days_of(sentence("every 2 weeks on monday at 9:00 starting 2027-01-04"), 2026).empty());
  CHECK(days_of(sentence("every 3 days from 2026-02-27"), 2026, 4) == "2-27 3-2 3-5 3-8");
  CHECK(days_of(sentence("every 2 days"), 2026, 3) == "1-2 1-4 1-6");
  CHECK(days_of(sentence("every 2 days"), 2025, 3) == "1-1 1-3 1-5");
  // The weeks of one year go on in the next.
  CHECK(days_of(sentence("every 2 weeks on monday"), 2027, 1) == "1-11");
}

TEST_CASE("days that are counted within a month fall where the calendar has them") {
  CHECK(days_of(sentence("first monday of the month"), 2026, 4) == "1-5 2-2 3-2 4-6");
  CHECK(days_of(sentence("fifth friday of the month"), 2026) == "1-30 5-29 7-31 10-30");
  CHECK(days_of(sentence("last sunday of the month"), 2026, 3) == "1-25 2-22 3-29");
  CHECK(days_of(sentence("last day of the month"), 2028, 3) == "1-31 2-29 3-31");
  CHECK(days_of(cron("0 0 L-2 * *"), 2026, 3) == "1-29 2-26 3-29");
  CHECK(days_of(cron("0 0 L-30 * *"), 2026, 3) == "1-1 3-1 5-1");
  CHECK(days_of(sentence("first weekday of the month"), 2026, 5) == "1-1 2-2 3-2 4-1 5-1");
  CHECK(days_of(sentence("last weekday of the month"), 2026, 5) == "1-30 2-27 3-31 4-30 5-29");
  CHECK(days_of(sentence("on the 3rd weekday of the month"), 2026, 3) == "1-5 2-4 3-4");
  CHECK(days_of(cron("0 0 * * MON#1,FRI"), 2026, 6) == "1-2 1-5 1-9 1-16 1-23 1-30");
}

TEST_CASE("ranges of cron go round where their end comes before their beginning") {
  CHECK(cron("0 22-6 * * *") == cron("0 22,23,0,1,2,3,4,5,6 * * *"));
  CHECK(cron("0 0 * * SAT-SUN") == cron("0 0 * * 0,6"));
  CHECK(cron("0 0 * * FRI-MON") == cron("0 0 * * 0,1,5,6"));
  CHECK(cron("0 0 * * 5-7") == cron("0 0 * * 0,5,6"));
  CHECK(cron("0 0 * NOV-FEB *") == cron("0 0 * 1,2,11,12 *"));
  CHECK(cron("50-10/10 * * * *") == cron("0,10,50 * * * *"));
  CHECK(cron("0 0 28-2 * *") == cron("0 0 1,2,28,29,30,31 * *"));
  CHECK(cron("*/20 8-10,18 * JAN-MAR MON-FRI").times.count() == 12);
  CHECK(cron("0 0 ? * MON") == cron("0 0 * * MON"));
}

TEST_CASE("a day that never comes is an error") {
  for (const char* fields : {"0 0 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6,9,11 *", "0 0 30,31 FEB *"})
    CHECK_MESSAGE(refusal(parse_cron(fields)).find("never comes") != std::string::npos, std::string(fields));
  for (const char* said : {"on the 30th of february", "on the 31st of april and june at 8:00"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("never comes") != std::string::npos, std::string(said));
  for (const char* fields : {"0 0 29 2 *", "0 0 31 * *", "0 0 * 2 MON#5", "0 0 31 4,5 *"})
    CHECK_MESSAGE(refusal(parse_cron(fields)).empty(), std::string(fields));
  CHECK(refusal(parse_cron("0 0 * * MON#6")).find("#1 to #5") != std::string::npos);
  CHECK(refusal(parse_cron("0 0 * * MON#0")).find("#1 to #5") != std::string::npos);
}

TEST_CASE("every second day is every other day, and the second day of the month is said with \"of\"") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"every second day at 9:00", "every 2 days at 9:00"},
           {"every 2nd day", "every other day"},
           {"every third week on monday at 8:00", "every 3 weeks on monday at 8:00"},
           {"every 3rd month at 8:00", "every 3 months at 8:00"},
           {"every second hour", "every 2 hours"},
           {"every 15th minute", "every 15 minutes"},
           {"every second day of the month", "on the 2nd"},
           {"every first day at 7:00", "on the 1st at 7:00"},
           {"every second monday", "every 2 weeks on monday"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
  for (const char* said : {"every second", "every 30 seconds", "every other second", "every 1 second"})
    CHECK_MESSAGE(refusal(parse_schedule(said)) == "a schedule fires once a minute at most: every minute",
                  std::string(said));
}

TEST_CASE("what is suggested in place of a sentence is one") {
  const auto suggested = [](const char* said) {
    const auto read = parse_schedule(said);
    REQUIRE(std::holds_alternative<ScheduleError>(read));
    return std::get<ScheduleError>(read).suggestion;
  };
  CHECK(suggested("evry mondy at 9") == "every monday at 9:00");
  CHECK(suggested("evry day at 9.30") == "every day at 9:30");
  CHECK(suggested("every day at 9 o'clock") == "");
  CHECK(suggested("evry banana") == "");
  CHECK(suggested("every hour from 22 to 6") == "every hour from 22:00 to 6:00");
  CHECK(suggested("every day at 9.30 a.m.") == "every day at 9:30am");
}

TEST_CASE("tabs part words as blanks do") {
  CHECK(cron("0\t9 *\t* \t1") == cron("0 9 * * 1"));
  CHECK(sentence("every\tmonday at\t9:00") == sentence("every monday at 9:00"));
  CHECK(refusal(parse_schedule("0\t9\t*\t*\t1")).find("write it as \"cron:\"") != std::string::npos);
}

TEST_CASE("what is no schedule is refused, and not taken for another") {
  for (const char* said : {"",
                           "every",
                           "at",
                           "every 7 minutes",
                           "every 5 hours",
                           "every 5 months",
                           "every 0 days",
                           "at 9",
                           "every day at 25:00",
                           "every day at 9:60",
                           "every day at 13pm",
                           "every day at 0am",
                           "every monday every friday",
                           "on the 32nd",
                           "on the 0th",
                           "sixth monday of the month",
                           "every 2 weeks from tomorrow",
                           "every 2 weeks from 2026-02-30",
                           "every day and",
                           "fortnight",
                           "every banana",
                           "daily daily",
                           "at 8:00 at 9:00",
                           "in march",
                           "mon-",
                           "0 9 * * 1"})
    CHECK_MESSAGE(!refusal(parse_schedule(said)).empty(), std::string(said));
  for (const char* fields : {"0 0 32 * *", "60 * * * *", "* 24 * * *", "* * * 13 *", "* * * * 8", "0 0 15W * *",
                             "0 0 L-31 * *", "0 0 1 * MON", "* * * *", "0/0 * * * *", "5- * * * *", "0 0 * * MON#"})
    CHECK_MESSAGE(!refusal(parse_cron(fields)).empty(), std::string(fields));
  CHECK(refusal(parse_schedule("0 9 * * 1")).find("write it as \"cron:\"") != std::string::npos);
}

TEST_SUITE_END();

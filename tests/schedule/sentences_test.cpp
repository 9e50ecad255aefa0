#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "schedule/schedule_bench.hpp"

using namespace millrace;
using test::days_of;
using test::refusal;
using test::sentence;

TEST_SUITE_BEGIN("schedule");

TEST_CASE("the first and the last so many days of a month are all of these") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"first 3 days of the month at 8:00", "on the 1st, 2nd and 3rd at 8:00"},
           {"every first three days of the month", "on the 1st, 2nd and 3rd"},
           {"on the 1st 2 days and the 15th of january", "on the 1st, 2nd and 15th of january"},
           {"last 3 days of the month", "on the last day, 2nd last day and 3rd last day"},
           {"last 2 days of february", "on the 2nd last day and last day of february"},
           {"first 2 fridays of the month", "first friday and second friday of the month"},
           {"first 3 weekdays of march", "1st weekday and 2nd weekday and 3rd weekday of march"},
           {"on the 15th, last day of the month", "on the 15th and the last day of the month"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
  for (const char* said : {"last 2 fridays of the month", "last 5 weekdays of the month"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("counted from its end") != std::string::npos, std::string(said));
  for (const char* said : {"3 days of the month", "2 last days of the month", "second 3 days of the month",
                           "2 fridays of the month", "1 and 15 weekdays"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("does not say which days") != std::string::npos,
                  std::string(said));
  for (const char* said : {"first 3 of the month", "first 0 days of the month", "first 32 days of the month",
                           "first 6 mondays of the month", "first 3 weeks of the month"})
    CHECK_MESSAGE(!refusal(parse_schedule(said)).empty(), std::string(said));
}

TEST_CASE("a number by itself behind a time is no day of the month") {
  for (const auto& [said, meant] :
       std::vector<std::pair<const char*, const char*>>{{"weekly at 9:00, 12", "weekly at 9:00 12:00"},
                                                        {"at 9:00, 17", "at 9:00 17:00"},
                                                        {"9:00, 12 and 18", "9:00 12:00 and 18:00"},
                                                        {"9:00 and 12 and 18", "9:00 and 12:00 and 18:00"},
                                                        {"in june at 8:00, 12", "in june at 8:00 12:00"},
                                                        {"yearly at 9:00, 12", "yearly at 9:00 12:00"}}) {
    const auto read = parse_schedule(said);
    REQUIRE_MESSAGE(std::holds_alternative<ScheduleError>(read), std::string(said));
    CHECK(std::get<ScheduleError>(read).message.find("is not a time such as 09:00") != std::string::npos);
    CHECK(std::get<ScheduleError>(read).suggestion == meant);
  }
  for (const char* said : {"every hour 15", "12 and 18:00 in june", "weekly 12", "every 2 weeks on the 15th"})
    CHECK_MESSAGE(!refusal(parse_schedule(said)).empty(), std::string(said));
  for (const auto& [said, same] :
       std::vector<std::pair<const char*, const char*>>{{"at 9:00 24 december", "24 december at 9:00"},
                                                        {"9:00, 1 and 15 of the month", "on the 1st and 15th at 9:00"},
                                                        {"9:00 on 12", "on the 12th at 9:00"},
                                                        {"8:00, 12th", "on the 12th at 8:00"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
}

TEST_CASE("noon and midnight may have their twelve, and are no second time without an and") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"12 noon", "daily at 12:00"},
           {"twelve midnight", "daily at 0:00"},
           {"every monday at 12 midnight", "every monday at 0:00"},
           {"at 12:00 midnight", "daily at 0:00"},
           {"at 9:00, 12 noon and 17:00", "at 9:00 and 12:00 and 17:00"},
           {"at 12:00, midnight", "at 0:00 and 12:00"},
           {"every hour from 12 noon to 5pm", "every hour from 12:00 to 17:00"},
           {"december 12 noon", "12 december at 12:00"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
  for (const char* said : {"at 9:00 noon", "every monday at midnight 12:00", "at 11:00 midnight on weekdays"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("are two times") != std::string::npos, std::string(said));
}

TEST_CASE("a number that is neither said to be a day nor a time is refused") {
  for (const auto& [said, meant] :
       std::vector<std::pair<const char*, const char*>>{{"7 30", "7:30"},
                                                        {"7 30 on weekdays", "7:30 on weekdays"},
                                                        {"9 9:00", ""},
                                                        {"12", ""},
                                                        {"15 at 9:00", ""},
                                                        {"1 and 15", ""},
                                                        {"monthly 15", ""},
                                                        {"monthly 1 15", ""}}) {
    const auto read = parse_schedule(said);
    REQUIRE_MESSAGE(std::holds_alternative<ScheduleError>(read), std::string(said));
    CHECK_MESSAGE(
        std::get<ScheduleError>(read).message.find("neither a day nor a time: write \"on the ") != std::string::npos,
        std::string(said));
    CHECK_MESSAGE(std::get<ScheduleError>(read).suggestion == meant, std::string(said));
  }
  const auto read = parse_schedule("at 7 30 and 17 45");
  REQUIRE(std::holds_alternative<ScheduleError>(read));
  CHECK(std::get<ScheduleError>(read).suggestion == "at 7:30 and 17:45");
}

TEST_CASE("a day of the month and a weekday are no weekday of the month, and not joined") {
  for (const char* said :
       {"on the 1st and monday", "the 1st and tuesday at 9:00", "1st and friday", "every 1st and monday",
        "on the 15th and friday", "on the 1st, monday", "on the 1st, 15th, friday", "on the 1st and weekdays",
        "on monday and the 1st", "every monday at 9:00 and on the 1st", "first monday and friday"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("or make two triggers") != std::string::npos, std::string(said));
  for (const auto& [said, day] :
       std::vector<std::pair<const char*, const char*>>{{"on the 1st and first monday", "the 1st day"},
                                                        {"on the 15th and last friday", "the 15th day"},
                                                        {"last and last weekday", "the last day"}})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find(day) != std::string::npos, std::string(said));
  CHECK(days_of(sentence("on the 1st day and first monday"), 2026, 4) == "1-1 1-5 2-1 2-2");
  CHECK(days_of(sentence("on the 15th day and the last friday"), 2026, 2) == "1-15 1-30");
  CHECK(sentence("1st monday of the month") == sentence("first monday"));
  CHECK(sentence("1st and 3rd friday") == sentence("first friday and third friday"));
}

TEST_CASE("no word of a sentence is left out") {
  for (const char* said : {"every monday and", "every monday and at 9:00", "every monday and in march",
                           "on the 1st and at 9:00", "in june and at 9:00", "every monday at 9:00 and in march"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("leave it out") != std::string::npos, std::string(said));
  for (const char* said : {"weekly daily", "every 2 weeks every day", "every 3 days weekly"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("does not go with weeks") != std::string::npos, std::string(said));
  for (const char* said : {"quarterly on the 1st of every month", "on the 1st of each month in march"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("do not go with other months") != std::string::npos,
                  std::string(said));
  CHECK(sentence("monthly on the 1st of every month") == sentence("monthly"));
}

TEST_CASE("every so many months and weeks begin with the date that is said, and come on its day") {
  const auto first = [](const char* said, std::size_t most) { return days_of(sentence(said), 2026, most); };
  CHECK(first("every 2 months from 2026-02-01", 3) == "2-1 4-1 6-1");
  CHECK(first("every other month from 2026-02-01", 3) == "2-1 4-1 6-1");
  CHECK(first("every 2nd month on the 15th from 2026-02-01", 3) == "2-15 4-15 6-15");
  CHECK(first("every 3 months from 2026-02-15", 9) == "2-15 5-15 8-15 11-15");
  CHECK(first("quarterly from 2026-02-01 at 9:00", 9) == "2-1 5-1 8-1 11-1");
  CHECK(first("every 6 months from 2026-03-01", 9) == "3-1 9-1");
  CHECK(first("every 12 months from 2026-06-15", 9) == "6-15");
  CHECK(first("yearly from 2026-06-01", 9) == "6-1");
  CHECK(days_of(sentence("yearly from 2026-06-01"), 2027) == "6-1");
  CHECK(first("monthly on the last day from 2026-11-15", 9) == "11-30 12-31");
  CHECK(first("monthly on the first monday from 2026-10-07", 9) == "11-2 12-7");
  CHECK(first("every 2 weeks from 2026-01-07", 3) == "1-7 1-21 2-4");
  CHECK(first("weekly from 2026-01-09", 3) == "1-9 1-16 1-23");
  CHECK(first("yearly from 2026-01-31", 9) == "1-31");
  for (const char* said :
       {"monthly from 2026-01-31", "quarterly from 2026-03-31", "monthly in june and july from 2026-01-31"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("say the day") != std::string::npos, std::string(said));
}

TEST_CASE("days that do not fit to months or weeks are refused") {
  for (const char* said : {"monthly on monday", "quarterly on friday", "yearly on monday at 9:00", "monthly daily"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("say which one") != std::string::npos, std::string(said));
  CHECK(sentence("monthly on the first monday") == sentence("first monday of the month"));
  CHECK(refusal(parse_schedule("every 3 months on the 15th of february")).find("say from when") != std::string::npos);
  CHECK(!refusal(parse_schedule("yearly on 24 december in june")).empty());
  CHECK(sentence("monthly on the 5th of june and july") == sentence("on the 5th of june and july"));
  for (const char* said : {"every 2 weeks on the 15th", "weekly on the first monday", "weekly monthly"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("do not go with weeks") != std::string::npos, std::string(said));
}

TEST_CASE("numbers may be written as words, and days of the year stand behind every") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"every two weeks on monday", "every 2 weeks on monday"},
           {"Every Twelve hours", "every 12 hours"},
           {"at nine am", "at 9:00"},
           {"fortnightly on monday", "every 2 weeks on monday"},
           {"every fortnight", "every 2 weeks"},
           {"every day at 9 a.m.", "every day at 9:00"},
           {"at 9 A.M. and 5:30 p.m. on weekdays", "weekdays at 9:00 and 17:30"},
           {"every day at 9a.m", "every day at 9:00"},
           {"every january 1st at 00:00", "1 january"},
           {"every 29 february", "29 february"},
           {"every sept 1", "1 september"},
           {"every 1 and 15 of the month", "on the 1st and 15th"},
           {"every 1 year", "yearly"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
}

TEST_CASE("a word is offered only where it makes a schedule, and what two people read differently is explained") {
  for (const char* said : {"any day", "on the last but one day", "evry banana", "evry monday evry friday"}) {
    const std::string message = refusal(parse_schedule(said));
    CHECK_MESSAGE(message.find("a schedule reads") == 0, std::string(said) << ": " << message);
  }
  CHECK(refusal(parse_schedule("evry mondy at 9")) == "\"evry\" is not a word of a schedule, did you mean \"every\"?");
  for (const auto& [said, hint] : std::vector<std::pair<const char*, const char*>>{
           {"biweekly on monday", "every 2 weeks on monday"},
           {"bi-weekly", "monday and thursday"},
           {"bimonthly", "every 2 months"},
           {"end of month", "on the last day of the month"},
           {"monthly at the end", "on the last day of the month"},
           {"every 2 years", "cannot leave out years"},
           {"every other year on 24 december", "cannot leave out years"},
           {"every 30 minutes from 9 to 5", "\"5\" is not a time such as 17:00"},
           {"every 30 minutes between 9:00 and 5", "\"5\" is not a time such as 17:00"}}) {
    const auto read = parse_schedule(said);
    REQUIRE_MESSAGE(std::holds_alternative<ScheduleError>(read), std::string(said));
    const auto& problem = std::get<ScheduleError>(read);
    CHECK_MESSAGE(problem.message.find(hint) != std::string::npos, said << ": " << problem.message);
    CHECK_MESSAGE(problem.suggestion.empty(), said << ": " << problem.suggestion);
  }
}

TEST_CASE("last days of every so many months are those of the last month, first ones those of the first") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"yearly on the last day at 18:00", "on the last day of december at 18:00"},
           {"every year on the last day", "last day of december"},
           {"quarterly on the last day", "on the last day of march, june, september and december"},
           {"every quarter on the 2nd last day", "2nd last day of march, june, september and december"},
           {"every 6 months on the last day", "on the last day of june and december"},
           {"every 4 months on the last friday", "last friday of april, august and december"},
           {"quarterly on the last weekday at 9:00", "last weekday of march, june, september and december at 9:00"},
           {"yearly on the last 3 days", "last 3 days of december"},
           {"last day of the quarter", "quarterly on the last day"},
           {"yearly on the last friday of the year", "last friday of december"},
           {"yearly on the last day of june", "on the last day of june"},
           {"quarterly on the 15th", "on the 15th of january, april, july and october"},
           {"yearly on the first monday", "first monday of january"},
           {"quarterly on the last day from 2026-02-28",
            "last day of february, may, august, november from 2026-02-28"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
  CHECK(refusal(parse_schedule("quarterly on the 1st and the last day")).find("make two triggers") !=
        std::string::npos);
  CHECK(refusal(parse_schedule("every 6 months on the last day from 2026-02-15"))
            .find("\"of february and august\" or \"of january and july\"") != std::string::npos);
}

TEST_CASE("every second friday is every other one, and the second one of the month is said with \"of\"") {
  for (const auto& [said, same] : std::vector<std::pair<const char*, const char*>>{
           {"every second friday at 9:00", "every 2 weeks on friday at 9:00"},
           {"every other friday", "every 2 weeks on friday"},
           {"every 2 fridays", "every 2 weeks on friday"},
           {"every third monday from 2026-01-07", "every 3 weeks on monday from 2026-01-07"},
           {"every second tuesday and thursday", "every 2 weeks on tuesday and thursday"},
           {"every other weekend", "every 2 weeks on weekends"},
           {"every other mon-wed in march", "every 2 weeks on mon-wed in march"},
           {"every second friday of the month", "second friday of the month"},
           {"every second friday in the month", "second friday of the month"},
           {"every 2nd friday of march", "second friday of march"},
           {"every second monday and third tuesday", "second monday and third tuesday of the month"},
           {"every second and fourth friday", "second and fourth friday of the month"},
           {"every first monday", "first monday of the month"},
           {"on the second friday", "second friday of the month"}})
    CHECK_MESSAGE(sentence(said) == sentence(same), std::string(said));
  for (const char* said : {"every third monday in march", "in march every third monday at 9:00"})
    CHECK_MESSAGE(
        refusal(parse_schedule(said)).find("\"third monday of march\" or \"every 3 weeks on monday in march\"") !=
            std::string::npos,
        std::string(said));
  for (const char* said : {"every second weekday", "every other weekday at 9:00"})
    CHECK_MESSAGE(refusal(parse_schedule(said)).find("\"second weekday of the month\"") != std::string::npos,
                  std::string(said));
}

TEST_SUITE_END();

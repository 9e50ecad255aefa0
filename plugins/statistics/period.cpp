#include "period.hpp"

#include <optional>

namespace millrace::statistics {

using job::Day;
using job::Failure;
using job::Json;

namespace {

using std::chrono::days;

constexpr int most_days = 3660;

std::optional<Day> day_in(const Json& input, std::string_view name) {
  const std::string said = job::text_of(input, name);
  if (said.empty()) return std::nullopt;
  const auto day = job::parse_day(said);
  if (!day) throw Failure{"invalid", std::string(name) + ": \"" + said + "\" is no day; write it as 2026-09-21"};
  return day;
}

}  // namespace

Period period_of(job::Call& call, const Json& input) {
  const Json* count = job::find(input, "days");
  const auto from = day_in(input, "from");
  const auto to = day_in(input, "to");
  if (from && to && count != nullptr && count->IsInt()) {
    throw Failure{"invalid", "from and to say the period, so leave days out"};
  }
  const int length = count != nullptr && count->IsInt() ? count->GetInt() : 7;
  Period period;
  if (from && !to && count != nullptr && count->IsInt()) {
    period = {*from, *from + days(length - 1)};
  } else {
    period.last = to.value_or(job::day_of(call.now()) - days(1));
    period.first = from.value_or(period.last - days(length - 1));
  }
  if (period.first > period.last) {
    throw Failure{"invalid", "the period ends on " + job::date_text(period.last) + ", before it begins on " +
                                 job::date_text(period.first)};
  }
  if (period.length() > most_days) {
    throw Failure{"invalid", "a period of " + std::to_string(period.length()) + " days is too long; it may have " +
                                 std::to_string(most_days)};
  }
  return period;
}

}  // namespace millrace::statistics

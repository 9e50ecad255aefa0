#include "api/outcome_buckets.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_buckets = 1000;

/// When the hour or the day begins in which the time lies.
Result<Timestamp> begin_of(Timestamp time, bool day, const std::string& zone) {
  CivilTime civil = TRY(civil_time(time, zone));
  // From the time itself and not from its civil hour, which may come twice.
  if (!day) return add(Timestamp{time.seconds, 0}, -std::chrono::seconds(civil.minute * 60 + civil.second));
  civil.hour = civil.minute = civil.second = 0;
  return instant(civil, zone);
}

Result<Timestamp> next_begin(Timestamp begin, bool day, const std::string& zone) {
  if (!day) return add(begin, std::chrono::hours(1));
  CivilTime civil = TRY(civil_time(begin, zone));
  ++civil.day;
  civil.hour = civil.minute = civil.second = 0;
  return instant(civil, zone);
}

}  // namespace

Result<std::vector<Timestamp>> bucket_times(const std::string& bucket, const std::optional<Timestamp>& from,
                                            const std::optional<Timestamp>& to, const std::string& zone,
                                            Timestamp now) {
  if (!bucket.empty() && bucket != "hour" && bucket != "day")
    return Error{ErrorCode::invalid, "\"" + bucket + "\" is no bucket: there are hour and day"};
  const bool day = bucket == "day";
  const Timestamp end = to.value_or(now);
  const Timestamp earliest = from ? *from : TRY(add(end, day ? -std::chrono::hours(24 * 29) : -std::chrono::hours(23)));
  std::vector<Timestamp> times = {TRY(begin_of(earliest, day, zone))};
  for (Timestamp next = TRY(next_begin(times.back(), day, zone)); next < end; next = TRY(next_begin(next, day, zone))) {
    if (times.size() == most_buckets)
      return Error{ErrorCode::invalid, "that are more than " + std::to_string(most_buckets) +
                                           " buckets: ask for less time" + (day ? "" : ", or for days")};
    times.push_back(next);
  }
  return times;
}

Value encode_buckets(const std::vector<Timestamp>& times, const std::vector<OutcomeCount>& counts) {
  std::vector<std::map<RunOutcome, std::int64_t>> sums(times.size());
  for (const OutcomeCount& count : counts) {
    const auto behind = std::upper_bound(times.begin(), times.end(), count.at);
    if (behind != times.begin())
      sums[static_cast<std::size_t>(behind - times.begin()) - 1][count.outcome] += count.runs;
  }
  Value::List list;
  for (std::size_t at = 0; at < times.size(); ++at) {
    Map of_outcomes;
    for (const auto& [outcome, runs] : sums[at]) of_outcomes.set(std::string(name_of(outcome)), runs);
    list.push_back(Value::object({{"at", render(times[at])}, {"counts", Value(std::move(of_outcomes))}}));
  }
  return Value(std::move(list));
}

}  // namespace millrace

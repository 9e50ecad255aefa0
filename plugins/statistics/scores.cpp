#include "scores.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "../support/written_times.hpp"
#include "kept_days.hpp"

namespace millrace::statistics {

using job::Call;
using job::Failure;
using job::Json;
using job::object;
using job::text;

namespace {

constexpr const char* kind = "scores";

}  // namespace

std::optional<int> Scores::score_in(const Json& value) {
  const auto score = number_in(value);
  if (!score || std::trunc(*score) != *score || *score < 0 || *score > 10) return std::nullopt;
  return static_cast<int>(*score);
}

void Scores::add(const Json& kept) {
  for (std::size_t score = 0; score < times_.size(); ++score) {
    times_[score] += std::max<std::int64_t>(job::integer_of(kept, std::to_string(score)), 0);
  }
}

Json Scores::kept() const {
  Json object(rapidjson::kObjectType);
  for (std::size_t score = 0; score < times_.size(); ++score) {
    if (times_[score] > 0) job::add_members(object, std::to_string(score), Json(times_[score]));
  }
  return object;
}

std::int64_t Scores::counted(std::size_t least, std::size_t most) const {
  return std::accumulate(times_.begin() + static_cast<std::ptrdiff_t>(least),
                         times_.begin() + static_cast<std::ptrdiff_t>(most) + 1, std::int64_t{0});
}

std::optional<double> Scores::net() const {
  if (responses() == 0) return std::nullopt;
  return rounded(static_cast<double>(counted(9, 10) - counted(0, 6)) / static_cast<double>(responses()) * 100, 10);
}

Json Scores::named() const {
  return object("score", number_or_null(net()), "promoters", Json(counted(9, 10)), "passives", Json(counted(7, 8)),
                "detractors", Json(counted(0, 6)), "responses", Json(responses()));
}

Json note_response(Call& call, const Json& input) {
  if (holds_unknown(input)) return object("$unknown", text("the score"));
  const std::string location = job::text_of(input, "location_id");
  if (location.empty()) throw Failure{"invalid", "it is not known of which location the answer is: give location_id"};
  const Json* said = job::find(input, "score");
  const auto score = said != nullptr ? Scores::score_in(*said) : std::nullopt;
  if (!score) {
    throw Failure{"invalid", "score: " + (said != nullptr ? job::json_in_data(job::encode(*said)) : "nothing") +
                                 " is no whole number from 0 to 10"};
  }
  const std::string at = job::text_of(input, "at");
  const auto time = at.empty() ? std::optional(call.now()) : job::parse_time(at);
  if (!time) throw Failure{"invalid", "at: \"" + at + "\" is no time; write it as 2026-09-21T14:13:20Z"};
  KeptDays days(call, kind, location);
  Scores of_day;
  days.change(job::day_of(*time), [&](const Json* held) {
    of_day = Scores();
    if (held != nullptr) of_day.add(*held);
    of_day.add(*score);
    return of_day.kept();
  });
  days.save();
  return object("location_id", text(location), "date", text(job::date_text(job::day_of(*time))), "score", Json(*score),
                "responses", Json(of_day.responses()));
}

Json scores_in(Call& call, const std::vector<std::string>& locations, const Period& period) {
  Scores now, before;
  std::map<job::Day, Scores> of_days;
  for (const std::string& location : locations) {
    KeptDays days(call, kind, location);
    each_day(period.before(), [&](job::Day day) {
      if (const Json* kept = days.find(day)) before.add(*kept);
    });
    each_day(period, [&](job::Day day) {
      const Json* kept = days.find(day);
      if (kept == nullptr) return;
      now.add(*kept);
      of_days[day].add(*kept);
    });
  }
  Json by_day(rapidjson::kArrayType);
  for (const auto& [day, scores] : of_days) {
    Json row = object("date", text(job::date_text(day)));
    if (locations.size() == 1) job::add_members(row, "location_id", text(locations.front()));
    job::add_members(row, "score", number_or_null(scores.net()), "responses", Json(scores.responses()));
    by_day.PushBack(row, job::memory);
  }
  Json result = now.named();
  const bool both = now.net() && before.net();
  job::add_members(result, "previous", before.named(), "change",
                   both ? number(rounded(*now.net() - *before.net(), 10)) : Json(), "by_day", std::move(by_day));
  return result;
}

}  // namespace millrace::statistics

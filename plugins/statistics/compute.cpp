#include <map>
#include <set>
#include <utility>

#include "comparison.hpp"
#include "scores.hpp"
#include "spelling.hpp"
#include "statistics.hpp"
#include "tag_usage.hpp"

namespace millrace::statistics {

using job::Call;
using job::find;
using job::Json;
using job::object;
using job::text;
using job::text_of;

namespace {

using Warnings = std::vector<std::string>;

/// The elements of a list; none where it is absent.
template <class Take>
void each_in(const Json& input, const char* name, Take take) {
  const Json* list = find(input, name);
  if (list == nullptr || !list->IsArray()) return;
  for (const Json& item : list->GetArray()) take(item);
}

/// What stands in rows in the place of a number, by member.
class NoNumbers {
 public:
  void note(std::string_view member, std::size_t row, const Json& value) {
    const auto [first, is_new] = met_.try_emplace(member);
    if (is_new) first->second.first = "row " + std::to_string(row) + " (" + job::json_in_data(job::encode(value)) + ")";
    ++first->second.count;
  }
  void tell(const std::string& rows, Warnings& warnings) const {
    for (const auto& [member, met] : met_) {
      const std::string more = met.count > 1 ? " and " + job::counted(met.count - 1, "more row") : "";
      warnings.push_back(rows + ": \"" + std::string(member) + "\" is no number in " + met.first + more +
                         ", so it is not known there; write it as 1000 or 0.5");
    }
  }

 private:
  struct Met {
    std::string first;
    std::size_t count = 0;
  };
  std::map<std::string_view, Met> met_;
};

/// Rows such as statistics.query gives, a day of a platform each. A row that comes twice counts once.
Totals totals_of(const Json& input, const char* name, Warnings& warnings) {
  std::map<std::string, std::map<std::string, Snapshot>> days;  // date -> location
  std::size_t without_date = 0, count = 0;
  NoNumbers no_numbers;
  each_in(input, name, [&](const Json& row) {
    ++count;
    const auto day = job::parse_day(text_of(row, "date"));
    if (!day) return void(++without_date);
    Snapshot& snapshot = days[job::date_text(*day)][text_of(row, "location_id")];
    const std::string platform = text_of(row, "platform");
    Figures& figures = platform.empty() ? snapshot.all : snapshot.platforms[platform];
    for (const std::string_view metric : metrics) {
      const Json* value = find(row, metric);
      if (value == nullptr || value->IsNull()) continue;
      if (const auto number = number_in(*value)) {
        figures[std::string(metric)] = *number;
      } else {
        no_numbers.note(metric, count, *value);
      }
    }
  });
  no_numbers.tell(name, warnings);
  if (without_date > 0)
    warnings.push_back(job::counted(without_date, "row") + " of " + name + " without a date left out");
  Totals totals({});
  for (const auto& [date, locations] : days) {
    for (const auto& [location, snapshot] : locations) totals.add(location, snapshot);
  }
  return totals;
}

Json scores_of(const Json& input, Warnings& warnings) {
  Scores scores;
  std::size_t without_score = 0;
  each_in(input, "responses", [&](const Json& response) {
    const Json* said = response.IsObject() ? find(response, "score") : &response;
    const auto score = said != nullptr ? Scores::score_in(*said) : std::nullopt;
    if (!score) return void(++without_score);
    scores.add(*score);
  });
  if (without_score > 0) {
    warnings.push_back(job::counted(without_score, "response") + " without a score from 0 to 10 left out");
  }
  return scores.named();
}

/// How many things carry each tag, most first. One that carries a name twice, however it is spelled, carries it once.
Json tags_of(const Json& input, Warnings& warnings) {
  Counts counts;
  Spelling spelling;
  std::size_t unreadable = 0;
  each_in(input, "tagged", [&](const Json& thing) {
    const Json* tags = find(thing, "tags");
    if (tags == nullptr || !tags->IsArray()) return void(++unreadable);
    std::set<std::string> carried;
    for (const std::string& tag : texts_in(thing, "tags")) carried.insert(spelling.of(tag));
    for (const std::string& tag : carried) ++counts[tag];
  });
  if (unreadable > 0)
    warnings.push_back(job::counted(unreadable, "thing") + " of tagged without a list of tags left out");
  Json list(rapidjson::kArrayType);
  for (const auto& [tag, count] : ranked(counts)) {
    list.PushBack(object("tag", text(tag), "count", Json(count)), job::memory);
  }
  return list;
}

}  // namespace

Json compute(Call&, const Json& input) {
  if (holds_unknown(input)) return object("$unknown", text("the figures"));
  Warnings warnings;
  const Totals now = totals_of(input, "rows", warnings), before = totals_of(input, "before", warnings);
  const Comparison comparison(now, before);
  Json answer = comparison.whole();
  Json platforms = comparison.platforms();
  for (std::string& gap : comparison.gaps()) warnings.push_back(std::move(gap));
  Json nps = scores_of(input, warnings);
  Json tags = tags_of(input, warnings);
  job::add_members(answer, "by_platform", rows_by_platform(now), "platforms", std::move(platforms), "nps",
                   std::move(nps), "tags", std::move(tags), "warnings", list_of(warnings));
  return answer;
}

}  // namespace millrace::statistics

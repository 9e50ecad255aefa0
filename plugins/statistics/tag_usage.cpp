#include "tag_usage.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "kept_days.hpp"
#include "spelling.hpp"
#include "together.hpp"

namespace millrace::statistics {

using job::Call;
using job::Failure;
using job::Json;
using job::object;
using job::text;

namespace {

constexpr const char* tags_kind = "tags";
constexpr std::size_t most_kept = 200;  // of each kind and day: so a year of a location is a few megabytes at most
constexpr std::size_t most_told = 10;   // of each kind, where nobody says which

/// Who carries a tag: contacts carry those of the location, posts those of the social planner.
struct Carriers {
  const char* name;
  const char* list;
  const char* total;
  bool by_name;  ///< they carry names and no ids, so that each tag of a name counts all who carry the name

  void add(std::int64_t& count, std::int64_t of_same_name) const {
    count = by_name ? std::max(count, of_same_name) : count + of_same_name;
  }
};
constexpr Carriers carriers[] = {{"contacts", "items", "tags", true}, {"posts", "social", "social_tags", false}};

struct Use {
  Counts counts;
  std::int64_t used = 0;  ///< tags, and not names
};

Use use_in(const Json& usage, const Carriers& by) {
  Use use;
  Spelling spelling;
  const Json* list = job::find(usage, by.list);
  if (list == nullptr || !list->IsArray()) return use;
  for (const Json& tag : list->GetArray()) {
    const std::string name = job::text_of(tag, "name");
    if (name.empty() || job::is_true(tag, "deleted")) continue;
    const std::int64_t count = job::integer_of(tag, by.name);
    by.add(use.counts[spelling.of(name)], count);
    if (count > 0) ++use.used;
  }
  return use;
}

/// What is kept of a day: {at, tags, contacts, social_tags, posts, carried: {contacts: {used, cut, counts: {vip: 12}}}}
Json kept_of(const Json& usage, std::int64_t now) {
  Json carried(rapidjson::kObjectType);
  const Json* totals = job::find(usage, "totals");
  Json kept = object("at", text(job::time_text(now)));
  for (const Carriers& by : carriers) {
    for (const char* what : {by.total, by.name}) {
      const Json* total = totals != nullptr ? job::find(*totals, what) : nullptr;
      job::add_members(kept, what, total != nullptr ? job::copy(*total) : Json());
    }
    if (!kept[by.total].IsInt64()) continue;  // it was not looked at
    const Use use = use_in(usage, by);
    Ranking ranking = ranked(use.counts);
    const bool cut = ranking.size() > most_kept;
    if (cut) ranking.resize(most_kept);
    Json counts(rapidjson::kObjectType);
    for (const auto& [name, count] : ranking) job::add_members(counts, name, Json(count));
    job::add_members(carried, by.name, object("used", Json(use.used), "cut", Json(cut), "counts", std::move(counts)));
  }
  job::add_members(kept, "carried", std::move(carried));
  return kept;
}

/// One day as it was kept.
struct DayOfTags {
  const Json& kept;

  const Json* of(const Carriers& by) const {
    const Json* carried = job::find(kept, "carried");
    return carried != nullptr ? job::find(*carried, by.name) : nullptr;
  }
  /// By the names as they were spelled that day.
  Counts counts(const Carriers& by) const {
    Counts counts;
    const Json* kind = of(by);
    const Json* held = kind != nullptr ? job::find(*kind, "counts") : nullptr;
    if (held == nullptr || !held->IsObject()) return counts;
    for (const auto& [name, count] : held->GetObject()) {
      if (count.IsInt64()) counts.emplace(name.GetString(), count.GetInt64());
    }
    return counts;
  }
  Json told(const std::string& date, const std::string& location) const {
    Json row = object("date", text(date), "location_id", text(location));
    for (const char* name : {"tags", "contacts", "social_tags", "posts"}) {
      const Json* value = job::find(kept, name);
      job::add_members(row, name, value != nullptr ? job::copy(*value) : Json());
    }
    for (const auto& [name, by] : {std::pair("used_tags", carriers[0]), std::pair("used_social_tags", carriers[1])}) {
      const Json* kind = of(by);
      const Json* used = kind != nullptr ? job::find(*kind, "used") : nullptr;
      job::add_members(row, name, used != nullptr ? job::copy(*used) : Json());
    }
    return row;
  }
};

/// The days of one location.
class LocationTags {
 public:
  LocationTags(Call& call, const std::string& location, const Period& period)
      : days_(call, tags_kind, location), period_(period) {
    each_day(period.before(), [this](job::Day day) { earlier_ = days_.find(day) != nullptr ? day : earlier_; });
    each_day(period, [this](job::Day day) {
      if (days_.find(day) == nullptr) return;
      if (!earlier_) earlier_ = day;
      last_ = day;
    });
  }

  void tell(const std::set<std::string>& names, Json& by_day, Json& rows, Json& items) {
    if (!last_) return;  // a gap
    each_day(period_, [&](job::Day day) {
      if (const Json* kept = days_.find(day)) {
        by_day.PushBack(DayOfTags{*kept}.told(job::date_text(day), days_.location()), job::memory);
      }
    });
    for (const Carriers& by : carriers) {
      for (const auto& [name, count] : ranked(at(*last_).counts(by))) spelling_.of(name);
      const Ranking ranking = ranked(counts(*last_, by));
      std::set<std::string> most;
      for (std::size_t place = 0; place < std::min(ranking.size(), most_told); ++place)
        most.insert(ranking[place].first);
      add_rows(by, rows, [&](const std::string& name) {
        return names.empty() ? most.count(name) > 0 : names.count(name_key(name)) > 0;
      });
      add_items(by, ranking, items);
    }
  }

 private:
  DayOfTags at(job::Day day) { return DayOfTags{*days_.find(day)}; }

  Counts counts(job::Day day, const Carriers& by) {
    Counts counts;
    for (const auto& [name, count] : at(day).counts(by)) by.add(counts[spelling_.of(name)], count);
    return counts;
  }

  template <class Meant>
  void add_rows(const Carriers& by, Json& rows, Meant meant) {
    each_day(period_, [&](job::Day day) {
      if (days_.find(day) == nullptr) return;
      for (const auto& [name, count] : counts(day, by)) {
        if (!meant(name)) continue;
        rows.PushBack(object("date", text(job::date_text(day)), "location_id", text(days_.location()), "carriers",
                             text(by.name), "tag", text(name), "count", Json(count)),
                      job::memory);
      }
    });
  }

  void add_items(const Carriers& by, const Ranking& ranking, Json& items) {
    const Counts earlier = *earlier_ < *last_ ? counts(*earlier_, by) : Counts();
    for (const auto& [name, count] : ranking) {
      const auto found = earlier.find(name);
      const bool both = found != earlier.end();
      items.PushBack(object("location_id", text(days_.location()), "carriers", text(by.name), "tag", text(name),
                            "count", Json(count), "before", both ? Json(found->second) : Json(), "change",
                            both ? Json(count - found->second) : Json()),
                     job::memory);
    }
  }

  KeptDays days_;
  const Period period_;
  Spelling spelling_;  // one that was spelled otherwise on other days is the same tag on all of them
  std::optional<job::Day>
      earlier_;  // what the last day is compared with: the end of the period before, or the first day
  std::optional<job::Day> last_;
};

}  // namespace

Ranking ranked(const Counts& counts) {
  Ranking ranking(counts.begin(), counts.end());
  std::stable_sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return ranking;
}

Json collect_tags(Call& call, const Json& input) {
  if (holds_unknown(input)) return object("$unknown", text("the use of the tags"));
  const std::string location = job::text_of(input, "location_id");
  if (location.empty()) {
    throw Failure{"invalid", "it is not known of which location the tags are wanted: give location_id"};
  }
  Json wanted = object("location_id", text(location));
  if (const Json* social = job::find(input, "social_tags")) job::add_members(wanted, "social_tags", job::copy(*social));
  if (const auto age = job::milliseconds_in(input, "max_age")) {
    const std::int64_t of_today = std::min(*age, call.now() % job::a_day);  // what is kept as today's was seen today
    job::add_members(wanted, "max_age", text(std::to_string(of_today) + "ms"));
  }
  const Json usage = call.action("tags.usage", wanted);
  if (job::is_unknown(usage)) return object("$unknown", text("the use of the tags"));
  const Json* told = job::find(usage, "warnings");
  Json warnings = told != nullptr && told->IsArray() ? job::copy(*told) : Json(rapidjson::kArrayType);
  const std::string dropped = job::text_of(usage, "dropped"), kept_since = job::text_of(usage, "kept_since");
  if (!kept_since.empty()) warnings.PushBack(text("this was seen at " + kept_since), job::memory);
  if (!dropped.empty()) warnings.PushBack(text("nothing was kept: " + dropped), job::memory);
  const job::Day today = job::day_of(call.now());
  const Json kept = kept_of(usage, call.now());
  if (dropped.empty()) {
    KeptDays days(call, tags_kind, location);
    days.change(today, [&](const Json*) { return job::copy(kept); });
    days.save();
  }
  Json answer = DayOfTags{kept}.told(job::date_text(today), location);
  job::add_members(answer, "kept", Json(dropped.empty()), "warnings", std::move(warnings));
  return answer;
}

Json tag_usage_in(Call& call, const std::vector<std::string>& locations, const std::vector<std::string>& names,
                  const Period& period) {
  std::set<std::string> keys;
  for (const std::string& name : names) keys.insert(name_key(name));
  Json by_day(rapidjson::kArrayType), rows(rapidjson::kArrayType), items(rapidjson::kArrayType);
  for (const std::string& location : locations) {
    LocationTags(call, location, period).tell(keys, by_day, rows, items);
  }
  return object("by_day", one_a_day(std::move(by_day), locations.size()), "rows", std::move(rows), "items",
                std::move(items));
}

}  // namespace millrace::statistics

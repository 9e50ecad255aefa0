#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "checking.hpp"
#include "figures.hpp"
#include "moment.hpp"
#include "operation.hpp"
#include "trace.hpp"

// Where the documents are silent, the stand-in does this:
// - a day is a calendar day in UTC; a range holds each day that it touches, but neither today nor what comes after it,
//   because those days are not over; `dayRange` names one weekday for each day that is told of, the oldest first;
// - figures are fixed for a profile and a day, so that any range tells the same of a day;
// - a profile that the location does not have, or whose network is not counted, adds nothing;
// - followers are those at the end of a day, and their total is that of the last day;
// - a change from nothing to something is 100 percent;
// - a range of more than 366 days is refused with 400, and v2 without a body tells of no profile.

namespace millrace::sandbox {
namespace {

constexpr std::int64_t longest_range = 366;
constexpr std::size_t most_profiles = 100;

constexpr std::string_view version_2_schema = R"({
  "type": "object", "required": ["profileIds"],
  "properties": {
    "profileIds": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "platforms": {"type": "array", "items": {
      "enum": ["facebook", "instagram", "linkedin", "google", "pinterest", "youtube", "tiktok"]}}}
})";

constexpr std::string_view version_3_schema = R"({
  "type": "object", "required": ["profileIds"],
  "properties": {
    "profileIds": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "platforms": {"type": "array", "items": {"type": "string"}},
    "currentRange": {"$ref": "#/definitions/range"}, "prevRange": {"$ref": "#/definitions/range"}},
  "definitions": {"range": {
    "type": "object", "required": ["startDate", "endDate"],
    "properties": {"startDate": {"type": "string"}, "endDate": {"type": "string"}}}}
})";

/// Days since 1970, both ends included; none where the end lies before the beginning.
struct Days {
  std::int64_t first = 0, last = -1;
  std::size_t count() const { return last < first ? 0 : static_cast<std::size_t>(last - first + 1); }
};

struct Wanted {
  std::vector<const SocialAccount*> accounts;
  std::uint64_t seed = 0;
  Days current;
  std::optional<Days> previous;
};

/// A network's figures for each day of a range.
using Series = std::vector<Figures>;
using Networks = std::map<std::string, Series>;

bool counted(const SocialAccount& account) {
  static const std::set<std::string> networks = {"facebook",  "instagram", "linkedin", "google",
                                                 "pinterest", "youtube",   "tiktok"};
  if (account.platform == "linkedin") return account.type == "page";
  if (account.platform == "tiktok") return account.type == "business";
  return networks.count(account.platform) != 0;
}

std::set<std::string> set_of_texts(const Value* list) {
  std::set<std::string> texts;
  if (!list) return texts;
  for (const Value& item : list->list()) texts.insert(item.text());
  return texts;
}

std::vector<const SocialAccount*> accounts_asked(const Data& data, const Call& call) {
  const std::set<std::string> profiles = set_of_texts(call.body.find("profileIds"));
  const std::set<std::string> networks = set_of_texts(call.body.find("platforms"));
  std::vector<const SocialAccount*> accounts;
  for (const SocialAccount& account : data.social_accounts) {
    if (account.location_id != call.location || profiles.count(account.profile_id) == 0 || !counted(account)) continue;
    if (networks.empty() || networks.count(account.platform) != 0) accounts.push_back(&account);
  }
  return accounts;
}

Networks figures_in(const Wanted& wanted, Days days) {
  Networks networks;
  for (const SocialAccount* account : wanted.accounts) {
    Series& series = networks.try_emplace(account->platform, days.count()).first->second;
    for (std::size_t at = 0; at < series.size(); ++at) {
      series[at] += figures_of(wanted.seed, account->profile_id, days.first + static_cast<std::int64_t>(at));
    }
  }
  return networks;
}

using Figure = std::int64_t Figures::*;

std::int64_t sum(const Series& series, Figure figure) {
  if (figure == &Figures::followers) return series.empty() ? 0 : series.back().followers;
  std::int64_t total = 0;
  for (const Figures& day : series) total += day.*figure;
  return total;
}

std::int64_t sum(const Networks& networks, Figure figure) {
  std::int64_t total = 0;
  for (const auto& [name, series] : networks) total += sum(series, figure);
  return total;
}

Value series_value(const Series& series, Figure figure) {
  Value::List list;
  for (const Figures& day : series) list.emplace_back(day.*figure);
  return list;
}

/// The networks together, day by day.
Series together(const Networks& networks, std::size_t days) {
  Series all(days);
  for (const auto& [name, series] : networks) {
    for (std::size_t at = 0; at < days; ++at) all[at] += series[at];
  }
  return all;
}

Value percent(std::int64_t part, std::int64_t whole) {
  const double exact =
      whole == 0 ? (part == 0 ? 0.0 : 100.0) : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return std::round(exact * 100) / 100;
}

Value change(std::int64_t now, std::int64_t before) { return percent(now - before, before); }

const Series& series_of(const Networks& networks, const std::string& name) {
  static const Series none;
  const auto found = networks.find(name);
  return found == networks.end() ? none : found->second;
}

/// `{total, totalChange, platforms: {name: {value, change}}}`; without changes where there is nothing to compare with.
Value breakdown(const Networks& current, const std::optional<Networks>& previous, Figure figure) {
  Map platforms;
  for (const auto& [name, series] : current) {
    Map platform;
    platform.set("value", sum(series, figure));
    if (previous) platform.set("change", change(sum(series, figure), sum(series_of(*previous, name), figure)));
    platforms.set(name, std::move(platform));
  }
  Map map;
  map.set("total", sum(current, figure));
  if (previous) map.set("totalChange", change(sum(current, figure), sum(*previous, figure)));
  map.set("platforms", std::move(platforms));
  return map;
}

std::int64_t engagement(const Series& series) {
  return sum(series, &Figures::likes) + sum(series, &Figures::comments) + sum(series, &Figures::shares);
}

Value engagement_breakdown(const Networks& current, const std::optional<Networks>& previous) {
  Map platforms;
  for (const auto& [name, series] : current) {
    Map platform;
    platform.set("likes", sum(series, &Figures::likes));
    platform.set("comments", sum(series, &Figures::comments));
    platform.set("shares", sum(series, &Figures::shares));
    if (previous) platform.set("change", change(engagement(series), engagement(series_of(*previous, name))));
    platforms.set(name, std::move(platform));
  }
  return platforms;
}

Value platform_totals(const Networks& networks, Figure figure) {
  Map map;
  for (const auto& [name, series] : networks) {
    map.set(name, Value::object({{"total", sum(series, figure)}, {"series", series_value(series, figure)}}));
  }
  return map;
}

/// Who follows: a fixed part of the followers for each group.
Value demographics(std::int64_t followers) {
  const std::int64_t male = followers * 44 / 100, female = followers * 49 / 100, rest = followers - male - female;
  const auto part = [&](std::int64_t total) {
    return Value::object({{"total", total}, {"percentage", percent(total, followers)}});
  };
  Map ages;
  constexpr std::pair<const char*, std::int64_t> groups[] = {{"13-17", 4},  {"18-24", 17}, {"25-34", 31}, {"35-44", 22},
                                                             {"45-54", 14}, {"55-64", 8},  {"65+", 4}};
  for (const auto& [name, percentage] : groups) ages.set(name, followers * percentage / 100);
  return Value::object(
      {{"gender",
        Value::object(
            {{"totals", Value::object({{"male", part(male)}, {"female", part(female)}, {"unknown", part(rest)}})}})},
       {"age", Value::object({{"totals", std::move(ages)}})}});
}

Value results_of(const Wanted& wanted) {
  const Networks current = figures_in(wanted, wanted.current);
  std::optional<Networks> previous;
  if (wanted.previous) previous = figures_in(wanted, *wanted.previous);
  const Series all = together(current, wanted.current.count());
  Value::List names;
  for (std::int64_t day = wanted.current.first; day <= wanted.current.last; ++day) names.emplace_back(weekday(day));
  Map posts;
  for (const auto& [name, series] : current) posts.set(name, series_value(series, &Figures::posts));

  return Value::object(
      {{"dayRange", std::move(names)},
       {"totals", Value::object({{"posts", sum(all, &Figures::posts)},
                                 {"likes", sum(all, &Figures::likes)},
                                 {"followers", sum(all, &Figures::followers)},
                                 {"impressions", sum(all, &Figures::impressions)},
                                 {"comments", sum(all, &Figures::comments)}})},
       {"postPerformance", Value::object({{"posts", std::move(posts)},
                                          {"impressions", series_value(all, &Figures::impressions)},
                                          {"likes", series_value(all, &Figures::likes)},
                                          {"comments", series_value(all, &Figures::comments)}})},
       {"breakdowns", Value::object({{"posts", breakdown(current, previous, &Figures::posts)},
                                     {"impressions", breakdown(current, previous, &Figures::impressions)},
                                     {"reach", breakdown(current, previous, &Figures::reach)},
                                     {"engagement", engagement_breakdown(current, previous)}})},
       {"platformTotals", Value::object({{"impressions", platform_totals(current, &Figures::impressions)},
                                         {"followers", platform_totals(current, &Figures::followers)},
                                         {"likes", platform_totals(current, &Figures::likes)}})},
       {"demographics", demographics(sum(all, &Figures::followers))}});
}

Answer answer_of(int status, const Wanted& wanted, const Call& call) {
  return {status, Value::object({{"results", results_of(wanted)},
                                 {"message", "Analytics Built Successfully"},
                                 {"traceId", trace_id(call.body)}})};
}

/// The refusal of what both versions refuse.
std::optional<Answer> refused(const Schema& schema, const Call& call) {
  if (call.location.empty()) return unprocessable({"locationId: must be in the query"});
  const std::vector<std::string> problems = problems_of(schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  if (call.body.find("profileIds")->list().size() <= most_profiles) return std::nullopt;
  return refusal(400, "profileIds: at most 100 accounts can be asked for at once");
}

/// The seven days before today, and the seven before those.
Wanted usual_days(const Data& data, const Call& call) {
  const std::int64_t today = day_of(data.time());
  return {.accounts = accounts_asked(data, call),
          .seed = data.statistics_seed,
          .current = {.first = today - 7, .last = today - 1},
          .previous = Days{.first = today - 14, .last = today - 8}};
}

Answer get_version_2(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(version_2_schema);
  if (!call.location.empty() && call.body.is_null()) return answer_of(201, usual_days(world.data, call), call);
  if (std::optional<Answer> no = refused(*schema, call)) return *no;
  return answer_of(201, usual_days(world.data, call), call);
}

Result<Days> read_days(const Value& range, const std::string& name) {
  const auto read = [&](const char* end) -> Result<Timestamp> {
    const Result<Timestamp> time = parse_timestamp(range.text_or(end));
    if (!time) return time.error().within(name + "." + end);
    return time;
  };
  const Timestamp start = TRY(read("startDate"));
  const Timestamp end = TRY(read("endDate"));
  if (end < start) return Error{ErrorCode::invalid, name + ": startDate lies after endDate"};
  const Days days{.first = day_of(start), .last = day_of(end)};
  if (static_cast<std::int64_t>(days.count()) <= longest_range) return days;
  return Error{ErrorCode::invalid, name + ": a range has at most 366 days"};
}

Result<Wanted> read_wanted(const Data& data, const Call& call) {
  Wanted wanted = usual_days(data, call);
  for (const std::string& network : set_of_texts(call.body.find("platforms"))) {
    if (!counted({.id = "",
                  .profile_id = "",
                  .platform = network,
                  .type = network == "tiktok" ? "business" : "page",
                  .location_id = "",
                  .fields = {}})) {
      return Error{ErrorCode::invalid, "platforms: there are no statistics of " + network};
    }
  }
  const Value* current = call.body.find("currentRange");
  const Value* previous = call.body.find("prevRange");
  if (previous && !current) return Error{ErrorCode::invalid, "prevRange: needs currentRange beside it"};
  if (!current) return wanted;
  wanted.previous.reset();
  wanted.current = TRY(read_days(*current, "currentRange"));
  if (previous) wanted.previous = TRY(read_days(*previous, "prevRange"));

  const std::int64_t yesterday = day_of(data.time()) - 1;
  wanted.current.last = std::min(wanted.current.last, yesterday);
  if (wanted.previous) wanted.previous->last = std::min(wanted.previous->last, yesterday);
  return wanted;
}

Answer get_version_3(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(version_3_schema);
  if (std::optional<Answer> no = refused(*schema, call)) return *no;
  const Result<Wanted> wanted = read_wanted(world.data, call);
  if (!wanted) return refusal(400, wanted.error().message);
  return answer_of(200, *wanted, call);
}

}  // namespace

const std::vector<Operation>& statistics_operations() {
  constexpr std::string_view path = "/social-media-posting/statistics", scope = "socialplanner/statistics.readonly";
  static const std::vector<Operation> operations = {
      {"POST", path, scope, BodyKind::optional_json, get_version_2, LocationIn::query, version_2},
      {"POST", path, scope, BodyKind::json, get_version_3, LocationIn::query, version_3},
  };
  return operations;
}

}  // namespace millrace::sandbox

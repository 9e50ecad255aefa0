#include "api/run_filter.hpp"

#include <charconv>
#include <utility>

#include "api/run_json.hpp"

namespace millrace {

namespace {

constexpr int most_listed = 1000;

Result<std::optional<bool>> mode_in(const Asked& asked) {
  const std::string mode = asked.query_of("mode");
  if (mode.empty()) return std::optional<bool>();
  if (mode == "live" || mode == "dry_run") return std::optional(mode == "live");
  return Error{ErrorCode::invalid, "\"" + mode + "\" is no mode of runs: they are live or dry_run"};
}

}  // namespace

Result<RunKey> run_key_named(const std::string& text) {
  const auto key = parse_run_key(text);
  if (!key) return Error{ErrorCode::not_found, "\"" + text + "\" is no run: runs are called like r06f8w3k2q1m9s"};
  return *key;
}

Result<EventKey> event_key_named(const std::string& text) {
  const auto key = parse_event_key(text);
  if (!key) return Error{ErrorCode::not_found, "\"" + text + "\" is no event: events are called like e06f8w3k2q1m9s"};
  return *key;
}

Result<int> number_in(const Asked& asked, std::string_view name, int unsaid, int least, int most) {
  const std::string text = asked.query_of(name);
  if (text.empty()) return unsaid;
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < least || number > most)
    return Error{ErrorCode::invalid,
                 std::string(name) + " is a number from " + std::to_string(least) + " to " + std::to_string(most)};
  return number;
}

Result<int> limit_in(const Asked& asked) { return number_in(asked, "limit", 50, 1, most_listed); }

Result<std::optional<Timestamp>> time_in(const Asked& asked, std::string_view name, Timestamp now) {
  const std::string text = asked.query_of(name);
  if (text.empty()) return std::optional<Timestamp>();
  return std::optional(TRY(since_named(text, now)));
}

Result<RunFilter> filter_of(const Asked& asked, Timestamp now) {
  RunFilter filter;
  filter.limit = TRY(limit_in(asked));
  filter.workflow = asked.query_of("workflow");
  filter.location = asked.query_of("location");
  filter.trigger = asked.query_of("trigger");
  filter.note = asked.query_of("q");
  filter.live = TRY(mode_in(asked));
  filter.since = TRY(time_in(asked, "since", now));
  filter.from = TRY(time_in(asked, "from", now));
  filter.to = TRY(time_in(asked, "to", now));
  if (const std::string outcome = asked.query_of("outcome"); !outcome.empty())
    filter.outcome = TRY(parse_run_outcome(outcome));
  if (const std::string event = asked.query_of("event"); !event.empty()) filter.event = TRY(event_key_named(event));
  if (const std::string before = asked.query_of("before"); !before.empty()) filter.before = TRY(run_key_named(before));
  return filter;
}

}  // namespace millrace

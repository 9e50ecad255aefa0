#include "service/records.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_slots = 20;

std::optional<Timestamp> time_in(const Value& stored, std::string_view name) {
  const auto time = parse_timestamp(stored.text_or(name));
  return time ? std::optional(*time) : std::nullopt;
}

std::int64_t number_in(const Value& stored, std::string_view name) {
  const Value* number = stored.find(name);
  return number != nullptr && number->is(Kind::integer) ? number->integer() : 0;
}

StateChange of_engine(std::string key, Value value) { return {engine_owner, std::move(key), std::move(value)}; }

}  // namespace

StateChange service_runs(Timestamp since, std::int64_t pid) {
  return of_engine(running_key, Value::object({{"since", render(since)}, {"pid", pid}, {"stopped", Value()}}));
}

StateChange service_stopped(Timestamp since, Timestamp stopped) {
  return of_engine(running_key,
                   Value::object({{"since", render(since)}, {"pid", Value()}, {"stopped", render(stopped)}}));
}

StateChange skipped_slots(const std::string& workflow, const std::vector<Timestamp>& slots, const std::string& policy,
                          Timestamp now) {
  Value::List kept;
  for (std::size_t i = slots.size() - std::min(slots.size(), most_slots); i < slots.size(); ++i) {
    kept.emplace_back(render(slots[i]));
  }
  return of_engine(skipped_prefix + workflow, Value::object({{"slots", std::move(kept)},
                                                             {"count", static_cast<std::int64_t>(slots.size())},
                                                             {"policy", policy},
                                                             {"at", render(now)}}));
}

StateChange connection_down(const std::string& connection, const std::string& reason, Timestamp since) {
  return of_engine(down_prefix + connection,
                   reason.empty() ? Value() : Value::object({{"since", render(since)}, {"reason", reason}}));
}

StateChange last_good_version(const std::string& workflow, const std::string& hash) {
  return of_engine(live_prefix + workflow, hash.empty() ? Value() : Value(hash));
}

std::string of_trigger(const std::string& source, const std::string& trigger) { return source + "\n" + trigger; }

std::pair<std::string, std::string> source_and_trigger(const std::string& name) {
  const std::size_t end = std::min(name.rfind('\n'), name.size());
  return {name.substr(0, end), name.substr(std::min(end + 1, name.size()))};
}

StateChange faulty_delivery(const std::string& name, const std::string& reason, bool over) {
  return of_engine(faulty_prefix + name, Value::object({{"reason", reason}, {"over", over}}));
}

StateChange faulty_deliveries_over(const std::string& name) { return of_engine(faulty_prefix + name, Value()); }

StateChange tally_kept(std::string key, const Tally& tally) {
  return of_engine(std::move(key),
                   Value::object({{"count", tally.count}, {"reason", tally.reason}, {"at", render(tally.at)}}));
}

std::optional<Tally> tally_in(const Value& stored) {
  const auto at = time_in(stored, "at");
  if (!at) return std::nullopt;
  return Tally{number_in(stored, "count"), stored.text_or("reason"), *at};
}

StateChange watched_since(const std::string& workflow, const std::optional<Timestamp>& since) {
  return of_engine(watched_prefix + workflow, since ? Value::object({{"since", render(*since)}}) : Value());
}

StateChange all_resumed(Timestamp since) { return of_engine(resumed_key, Value::object({{"since", render(since)}})); }

std::optional<Timestamp> since_in(const Value& stored) { return time_in(stored, "since"); }

void note_foreground_end(Entry& ending) {
  for (std::size_t i = 0; i < ending.runs.size(); ++i) {
    const RunHead& head = ending.runs[i].head;
    if (head.live && head.ended && head.outcome == RunOutcome::completed)
      ending.states.push_back(
          of_engine(succeeded_prefix + head.workflow, Value::object({{"at", render(*head.ended)}})));
  }
}

std::optional<Timestamp> success_in(const Value& stored) { return time_in(stored, "at"); }

StateChange alarm_raised(const Alarm& alarm) {
  return of_engine(alarm_prefix + alarm.about,
                   Value::object({{"message", alarm.message}, {"since", render(alarm.since)}}));
}

StateChange alarm_over(const std::string& about) { return of_engine(alarm_prefix + about, Value()); }

std::string about_in(const StateChange& alarm) { return alarm.key.substr(alarm_prefix.size()); }

std::vector<Alarm> alarms_in(const std::vector<std::pair<std::string, Value>>& stored) {
  std::vector<Alarm> alarms;
  for (const auto& [key, value] : stored) {
    const auto since = time_in(value, "since");
    alarms.push_back({key.substr(alarm_prefix.size()), value.text_or("message"), since.value_or(Timestamp{})});
  }
  return alarms;
}

Task<Status> keep_alarm(Journal& journal, std::string about, std::string problem, Timestamp now) {
  const std::string key = alarm_prefix + about;
  const auto stored = co_await journal.read_state(engine_owner, key);
  if (!stored) co_return stored.error();
  if (stored->text_or("message") == problem) co_return Done{};
  Entry entry;
  entry.states.push_back(problem.empty() ? alarm_over(about)
                                         : alarm_raised({about, problem, since_in(*stored).value_or(now)}));
  const auto written = co_await journal.commit(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

std::string token_alarm(const std::string& connection) { return std::string(token_kind) + " of " + connection; }

StateChange run_in_trouble(RunKey run, const std::string& message, Timestamp now) {
  const std::string about = std::string(run_kind) + " " + render(run);
  return message.empty() ? alarm_over(about) : alarm_raised({about, message, now});
}

std::optional<ServiceRecord> service_record(const Value& stored) {
  const auto since = time_in(stored, "since");
  if (!since) return std::nullopt;
  return ServiceRecord{*since, number_in(stored, "pid"), time_in(stored, "stopped")};
}

bool process_is_alive(std::int64_t pid) noexcept {
  return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

std::optional<SkippedSlots> skipped_record(const Value& stored) {
  const auto at = time_in(stored, "at");
  if (!at) return std::nullopt;
  SkippedSlots skipped;
  skipped.count = number_in(stored, "count");
  skipped.policy = stored.text_or("policy");
  skipped.at = *at;
  const Value* slots = stored.find("slots");
  if (slots == nullptr || !slots->is_list()) return skipped;
  for (const Value& slot : slots->list()) {
    const auto time = slot.is_text() ? parse_timestamp(slot.text()) : parse_timestamp("");
    if (time) skipped.slots.push_back(*time);
  }
  return skipped;
}

}  // namespace millrace

#include "service/foresight.hpp"

#include <algorithm>
#include <optional>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/private_files.hpp"
#include "service/records.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The first run of few calls is kept only where the day is short of them: most runs are small, and each entry costs.
constexpr std::int64_t always_kept = 100, short_of = 20;
constexpr std::size_t largest_planned = 64u << 20;

/// By which plans name what they counted.
std::string planned_name(const std::string& workflow, const std::string& location) { return workflow + "/" + location; }

std::string calls_key(const std::string& workflow, const std::string& location) {
  return calls_prefix + workflow + "/" + location;
}

Value encode_counts(const CallCounts& counts) {
  Value::List list;
  for (const CallCount& count : counts)
    list.push_back(Value::object({{"connection", count.connection},
                                  {"location", count.location},
                                  {"reads", count.reads},
                                  {"writes", count.writes}}));
  return Value(std::move(list));
}

std::int64_t whole(const Value& members, std::string_view name) {
  const Value* found = members.find(name);
  return found != nullptr && found->is(Kind::integer) ? found->integer() : 0;
}

CallCounts decode_counts(const Value& stored) {
  CallCounts counts;
  if (!stored.is_list()) return counts;
  for (const Value& each : stored.list())
    counts.push_back(
        {each.text_or("connection"), each.text_or("location"), whole(each, "reads"), whole(each, "writes")});
  return counts;
}

Value encode_day(const LimitFacts& day, Timestamp now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*day.renewed_in).count();
  const Timestamp ends{now.seconds + seconds};
  return Value::object({{"left", *day.left}, {"most", std::max(day.most, *day.left)}, {"ends", render(ends)}});
}

/// The days of one connection at one location: as the far side tells it, and in `own` as `limits` counts it, each where
/// it is known when it ends. Null where neither is.
Value encode_days(const BudgetFacts& budget, Timestamp now) {
  const auto known = [](const std::optional<LimitFacts>& day) { return day && day->left && day->renewed_in; };
  Map members = known(budget.far_side_day) ? encode_day(*budget.far_side_day, now).map() : Map();
  if (known(budget.own_day)) members.set("own", encode_day(*budget.own_day, now));
  return members.empty() ? Value() : Value(std::move(members));
}

/// By "CONNECTION/LOCATION".
using Days = std::map<std::string, Value>;

/// The days that so many calls make short; nothing where they are too few to be kept.
std::optional<Days> worth_keeping(const CallCounts& calls, const Courier& courier, Timestamp now) {
  std::int64_t all = 0;
  bool is_short = false;
  Days days;
  for (const CallCount& count : calls) {
    all += count.all();
    const auto budget = courier.budget(count.connection, count.location);
    if (!budget || !budget->day_left || count.all() * short_of < *budget->day_left) continue;
    is_short = true;
    if (Value known = encode_days(*budget, now); !known.is_null())
      days[count.connection + "/" + budget->location] = std::move(known);
  }
  if (all < always_kept && !is_short) return std::nullopt;
  return days;
}

/// A live run that was broken off tells nothing of how many calls the next one makes.
bool completed(const RunHead& head) { return head.live && head.ended && head.outcome == RunOutcome::completed; }

/// `name`: "CONNECTION/LOCATION".
void recall_day(Courier& courier, const std::string& name, const Value& stored, bool own, Timestamp now) {
  const std::size_t slash = name.find('/');
  const auto ends = parse_timestamp(stored.text_or("ends"));
  if (slash == std::string::npos || !ends || *ends <= now) return;
  KeptDay day{name.substr(slash + 1), whole(stored, "left"), whole(stored, "most")};
  day.renewed_in = std::chrono::seconds(ends->seconds - now.seconds);
  day.own = own;
  courier.recall_day(name.substr(0, slash), day);
}

void recall_days_of(Courier& courier, const std::string& name, const Value& stored, Timestamp now) {
  recall_day(courier, name, stored, false, now);
  if (const Value* own = stored.find("own")) recall_day(courier, name, *own, true, now);
}

/// What plans counted, by "WORKFLOW/LOCATION"; empty where the file cannot be believed.
Map read_planned(const std::filesystem::path& file) {
  const auto text = read_private_file(file.string(), Others::may_read, largest_planned);
  if (!text) log(LogLevel::warning, "what plans counted is not known: " + text.error().message);
  if (!text || !*text) return {};
  const auto planned = parse_json(**text);
  return planned && planned->is_map() ? planned->map() : Map();
}

/// The calls that the plan of this name counted, or none; tells the courier what it learnt of the day.
CallCounts calls_planned(const Map& planned, const std::string& name, Courier& courier, Timestamp now) {
  const Value* found = planned.find(std::string_view(name));
  const Value* calls = found != nullptr ? found->find("calls") : nullptr;
  const Value* days = found != nullptr ? found->find("days") : nullptr;
  if (days != nullptr && days->is_map()) {
    for (const auto& [place, day] : days->map()) recall_days_of(courier, place.text(), day, now);
  }
  return calls != nullptr ? decode_counts(*calls) : CallCounts();
}

}  // namespace

void keep_calls(Entry& ending, const CallCounts& calls, const Courier& courier, Timestamp now) {
  if (calls.empty()) return;
  for (const auto& [name, day] : worth_keeping(calls, courier, now).value_or(Days()))
    ending.states.push_back({engine_owner, day_prefix + name, day});
  for (std::size_t i = 0; i < ending.runs.size(); ++i) {
    const RunHead& head = ending.runs[i].head;
    if (completed(head))
      ending.states.push_back({engine_owner, calls_key(head.workflow, head.location), encode_counts(calls)});
  }
}

Task<Status> recall_days(Journal& journal, Courier& courier, Timestamp now) {
  const auto stored = co_await journal.list_states(engine_owner, day_prefix);
  if (!stored) co_return stored.error();
  for (const auto& [key, value] : *stored) recall_days_of(courier, key.substr(day_prefix.size()), value, now);
  co_return Done{};
}

std::filesystem::path planned_calls_file(const std::filesystem::path& store) {
  return store.parent_path() / "planned-calls.json";
}

Status keep_planned_calls(const std::filesystem::path& file, const std::string& workflow, const std::string& location,
                          const CallCounts& calls, bool whole, const Courier& courier, Timestamp now) {
  const auto days = worth_keeping(calls, courier, now);
  if (!days && !whole) return Done{};
  Map planned = read_planned(file);
  const std::string name = planned_name(workflow, location);
  const Value* before = planned.find(std::string_view(name));
  if (days) {
    Map short_days;
    for (const auto& [place, day] : *days) short_days.set(place, day);
    const Value* counted_before = before != nullptr ? before->find("calls") : nullptr;
    Value counted = counted_before != nullptr ? *counted_before : Value(Value::List());
    if (whole) counted = encode_counts(calls);
    planned.set(name, Value::object({{"calls", std::move(counted)}, {"days", std::move(short_days)}}));
  } else if (before != nullptr) {
    planned.erase(name);
  } else {
    return Done{};
  }
  return replace_file(file.string(), encode_json(Value(std::move(planned))), 0600);
}

void recall_planned_days(const std::filesystem::path& file, Courier& courier, Timestamp now) {
  const Map planned = read_planned(file);
  for (const auto& [name, plan] : planned) calls_planned(planned, name.text(), courier, now);
}

CallCounts planned_calls(const std::filesystem::path& file, const std::string& workflow, const std::string& location,
                         Courier& courier, Timestamp now) {
  return calls_planned(read_planned(file), planned_name(workflow, location), courier, now);
}

Task<Result<CallCounts>> last_calls(Journal& journal, std::string workflow, std::string location) {
  const std::string key = calls_key(workflow, location);
  const auto stored = co_await journal.read_state(engine_owner, key);
  if (!stored) co_return stored.error();
  co_return decode_counts(*stored);
}

Task<Status> Foresight::recall(Timestamp now) {
  const auto days = co_await recall_days(journal_, courier_, now);
  if (!days) co_return days.error();
  const auto stored = co_await journal_.list_states(engine_owner, calls_prefix);
  if (!stored) co_return stored.error();
  for (const auto& [key, value] : *stored) {
    const std::string name = key.substr(calls_prefix.size());
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos) calls_[{name.substr(0, slash), name.substr(slash + 1)}] = decode_counts(value);
  }
  if (!planned_file_.empty()) recall_planned_days(planned_file_, courier_, now);
  co_return Done{};
}

void Foresight::note(Entry& ending, const CallCounts& calls, Timestamp now) {
  if (calls.empty() || ending.runs.empty()) return;
  const RunHead& head = ending.runs.front().head;
  if (completed(head)) planned_.erase(planned_name(head.workflow, head.location));
  const auto last = calls_.find({head.workflow, head.location});
  const bool other = last != calls_.end() && last->second != calls;
  if (!other && !worth_keeping(calls, courier_, now)) return;
  keep_calls(ending, calls, courier_, now);
  if (completed(head)) calls_[{head.workflow, head.location}] = calls;
}

/// It is small, and looked at where a run has no past: for all others nothing is read.
void Foresight::read_plans_anew() {
  if (planned_file_.empty()) return;
  std::error_code missing;
  const auto written = std::filesystem::last_write_time(planned_file_, missing);
  if (written == planned_at_) return;
  planned_at_ = written;
  planned_ = missing ? Map() : read_planned(planned_file_);
}

std::string Foresight::why_not_today(const std::string& workflow, const std::string& location, Timestamp now) {
  const auto last = calls_.find({workflow, location});
  const bool has_past = last != calls_.end();
  if (!has_past) read_plans_anew();
  const CallCounts calls =
      has_past ? last->second : calls_planned(planned_, planned_name(workflow, location), courier_, now);
  if (calls.empty()) return "";
  const std::string why = too_many_for_today(costs_of(calls, courier_));
  if (why.empty()) {
    not_begun_.erase(workflow);
    return "";
  }
  const std::string who = has_past ? "its last run made" : "its last plan counted";
  return not_begun_[workflow] = "not begun: " + who + " as many calls as do not fit today: " + why;
}

}  // namespace millrace

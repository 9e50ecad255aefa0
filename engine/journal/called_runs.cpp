#include "journal/called_runs.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "decider/effect_key.hpp"

namespace millrace {

namespace {

constexpr std::string_view calls_of = "call:", at_location = " at ", attempt_mark = "#";
/// With which begins what stands behind the step.
constexpr char behind_step[] = {repetition_mark, at_location[0], attempt_mark[0], 0};
constexpr int all = std::numeric_limits<int>::max();

std::string_view step_in(std::string_view id) { return id.substr(0, id.find_first_of(behind_step)); }

/// The step of a call and where it is to run, without which attempt or repetition it is.
std::string what_is_called(std::string_view id) { return id_of_call(step_in(id), 0, place_of_call(id), 1); }

}  // namespace

std::string source_of_calls(RunKey caller) { return std::string(calls_of) + render(caller); }

std::string id_of_call(std::string_view step, std::size_t repetition, std::string_view location, int attempt) {
  std::string id(step);
  if (repetition > 0) id.append(1, repetition_mark).append(std::to_string(repetition));
  if (!location.empty()) id.append(at_location).append(location);
  if (attempt > 1) id.append(attempt_mark).append(std::to_string(attempt));
  return id;
}

std::string place_of_call(std::string_view id) {
  const std::size_t at = id.find(at_location);
  if (at == std::string_view::npos) return "";
  const std::size_t begins = at + at_location.size();
  return std::string(id.substr(begins, id.find(attempt_mark, begins) - begins));
}

bool is_id_of_call(std::string_view id, std::string_view step, std::size_t repetition) {
  const std::string without_place = id_of_call(step, repetition, "", 1);
  constexpr char behind_repetition[] = {at_location[0], attempt_mark[0], 0};
  return id.substr(0, id.find_first_of(behind_repetition)) == without_place;
}

std::string step_of_call(const EventRecord& event) { return std::string(step_in(event.id)); }

std::optional<RunKey> caller_of(const EventRecord& event) {
  if (!event.source.starts_with(calls_of)) return std::nullopt;
  // Those of the foreground once named the step, too.
  const std::string_view caller = std::string_view(event.source).substr(calls_of.size());
  return parse_run_key(caller.substr(0, caller.find('/')));
}

Task<Result<bool>> was_replaced(History& history, const EventRecord& call) {
  if (!call.source.starts_with(calls_of)) co_return false;
  const auto calls = co_await history.list_events(call.source, all);
  if (!calls) co_return calls.error();
  const std::string what = what_is_called(call.id);
  co_return std::any_of(calls->begin(), calls->end(),
                        [&](const EventHead& each) { return each.key > call.key && what_is_called(each.id) == what; });
}

Task<Result<std::vector<RunHead>>> called_by(History& history, RunKey caller) {
  auto calls = co_await history.list_events(source_of_calls(caller), all);
  if (!calls) co_return calls.error();
  std::vector<RunHead> called;
  for (auto call = calls->rbegin(); call != calls->rend(); ++call) {
    RunFilter filter;
    filter.event = call->key;
    filter.oldest_first = true;
    filter.limit = all;
    auto runs = co_await history.list_runs(std::move(filter));
    if (!runs) co_return runs.error();
    for (RunHead& run : *runs) called.push_back(std::move(run));
  }
  co_return called;
}

}  // namespace millrace

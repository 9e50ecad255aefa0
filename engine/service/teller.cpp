#include "service/teller.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "journal/engine_states.hpp"
#include "prose/compare.hpp"
#include "service/records.hpp"
#include "value/time.hpp"
#include "workflow/account.hpp"
#include "workflow/alarm_actions.hpp"

namespace millrace {

namespace {

constexpr std::size_t tellings_at_once = 10;  // an hour
constexpr Duration time_between = std::chrono::minutes(10);
constexpr std::size_t most_lines = 20;

StateChange alarm_told(const Alarm& alarm) {
  StateChange change = alarm_raised(alarm);
  change.key = told_prefix + alarm.about;
  return change;
}

StateChange alarm_end_told(const std::string& about) {
  StateChange change = alarm_over(about);
  change.key = told_prefix + about;
  return change;
}

/// A service that is started again finds out anew what is wrong, and that is no end of it.
constexpr Duration time_to_come_back = std::chrono::seconds(15);

Value shown_alarm(const Alarm& alarm) {
  return Value::object({{"about", alarm.about}, {"message", alarm.message}, {"since", render(alarm.since)}});
}

Value shown_alarms(const std::vector<Alarm>& alarms) {
  Value::List list;
  for (const Alarm& alarm : alarms) list.push_back(shown_alarm(alarm));
  return list;
}

/// Behind it may come what a file says at the place of a finding.
std::string first_line(const std::string& message) { return message.substr(0, message.find('\n')); }

std::string subject_of(const std::vector<Alarm>& begun, const std::vector<Alarm>& over) {
  if (begun.size() == 1 && over.empty()) return "Alarm: " + begun[0].about;
  if (begun.empty() && over.size() == 1) return "Over: " + over[0].about;
  std::string words = begun.empty() ? "" : counted(begun.size(), "alarm");
  if (!over.empty()) words += (words.empty() ? "" : ", ") + std::to_string(over.size()) + " over";
  return words;
}

std::string text_of_alarms(const std::vector<Alarm>& begun, const std::vector<Alarm>& over, const std::string& zone) {
  std::vector<std::string> lines;
  for (const Alarm& alarm : begun)
    lines.push_back(alarm.about + ": " + first_line(alarm.message) + " (since " + render_in(zone, alarm.since) + ")");
  for (const Alarm& alarm : over)
    lines.push_back("over: " + alarm.about + " (since " + render_in(zone, alarm.since) + ")");
  if (lines.size() <= most_lines) return join(lines, "\n");
  const std::size_t more = lines.size() - most_lines;
  lines.resize(most_lines);
  return join(lines, "\n") + "\nand " + std::to_string(more) + " more: millrace doctor shows them all";
}

Value alarm_event(const std::vector<Alarm>& begun, const std::vector<Alarm>& over, const std::string& zone) {
  const Alarm& first = begun.empty() ? over.front() : begun.front();
  return Value::object({{"about", first.about},
                        {"message", first.message},
                        {"since", render(first.since)},
                        {"ended", begun.empty()},
                        {"subject", subject_of(begun, over)},
                        {"text", text_of_alarms(begun, over, zone)},
                        {"begun", shown_alarms(begun)},
                        {"over", shown_alarms(over)}});
}

}  // namespace

/// Gives what is to be said where they are others than before.
std::string Teller::read_actions() {
  LoadedWorkflow loaded = load_and_check_alarm_actions(world_.folder, world_.catalog, &world_.project);
  const bool broken = !loaded.workflow && !loaded.findings.empty();
  const std::string before = std::exchange(problem_, broken ? render(loaded.findings.front()) : "");
  if (broken) {
    const std::string stay = actions_ == nullptr ? ": cannot be used: " : ": the entries before stay live: ";
    return problem_ == before ? "" : alarms_workflow + stay + problem_;
  }
  const auto known = std::exchange(actions_, nullptr);
  if (!loaded.workflow)
    return known == nullptr ? "" : "alarms leave the machine no more: millrace.yaml has no \"alarms\"";
  auto live = std::make_shared<LiveWorkflow>();
  live->hash = fingerprint(loaded.workflow->source->text);
  live->workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  live->locations = {""};
  actions_ = live;
  if (known == nullptr) return "alarms leave the machine by what is under \"alarms\" in millrace.yaml";
  const Catalog& catalog = world_.catalog;
  const auto differences = compare(account_of(known->workflow, catalog, world_.project),
                                   account_of(live->workflow, catalog, world_.project), catalog, world_.project);
  if (!differences.empty()) return "what tells alarms is another: " + in_short(differences);
  actions_ = known;  // another part of the file has changed
  return before.empty() ? "" : "what tells alarms is as it was, and can be used";
}

/// Before anything runs on it.
Task<Status> Teller::write_version() {
  if (actions_ == nullptr) co_return Done{};
  Entry entry;
  entry.versions.push_back({alarms_workflow, actions_->hash, actions_->workflow->source->text});
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<std::string> Teller::take_up() {
  if (!load_project(world_.folder).project) co_return "";  // told where it is read, and what it had goes on
  const auto before = actions_;
  std::string change = read_actions();
  if (actions_ == before) co_return change;
  const auto written = co_await write_version();
  if (written) co_return change;
  actions_ = before;
  co_return "what tells alarms stays as it was: " + written.error().message;
}

Task<Status> Teller::recall() {
  read_actions();
  const auto written = co_await write_version();
  if (!written) co_return written;
  const auto stored = co_await world_.store.journal().list_states(engine_owner, told_prefix);
  if (!stored) co_return stored.error();
  for (const auto& [key, kept] : *stored) {
    const std::string about = key.substr(told_prefix.size());
    told_[about] = {about, kept.text_or("message"), since_in(kept).value_or(Timestamp{})};
  }
  co_return Done{};
}

/// The connections through which it goes, and its own runs.
bool Teller::concerns_telling(const std::string& about) const {
  if (about.find(alarms_workflow) != std::string::npos) return true;
  const std::size_t blank = about.find(' ');
  const std::string kind = about.substr(0, blank);
  if (kind != "connection" && kind != token_kind) return false;
  return connections_of_alarms(*actions_->workflow, world_.project, world_.catalog).contains(about.substr(blank + 1));
}

bool Teller::may_tell_now() {
  while (!hours_.empty() && hours_.front().reached()) hours_.pop_front();
  return hours_.size() < tellings_at_once || next_.reached();
}

Task<void> Teller::tell(std::vector<Alarm> alarms) {
  if (actions_ == nullptr || !dispatcher_.brakes().may_start(alarms_workflow)) co_return;
  std::vector<Alarm> begun, over;
  Occurrence occurrence;
  for (const Alarm& alarm : alarms) {
    if (told_.contains(alarm.about) || concerns_telling(alarm.about)) continue;
    begun.push_back(alarm);
    occurrence.states.push_back(alarm_told(alarm));
  }
  for (const auto& [about, alarm] : told_) {
    const bool on =
        std::any_of(alarms.begin(), alarms.end(), [&about = about](const Alarm& each) { return each.about == about; });
    if (on) ends_.erase(about);
    if (on || !ends_.try_emplace(about, Deadline::in(time_to_come_back)).first->second.reached()) continue;
    over.push_back(alarm);
    occurrence.states.push_back(alarm_end_told(about));
  }
  if ((begun.empty() && over.empty()) || !may_tell_now()) co_return;
  occurrence.source = "alarms";
  occurrence.trigger = "alarm";
  occurrence.payload = alarm_event(begun, over, world_.project.timezone);
  occurrence.listeners.push_back({actions_, 0});
  const auto accepted = co_await dispatcher_.accept(std::move(occurrence));
  if (!accepted) {
    log(LogLevel::warning, "alarms could not be told, and will be: " + accepted.error().message);
    co_return;
  }
  hours_.push_back(Deadline::in(std::chrono::hours(1)));
  next_ = Deadline::in(time_between);
  for (Alarm& alarm : begun) {
    const std::string about = alarm.about;
    told_[about] = std::move(alarm);
  }
  for (const Alarm& alarm : over) {
    told_.erase(alarm.about);
    ends_.erase(alarm.about);
  }
}

}  // namespace millrace

#include <algorithm>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "prose/condition_parts.hpp"
#include "service/sources.hpp"
#include "service/why_facts.hpp"
#include "trigger/delivery.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_value = 120;

/// ", by anna since 2026-11-24T09:00:00Z (3h ago)"; what is not known is left out.
std::string by_whom(const Value& pause, const Audience& audience) {
  const std::string by = pause.text_or("by");
  const auto since = parse_timestamp(pause.is_text() ? pause.text() : pause.text_or("since"));
  return (by.empty() ? "" : ", by " + by) + (since ? ", since " + when(*since, audience) : "");
}

/// What the condition's names held: "event.tag.name was "vip"".
std::string values_seen(const Expression& condition, const Bindings& names) {
  std::string seen;
  for (const std::string& path : condition.paths()) {
    const auto expression = Expression::read(path);
    if (!expression) continue;
    const auto value = expression->evaluate(names);
    seen += (seen.empty() ? "" : ", ") + path +
            (value ? " was " + shortened(encode_json(*value), longest_value)
                   : " could not be had (" + value.error().message + ")");
  }
  return seen;
}

/// What each part of a condition of several gave.
std::string part_by_part(const Expression& condition, const Bindings& names) {
  const auto parts = told_parts(condition, names);
  return parts.size() < 2 ? "" : ". Part by part: " + join(parts, "; ");
}

class Sentences {
 public:
  explicit Sentences(const WhyFacts& facts) : facts_(facts) {}

  std::vector<std::string> all() {
    if (!facts_.exists) {
      say("there is no workflow \"" + facts_.workflow + "\"" + did_you_mean(facts_.workflow, facts_.known) +
          (facts_.known.empty() ? ": workflows/ is empty" : ""));
      for (const RunFacts& run : facts_.runs) say(describe(run, facts_.audience));
      return std::move(sentences_);
    }
    if (facts_.event && facts_.asked_for_event) {
      about_event();
    } else {
      about_switches();
      about_runs();
      about_connections();
      about_refusals();
      about_last_event();
      about_schedules();
      about_nothing_yet();
    }
    return std::move(sentences_);
  }

 private:
  void say(std::string_view sentence) { sentences_.push_back(printable(sentence)); }
  /// A sentence that ends with what is several lines: a finding, with the place in the file.
  void say_with_lines(std::string_view sentence) { sentences_.push_back(printable_below(sentence, "  ")); }
  void about_file();
  void about_switches();
  void about_engine();
  void about_runs();
  void about_connections();
  void about_refusals();
  void about_schedules();
  void about_last_event();
  void about_nothing_yet();
  void about_event();
  std::string why_no_run(const EventRecord& event) const;
  std::string condition_of(std::size_t trigger, const EventRecord& event) const;
  std::string listens_to() const;

  const WhyFacts& facts_;
  std::vector<std::string> sentences_;
};

void Sentences::about_file() {
  if (!facts_.alarm.empty()) say_with_lines(facts_.alarm);
  if (facts_.problem.empty()) return;
  say_with_lines("its file is broken" +
                 std::string(facts_.service_alive
                                 ? ", so the running service keeps the version before it, if there was one"
                                 : ", so a service that starts goes on with the version before it, if there was one") +
                 ":\n" + facts_.problem);
}

void Sentences::about_switches() {
  about_file();
  if (!facts_.deaf.empty()) say("a trigger of it sees nothing: " + facts_.deaf);
  if (!facts_.restored.is_null())
    say("the store was restored from a backup" + by_whom(facts_.restored, facts_.audience) +
        ", and nothing goes on by itself: what the backup holds as unfinished may have happened already; \"millrace "
        "resume --all\" ends that");
  if (!facts_.everything_paused.is_null())
    say("everything is paused" + by_whom(facts_.everything_paused, facts_.audience) +
        "; \"millrace resume --all\" ends that");
  if (!facts_.paused.is_null())
    say("it is paused by hand" + by_whom(facts_.paused, facts_.audience) + "; \"millrace resume " + facts_.workflow +
        "\" ends that");
  if (facts_.content != nullptr && facts_.content->mode == "paused")
    say("its file says mode: paused, so the service starts no run of it; mode: live or dry_run does");
  about_engine();
  if (facts_.content != nullptr && facts_.content->mode == "dry_run")
    say("its file says mode: dry_run (the default), so it runs but changes nothing; mode: live really does it");
}

void Sentences::about_engine() {
  if (facts_.service_alive) return;
  const std::string start = "; \"millrace serve\" starts it";
  if (!facts_.service) {
    say("no service has run on this project yet" + start);
  } else if (facts_.service->stopped) {
    say("the service is not running: it was stopped " + when(*facts_.service->stopped, facts_.audience) + start);
  } else {
    say("the service is not running: it began " + when(facts_.service->since, facts_.audience) +
        " and ended without being stopped, as after a crash or a power cut" + start);
  }
}

void Sentences::about_runs() {
  for (const RunFacts& run : facts_.runs) say(describe(run, facts_.audience));
}

void Sentences::about_connections() {
  for (const auto& [connection, reason] : facts_.down) {
    say("the connection " + connection + " is down, and what needs it waits until it is back" +
        (reason.empty() ? "" : ": " + reason));
  }
  for (const auto& [connection, what] : facts_.held_up) say("of the connection " + connection + ": " + what);
}

void Sentences::about_refusals() {
  for (const auto& [source, tally] : facts_.refused) {
    say(counted(static_cast<std::size_t>(tally.count), "time") + " a delivery to " + source +
        " was refused, the last " + when(tally.at, facts_.audience) + " with " + tally.reason);
  }
  for (const auto& [name, tally] : facts_.lacking) {
    say(counted(static_cast<std::size_t>(tally.count), "time") + " a delivery to " + source_and_trigger(name).first +
        " was kept and started nothing, the last " + when(tally.at, facts_.audience) + ": " + tally.reason);
  }
  for (const auto& [source, tally] : facts_.other_bodies) {
    say(counted(static_cast<std::size_t>(tally.count), "time") + " a delivery to " + source +
        " was taken for a repeated one although its body was another, the last " + when(tally.at, facts_.audience) +
        ": " + tally.reason);
  }
}

void Sentences::about_schedules() {
  if (const auto& skipped = facts_.skipped_slots; skipped && !skipped->slots.empty()) {
    say("the engine was not running at " + when(skipped->slots.back(), facts_.audience) +
        (skipped->count > 1 ? " and " + counted(static_cast<std::size_t>(skipped->count - 1), "time") + " before"
                            : "") +
        ", and the trigger says if_missed: " + skipped->policy + ", so " +
        (skipped->count > 1 ? "these were left out" : "this was left out"));
  }
  for (std::size_t i = 0; i < facts_.next.size(); ++i) {
    if (facts_.next[i]) say(facts_.triggers[i] + " is due next at " + when(*facts_.next[i], facts_.audience));
  }
}

void Sentences::about_last_event() {
  if (!facts_.event) return;
  say("the last event of its sources, " + render(facts_.event->key) + " of " + when(facts_.event->at, facts_.audience) +
      ", started no run: " + why_no_run(*facts_.event));
}

void Sentences::about_nothing_yet() {
  if (!facts_.runs.empty() || facts_.event) return;
  const bool by_event = std::any_of(facts_.sources.begin(), facts_.sources.end(),
                                    [](const std::string& source) { return !source.empty(); });
  if (facts_.content == nullptr) return;
  say(by_event
          ? "no event has come for it yet; it listens to " + listens_to()
          : "it has no trigger that starts it by itself; \"millrace run " + facts_.workflow + "\" starts it by hand");
}

void Sentences::about_event() {
  const EventRecord& event = *facts_.event;
  const std::string came =
      "event " + render(event.key) + " (" + event.source + ") came " + when(event.at, facts_.audience);
  if (facts_.runs.empty()) {
    say(came + " and started no run of " + facts_.workflow + ": " + why_no_run(event));
    about_switches();
    return;
  }
  say(came + " and started " + counted(facts_.runs.size(), "run"));
  about_runs();
  about_connections();
  if (!event.id.empty())
    say("its sender calls it \"" + event.id +
        "\"; a further delivery of that id is a duplicate: it gets the same answer and starts nothing");
}

std::string Sentences::listens_to() const {
  std::string all;
  for (const std::string& trigger : facts_.triggers) all += (all.empty() ? "" : ", ") + trigger;
  return all.empty() ? "nothing" : all;
}

/// Why an event of the store has no run of this workflow, as far as the file of today can tell.
std::string Sentences::why_no_run(const EventRecord& event) const {
  if (facts_.content == nullptr) return "its file is broken, so nobody can tell what it would have done";
  if (!facts_.alarm.empty()) return "its file of today is not the one that is live";
  std::string conditions;
  bool listens = false;
  for (std::size_t i = 0; i < facts_.sources.size(); ++i) {
    if (facts_.sources[i] != event.source) continue;
    listens = true;
    const bool of_plugin = facts_.content->triggers[i].kind == "plugin";
    if (const std::string why = of_plugin ? left_out_because(event.payload) : ""; !why.empty()) return why;
    const std::string condition = condition_of(i, event);
    if (condition.empty() && of_plugin)
      return "it was an event of another trigger at this address, or the workflow or its trigger was another when it "
             "came";
    if (condition.empty())
      return "with the file of today it would have; the workflow or its trigger was another when the event came";
    conditions += (conditions.empty() ? "" : "; ") + condition;
  }
  if (!listens) return "none of its triggers listens to " + event.source + "; it listens to " + listens_to();
  return conditions;
}

/// Empty where nothing keeps the trigger from starting.
std::string Sentences::condition_of(std::size_t trigger, const EventRecord& event) const {
  const TriggerSpec& spec = facts_.content->triggers[trigger];
  if (spec.kind == "after") {
    const std::string wanted = spec.settings.text_or("outcome", "completed");
    const std::string outcome = event.payload.text_or("outcome");
    if (wanted != "any" && wanted != outcome)
      return "it runs after an outcome of " + wanted + ", and that run was " + outcome;
  }
  if (!spec.condition) return "";
  Bindings names;
  names.set("event", event.payload);
  names.set("now", event.at);
  names.set("delivery", event.delivery);
  const Expression& condition = spec.condition->expression;
  Allowance left;
  const auto held = holds(*spec.condition, names, left);
  if (held && *held) return "";
  const std::string seen = values_seen(condition, names);
  return (held ? "the trigger's condition " + condition.text() + " was false" : held.error().message) +
         (seen.empty() ? "" : "; " + seen) + part_by_part(condition, names);
}

}  // namespace

std::vector<std::string> explain(const WhyFacts& facts) { return Sentences(facts).all(); }

}  // namespace millrace

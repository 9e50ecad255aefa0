#include "workflow/foreign_words.hpp"

#include <array>
#include <utility>

namespace millrace {

namespace {

constexpr std::string_view in_order = "steps run in the order in which they stand, so it can be left out";
constexpr std::string_view no_shell = "there is no shell: an action of a plugin does the work";
constexpr std::string_view number_of_attempts = "write retry: {attempts: 3}";
constexpr std::string_view a_wait = "how long to wait stands behind the key: wait: 5m";
constexpr std::string_view with_unit = "write timeout: 5m";

constexpr std::string_view of_a_schedule =
    "timezone stands beside a schedule, under triggers, or in millrace.yaml for all of them";

constexpr ForeignKey keys[] = {
    {"on", "triggers", ""},
    {"steps", "actions", ""},
    {"steps", "do", ""},
    {"tasks", "actions", ""},
    {"nodes", "actions", ""},
    {"jobs", "", "a workflow is one list of steps under actions"},
    {"env", "vars", ""},
    {"variables", "vars", ""},
    {"parameters", "vars", ""},
    {"parameters", "with", ""},
    {"finally", "always", ""},
    {"on_error", "on_failure", ""},
    {"errors", "on_failure", ""},
    {"catch", "on_error", ""},
    {"schedule", "", "a schedule stands under triggers"},
    {"cron", "", "a schedule stands under triggers"},
    {"webhook", "", "a webhook stands under triggers"},
    {"timezone", "", of_a_schedule},
    {"time_zone", "timezone", ""},
    {"time_zone", "", of_a_schedule},
    {"tz", "timezone", ""},
    {"tz", "", of_a_schedule},
    {"id", "", "the id of a workflow is the name of its file"},
    {"enabled", "mode", "write mode: paused, or mode: live"},
    {"disabled", "mode", "write mode: paused"},
    {"title", "name", ""},
    {"label", "name", ""},
    {"uses", "action", ""},
    {"service", "action", ""},
    {"plugin", "action", ""},
    {"type", "action", ""},
    {"task", "action", ""},
    {"run", "action", no_shell},
    {"script", "action", no_shell},
    {"shell", "action", no_shell},
    {"command", "action", no_shell},
    {"http", "action", "write action: http.request, with: {url: ...}"},
    {"request", "action", "write action: http.request, with: {url: ...}"},
    {"log", "action", "write action: log.write, with: {text: ...}"},
    {"print", "action", "write action: log.write, with: {text: ...}"},
    {"mail", "action", "write action: notify.email, with: {to: ..., subject: ..., text: ...}"},
    {"email", "action", "write action: notify.email, with: {to: ..., subject: ..., text: ...}"},
    {"return", "stop", "write stop: {outcome: completed, message: ...}"},
    {"exit", "stop", "write stop: {outcome: completed, message: ...}"},
    {"fail", "stop", "write stop: {outcome: failed, message: ...}"},
    {"needs", "", in_order},
    {"depends_on", "", in_order},
    {"depends", "", in_order},
    {"dependsOn", "", in_order},
    {"when", "if", ""},
    {"condition", "if", ""},
    {"conditions", "if", ""},
    {"params", "with", ""},
    {"inputs", "with", ""},
    {"input", "with", ""},
    {"args", "with", ""},
    {"arguments", "with", ""},
    {"data", "with", ""},
    {"continue-on-error", "on_error", "write on_error: continue"},
    {"continue_on_error", "on_error", "write on_error: continue"},
    {"retries", "retry", number_of_attempts},
    {"max_retries", "retry", number_of_attempts},
    {"timeout-minutes", "timeout", with_unit},
    {"timeout_minutes", "timeout", with_unit},
    {"timeout_seconds", "timeout", with_unit},
    {"foreach", "for_each", ""},
    {"for", "for_each", "write for_each: event.items, and as: item where it shall have another name"},
    {"for", "", a_wait},
    {"duration", "", a_wait},
    {"seconds", "", a_wait},
    {"minutes", "", a_wait},
    {"hours", "", a_wait},
    {"days", "", a_wait},
    {"loop", "for_each", ""},
    {"each", "for_each", ""},
    {"with_items", "for_each", ""},
    {"while", "repeat", "write repeat: [steps], until: a condition, max: 10"},
    {"delay", "wait", ""},
    {"sleep", "wait", ""},
    {"pause", "wait", ""},
    {"choose", "switch", ""},
    {"match", "switch", ""},
    {"elif", "", "write else: [{if: ..., then: [...]}]"},
    {"elseif", "", "write else: [{if: ..., then: [...]}]"},
    {"else_if", "", "write else: [{if: ..., then: [...]}]"},
    {"then", "do", ""},
    {"maximum", "max", ""},
    {"approval", "approve", ""},
    {"workflow", "call", ""},
};

constexpr std::string_view an_interval = "write schedule: every 5 minutes";
constexpr std::string_view a_time = "write schedule: daily at 9:00";
constexpr std::string_view of_a_plugin = "write trigger: and one that millrace catalog lists";
constexpr std::string_view files_there = "write file: inbox/*.csv";
constexpr std::string_view of_a_list = "write watch: and an action that reads a list, every: 5m, key: id";

constexpr ForeignKey triggers[] = {
    {"every", "schedule", an_interval},
    {"interval", "schedule", an_interval},
    {"at", "schedule", a_time},
    {"time", "schedule", a_time},
    {"daily", "schedule", a_time},
    {"event", "trigger", of_a_plugin},
    {"on", "trigger", of_a_plugin},
    {"platform", "trigger", of_a_plugin},
    {"app", "trigger", of_a_plugin},
    {"folder", "file", files_there},
    {"directory", "file", files_there},
    {"path", "file", files_there},
    {"poll", "watch", of_a_list},
    {"list", "watch", of_a_list},
    {"endpoint", "webhook", "write webhook: and a name, which ends its address"},
    {"http", "webhook", "write webhook: and a name, which ends its address"},
    {"workflow_run", "after", ""},
    {"workflow_call", "manual", "a workflow that others call needs no more than manual"},
    {"workflow_dispatch", "manual", ""},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 32> values = {
    {{"success", "completed"}, {"succeeded", "completed"}, {"done", "completed"}, {"ok", "completed"},
     {"failure", "failed"},    {"error", "failed"},        {"always", "any"},     {"ignore", "continue"},
     {"ignored", "continue"},  {"proceed", "continue"},    {"skip", "continue"},  {"true", "continue"},
     {"fail", "stop"},         {"abort", "stop"},          {"raise", "stop"},     {"none", "public"},
     {"off", "public"},        {"active", "live"},         {"enabled", "live"},   {"production", "live"},
     {"disabled", "paused"},   {"inactive", "paused"},     {"test", "dry_run"},   {"plan", "dry_run"},
     {"linear", "fixed"},      {"constant", "fixed"},      {"single", "queued"},  {"sequential", "queued"},
     {"retry", "try_again"},   {"ask", "ask_me"},          {"en-uk", "en-GB"},    {"sha2", "sha256"}}};

constexpr std::string_view event_is = "what started the run is event";
constexpr std::string_view id_is = "what a step gave has the name of its id, as in fetch.body";

constexpr std::array<std::pair<std::string_view, std::string_view>, 23> names = {
    {{"steps", id_is},
     {"outputs", id_is},
     {"nodes", id_is},
     {"tasks", id_is},
     {"jobs", id_is},
     {"needs", id_is},
     {"github", event_is},
     {"trigger", event_is},
     {"payload", event_is},
     {"body", event_is},
     {"inputs", event_is},
     {"input", event_is},
     {"msg", event_is},
     {"request", "what started the run is event, and how it came is delivery"},
     {"headers", "they are in delivery.headers"},
     {"env", "what does not change in a run stands in vars"},
     {"secrets", "a secret never reaches an expression: a connection in millrace.yaml names it"},
     {"secret", "a secret never reaches an expression: a connection in millrace.yaml names it"},
     {"Date", "the time of the run is now, and its day today.date"},
     {"datetime", "the time of the run is now, and its day today.date"},
     {"moment", "the time of the run is now, and its day today.date"},
     {"error", "in on_failure it is run.error, and behind a step that went on the error of its id"},
     {"workflow", "its name is run.workflow"}}};

}  // namespace

std::vector<ForeignKey> foreign_keys(std::string_view key) {
  std::vector<ForeignKey> found;
  for (const ForeignKey& one : keys) {
    if (one.key == key) found.push_back(one);
  }
  return found;
}

std::string message_of(const std::string& key, const ForeignKey& foreign) {
  const std::string said = "unknown key \"" + key + '"', hint(foreign.hint);
  if (foreign.ours.empty()) return said + ": " + hint;
  return said + ", did you mean \"" + std::string(foreign.ours) + "\"?" + (hint.empty() ? "" : " " + hint);
}

std::string suggestion_of(const ForeignKey& foreign) { return foreign.hint.empty() ? std::string(foreign.ours) : ""; }

std::optional<ForeignKey> foreign_trigger(std::string_view key) {
  for (const ForeignKey& one : triggers) {
    if (one.key == key) return one;
  }
  return std::nullopt;
}

std::vector<std::string_view> foreign_values(std::string_view value) {
  std::vector<std::string_view> found;
  for (const auto& [known, ours] : values) {
    if (known == value) found.push_back(ours);
  }
  return found;
}

std::string_view foreign_name(std::string_view name) {
  for (const auto& [known, hint] : names) {
    if (known == name) return hint;
  }
  return {};
}

}  // namespace millrace

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "courier/connection_state.hpp"
#include "host/host.hpp"
#include "host/renewal.hpp"
#include "host/service_file.hpp"
#include "service/records.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/needed_scopes.hpp"

namespace millrace {

std::vector<std::shared_ptr<const Workflow>> workflows_of(const Session& session, const Catalog& catalog) {
  std::vector<std::shared_ptr<const Workflow>> workflows;
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    LoadedWorkflow loaded = load_workflow_file(file.path, file.shown_as, catalog);
    if (loaded.workflow) workflows.push_back(std::make_shared<const Workflow>(std::move(*loaded.workflow)));
  }
  return workflows;
}

namespace {

std::string kind_of_proof(const ConnectionSettings& connection) {
  if (connection.oauth) return "oauth2";
  if (!connection.token.empty()) return "token";
  if (!connection.shown) return "none";
  switch (connection.shown->place) {
    case ShownSecret::Place::header:
      return "header";
    case ShownSecret::Place::basic:
      return "basic";
    case ShownSecret::Place::query:
      return "query";
    case ShownSecret::Place::signed_webhook:
      return "standard_webhooks";
  }
  return "none";
}

/// By connection, what a running service knows of it beside: null members where none runs.
std::map<std::string, Value> ask_for_health(const Session& session) {
  std::map<std::string, Value> health;
  const auto service = find_service(session.folder);
  if (!service || !*service) return health;
  const auto answer = ask_service(**service, "GET", "connections", Value());
  const Value* list = answer ? answer->find("connections") : nullptr;
  if (list == nullptr || !list->is_list()) return health;
  for (const Value& each : list->list()) health.emplace(each.text_or("name"), each);
  return health;
}

/// By connection, what its far side said of its token when it refused that last. The store remembers it, whoever heard
/// it: a run in the foreground does so where no service is. What is wrong with the store is found out elsewhere.
std::map<std::string, std::string> refused_tokens(Host& host) {
  std::map<std::string, std::string> refused;
  if (!host.open_store(StoreOptions::Role::reader)) return refused;
  const std::string of = std::string(token_kind) + " of ";
  const auto stored = wait_for(host.loop, host.store->journal().list_states(engine_owner, alarm_prefix + of));
  if (!stored) return refused;
  for (const Alarm& alarm : alarms_in(*stored)) refused.emplace(alarm.about.substr(of.size()), alarm.message);
  return refused;
}

/// "  loc_main: 37 of 100 requests left, all again in 8s; 199200 of 200000 left today, all again in 5h"; empty where
/// nothing is known.
std::string line_of_budget(const Value& budget) {
  const auto number = [&budget](const char* name) -> std::optional<std::int64_t> {
    const Value* found = budget.find(name);
    return found != nullptr && found->is(Kind::integer) ? std::optional(found->integer()) : std::nullopt;
  };
  const auto part = [&number](const char* left, const char* most, const char* words, const char* renewed) {
    const auto has = number(left), all = number(most), wait = number(renewed);
    if (!has) return std::string();
    std::string text = std::to_string(std::max<std::int64_t>(0, *has));
    if (all) text += " of " + std::to_string(*all);
    text += words;
    if (wait && *wait > 0) text += ", all again in " + render(std::chrono::seconds(*wait));
    return text;
  };
  std::vector<std::string> parts;
  for (std::string& text :
       std::vector<std::string>{part("left", "most", " requests left", "renewed_in_seconds"),
                                part("day_left", "day_most", " left today", "day_renewed_in_seconds")}) {
    if (!text.empty()) parts.push_back(std::move(text));
  }
  if (const auto closed = number("closed_for_seconds"); closed && *closed > 0)
    parts.push_back("none for " + render(std::chrono::seconds(*closed)) + ", as the far side wants it");
  if (parts.empty()) return "";
  const std::string location = budget.text_or("location");
  return row("  " + (location.empty() ? "" : location + ": ") + join(parts, "; "));
}

Value text_or_nothing(const std::string& text) { return text.empty() ? Value() : Value(text); }

/// One connection, as people and programs are told of it.
class ConnectionReport {
 public:
  ConnectionReport(const ConnectionSettings& connection, ConnectionState state, NeededScopes needed,
                   const Value* health, std::string refused)
      : connection_(connection),
        state_(std::move(state)),
        needed_(std::move(needed)),
        health_(health),
        refused_(std::move(refused)),
        missing_(missing_scopes(needed_, state_.scopes)) {}

  Value document() const {
    Value::List needed;
    for (const auto& [scope, workflows] : needed_)
      needed.push_back(Value::object(
          {{"scope", scope}, {"workflows", list_of(std::vector<std::string>(workflows.begin(), workflows.end()))}}));
    const Value* budget = health_ != nullptr ? health_->find("budget_remaining") : nullptr;
    const Value* budgets = health_ != nullptr ? health_->find("budgets") : nullptr;
    return Value::object({{"name", connection_.name},
                          {"plugin", connection_.plugin},
                          {"base_url", connection_.base_url},
                          {"auth", kind_of_proof(connection_)},
                          {"state", std::string(name_of(state_.kind))},
                          {"problem", text_or_nothing(problem())},
                          {"expires", state_.expires ? Value(render(*state_.expires)) : Value()},
                          {"renews", state_.renews},
                          {"company", text_or_nothing(state_.company)},
                          {"location", text_or_nothing(state_.location)},
                          {"scopes_granted", state_.scopes.empty() ? Value() : list_of(state_.scopes)},
                          {"scopes_needed", Value(std::move(needed))},
                          {"scopes_missing", list_of(missing_)},
                          {"budget_remaining", budget != nullptr ? *budget : Value()},
                          {"budgets", budgets != nullptr ? *budgets : Value()}});
  }

  std::string text(const std::string& zone) const {
    std::string lines =
        row(connection_.name + ": " + connection_.plugin + " at " + connection_.base_url + ", " + said(zone));
    for (const auto& [scope, workflows] : needed_) {
      const bool missing = std::find(missing_.begin(), missing_.end(), scope) != missing_.end();
      lines += row("  " + scope + (missing ? " is missing, and needed by " : " is needed by ") +
                   join(std::vector<std::string>(workflows.begin(), workflows.end()), ", "));
    }
    const Value* budgets = health_ != nullptr ? health_->find("budgets") : nullptr;
    if (budgets == nullptr || !budgets->is_list()) return lines;
    for (const Value& budget : budgets->list()) lines += line_of_budget(budget);
    return lines;
  }

 private:
  /// What stands in the way, or what the far side has said to its token or secret.
  std::string problem() const {
    if (!state_.problem.empty()) return state_.problem;
    const std::string told = health_ != nullptr ? health_->text_or("token_problem") : "";
    return told.empty() ? refused_ : told;
  }

  std::string said(const std::string& zone) const {
    if (!problem().empty()) return problem();
    if (!connection_.oauth) return secrets_of(connection_).empty() ? "no secret" : "its secret is there";
    std::string words = "connected";
    if (!state_.location.empty()) words += " for location " + state_.location;
    if (state_.location.empty() && !state_.company.empty()) words += " for company " + state_.company;
    if (!state_.expires) return words;
    words += state_.renews ? ", the token is good until " : ", and not beyond ";
    return words + render_in(zone, *state_.expires) + (state_.renews ? " and is renewed before" : "");
  }

  const ConnectionSettings& connection_;
  const ConnectionState state_;
  const NeededScopes needed_;
  const Value* health_;
  const std::string refused_;
  const std::vector<std::string> missing_;
};

}  // namespace

int connections_command(const Session& session) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  const auto needed = needed_scopes(workflows_of(session, catalog), *project, catalog);
  const auto health = ask_for_health(session);
  Host host(session.folder, *project, catalog);
  host.fetch_secrets();
  const auto refused = refused_tokens(host);
  Value::List list;
  std::string text;
  for (const ConnectionSettings& connection : project->connections) {
    const auto known = health.find(connection.name);
    const auto refusal = refused.find(connection.name);
    const ConnectionReport report(connection,
                                  state_of(connection, catalog.find_connection_kind(connection.plugin), *host.secrets,
                                           host.kept_tokens, now_utc()),
                                  scopes_at(connection.name, needed), known == health.end() ? nullptr : &known->second,
                                  refusal == refused.end() ? "" : refusal->second);
    list.push_back(report.document());
    text += report.text(project->timezone);
  }
  if (text.empty()) text = "millrace.yaml has no connections\n";
  print_answer(session, Value::object({{"connections", Value(std::move(list))}}), text);
  return exit_done;
}

int connections_renew_command(const Session& session, const std::string& name, std::optional<std::uint64_t> seen) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const Catalog catalog = look_at_catalog(session);
  Host host(session.folder, *project, catalog);
  host.fetch_secrets();
  const auto kept = host.kept_tokens.find(name);
  if (!kept) {
    complain(kept.error());
    return exit_cannot_start;
  }
  host.loop.on_signal([](int) {});  // what has begun comes to its end
  const bool asked_by_person = !seen;
  // Who started this process may still hold what nobody gives now, and renews them itself then.
  if (!asked_by_person && !can_renew(host, name)) return exit_cannot_start;
  if (asked_by_person && !note_act(session, *project, {"renew", "connection " + name})) return exit_cannot_start;
  const std::uint64_t version = seen.value_or(*kept ? (*kept)->version : 0);
  const Status outcome = wait_for(host.loop, renew_here(host, name, version, asked_by_person));
  if (!asked_by_person) {
    print(encode_outcome(outcome));
    return outcome ? exit_done : exit_failed;
  }
  if (!outcome) {
    const Error& why = outcome.error();
    complain(why.code == ErrorCode::unconnected && *kept ? needs_reconnect(name, why.message) : why);
    return exit_code_of(outcome.error());
  }
  forget_refusal(session, *project, name);
  print_answer(session, Value::object({{"connection", name}, {"renewed", true}}), row(name + " has new tokens"));
  return exit_done;
}

}  // namespace millrace

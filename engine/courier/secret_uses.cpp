#include "courier/secret_uses.hpp"

#include "base/text.hpp"
#include "journal/engine_states.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t hour_seconds = 60 * 60;
constexpr std::size_t most_runs_named = 10;

std::string hour_of(std::int64_t hour) { return render(Timestamp{hour * hour_seconds, 0}); }

/// Who used it, as the audit names people and programs.
std::string user_of(const std::string& workflow) { return workflow.empty() ? "millrace" : "workflow:" + workflow; }

/// ": notify.webhook in the runs r1, r2"; empty where neither is known.
std::string for_what(const std::string& action, const std::set<std::string>& runs, bool more_runs) {
  std::string text = action.empty() && runs.empty() ? "" : ":";
  if (!action.empty()) text += " " + action;
  if (!runs.empty()) text += runs.size() == 1 ? " in the run " : " in the runs ";
  return text + join({runs.begin(), runs.end()}, ", ") + (more_runs ? " and others" : "");
}

/// What accompanies a request: of a connection that was agreed to in a browser its tokens, and not what fetches them.
std::vector<std::string> shown_by(const ConnectionSettings& connection) {
  if (connection.oauth) return {"the tokens of " + connection.name};
  return secrets_of(connection);
}

/// Those that the step names itself are resolved on the way out, whatever connection there is.
std::set<std::string> shown_by(const Shipment& shipment) {
  std::set<std::string> shown;
  if (shipment.to.connection != nullptr) {
    for (std::string& secret : shown_by(*shipment.to.connection)) shown.insert(std::move(secret));
  }
  const auto note = [&shown](const Value* given) {
    if (given != nullptr && given->is_text() && given->text().starts_with("secret:")) shown.insert(given->text());
  };
  note(&shipment.parts.path);
  if (shipment.action == nullptr || !shipment.action->takes_secrets) return shown;
  for (const std::string& input : shipment.action->inputs().property_names()) {
    if (takes_secret(*shipment.action, input)) note(shipment.input.find(input));
  }
  return shown;
}

}  // namespace

void SecretUses::note(const Shipment& shipment, Timestamp now) {
  const std::string &host = shipment.to.place, &run = shipment.site.entry.run;
  const std::string action = shipment.action != nullptr ? shipment.action->name : "";
  for (const std::string& secret : shown_by(shipment)) {
    Count& count = counts_[{now.seconds / hour_seconds, secret, host, shipment.site.workflow, action}];
    ++count.uses;
    const bool named = run.empty() || count.runs.contains(run);
    if (!named && count.runs.size() < most_runs_named) {
      count.runs.insert(run);
    } else {
      count.more_runs = count.more_runs || !named;
    }
    if (!seen_.emplace(secret, host).second) continue;
    Entry entry;
    entry.states.push_back(
        {engine_owner, secret_use_prefix + secret + " " + host, Value::object({{"since", render(now)}}), Value()});
    entry.audit.push_back({now, user_of(shipment.site.workflow), "first use", secret,
                           host + for_what(action, run.empty() ? std::set<std::string>() : std::set{run}, false)});
    first_.push_back(std::move(entry));
  }
}

std::vector<Entry> SecretUses::take_first_uses() { return std::exchange(first_, {}); }

std::vector<AuditLine> SecretUses::take_counts(Timestamp now, bool all, const std::string& how) {
  std::vector<AuditLine> lines;
  for (auto use = counts_.begin(); use != counts_.end();) {
    const auto& [hour, secret, host, workflow, action] = use->first;
    const Count& all_of_it = use->second;
    if (!all && hour >= now.seconds / hour_seconds) break;
    const std::string count = counted(static_cast<std::size_t>(all_of_it.uses), "use");
    lines.push_back({now, user_of(workflow), "use", secret,
                     host + ", " + count + how + " in the hour from " + hour_of(hour) +
                         for_what(action, all_of_it.runs, all_of_it.more_runs)});
    use = counts_.erase(use);
  }
  return lines;
}

}  // namespace millrace

#include <algorithm>

#include "base/text.hpp"
#include "catalog/request.hpp"
#include "schedule/schedule.hpp"
#include "workflow/checker.hpp"
#include "workflow/connection_secrets.hpp"
#include "workflow/connections.hpp"
#include "workflow/file_pattern.hpp"
#include "workflow/hook_path.hpp"
#include "workflow/own_files.hpp"
#include "workflow/value_types.hpp"
#include "workflow/verifier.hpp"

namespace millrace {
namespace {

SourceMark place_of(const TriggerSpec& trigger, std::string_view key) {
  const auto found = trigger.places.find(key);
  return found == trigger.places.end() ? trigger.at : found->second;
}

/// Every text under "verify" that should be the name of a secret, with its place.
std::vector<std::pair<std::string, std::string>> secrets_in(const Value& verify) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto add = [&found](const std::string& key, const Value* said) {
    if (said == nullptr) return;
    for (const Value& secret : said->is_list() ? said->list() : Value::List{*said}) {
      if (secret.is_text()) found.emplace_back(key, secret.text());
    }
  };
  if (!verify.is_map()) return found;
  for (const auto& [scheme, said] : verify.map()) {
    const std::string key = "verify." + scheme.text();
    if (said.is_map()) {
      add(key + ".secret", said.find("secret"));
    } else {
      add(key, &said);
    }
  }
  return found;
}

/// Why a keyed hash over the text that `hmac` names would prove less than it seems to; empty where it does not.
std::string weakness_of(const Value& hmac) {
  const std::string signs = hmac.text_or("signs");
  const bool timed = hmac.find("timestamp") != nullptr;
  if (signs.empty()) return "";
  if (signs.find("{body}") == std::string::npos)
    return "what is signed has to hold {body}, or anybody may change the body";
  const bool holds_time = signs.find("{timestamp}") != std::string::npos;
  if (timed && !holds_time) return "what is signed has to hold {timestamp}, because timestamp names one";
  if (!timed && holds_time) return "timestamp says where the {timestamp} that is signed stands: t, or a header";
  return "";
}

/// Whether the proof stays the same however often, and whenever, it is shown.
bool proves_no_moment(const TriggerSpec& trigger) {
  const auto verifier = verifier_of(trigger);
  if (!verifier) return false;
  switch (verifier->kind) {
    case Verifier::Kind::hmac:
      return verifier->keyed.time.empty() && !verifier->keyed.header.empty();
    case Verifier::Kind::bearer:
    case Verifier::Kind::header:
    case Verifier::Kind::secret_path:
      return true;
    case Verifier::Kind::open:  // nothing is proved
    case Verifier::Kind::highlevel:
    case Verifier::Kind::standard_webhooks:
      return false;
  }
  return false;
}

/// The headers that a signature covers beside the body; nothing where the proof covers no body either.
std::optional<std::vector<std::string>> signed_headers(const Verifier& verifier) {
  switch (verifier.kind) {
    case Verifier::Kind::hmac:
      return std::vector<std::string>{verifier.keyed.time};
    case Verifier::Kind::standard_webhooks:
      return std::vector<std::string>{"webhook-id", "svix-id", "webhook-timestamp", "svix-timestamp"};
    case Verifier::Kind::highlevel:
      return std::vector<std::string>();
    case Verifier::Kind::open:
    case Verifier::Kind::bearer:
    case Verifier::Kind::header:
    case Verifier::Kind::secret_path:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Whether `dedupe` reads what may be changed without harm to the signature.
bool dedupes_by_unsigned(const TriggerSpec& trigger) {
  const auto verifier = verifier_of(trigger);
  const auto covered = verifier ? signed_headers(*verifier) : std::nullopt;
  const PlacedExpression* dedupe = trigger.expression("dedupe");
  if (!covered || dedupe == nullptr) return false;
  const std::vector<std::string> roots = dedupe->expression.roots();
  const std::string text = lower(dedupe->expression.text());
  return std::find(roots.begin(), roots.end(), "delivery") != roots.end() &&
         std::none_of(covered->begin(), covered->end(), [&text](const std::string& each) {
           return text.find('"' + each + '"') != std::string::npos || text.find("'" + each + "'") != std::string::npos;
         });
}

}  // namespace

void Checker::triggers() {
  for (const TriggerSpec& one : workflow_.triggers) trigger(one);
}

void Checker::trigger(const TriggerSpec& trigger) {
  const bool cron = trigger.kind == "cron";
  if ((cron || trigger.kind == "schedule") && !trigger.name.empty()) {
    const auto read = cron ? parse_cron(trigger.name) : parse_schedule(trigger.name);
    if (const auto* problem = std::get_if<ScheduleError>(&read)) {
      report(finding(Rule::wrong_schedule, trigger.at, problem->message, problem->suggestion));
    }
  }
  if (trigger.kind == "file" && !trigger.name.empty()) {
    const auto pattern = FilePattern::parse(trigger.name);
    if (!pattern) report(finding(Rule::wrong_pattern, trigger.at, pattern.error().message));
    if (pattern && OwnFiles(project_ ? project_->root : ".", project_ ? *project_ : Project()).has_all_of(*pattern))
      report(finding(Rule::wrong_pattern, trigger.at,
                     "\"" + trigger.name + "\" means only what Millrace keeps for itself, which is never watched"));
  }
  if (trigger.kind == "after" && !trigger.name.empty() && trigger.name != workflow_.id)
    (void)is_workflow(trigger.name, trigger.at, "to run after");
  if (trigger.kind == "plugin") plugin_trigger(trigger);
  if (trigger.kind == "watch") watch(trigger);
  zone(trigger);
  reached(trigger);
  verification(trigger);
  const Type event = event_type(trigger, catalog_);
  const TypedNames came = {{"event", event}, {"delivery", delivery_type()}};
  const TypedNames asked = {{"event", event}, {"delivery", delivery_type()}, {"now", Type::of(Kind::timestamp)}};
  const TypedNames checked = {{"event", Type()}, {"delivery", delivery_type()}};  // an event of no kind: a question
  TypedNames answered = checked;
  if (challenge_hash_of(trigger)) answered.emplace_back("hmac", Type::of(Kind::text));
  for (const ExpressionUse& use : trigger.uses) {
    if (use.member == "key") {
      const auto item = event.member("item");  // of a watch
      expression(use.expression, {{"item", item.value_or(Type())}}, {});
    } else if (use.member == "if") {
      expression(use.expression, asked, {Wanted::Kind::condition});
    } else {
      const bool question = use.member.starts_with("challenge");
      expression(use.expression, use.member == "challenge" ? answered : question ? checked : came, {});
    }
  }
}

void Checker::plugin_trigger(const TriggerSpec& trigger) {
  if (trigger.name.empty()) return;
  const Trigger* known = catalog_.find_trigger(trigger.name);
  if (known) {
    if (project_ && known->kind == "library") library(known->name, known->plugin, trigger.at);
    return trigger_connection(trigger, known->plugin);
  }
  const bool action = catalog_.find_action(trigger.name) != nullptr;
  unknown_name(Rule::unknown_trigger, "trigger", trigger.name, trigger.at, catalog_.trigger_names(),
               action ? ": it is an action, and stands under actions" : "");
}

void Checker::watch(const TriggerSpec& trigger) {
  if (trigger.name.empty()) return;
  const Action* action = catalog_.find_action(trigger.name);
  if (!action) {
    ActionStep named;
    named.action = trigger.name;
    named.action_at = trigger.at;
    return unknown_action(named);
  }
  if (writes(effect_of(*action, trigger.with))) {
    report(finding(Rule::wrong_value, trigger.at, "only read actions can be watched, and " + action->name + " writes"));
  } else if (action->reads_file) {
    report(finding(Rule::wrong_value, trigger.at, "no watch reads files: the trigger \"file\" waits for them"));
  }
  if (!project_) return;
  const auto found = connection_of(*action, trigger.connection, *project_, catalog_);
  if (found) {
    const auto locations = watched_locations(trigger, workflow_, *project_, catalog_);
    if (!locations) report(finding(Rule::missing_location, trigger.at, locations.error().message));
    return;
  }
  const Rule rule = !trigger.connection.empty() ? Rule::unknown_connection : Rule::missing_connection;
  report(finding(rule, place_of(trigger, trigger.connection.empty() ? "watch" : "connection"), found.error().message));
}

/// A trigger may name the connection whose deliveries it hears; none is needed where the far side calls us.
void Checker::trigger_connection(const TriggerSpec& trigger, const std::string& plugin) {
  if (!project_ || trigger.connection.empty()) return;
  const SourceMark at = place_of(trigger, "connection");
  const ConnectionSettings* connection = project_->find_connection(trigger.connection);
  std::vector<std::string> names;
  for (const ConnectionSettings& one : project_->connections) {
    if (one.plugin == plugin) names.push_back(one.name);
  }
  if (!connection) {
    report(finding(Rule::unknown_connection, at,
                   "there is no connection \"" + trigger.connection + "\"" + did_you_mean(trigger.connection, names) +
                       " (millrace.yaml)",
                   nearest(trigger.connection, names).value_or("")));
  } else if (connection->plugin != plugin) {
    report(finding(Rule::unknown_connection, at,
                   "this trigger is of the plugin \"" + plugin + "\", and connection \"" + connection->name +
                       "\" of \"" + connection->plugin + "\""));
  }
}

/// The path of a webhook is one that senders can call.
void Checker::reached(const TriggerSpec& trigger) {
  const bool webhook = trigger.kind == "webhook";
  const std::string path = webhook ? trigger.name : trigger.settings.text_or("path");
  const bool said = webhook ? !path.empty() : trigger.settings.find("path") != nullptr;
  if (!said || path.find("${{") != std::string::npos) return;
  if (const auto problem = unreached(path))
    report(finding(Rule::wrong_path, webhook ? trigger.at : place_of(trigger, "path"),
                   "senders do not call such a path: " + problem->why, problem->meant));
}

void Checker::zone(const TriggerSpec& trigger) {
  const std::string zone = trigger.settings.text_or("timezone");
  if (zone.empty()) return;
  if (const auto problem = zone_problem(zone))
    report(finding(Rule::unknown_zone, place_of(trigger, "timezone"), problem->message, problem->suggestion));
}

/// The tokens of a connection are nobody else's secret.
void Checker::own_secret(const std::string& handle, const SourceMark& at) {
  const std::string why = project_ ? why_no_secret(handle, *project_) : "";
  if (!why.empty()) report(finding(Rule::wrong_value, at, why));
}

/// A hash for whoever asks would sign what a stranger wants signed.
void Checker::challenge(const TriggerSpec& trigger) {
  const auto hash = challenge_hash_of(trigger);
  if (!hash) return;
  own_secret(hash->secret, place_of(trigger, "challenge.hmac.secret"));
  if (!hash->secret.starts_with("secret:") || hash->secret.size() <= 7) {
    report(finding(Rule::plain_secret, place_of(trigger, "challenge.hmac.secret"),
                   "a secret is named here, never written: secret:" + workflow_.id + "_webhook, for example"));
  }
  const auto verifier = verifier_of(trigger);
  if (verifier && verifier->kind == Verifier::Kind::open) {
    report(finding(Rule::wrong_value, place_of(trigger, "challenge"),
                   "a keyed hash is made for senders that have proved who they are: verify has to say how"));
  }
}

void Checker::verification(const TriggerSpec& trigger) {
  const Value* verify = trigger.settings.find("verify");
  if (trigger.kind == "webhook" && !verify) {
    report(finding(Rule::missing_verify, trigger.at,
                   "a webhook says how its senders are verified: add verify: highlevel, {standard_webhooks: secret:x}, "
                   "{hmac: {secret, header}}, "
                   "{bearer: secret:x}, {secret_path: secret:x}, or public where anybody may call it"));
  }
  if (!verify) return;
  for (const auto& [key, secret] : secrets_in(*verify)) {
    own_secret(secret, place_of(trigger, key));
    if (secret.starts_with("secret:") && secret.size() > 7) continue;
    report(finding(Rule::plain_secret, place_of(trigger, key),
                   "a secret is named here, never written: secret:" + workflow_.id + "_webhook, for example"));
  }
  if (!trigger.settings.find("dedupe") && proves_no_moment(trigger)) {
    Finding asked = finding(Rule::missing_dedupe, place_of(trigger, "verify"),
                            "whoever sends the same once more starts the same once more, because this proof covers "
                            "neither an id nor a time: say dedupe: with an expression (event.id), body, or none where "
                            "equal deliveries are meant");
    asked.severity = Severity::warning;
    report(std::move(asked));
  }
  if (dedupes_by_unsigned(trigger)) {
    Finding loose = finding(Rule::missing_dedupe, place_of(trigger, "dedupe"),
                            "the signature covers neither this header nor the query, so whoever has seen one delivery "
                            "can send it again under another id: take one from the body (event.id) or say body" +
                                std::string(proves_no_moment(trigger) ? "" : ", or leave dedupe out: the proof tells"));
    loose.severity = Severity::warning;
    report(std::move(loose));
  }
  challenge(trigger);
  const Value* hmac = verify->find("hmac");
  const std::string weakness = hmac != nullptr && hmac->is_map() ? weakness_of(*hmac) : "";
  if (!weakness.empty()) report(finding(Rule::wrong_value, place_of(trigger, "verify.hmac.signs"), weakness));
}

}  // namespace millrace

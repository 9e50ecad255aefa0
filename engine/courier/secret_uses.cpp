#include "courier/secret_uses.hpp"

#include "base/text.hpp"
#include "journal/engine_states.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t hour_seconds = 60 * 60;

std::string hour_of(std::int64_t hour) { return render(Timestamp{hour * hour_seconds, 0}); }

/// Who used it, as the audit names people and programs.
std::string user_of(const std::string& workflow) { return workflow.empty() ? "millrace" : "workflow:" + workflow; }

/// What accompanies a request: of a connection that was agreed to in a browser its tokens, and not what fetches them.
std::vector<std::string> shown_by(const ConnectionSettings& connection) {
  if (connection.oauth) return {"the tokens of " + connection.name};
  return secrets_of(connection);
}

}  // namespace

void SecretUses::note(const Shipment& shipment, Timestamp now) {
  if (shipment.to.connection == nullptr) return;
  const std::string& host = shipment.to.place;
  for (const std::string& secret : shown_by(*shipment.to.connection)) {
    ++counts_[{now.seconds / hour_seconds, secret, host, shipment.site.workflow}];
    if (!seen_.emplace(secret, host).second) continue;
    Entry entry;
    entry.states.push_back(
        {engine_owner, secret_use_prefix + secret + " " + host, Value::object({{"since", render(now)}}), Value()});
    entry.audit.push_back({now, user_of(shipment.site.workflow), "first use", secret, host});
    first_.push_back(std::move(entry));
  }
}

std::vector<Entry> SecretUses::take_first_uses() { return std::exchange(first_, {}); }

std::vector<AuditLine> SecretUses::take_counts(Timestamp now, bool all, const std::string& how) {
  std::vector<AuditLine> lines;
  for (auto use = counts_.begin(); use != counts_.end();) {
    const auto& [hour, secret, host, workflow] = use->first;
    if (!all && hour >= now.seconds / hour_seconds) break;
    const std::string count = counted(static_cast<std::size_t>(use->second), "use");
    lines.push_back(
        {now, user_of(workflow), "use", secret, host + ", " + count + how + " in the hour from " + hour_of(hour)});
    use = counts_.erase(use);
  }
  return lines;
}

}  // namespace millrace

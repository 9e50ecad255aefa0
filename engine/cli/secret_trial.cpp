#include "cli/secret_trial.hpp"

#include <chrono>
#include <set>
#include <utility>

#include "async/loop.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "courier/courier.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

constexpr Duration trial_patience = std::chrono::seconds(30);

/// The secrets as they would be with one value changed.
class WithOther final : public Secrets {
 public:
  WithOther(Secrets& below, std::string handle, const Secret& value)
      : below_(below), handle_(std::move(handle)), value_(value) {}
  Result<Secret> find(std::string_view handle) override { return handle == handle_ ? value_ : below_.find(handle); }
  void redact_in_place(std::string& text) const override { below_.redact_in_place(text); }

 private:
  Secrets& below_;
  std::string handle_;
  Secret value_;
};

/// What the project's workflows use a token may do, more surely than anything else.
std::set<std::string> used_actions(const Session& session, const Catalog& catalog) {
  std::set<std::string> names;
  for (const auto& workflow : workflows_of(session, catalog))
    each_action(*workflow, [&names](const ActionStep& step) { names.insert(step.action); });
  return names;
}

/// Whether it reads without being told anything but a location.
bool asks_nothing(const Action& action, bool located) {
  const bool reads = action.effect == Effect::read || action.effect_follows_method;
  if (!reads || !action.request || !action.connection) return false;
  for (const std::string& name : action.inputs().required()) {
    if (name != "location_id" || !located) return false;
  }
  return true;
}

Result<const Action*> read_over(const ConnectionSettings& connection, const Catalog& catalog,
                                const std::set<std::string>& used) {
  const Manifest* plugin = catalog.find_plugin(connection.plugin);
  if (plugin == nullptr) return Error{ErrorCode::not_found, "there is no plugin " + connection.plugin};
  const Action* found = nullptr;
  for (const Action& action : plugin->actions) {
    if (!asks_nothing(action, !connection.locations.empty())) continue;
    if (found == nullptr || (used.contains(action.name) && !used.contains(found->name))) found = &action;
  }
  if (found != nullptr) return found;
  return Error{ErrorCode::invalid,
               "the plugin " + connection.plugin + " has no read that can be tried by itself: leave --verify out"};
}

/// Of an action that takes any status as an answer, the status says it.
Status judge(const Answer& answer) {
  if (!answer.output) return answer.output.error();
  const Value* status = answer.output->find("status");
  const std::int64_t code = status != nullptr && status->is(Kind::integer) ? status->integer() : 0;
  if (code != 401 && code != 403) return Done{};
  return Error{ErrorCode::denied, "the far side answers " + std::to_string(code)};
}

Status try_over(Loop& loop, Courier& courier, const ConnectionSettings& connection, const Action& action) {
  CallSite site;
  site.step = "the trial";
  site.connection = connection.name;
  site.location = connection.locations.empty() ? "" : connection.locations.front();
  site.now = now_utc();
  site.deadline = Deadline::in(trial_patience);
  Map input;
  if (!action.request->accept_input.empty()) input.set(action.request->accept_input, "any");
  Shipment shipment = TRY(courier.prepare(action, Value(std::move(input)), std::move(site)));
  Reader reader(courier);
  return judge(wait_for(loop, reader.read(TRY(ReadShipment::of(std::move(shipment))))));
}

}  // namespace

Status can_try_secret(const Session& session, const std::vector<const ConnectionSettings*>& connections) {
  const Catalog catalog = open_catalog(session);
  for (const ConnectionSettings* connection : connections) {
    const auto action = read_over(*connection, catalog, {});
    if (!action) return action.error().within("connection \"" + connection->name + "\"");
  }
  return Done{};
}

Result<std::vector<std::string>> try_secret(const Session& session, const Project& project, Vault& vault,
                                            const std::vector<const ConnectionSettings*>& connections,
                                            const std::string& name, const Secret& value) {
  const Catalog catalog = open_catalog(session);
  const auto secrets = open_secrets(session.folder, vault);
  vault.announce(name, value);
  WithOther changed(*secrets, "secret:" + name, value);
  Loop loop;
  const auto client = open_http_client(loop);
  CourierOptions options;
  options.version = MILLRACE_VERSION;
  const auto courier = open_courier(project, catalog, changed, *client, std::move(options));
  const std::set<std::string> used = used_actions(session, catalog);
  std::vector<std::string> tried;
  for (const ConnectionSettings* connection : connections) {
    const auto action = read_over(*connection, catalog, used);
    if (!action) return action.error().within("connection \"" + connection->name + "\"");
    const Status taken = try_over(loop, *courier, *connection, **action);
    if (!taken) return taken.error().within((*action)->name + " over " + connection->name);
    tried.push_back((*action)->name + " over " + connection->name);
  }
  return tried;
}

}  // namespace millrace

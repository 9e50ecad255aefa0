#include <sys/statvfs.h>

#include <cstdio>
#include <utility>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/demand.hpp"
#include "cli/history.hpp"
#include "cli/way_to_account.hpp"
#include "courier/connection_state.hpp"
#include "decider/decide.hpp"
#include "decider/run_state.hpp"
#include "host/host.hpp"
#include "host/project_key.hpp"
#include "host/service_file.hpp"
#include "host/vault_server.hpp"
#include "http/http_client.hpp"
#include "plugin/cage_here.hpp"
#include "secret/vault.hpp"
#include "service/records.hpp"
#include "trigger/verification.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

constexpr std::uint64_t little_room = 512u << 20;

/// Whether there is a workflow of that name, before anything is paused for nothing.
bool is_known(const Session& session, const std::string& workflow) {
  std::vector<std::string> known;
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    known.push_back(file.path.stem().string());
    if (known.back() == workflow) return true;
  }
  complain("there is no workflow \"" + workflow + "\"" + did_you_mean(workflow, known));
  return false;
}

bool has_state(const OpenHistory& history, const std::string& key) {
  const auto value = wait_for(*history.loop, history.store->journal().read_state(engine_owner, key));
  return value && !value->is_null();
}

/// Which workflows are paused by themselves, as a person sees them; empty where none is.
std::string paused_alone(const OpenHistory& history) {
  std::string names;
  const auto paused = wait_for(*history.loop, history.store->journal().list_states(engine_owner, paused_prefix));
  if (!paused) return names;
  for (const auto& [key, value] : *paused) names += (names.empty() ? "" : ", ") + key.substr(paused_prefix.size());
  return names;
}

/// What came of a resumption: other reasons for which nothing begins may hold on, and each has its own end.
std::string text_of_resumed(const Session& session, const std::string& workflow) {
  const std::string what = workflow.empty() ? "everything" : workflow;
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return what + " is resumed";
  if (workflow.empty()) {
    const std::string paused = paused_alone(history);
    return what + " goes on" + (paused.empty() ? "" : ", but for what is paused by its name: " + paused);
  }
  if (has_state(history, restored_key))
    return workflow + " is resumed, and waits until \"millrace resume --all\", because the store was restored";
  if (has_state(history, paused_key))
    return workflow + " is resumed, and stays paused until \"millrace resume --all\", because everything is paused";
  const auto file = find_workflow_file(session.folder, workflow);
  const LoadedWorkflow loaded =
      file ? load_workflow_file(file->path, file->shown_as, open_catalog(session)) : LoadedWorkflow();
  if (loaded.workflow && loaded.workflow->mode == "paused")
    return workflow + " is resumed, and stays paused for as long as its file says mode: paused";
  return workflow + " goes on";
}

int switch_workflow(const Session& session, const SwitchOptions& options, bool on) {
  if (options.all == !options.workflow.empty()) {
    complain("name a workflow, or say --all");
    return exit_usage;
  }
  if (!options.all && !is_known(session, options.workflow)) return exit_failed;
  const std::string verb = on ? "pause" : "resume";
  Demand demand;
  demand.path = options.all ? verb : "workflows/" + percent_encode(options.workflow) + "/" + verb;
  demand.offline = [on, &options](Control& control) {
    return on ? control.pause(options.workflow, who_asks()) : control.resume(options.workflow, who_asks());
  };
  demand.done = (options.all ? "everything" : options.workflow) + " is paused";
  if (on) return put_demand(session, demand);
  const auto answer = Messenger(session).put(demand);
  return print_outcome(session, answer, answer && *answer ? text_of_resumed(session, options.workflow) : "");
}

void add_alarms(const std::vector<Alarm>& alarms, const Project& project, const std::string& as,
                std::vector<StoreFinding>& findings) {
  for (const Alarm& alarm : alarms) {
    const std::string since = " (since " + render_in(project.timezone, alarm.since) + ")";
    findings.push_back({true, as + ": " + alarm.about + ": " + alarm.message + since});
  }
}

/// The alarms of the running service; false where there is none that tells them.
bool ask_for_alarms(const Session& session, const Project& project, std::vector<StoreFinding>& findings) {
  const auto service = find_service(session.folder);
  if (!service) {
    findings.push_back({true, service.error().message});
    return false;
  }
  if (!*service) {
    findings.push_back({false, "no service is running; \"millrace serve\" starts it"});
    return false;
  }
  const auto status = ask_service(**service, "GET", "status", Value());
  if (!status) {
    const bool refused = status.error().code == ErrorCode::denied;
    findings.push_back({true, std::string("the service ") + (refused ? "does not let us in: " : "does not answer: ") +
                                  status.error().message});
    return false;
  }
  std::vector<Alarm> alarms;
  const Value* list = status->find("alarms");
  if (list != nullptr && list->is_list()) {
    for (const Value& alarm : list->list())
      alarms.push_back({alarm.text_or("about"), alarm.text_or("message"), since_in(alarm).value_or(Timestamp{})});
  }
  add_alarms(alarms, project, "alarm", findings);
  return true;
}

/// Whether its command has left it because it, or a run that it called, waits for an answer which can still be given.
bool waits_for_answer(const StoredRun& run, const Catalog& catalog) {
  if (run.head.outcome != RunOutcome::waiting) return false;
  const LoadedWorkflow loaded = load_version(run.head.workflow, run.text, catalog);
  if (!loaded.workflow || !run.unreadable.empty()) return false;
  const RunState state = state_after(*loaded.workflow, run.events);
  if (!waiting_for_approval(*loaded.workflow, state)) return !run.head.wake_at;
  const auto until = time_to_answer(*loaded.workflow, state);
  return !until || now_utc() < *until;
}

/// What only the program that begins it carries on: where that was killed, nobody does.
void read_foreground_runs(Loop& loop, Store& store, const Catalog& catalog, std::vector<StoreFinding>& findings) {
  for (const RunOutcome outcome : {RunOutcome::running, RunOutcome::waiting}) {
    RunFilter filter;
    filter.outcome = outcome;
    filter.limit = 1000;
    const auto heads = wait_for(loop, store.history().list_runs(std::move(filter)));
    if (!heads) return;  // what is wrong with it is found out elsewhere
    for (const RunHead& head : *heads) {
      if (!head.foreground) continue;
      const auto lives = store.is_in_hands(head.key);
      if (!lives) findings.push_back({true, lives.error().message});
      if (!lives || *lives) continue;
      const auto left = wait_for(loop, store.history().read_run(head.key));  // it may have ended since it was listed
      if (!left || has_ended(left->head.outcome) || !left->head.foreground) continue;
      if (waits_for_answer(*left, catalog)) continue;
      const std::string run = render(head.key);
      findings.push_back(
          {true, "run " + run + " of \"" + head.workflow +
                     "\" has not ended, and the program that carried it out is gone: \"millrace runs cancel " + run +
                     "\" calls it off"});
    }
  }
}

/// The alarms are those that the last service left.
void read_store(const std::filesystem::path& file, const Project& project, const Catalog& catalog, bool alarms,
                std::vector<StoreFinding>& findings) {
  Loop loop;
  StoreOptions options;
  options.role = StoreOptions::Role::reader;
  const auto store = open_store(loop, file, options);
  if (!store) return;  // what is wrong with it is found out elsewhere
  read_foreground_runs(loop, **store, catalog, findings);
  if (!alarms) return;
  const auto stored = wait_for(loop, (*store)->journal().list_states(engine_owner, alarm_prefix));
  if (stored) add_alarms(alarms_in(*stored), project, "alarm, as it was left", findings);
}

/// Files that stand in the place of the project's folders.
void find_misplaced(const std::filesystem::path& project, std::vector<StoreFinding>& findings) {
  for (const std::string_view name :
       {std::string_view("workflows"), std::string_view("plugins"), output_folder, std::string_view("state")}) {
    std::error_code failed;
    const auto kind = std::filesystem::status(project / name, failed).type();
    if (kind == std::filesystem::file_type::directory || kind == std::filesystem::file_type::not_found) continue;
    findings.push_back({true, std::string(name) + " is a file, and a project has a folder of that name: move it away"});
  }
}

std::vector<StoreFinding> examine(const Session& session, const Project& project, const Catalog& catalog,
                                  const std::vector<std::shared_ptr<const Workflow>>& workflows, Secrets& secrets,
                                  KeptTokens& kept) {
  std::vector<StoreFinding> findings;
  const auto store = store_file(session.folder, project);
  std::error_code failed;
  if (std::filesystem::exists(store, failed)) findings = examine_store(store);
  find_misplaced(session.folder, findings);
  for (const Catalog::Problem& problem : catalog.problems()) findings.push_back({true, problem.error.message});
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    for (const Finding& finding : load_and_check(file.path, file.shown_as, catalog, &project).findings) {
      if (finding.severity != Severity::error) continue;
      findings.push_back({true, file.shown_as + " cannot be used: " + finding.message + "; see \"millrace check\""});
      break;
    }
  }
  for (const WorkflowFile& file : list_second_files(session.folder))
    findings.push_back({true, file.shown_as + ": " + why_second(file)->message});
  for (const auto& workflow : workflows) {
    for (const TriggerSpec& trigger : workflow->triggers) {
      for (const std::string& problem : missing_secrets(trigger, secrets))
        findings.push_back({true, workflow->source->name + ": " + problem});
    }
  }
  for (const ConnectionSettings& connection : project.connections) {
    for (const std::string& handle : secrets_of(connection)) {
      const auto secret = secrets.find(handle);
      if (!secret) findings.push_back({true, "connection " + connection.name + ": " + secret.error().message});
    }
    const ConnectionState state =
        state_of(connection, catalog.find_connection_kind(connection.plugin), secrets, kept, now_utc());
    const bool said = state.kind == ConnectionState::Kind::ok || state.kind == ConnectionState::Kind::secret_missing;
    if (!said) findings.push_back({true, state.problem});
  }
  struct statvfs room = {};
  const auto folder = std::filesystem::absolute(store, failed).parent_path();
  if (::statvfs(folder.c_str(), &room) == 0 && std::uint64_t{room.f_bavail} * room.f_frsize < little_room)
    findings.push_back({false, "less than 512 MiB are left on the disk of the store"});
  const bool told = ask_for_alarms(session, project, findings);
  read_store(store, project, catalog, !told, findings);
  return findings;
}

}  // namespace

int pause_command(const Session& session, const SwitchOptions& options) {
  return switch_workflow(session, options, true);
}

int resume_command(const Session& session, const SwitchOptions& options) {
  return switch_workflow(session, options, false);
}

int backup_command(const Session& session, const std::string& file) {
  std::error_code failed;
  const std::filesystem::path target = std::filesystem::absolute(file, failed);
  const auto service = find_service(session.folder);
  if (!service) {
    complain(service.error());
    return exit_cannot_start;
  }
  Status written = Done{};
  if (*service) {
    const auto answer = ask_service(**service, "POST", "backup", Value::object({{"file", target.string()}}));
    if (!answer) written = answer.error();
  } else {
    const OpenHistory history = open_history(session);
    if (history.store == nullptr) return history.exit_code;
    const auto source = store_file(session.folder, *history.project);
    if (std::filesystem::exists(source, failed) &&
        !note_act(session, *history.project, {"backup", "store", target.string()}))
      return exit_cannot_start;
    written = wait_for(*history.loop, history.store->backup(target));
  }
  if (!written) {
    complain(written.error());
    return exit_code_of(written.error());
  }
  print_answer(session, Value::object({{"file", target.string()}}), row("the store is copied to " + target.string()));
  return exit_done;
}

int restore_command(const Session& session, const std::string& file) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const auto service = find_service(session.folder);
  if (service && *service) {
    complain("a service is running on this project; stop it before a backup is put in its store's place");
    return exit_cannot_start;
  }
  const auto target = store_file(session.folder, *project);
  const auto restored = restore_store(file, target, now_utc());
  if (!restored) {
    complain(restored.error());
    return exit_code_of(restored.error());
  }
  print_answer(session, Value::object({{"file", target.string()}}),
               row(target.string() + " is what the backup holds") +
                   "what it holds as unfinished may have happened already, so it stays "
                   "paused; look at \"millrace runs list\", then \"millrace resume --all\"\n");
  return exit_done;
}

namespace {

/// What the vault looks like from here; what is wrong with it is a finding.
std::string look_at_vault(Vault& vault, std::vector<StoreFinding>& findings) {
  const auto state = vault.state();
  if (state && !state->there) return "none";
  const auto entries = state ? vault.list() : Result<std::vector<VaultEntry>>(state.error());
  if (!entries) {
    findings.push_back({true, "the vault: " + entries.error().message});
    return "not open";
  }
  const std::string kind = state->passphrase ? ", with a passphrase" : "";
  return counted(entries->size(), "secret") + " in " + state->file.string() + ", sealed with the key " + state->key_id +
         kind;
}

/// Walks to the HashiCorp Vault where there is one, and takes up what it has, so that its secrets are not missed. The
/// first step that is not done is a finding.
std::vector<VaultStep> walk_to_vault(const Project& project, Secrets& secrets, std::vector<StoreFinding>& findings) {
  if (!project.vault_server) return {};
  Loop loop;
  const auto client = open_http_client(loop);
  VaultServer server(project, *client, secrets);
  std::vector<VaultStep> steps = wait_for(loop, server.walk());
  (void)wait_for(loop, server.fetch());  // what is wrong with it the steps have told
  for (const VaultStep& step : steps) {
    if (!step.done) findings.push_back({true, "hashicorp_vault: " + step.say});
  }
  return steps;
}

Value encode(const std::vector<VaultStep>& steps) {
  Value::List list;
  for (const VaultStep& step : steps)
    list.push_back(Value::object({{"step", step.name}, {"done", step.done}, {"say", step.say}}));
  return list;
}

}  // namespace

int doctor_command(const Session& session) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  Value::List list;
  std::string text;
  bool fatal = false;
  Vault vault(session.folder);  // one for all that is looked at: a passphrase is asked for once
  const auto secrets = open_secrets(session.folder, vault);
  KeptTokens kept(vault, *secrets);
  const auto workflows = workflows_of(session, catalog);
  std::vector<StoreFinding> of_server;
  const std::vector<VaultStep> steps = walk_to_vault(*project, *secrets, of_server);
  std::vector<StoreFinding> findings = examine(session, *project, catalog, workflows, *secrets, kept);
  findings.insert(findings.begin(), of_server.begin(), of_server.end());
  const auto key = read_project_key(session.folder, audit_key);
  if (!key && key.error().code != ErrorCode::not_found)
    findings.push_back({true, "nobody signs the audit's heads: " + key.error().message});
  const std::string of_vault = look_at_vault(vault, findings);
  for (const StoreFinding& finding : findings) {
    fatal = fatal || finding.fatal;
    list.push_back(Value::object({{"fatal", finding.fatal}, {"message", finding.message}}));
    text += printable_below((finding.fatal ? "error: " : "note: ") + finding.message, "    ") + "\n";
  }
  const std::vector<Way> ways = ways_to_account(*project, catalog, workflows, *secrets, kept);
  for (const Way& way : ways) {
    const std::string whose = way.connection.empty() ? "next" : "next for connection " + way.connection;
    if (const WayStep* next = way.next()) text += row(whose + ", to your own account: " + next->say);
  }
  const std::string cage = cage_here();
  for (const VaultStep& step : steps) {
    if (step.done) text += row("hashicorp_vault: " + step.say);
  }
  text += row("vault: " + of_vault) + row("cage: " + cage);
  const bool empty = list_workflow_files(session.folder).empty();
  if (!fatal && empty) text += "there is no workflow here yet: \"millrace new NAME\" begins one\n";
  if (!fatal && !empty) text += "nothing is broken\n";
  print_answer(session,
               Value::object({{"findings", Value(std::move(list))},
                              {"way", encode(ways)},
                              {"vault", of_vault},
                              {"hashicorp_vault", encode(steps)},
                              {"cage", cage}}),
               text);
  return fatal ? exit_failed : exit_done;
}

}  // namespace millrace

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/report.hpp"
#include "gate/planned_changes.hpp"
#include "host/host.hpp"
#include "rehearsal/prepared_undo.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

int refuse_undo(const Error& error) {
  complain(error);
  return exit_failed;
}

Result<PreparedUndo> prepared(Host& host, RunKey run) {
  const UndoWorld world{*host.store, *host.courier, host.project, host.catalog, *host.clock};
  return wait_for(host.loop, prepare_undo(world, run));
}

void print_sentences(const std::string& title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return;
  print(title);
  for (const std::string& sentence : sentences) print("  ! " + sentence);
}

/// What will not be as before is said before anything is done.
void show_undo(const Session& session, const PreparedUndo& undo, bool live, const std::vector<RunReport>& runs) {
  Map besides;
  besides.set("undoes", render(undo.undone.key));
  besides.set("cannot_be_restored", list_of(undo.undo.not_undone));
  besides.set("left_alone", list_of(undo.undo.left_alone));
  if (!session.json && !live) {
    print_sentences("What does not come back:", undo.undo.not_undone);
    print_sentences("What is left as it is now:", undo.undo.left_alone);
  }
  print_runs(session, undo_name(undo.undone.key), live, runs, besides);
}

int nothing_to_do(const Session& session, const PreparedUndo& undo) {
  show_undo(session, undo, false, {});
  if (undo.undo.left_alone.empty())
    return refuse_undo({ErrorCode::conflict, "nothing of run " + render(undo.undone.key) + " can be undone"});
  tell("nothing is left to undo");
  return undo.undo.not_undone.empty() ? exit_done : exit_failed;
}

/// Whether somebody agrees to what was shown; where nobody is there to be asked it is said how to agree.
bool agree(const Session& session, const PreparedUndo& undo) {
  std::optional<bool> answer;
  if (!session.json) answer = ask_yes("Undo it so?");
  if (answer == true) return true;
  const std::string run = render(undo.undone.key);
  tell(answer == false ? "nothing was undone"
                       : "note: nothing was undone; \"millrace runs undo " + run + " --yes\" does it");
  return false;
}

/// How an undo that came to a part of it is brought to its end.
void tell_the_way_on(const std::string& undone, const RunReport& undo) {
  if (undo.outcome != RunOutcome::parked)
    tell("when the reason is gone, \"millrace runs undo " + undone + "\" takes back what is left");
  else if (undo.unsure)
    tell("when \"millrace runs resolve " + render(undo.key) + "\" has settled what is not known, it goes on");
}

int make_undo(const Session& session, Host& host, const PreparedUndo& undo, std::vector<Change> planned) {
  const std::string run = render(undo.undone.key);
  if (!note_act(host.loop, *host.store, {"undo", run, undo.workflow->id})) return exit_cannot_start;
  Assignment live = assignment_of(undo, true);
  live.orders.front().only = std::make_shared<PlannedChanges>(std::move(planned));
  std::vector<RunReport> finished;
  const int signal = run_to_end(host, std::move(live), finished);
  if (finished.front().instead) {  // somebody else was quicker, in this moment
    const auto by = prepared(host, undo.undone.key);
    return refuse_undo(by ? *finished.front().error : by.error());
  }
  show_undo(session, undo, true, finished);
  const int code = exit_code_of(finished, false);
  if (code != exit_done) tell_the_way_on(run, finished.front());
  return signal != 0 ? 128 + signal : code;
}

int carry_out_undo(const Session& session, const RunsOptions& options, Host& host, RunKey run) {
  const auto undo = prepared(host, run);
  if (!undo) return refuse_undo(undo.error());
  if (undo->workflow == nullptr) return nothing_to_do(session, *undo);
  if (const auto ready = connections_ready(host, *undo->workflow, false); !ready)
    return complain(ready.error()), exit_cannot_start;
  std::vector<RunReport> planned;
  if (const int signal = run_to_end(host, assignment_of(*undo, false), planned); signal != 0) return 128 + signal;
  const int code = exit_code_of(planned, false);
  const bool agreed = options.yes && code == exit_done;
  if (!session.json || !agreed) show_undo(session, *undo, false, planned);
  if (code != exit_done || options.plan_only) return code;
  if (!agreed) {
    if (!agree(session, *undo)) return code;
    const auto again = prepared(host, run);
    if (!again) return refuse_undo(again.error());
    if (fingerprint_of(*again) != fingerprint_of(*undo))
      return refuse_undo({ErrorCode::conflict, "the world has changed since this was shown, so nothing was undone"});
  }
  return make_undo(session, host, *undo, std::move(planned.front().record.changes));
}

}  // namespace

int runs_undo_command(const Session& session, const RunsOptions& options) {
  const auto key = run_named(options.run);
  if (!key) return exit_usage;
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const auto role = options.plan_only ? StoreOptions::Role::reader : StoreOptions::Role::guest;
  const auto host = open_host(session.folder, *project, catalog, role, std::nullopt);
  if (!host) return complain(host.error()), exit_cannot_start;
  return carry_out_undo(session, options, **host, *key);
}

}  // namespace millrace

#include <optional>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/texts.hpp"
#include "crypto/digest.hpp"
#include "host/service_file.hpp"
#include "prose/compare.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "yaml/files.hpp"

namespace millrace {

namespace {

constexpr const char* rolled_back = "rollback";

/// A version as `versions` shows it.
struct Shown {
  VersionHead head;
  std::string by;  ///< who brought it back; empty: not known
  bool of_file = false;
  std::optional<std::vector<Difference>> changed;  ///< against the one before it; nothing: there is none, or unreadable
};

std::optional<std::string> text_now(const Session& session, const std::string& workflow) {
  const auto file = find_workflow_file(session.folder, workflow);
  if (!file) return std::nullopt;
  auto text = read_input(file->path.string());
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

Result<Account> account_of_version(const VersionHead& version, const std::string& workflow, const Catalog& catalog,
                                   const Project& project) {
  return account_of(text_of_version(workflow, version), catalog, project);
}

std::vector<Shown> shown(const Session& session, const Project& project, const std::string& workflow,
                         std::vector<VersionHead> versions, const std::vector<AuditEntry>& audit) {
  const Catalog catalog = open_catalog(session);
  const auto file = text_now(session, workflow);
  const std::string now = file ? fingerprint(*file) : "";
  std::vector<Result<Account>> accounts;
  for (const VersionHead& each : versions) accounts.push_back(account_of_version(each, workflow, catalog, project));
  std::vector<Shown> all;
  for (std::size_t at = 0; at < versions.size(); ++at) {
    Shown one = {std::move(versions[at]), "", false, std::nullopt};
    one.of_file = one.head.hash == now;
    for (const auto& [number, line, hash] : audit) {
      if (line.what == rolled_back && line.detail == one.head.hash && one.by.empty()) one.by = line.who;
    }
    if (at + 1 < accounts.size() && accounts[at] && accounts[at + 1])
      one.changed = compare(*accounts[at + 1], *accounts[at], catalog, project);
    all.push_back(std::move(one));
  }
  return all;
}

Value encode_version(const Shown& version) {
  const VersionHead& head = version.head;
  return Value::object({{"version", short_name(head.hash)},
                        {"hash", head.hash},
                        {"first", time_or_null(head.first)},
                        {"last", time_or_null(head.last)},
                        {"runs", head.runs},
                        {"by", text_or_null(version.by)},
                        {"is_file", version.of_file},
                        {"changed", version.changed ? Value(in_short(*version.changed)) : Value()},
                        {"differences", version.changed ? encode_differences(*version.changed) : Value()}});
}

std::string text_of(const Shown& version, const std::string& zone) {
  const VersionHead& head = version.head;
  std::string text = short_name(head.hash);
  if (head.runs == 0) text += "  has not run";
  if (head.runs > 0) {
    text += "  " + counted(static_cast<std::size_t>(head.runs), "run") + ", " + render_in(zone, *head.first);
    if (head.runs > 1) text += " to " + render_in(zone, *head.last);
  }
  if (!version.by.empty()) text += ", brought back by " + version.by;
  if (version.of_file) text += "  (the file now)";
  return row(text) + (version.changed ? row("    " + in_short(*version.changed)) : "");
}

}  // namespace

int versions_command(const Session& session, const TextOptions& options) {
  const std::string workflow = workflow_id(options.workflow);
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return history.exit_code;
  constexpr int lines = 1000;
  auto versions = wait_for(*history.loop, history.store->history().list_versions(workflow));
  if (!versions) {
    complain(versions.error());
    return exit_code_of(versions.error());
  }
  const auto audit = wait_for(*history.loop, history.store->history().list_audit(workflow, lines));
  if (versions->empty() && !text_now(session, workflow)) {
    complain("there is no workflow \"" + workflow + "\", and the store has no text of one");
    return exit_failed;
  }
  const auto all =
      shown(session, *history.project, workflow, std::move(*versions), audit ? *audit : std::vector<AuditEntry>());
  Value::List list;
  std::string text;
  for (const Shown& each : all) {
    list.push_back(encode_version(each));
    text += text_of(each, history.project->timezone);
  }
  if (all.empty()) text = row("no version of " + workflow + " has run yet");
  print_answer(session, Value::object({{"workflow", workflow}, {"versions", Value(std::move(list))}}), text);
  return exit_done;
}

namespace {

/// A file that is to hold another version again.
struct Rollback {
  std::string workflow;
  WorkflowFile file;
  std::optional<std::string> text;  ///< of the file now; nothing: it is gone
  VersionHead to;
};

Result<Rollback> prepared_rollback(const Session& session, const Project& project, const std::string& workflow,
                                   const std::string& version) {
  Rollback rollback;
  const auto versions = TRY(versions_of(session, project, workflow));
  rollback.to = TRY(version_named(versions, workflow, version));
  rollback.workflow = workflow;
  if (const auto found = find_workflow_file(session.folder, workflow)) {
    rollback.file = *found;
    rollback.text = TRY(read_input(found->path.string()));
  } else {
    const std::string name = "workflows/" + workflow + ".yaml";
    rollback.file = {session.folder / name, name};
  }
  return rollback;
}

/// Whether today's plugins and connections take the text; what is wrong with it is told.
bool still_holds(const Rollback& rollback, const Catalog& catalog, const Project& project) {
  const SourceText source = {rollback.file.shown_as, rollback.to.text};
  const LoadedWorkflow loaded = load_and_check(std::make_shared<const SourceText>(source), catalog, &project);
  if (loaded.workflow) return true;
  for (const Finding& finding : loaded.findings) complain(finding);
  complain("the version " + short_name(rollback.to.hash) + " of " + rollback.workflow +
           " does not hold with what is installed and connected today, so nothing was written");
  return false;
}

/// What the file will do otherwise, in words.
std::string what_changes(const Rollback& rollback, const Catalog& catalog, const Project& project) {
  if (!rollback.text) return row("  - " + rollback.file.shown_as + " is there again");
  const VersionHead file = {"", *rollback.text, 0, std::nullopt, std::nullopt};
  const auto before = account_of_version(file, rollback.workflow, catalog, project);
  const auto now = account_of_version(rollback.to, rollback.workflow, catalog, project);
  if (!before || !now) return "  - the file cannot be read as it is now, so what changes cannot be told\n";
  const auto differences = compare(*before, *now, catalog, project);
  return differences.empty() ? "  - " + in_short(differences) + "\n" : render_differences(differences);
}

bool agreed_to(const Rollback& rollback, bool yes) {
  if (yes) return true;
  const auto answer = ask_yes("Write this into " + rollback.file.shown_as + "?");
  if (answer == true) return true;
  tell(answer == false ? "nothing was written"
                       : "nothing was written; \"millrace rollback " + rollback.workflow + " " +
                             short_name(rollback.to.hash) + " --yes\" does it");
  return false;
}

/// The text that is replaced stays in the store, so that this can be taken back.
Status keep_and_write(const Session& session, const Project& project, const Rollback& rollback) {
  Loop loop;
  const auto store = open_project_store(session, project, loop, StoreOptions::Role::guest);
  if (store == nullptr) return Error{ErrorCode::unavailable, "the store cannot be written, so nothing was"};
  const std::string file = rollback.file.path.string();
  TRY(check_unchanged(file, rollback.text));  // what was shown is what is done
  Entry entry;
  if (rollback.text) entry.versions.push_back({rollback.workflow, fingerprint(*rollback.text), *rollback.text});
  entry.audit.push_back({now_utc(), who_asks(), rolled_back, rollback.workflow, rollback.to.hash});
  const auto kept = wait_for(loop, store->journal().commit(std::move(entry)));
  const Status closed = wait_for(loop, store->close());
  if (!kept) return kept.error().within("it cannot be written down, so nothing was written");
  if (!closed) return closed;
  std::error_code failed;
  std::filesystem::create_directories(rollback.file.path.parent_path(), failed);
  return rewrite_file(file, rollback.text, rollback.to.text);
}

std::string what_happens_now(const Session& session, const Rollback& rollback) {
  const auto service = find_service(session.folder);
  std::string text = rollback.file.shown_as + " holds the version " + short_name(rollback.to.hash) + "; ";
  text += service && *service ? "the running service takes it now" : "the next service that starts takes it";
  if (rollback.text)
    text += "; \"millrace rollback " + rollback.workflow + " " + short_name(fingerprint(*rollback.text)) +
            "\" takes this back";
  return row(text);
}

}  // namespace

int rollback_command(const Session& session, const TextOptions& options) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const Catalog catalog = open_catalog(session);
  const auto rollback = prepared_rollback(session, *project, workflow_id(options.workflow), options.version);
  if (!rollback) return complain(rollback.error()), exit_code_of(rollback.error());
  const std::string version = short_name(rollback->to.hash);
  const bool same = rollback->text == rollback->to.text;
  const auto answer = [&](bool written, const std::string& text) {
    print_answer(session,
                 Value::object({{"workflow", rollback->workflow},
                                {"version", version},
                                {"file", rollback->file.shown_as},
                                {"written", written},
                                {"replaced", rollback->text && !same ? Value(fingerprint(*rollback->text)) : Value()}}),
                 text);
  };
  if (same)
    return answer(false, row(rollback->file.shown_as + " holds the version " + version + " already")), exit_done;
  if (!still_holds(*rollback, catalog, *project)) return exit_failed;
  tell("what changes in " + rollback->file.shown_as + ":");
  tell_rows(what_changes(*rollback, catalog, *project));
  if (!agreed_to(*rollback, options.yes)) return exit_failed;
  const Status done = keep_and_write(session, *project, *rollback);
  if (!done) return complain(done.error()), exit_code_of(done.error());
  answer(true, what_happens_now(session, *rollback));
  return exit_done;
}

}  // namespace millrace

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// One function a verb. Each returns the exit code (cli.hpp), prints its answer on stdout and its complaints on stderr.

struct CheckOptions {
  std::vector<std::string> paths;  ///< files and folders; empty: millrace.yaml and every workflow of the project
  bool fix = false;
  bool verbose = false;         ///< also what nobody can check before the run
  std::string format = "text";  ///< text | json | sarif | github
  /// A rule to explain in place of checking anything; empty: all of them.
  std::optional<std::string> explain = {};
};
int check_command(const Session& session, const CheckOptions& options);
int explain_rules_command(const std::string& rule, bool json);

struct FmtOptions {
  std::vector<std::string> paths;    ///< files, folders and "-"; empty: all that the project has
  bool check = false, diff = false;  ///< nothing is written; the names, or what would be another
};
int fmt_command(const Session& session, const FmtOptions& options);

struct RunOptions {
  std::string workflow;
  std::string event_file;     ///< a path, "-", or empty for the trigger's example
  std::string delivery_file;  ///< how it came: a path, "-", or empty for no delivery
  bool live = false;
  bool trace = false;
  bool detailed_exit_code = false;
  std::string as_of;     ///< RFC 3339, or empty
  std::string location;  ///< the only one to run for; empty: all of the workflow
  std::string out;       ///< the file to keep the plan in, or empty
  bool yes = false;      ///< live, also where its calls do not fit into the rest of the day
};
int plan_command(const Session& session, const RunOptions& options);
int run_command(const Session& session, const RunOptions& options);
/// `agreed`: also where its calls do not fit into the rest of the day.
int apply_command(const Session& session, const std::string& plan, bool agreed);

struct TestOptions {
  std::vector<std::string> paths;  ///< test files, workflows and folders; empty: all of the project
  std::string junit;               ///< the file for JUnit's XML, or empty
  bool coverage = false;           ///< list the branches that no test takes
  std::string record;              ///< a run to make a test file of, or empty
  std::string out;                 ///< its file, "-" for stdout; empty: beside the workflow
};
int test_command(const Session& session, const TestOptions& options);

/// `plugin`: what it offers, or all where it is empty.
int catalog_list_command(const Session& session, const std::string& plugin);
int catalog_show_command(const Session& session, const std::string& name);
int catalog_functions_command(const Session& session);
int catalog_routes_command(const Session& session);

int plugin_list_command(const Session& session);
int plugin_check_command(const Session& session, const std::string& name);

struct PluginAddOptions {
  std::string package;  ///< a folder or a .tar.gz
  std::string key;      ///< of its signature: a public key or the file of one; empty: one that is known
  bool yes = false;     ///< agreed to beforehand
  std::string reason;   ///< of a revocation
};
int plugin_add_command(const Session& session, const PluginAddOptions& options);

struct PluginNewOptions {
  std::string name;
  std::string kind = "manifest";  ///< or "c", "cpp"
};
int plugin_new_command(const Session& session, const PluginNewOptions& options);

struct PluginImportOptions {
  std::string file;                 ///< an OpenAPI document
  std::string name;                 ///< of the plugin that it becomes
  bool detailed_exit_code = false;  ///< 6 where the plugin is another than before
};
int plugin_import_command(const Session& session, const PluginImportOptions& options);
int plugin_remove_command(const Session& session, const std::string& name, bool yes);
int plugin_revoke_command(const Session& session, const std::string& what, const std::string& reason);
int plugin_allow_command(const Session& session, const std::string& name);

struct EvalOptions {
  std::string expression;
  std::string bindings_file;  ///< JSON object with the names, a path or "-"
  std::string as_of;          ///< what `now` is; empty: the real time
  bool stdio = false;
};
int eval_command(const Session& session, const EvalOptions& options);

struct ScheduleOptions {
  std::string workflow;
  int count = 10;
  std::string from;  ///< RFC 3339, or empty for now
};
int schedule_preview_command(const Session& session, const ScheduleOptions& options);

struct ServeOptions {
  std::string listen;  ///< empty: the project's
  std::string drain_timeout = "30s";
};
int serve_command(const Session& session, const ServeOptions& options);

struct PeopleOptions {
  bool print = false;  ///< open: nothing is opened
};
int open_command(const Session& session, const PeopleOptions& options);

struct RunsOptions {
  std::string run;
  std::string workflow, outcome, event, before;
  std::string since;  ///< RFC 3339, or how long ago; empty: always
  int limit = 50;
  std::string from;  ///< retry: the step, or empty for what failed
  std::string step, output;
  bool happened = false, did_not_happen = false;
  bool no = false;
  std::string comment;
  bool yes = false;        ///< undo: agreed to beforehand
  bool plan_only = false;  ///< undo: nobody is asked
};
int runs_list_command(const Session& session, const RunsOptions& options);
int runs_show_command(const Session& session, const RunsOptions& options);
int runs_cancel_command(const Session& session, const RunsOptions& options);
int runs_retry_command(const Session& session, const RunsOptions& options);
int runs_resolve_command(const Session& session, const RunsOptions& options);
int runs_undo_command(const Session& session, const RunsOptions& options);
int approve_command(const Session& session, const RunsOptions& options);
int why_command(const Session& session, const RunsOptions& options);

struct SwitchOptions {
  std::string workflow;
  bool all = false;
};
int pause_command(const Session& session, const SwitchOptions& options);
int resume_command(const Session& session, const SwitchOptions& options);

struct SecretOptions {
  std::string name;
  std::vector<std::string> more;  ///< what stands behind the name, where a value has no place
  bool passphrase = false;        ///< a new vault's key is made of one
  bool yes = false;
  std::string file;  ///< for the recovery text
  bool verify = false, done = false, back = false;
};
int secret_set_command(const Session& session, const SecretOptions& options);
int secret_list_command(const Session& session);
int secret_rotate_command(const Session& session, const SecretOptions& options);
int secret_remove_command(const Session& session, const SecretOptions& options);
int secret_export_command(const Session& session, const SecretOptions& options);
int secret_recover_command(const Session& session, const SecretOptions& options);

struct AuditOptions {
  std::string about, who, what;
  std::string since;  ///< RFC 3339, or how long ago; empty: always
  std::string month;  ///< "2026-11"; empty: all
  std::string file;
  std::vector<std::string> heads;  ///< files with some, or heads themselves
  std::vector<std::string> keys;   ///< base64; empty: the project's own
  int limit = 50;
};
int audit_list_command(const Session& session, const AuditOptions& options);
int audit_verify_command(const Session& session, const AuditOptions& options);
int audit_export_command(const Session& session, const AuditOptions& options);

int backup_command(const Session& session, const std::string& file);
int restore_command(const Session& session, const std::string& file);
int doctor_command(const Session& session);

int connections_command(const Session& session);
/// `seen`: for the program itself, which asks for tokens that are others than those of this version.
int connections_renew_command(const Session& session, const std::string& name, std::optional<std::uint64_t> seen);
int connect_command(const Session& session, const std::string& name, bool paste);
/// The project's workflows, as far as they can be read.
std::vector<std::shared_ptr<const Workflow>> workflows_of(const Session& session, const Catalog& catalog);

int permissions_command(const Session& session, const std::string& workflow);
struct TextOptions {
  std::string workflow;
  std::string before, now;  ///< of `diff`; `now` empty: `before` names a workflow, compared to what ran last
  std::string version;      ///< of `rollback`
  bool yes = false;         ///< agreed to beforehand
};
int explain_command(const Session& session, const TextOptions& options);
int diff_command(const Session& session, const TextOptions& options);
int versions_command(const Session& session, const TextOptions& options);
int rollback_command(const Session& session, const TextOptions& options);

int schema_command(const Session& session, const std::string& which);
int sandbox_command(const std::vector<std::string>& arguments);
int version_command(const Session& session);
int overview_command(const Session& session);

struct StartingOptions {
  std::string folder = ".";        ///< init: below the session's
  std::string name;                ///< new: the workflow's id
  std::string template_name;       ///< new: what it begins as
  std::vector<std::string> said;   ///< new: answers beforehand, "question=answer" each
  bool list = false, yes = false;  ///< new: show the templates; take what is offered
};
int init_command(const Session& session, const StartingOptions& options);
int new_command(const Session& session, StartingOptions options);

}  // namespace millrace

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/files.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/test_report.hpp"
#include "host/host.hpp"
#include "rehearsal/recorded_test.hpp"
#include "secret/secrets.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// The test files that the command line names: folders stand for those inside, a workflow for its own.
Result<std::vector<WorkflowFile>> test_files_of(const Session& session, const TestOptions& options) {
  if (options.paths.empty()) return list_test_files(session.folder);
  std::vector<WorkflowFile> files;
  for (const std::string& path : options.paths) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) {
      for (WorkflowFile& file : list_test_files_below(path)) files.push_back(std::move(file));
    } else if (is_test_file(path)) {
      files.push_back({path, path});
    } else {
      files.push_back(test_file_of(TRY(find_workflow_file(session.folder, path))));
    }
  }
  return files;
}

/// The branches of a workflow, which several files may test.
TestedWorkflow& tested(TestReport& report, const std::shared_ptr<const Workflow>& workflow) {
  for (const auto& each : report.workflows) {
    if (each->workflow->source->name == workflow->source->name) return *each;
  }
  report.workflows.push_back(std::make_unique<TestedWorkflow>(TestedWorkflow{workflow, Branches(*workflow)}));
  return *report.workflows.back();
}

TestedFile run_file(const WorkflowFile& file, const Catalog& catalog, const Project& project, TestBench& bench,
                    TestReport& report) {
  LoadedTestFile loaded = load_test_file(file, catalog, project.has_file ? &project : nullptr);
  TestedFile done{file.shown_as, loaded.file ? loaded.file->workflow : "", std::move(loaded.findings), {}};
  if (done.broken() || !loaded.file) return done;
  if (loaded.workflow == nullptr) {
    done.findings.push_back(finding(Rule::unknown_workflow, loaded.file->tests.front().at,
                                    loaded.file->workflow_file.shown_as + " has errors: see \"millrace check\""));
    return done;
  }
  TestedWorkflow& of = tested(report, loaded.workflow);
  for (const WorkflowTest& test : loaded.file->tests) done.results.push_back(bench.run(test, of.workflow, of.branches));
  return done;
}

/// What the run began with, read as it is understood today.
Result<std::shared_ptr<const Workflow>> workflow_of(const StoredRun& run, const Catalog& catalog) {
  LoadedWorkflow loaded = load_version(run.head.workflow, run.text, catalog);
  if (!loaded.workflow || has_errors(loaded.findings))
    return Error{ErrorCode::invalid, "the workflow of the run cannot be read any more"};
  return std::make_shared<const Workflow>(std::move(*loaded.workflow));
}

/// Puts the file where none is yet.
int put_recorded(const Session& session, const WorkflowFile& workflow, const TestOptions& options,
                 const std::string& text) {
  if (options.out == "-") return std::fputs(text.c_str(), stdout), exit_done;
  const std::filesystem::path file =
      options.out.empty() ? test_file_of(workflow.path) : std::filesystem::path(options.out);
  const auto put = put_new_file(file.string(), text, 0644);
  if (!put) return complain(put.error()), exit_cannot_start;
  if (!*put) {
    complain(file.string() + " is there already, and is not written over: name another one with --out, such as " +
             test_file_of(workflow.path.parent_path() / (workflow.path.stem().string() + "-recorded.yaml")).string());
    return exit_failed;
  }
  if (session.json) {
    print_json(Value::object({{"file", file.string()}}));
  } else {
    print("written: " + file.string() + "; \"millrace test " + file.string() + "\" runs it");
  }
  return exit_done;
}

int record_command(const Session& session, const TestOptions& options) {
  const auto key = run_named(options.record);
  if (!key) return exit_usage;
  const OpenHistory history = open_history(session);
  if (history.store == nullptr) return history.exit_code;
  const auto run = wait_for(*history.loop, history.store->history().read_run(*key));
  if (!run) return complain(run.error()), exit_code_of(run.error());
  const Catalog catalog = open_catalog(session);
  const auto workflow = workflow_of(*run, catalog);
  if (!workflow) return complain(workflow.error()), exit_failed;
  const auto text = record_test(*run, **workflow, catalog, *open_secrets(session.folder));
  if (!text) return complain(text.error()), exit_failed;
  const auto file = find_workflow_file(session.folder, run->head.workflow);
  if (!file) return complain(file.error()), exit_failed;
  const auto now = read_input(file->path.string());
  if (now && *now != run->text) tell("note: " + file->shown_as + " has changed since that run");
  return put_recorded(session, *file, options, *text);
}

}  // namespace

int test_command(const Session& session, const TestOptions& options) {
  if (!options.record.empty()) return record_command(session, options);
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const auto files = test_files_of(session, options);
  if (!files) return complain(files.error()), exit_usage;
  if (files->empty()) {
    complain("there are no tests here: a test of workflows/NAME.yaml is workflows/NAME.test.yaml");
    return exit_cannot_start;
  }
  TestReport report;
  TestBench bench(session.folder, *project, catalog, plugin_options(*project));
  for (const WorkflowFile& file : *files) report.files.push_back(run_file(file, catalog, *project, bench, report));
  if (session.json) {
    print_json(encode_tests(report));
  } else {
    print_rows(render_tests(report, options.coverage));
  }
  if (!options.junit.empty()) {
    const auto written = replace_file(options.junit, render_junit(report), 0644);
    if (!written) return complain(written.error()), exit_cannot_start;
  }
  return report.good() ? exit_done : exit_failed;
}

}  // namespace millrace

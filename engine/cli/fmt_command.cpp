#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <variant>

#include "base/files.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/findings.hpp"
#include "cli/line_differences.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "workflow/list.hpp"
#include "yaml/files.hpp"
#include "yaml/layout.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

constexpr const char* from_stdin = "stdin";

/// The files that the command line names: folders stand for those inside, and an id for its workflow and the tests.
std::vector<WorkflowFile> files_to_lay_out(const Session& session, const std::vector<std::string>& paths,
                                           std::vector<Finding>& findings) {
  std::vector<WorkflowFile> files;
  std::error_code failed;
  if (paths.empty()) {
    const std::filesystem::path project = session.folder / "millrace.yaml";
    if (std::filesystem::exists(project, failed)) files.push_back({project, "millrace.yaml"});
    for (WorkflowFile& file : list_yaml_files(session.folder)) files.push_back(std::move(file));
  }
  for (const std::string& path : paths) {
    if (std::filesystem::is_directory(path, failed)) {
      for (WorkflowFile& file : list_yaml_files_below(path)) files.push_back(std::move(file));
    } else if (path == "-") {
      files.push_back({path, from_stdin});
    } else if (auto named = find_files(session.folder, path)) {
      std::move(named->begin(), named->end(), std::back_inserter(files));
    } else {
      findings.push_back(finding(Rule::unreadable_file, whole_file(path), named.error().message));
    }
  }
  return files;
}

struct LaidOut {
  std::vector<std::string> changed;
  std::string answer;  ///< for stdout: the differences, or what came from stdin
  std::vector<Finding> findings;
  bool failed = false;
};

/// One file.
void lay_out(const FmtOptions& options, const WorkflowFile& file, std::shared_ptr<const SourceText> source,
             LaidOut& done) {
  Layout layout = laid_out(source);
  if (!layout.text) {
    std::move(layout.findings.begin(), layout.findings.end(), std::back_inserter(done.findings));
    return;
  }
  const bool standard_input = file.path == "-";
  const bool changed = *layout.text != source->text;
  if (changed) done.changed.push_back(file.shown_as);
  if (options.diff) done.answer += line_differences(file.shown_as, source->text, *layout.text);
  if (options.diff || options.check) return;
  if (standard_input) done.answer += *layout.text;
  if (standard_input || !changed) return;
  if (const Status put = rewrite_file(file.path.string(), source->text, *layout.text); !put) {
    complain(put.error());
    done.failed = true;
  }
}

std::variant<std::shared_ptr<const SourceText>, Finding> source_of(const WorkflowFile& file) {
  if (file.path != "-") return read_source(file.path, file.shown_as);
  auto text = read_input("-");
  if (!text) return Finding{Severity::error, "unreadable-file", text.error().message, {}};
  return std::make_shared<const SourceText>(SourceText{file.shown_as, std::move(*text)});
}

/// Byte for byte where a program takes it: `patch`, or an editor.
void put_out(const std::string& text) {
  if (::isatty(STDOUT_FILENO) == 1)
    print_rows(text);
  else
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

int fmt_command(const Session& session, const FmtOptions& options) {
  LaidOut done;
  const std::vector<WorkflowFile> files = files_to_lay_out(session, options.paths, done.findings);
  if (files.empty() && done.findings.empty()) {
    complain(
        "there is nothing to lay out here: no millrace.yaml and no workflows/ (say which files, or name the project "
        "with -C)");
    return exit_cannot_start;
  }
  for (const WorkflowFile& file : files) {
    auto source = source_of(file);
    if (auto* problem = std::get_if<Finding>(&source)) {
      done.findings.push_back(std::move(*problem));
    } else {
      lay_out(options, file, std::move(std::get<0>(source)), done);
    }
  }
  for (const Finding& finding : done.findings) complain(finding);
  const bool bad = !done.findings.empty() || done.failed;
  if (session.json) {
    print_json(Value::object({{"files", static_cast<std::int64_t>(files.size())},
                              {"changed", list_of(done.changed)},
                              {"diff", options.diff ? Value(done.answer) : Value()}}));
  } else {
    put_out(done.answer);
    for (const std::string& name : done.changed) {
      if (options.check && !options.diff) print(name);
      if (!options.check && !options.diff && name != from_stdin) tell(name + " was laid out");
    }
  }
  return bad || (options.check && !done.changed.empty()) ? exit_failed : exit_done;
}

}  // namespace millrace

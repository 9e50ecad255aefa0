#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/shell_words.hpp"
#include "starter/new_project.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "workflow/format_schemas.hpp"

namespace millrace {

namespace {

/// What somebody does next, from where they stand.
std::vector<std::string> next_commands(const std::filesystem::path& folder) {
  const std::string program = begun_for(folder), workflow(first_workflow);
  return {"millrace sandbox &", program + " plan " + workflow, program + " run " + workflow + " --live"};
}

void print_new_project(const std::filesystem::path& folder, const PutFiles& files,
                       const std::vector<std::string>& next) {
  static constexpr std::string_view about[] = {"the stand-in for HighLevel and SightMill, until you end it",
                                               "what a run would change; nothing is written", "do it"};
  print("A project that works against the sandbox is in " + folder.string() + ":");
  for (const std::string& path : files.written) print("  " + path);
  for (const std::string& path : files.kept) print("  " + path + " was there, and stays as it is");
  if (std::find(files.kept.begin(), files.kept.end(), ".gitignore") != files.kept.end())
    tell("note: .gitignore has to leave out /state/, where the secrets are, and /output/");
  print("Next:");
  std::size_t width = 0;
  for (const std::string& command : next) width = std::max(width, command.size());
  for (std::size_t at = 0; at < next.size(); ++at)
    print("  " + next[at] + std::string(width + 3 - next[at].size(), ' ') + std::string(about[at]));
}

}  // namespace

int init_command(const Session& session, const StartingOptions& options) {
  const std::filesystem::path named = (session.folder / options.folder).lexically_normal();
  const std::filesystem::path root = named.has_filename() ? named : named.parent_path();
  Session there = session;
  there.folder = root;
  const Catalog catalog = open_catalog(there);
  const auto files = new_project(encode_json(workflow_schema(catalog), JsonStyle::indented) + "\n",
                                 encode_json(project_schema(), JsonStyle::indented) + "\n",
                                 encode_json(test_schema(), JsonStyle::indented) + "\n");
  if (!files) return complain(files.error()), exit_cannot_start;
  const auto done = put_new_files(root, *files);
  if (!done) return complain(done.error()), exit_failed;
  const std::vector<std::string> next = next_commands(root);
  if (session.json) {
    print_json(Value::object({{"folder", root.string()},
                              {"written", list_of(done->written)},
                              {"kept", list_of(done->kept)},
                              {"next", list_of(next)}}));
  } else {
    print_new_project(root, *done, next);
  }
  return exit_done;
}

}  // namespace millrace

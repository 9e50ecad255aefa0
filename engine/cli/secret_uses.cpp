#include "cli/secret_uses.hpp"

#include <algorithm>
#include <csignal>
#include <string_view>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/history.hpp"
#include "courier/kept_tokens.hpp"
#include "secret/secrets.hpp"
#include "workflow/list.hpp"

namespace millrace {

namespace {

/// Whether the line names it, and not one whose name begins so.
bool names(std::string_view line, const std::string& handle) {
  for (std::size_t at = line.find(handle); at != std::string_view::npos; at = line.find(handle, at + 1)) {
    const std::size_t end = at + handle.size();
    if (end == line.size() || !is_secret_name(line.substr(end, 1))) return true;
  }
  return false;
}

/// Those of the file that name it; not those of connections, which are named themselves.
void add_lines(const std::filesystem::path& file, const std::string& shown_as, const std::string& handle,
               std::vector<std::string>& found) {
  const auto text = read_input(file.string());
  if (!text) return;  // `check` tells what is wrong with it
  const std::vector<std::string> lines = split(*text, '\n');
  bool of_connections = false;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    const std::string& said = lines[line];
    const bool begins_key = !said.empty() && std::string_view(" \t\r#").find(said.front()) == std::string_view::npos;
    if (begins_key) of_connections = said.starts_with("connections:");
    if (!of_connections && names(said, handle)) found.push_back(shown_as + ":" + std::to_string(line + 1));
  }
}

}  // namespace

SecretUsers uses_of_secret(const Session& session, const Project& project, const std::string& handle) {
  SecretUsers uses;
  for (const ConnectionSettings& connection : project.connections) {
    const auto secrets = secrets_of(connection);
    if (std::find(secrets.begin(), secrets.end(), handle) != secrets.end()) uses.connections.push_back(&connection);
  }
  add_lines(session.folder / "millrace.yaml", "millrace.yaml", handle, uses.lines);
  for (const WorkflowFile& file : list_workflow_files(session.folder))
    add_lines(file.path, file.shown_as, handle, uses.lines);
  return uses;
}

void forget_refusals(const Session& session, const Project& project, const std::string& name) {
  for (const ConnectionSettings* connection : uses_of_secret(session, project, "secret:" + name).connections) {
    if (!connection->oauth) forget_refusal(session, project, connection->name);  // its tokens are not the secret's
  }
}

std::string render(const SecretUsers& uses) {
  std::vector<std::string> words;
  for (const ConnectionSettings* connection : uses.connections) words.push_back("the connection " + connection->name);
  words.insert(words.end(), uses.lines.begin(), uses.lines.end());
  return join(words, ", ");
}

Result<std::string> named_secret(const std::string& said) {
  std::string name = is_secret_handle(said) ? said.substr(said.find(':') + 1) : said;
  TRY(check_secret_name(name));
  return name;
}

Result<std::string> secret_to_change(const Project& project, const std::string& said) {
  std::string name = TRY(named_secret(said));
  for (const ConnectionSettings& connection : project.connections) {
    if (!connection.oauth || entry_of(connection.name) != name) continue;
    return Error{ErrorCode::conflict, "\"" + name + "\" is where the tokens of connection \"" + connection.name +
                                          "\" are kept: give the secret another name; \"millrace connect " +
                                          connection.name + "\" gets the connection other tokens"};
  }
  return name;
}

Error rotation_goes_on(const std::string& name) {
  const std::string rotate = "\"millrace secret rotate " + name;
  return {ErrorCode::conflict, "a rotation of \"" + name + "\" goes on, and it has two values: first do " + rotate +
                                   " --done\" where the far side takes the newest, or " + rotate +
                                   " --back\" where it does not"};
}

bool has_value_in_arguments(const SecretOptions& options) {
  const bool in_name = options.name.find('=') != std::string::npos;
  if (options.more.empty() && !in_name) return false;
  complain(
      "a value is never taken from arguments, where a shell and the system keep it: this one should be changed; it "
      "is asked for, or read from stdin");
  return true;
}

int refuse_secret(const Error& error) {
  if (error.code == ErrorCode::cancelled) return 128 + SIGINT;
  complain(error);
  return error.code == ErrorCode::not_found ? int(exit_cannot_start) : exit_code_of(error);
}

}  // namespace millrace

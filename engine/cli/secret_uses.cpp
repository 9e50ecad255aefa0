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

}  // namespace

SecretUsers uses_of_secret(const Session& session, const Project& project, const std::string& handle) {
  SecretUsers uses;
  for (const ConnectionSettings& connection : project.connections) {
    const auto secrets = secrets_of(connection);
    if (std::find(secrets.begin(), secrets.end(), handle) != secrets.end()) uses.connections.push_back(&connection);
  }
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    const auto text = read_input(file.path.string());
    if (!text) continue;  // `check` tells what is wrong with it
    const std::vector<std::string> lines = split(*text, '\n');
    for (std::size_t line = 0; line < lines.size(); ++line) {
      if (names(lines[line], handle)) uses.lines.push_back(file.shown_as + ":" + std::to_string(line + 1));
    }
  }
  return uses;
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

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/terminal.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/secret_uses.hpp"
#include "secret/vault.hpp"

namespace millrace {

namespace {

constexpr unsigned for_its_user = 0600;
constexpr std::size_t largest_text = 4096;

/// Why nothing can be written there, so that it is no act of which it was written down that the key has left.
Status check_recovery_file(const std::string& file) {
  std::error_code failed;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, failed)))
    return Error{ErrorCode::conflict, "there is a " + file + " already"};
  const std::string folder = std::filesystem::absolute(file, failed).parent_path().string();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return Done{};
  return Error{ErrorCode::denied, file + " cannot be written: " + std::strerror(errno)};
}

Status write_recovery(const std::string& file, const Secret& text) {
  if (TRY(put_new_file(file, text.reveal(), for_its_user))) return Done{};
  return Error{ErrorCode::conflict, "there is a " + file + " already"};
}

Result<Secret> read_recovery(const std::string& file) {
  if (file.empty() && ::isatty(STDIN_FILENO) != 0) return Secret(TRY(ask_hidden("The recovery text: ")));
  if (file.empty() || file == "-") return Secret(TRY(read_input("-")));
  auto text = TRY(read_private_file(file, Others::anything, largest_text));
  if (!text) return Error{ErrorCode::not_found, "there is no " + file};
  return Secret(std::move(*text));
}

}  // namespace

int secret_export_command(const Session& session, const SecretOptions& options) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  if (options.file.empty() && ::isatty(STDOUT_FILENO) == 0) {
    complain("the vault's key is shown at a terminal, or written to a file that only you can read (--to FILE)");
    return exit_usage;
  }
  Vault vault(session.folder);
  const auto text = vault.recovery_text();
  if (!text) return refuse_secret(text.error());
  if (!options.file.empty()) {
    if (const Status good = check_recovery_file(options.file); !good) return refuse_secret(good.error());
  }
  if (!note_act(session, *project, {"export", "the vault's key", options.file})) return exit_cannot_start;
  if (options.file.empty()) {
    const std::string line = text->reveal();
    print_answer(session, Value::object({{"key", line.substr(0, line.find('\n'))}}), line);
    tell("who has this line and " + (session.folder / "state" / "vault").string() +
         " has every secret: keep it where the machine is not; \"millrace secret recover\" takes it back");
    return exit_done;
  }
  const Status written = write_recovery(options.file, *text);
  if (!written) return refuse_secret(written.error());
  print_answer(session, Value::object({{"file", options.file}}),
               "the vault's key is in " + options.file +
                   ": keep it where the machine is not; \"millrace secret recover\" takes it back\n");
  return exit_done;
}

int secret_recover_command(const Session& session, const SecretOptions& options) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  const auto text = read_recovery(options.file);
  if (!text) return refuse_secret(text.error());
  Vault vault(session.folder);
  if (const Status good = vault.check_recovery(*text); !good) return refuse_secret(good.error());
  if (!note_act(session, *project, {"recover", "the vault's key"})) return exit_cannot_start;
  const auto placed = vault.recover(*text);
  if (!placed) return refuse_secret(placed.error());
  print_answer(session, Value::object({{"file", placed->string()}}),
               row("the key is in " + placed->string() + " again"));
  return exit_done;
}

}  // namespace millrace

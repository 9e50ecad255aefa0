#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/secret_uses.hpp"
#include "secret/secrets.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// What was set is not what a workflow gets, where a place before the vault has the name, too.
void tell_what_comes_before(const Session& session, Vault& vault, const std::string& name, const std::string& value) {
  const std::string handle = "secret:" + name;
  const auto found = open_secrets(session.folder, vault)->find(handle);
  if (found && found->reveal() == value) return;
  tell("note: another value comes before it, from " + secret_variable(handle) + " or from systemd's credentials");
}

std::string entries_text(const std::vector<VaultEntry>& entries, const VaultState& vault, const std::string& zone) {
  if (!vault.there) return "there is no vault yet: \"millrace secret set NAME\" makes it\n";
  std::string text;
  std::size_t widest = 0;
  for (const VaultEntry& entry : entries) widest = std::max(widest, entry.name.size());
  for (const VaultEntry& entry : entries) {
    text += row(entry.name + std::string(widest - entry.name.size(), ' ') + "  set " + render_in(zone, entry.set) +
                (entry.previous ? "; the value before is still good" : ""));
  }
  return text + row(counted(entries.size(), "secret") + " in " + vault.file.string());
}

Value encode(const std::vector<VaultEntry>& entries, const VaultState& vault) {
  Value::List list;
  for (const VaultEntry& entry : entries) {
    list.push_back(
        Value::object({{"name", entry.name},
                       {"version", static_cast<std::int64_t>(entry.version)},
                       {"set", render(entry.set)},
                       {"previous", entry.previous ? Value(static_cast<std::int64_t>(*entry.previous)) : Value()}}));
  }
  const Value about = Value::object({{"file", vault.file.string()},
                                     {"exists", vault.there},
                                     {"key", vault.there ? Value(vault.key_id) : Value()},
                                     {"passphrase", vault.passphrase}});
  return Value::object({{"secrets", Value(std::move(list))}, {"vault", about}});
}

Status no_vault_yet(Vault& vault) {
  if (TRY(vault.state()).there) return Error{ErrorCode::conflict, "there is a vault already, and it has its key"};
  return Done{};
}

/// REQUIRES: there is no vault yet. Where nobody sits there, the passphrase comes from where it comes afterwards, too.
Status begin_vault(Vault& vault) {
  if (const auto given = TRY(given_passphrase())) return vault.begin_with_passphrase(*given);
  return vault.begin_with_passphrase(TRY(ask_twice("A new passphrase for the vault")));
}

}  // namespace

int secret_set_command(const Session& session, const SecretOptions& options) {
  if (has_value_in_arguments(options)) return exit_usage;
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  Vault vault(session.folder);
  const auto named = secret_to_change(*project, options.name);
  if (!named) return refuse_secret(named.error());
  const std::string& name = *named;
  if (options.passphrase) {
    if (const Status none = no_vault_yet(vault); !none) return refuse_secret(none.error());
  }
  const auto there = vault.get(name);
  if (!there) return refuse_secret(there.error());
  if (*there && (*there)->previous) return refuse_secret(rotation_goes_on(name));
  const auto value = read_secret("The value of " + name);
  if (!value) return refuse_secret(value.error());
  if (const Status good = vault.check_put(name, *value); !good) return refuse_secret(good.error());
  if (options.passphrase) {
    if (const Status begun = begin_vault(vault); !begun) return refuse_secret(begun.error());
  }
  if (!note_act(session, *project, {"set", "secret:" + name})) return exit_cannot_start;
  const auto version = vault.put(name, *value, {.expected = *there ? (*there)->version : 0});
  if (!version) return refuse_secret(version.error());
  forget_refusals(session, *project, name);
  print_answer(session, Value::object({{"name", name}, {"version", static_cast<std::int64_t>(*version)}}),
               "secret:" + name + " is set\n");
  tell_what_comes_before(session, vault, name, value->reveal());
  return exit_done;
}

int secret_list_command(const Session& session) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  Vault vault(session.folder);
  const auto state = vault.state();
  if (!state) return refuse_secret(state.error());
  const auto entries = vault.list();
  if (!entries) return refuse_secret(entries.error());
  print_answer(session, encode(*entries, *state), entries_text(*entries, *state, project->timezone));
  return exit_done;
}

int secret_remove_command(const Session& session, const SecretOptions& options) {
  if (has_value_in_arguments(options)) return exit_usage;
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  Vault vault(session.folder);
  const auto named = named_secret(options.name);
  if (!named) return refuse_secret(named.error());
  const std::string& name = *named;
  const auto there = vault.get(name);
  if (!there) return refuse_secret(there.error());
  if (!*there) return refuse_secret({ErrorCode::not_found, "there is no \"" + name + "\" in the vault"});
  const SecretUsers uses = uses_of_secret(session, *project, "secret:" + name);
  if (!uses.none()) tell("secret:" + name + " is used by " + render(uses));
  if (const auto ends = not_agreed(options.yes, "Remove it?", "remove " + name)) return *ends;
  if (!note_act(session, *project, {"remove", "secret:" + name})) return exit_cannot_start;
  const auto removed = vault.remove(name);
  if (!removed) return refuse_secret(removed.error());
  forget_refusals(session, *project, name);
  print_answer(session, Value::object({{"name", name}, {"removed", *removed}}), "secret:" + name + " is removed\n");
  return exit_done;
}

}  // namespace millrace

#include <utility>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/secret_trial.hpp"
#include "cli/secret_uses.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

/// A rotation ends with the new value or with the one before.
int end_rotation(const Session& session, const Project& project, Vault& vault, const std::string& name, bool back) {
  const auto there = vault.get(name);
  if (!there) return refuse_secret(there.error());
  if (!*there || !(*there)->previous)
    return refuse_secret({ErrorCode::conflict, "there is no value of \"" + name + "\" from before"});
  if (!note_act(session, project, {back ? "rotate back" : "rotate done", "secret:" + name})) return exit_cannot_start;
  const auto ended = vault.end_rotation(name, back, (*there)->version);
  if (!ended) return refuse_secret(ended.error());
  forget_refusals(session, project, name);
  print_answer(session, Value::object({{"name", name}, {"ended", true}}),
               "secret:" + name + (back ? " is what it was before\n" : " has one value again\n"));
  return exit_done;
}

/// What was read with the new value; empty where that was not asked for.
Result<std::vector<std::string>> verified(const Session& session, const Project& project, Vault& vault,
                                          const std::string& name, const Secret& value, bool wanted) {
  if (!wanted) return std::vector<std::string>();
  const SecretUsers uses = uses_of_secret(session, project, "secret:" + name);
  if (uses.connections.empty())
    return Error{ErrorCode::invalid, "no connection uses \"" + name + "\", so it cannot be tried: leave --verify out"};
  for (const ConnectionSettings* connection : uses.connections) {
    if (!connection->oauth) continue;
    return Error{ErrorCode::invalid, "connection \"" + connection->name + "\" shows \"" + name +
                                         "\" only when its tokens are renewed, so no read can try it: leave --verify "
                                         "out, and then do \"millrace connections renew " +
                                         connection->name + "\""};
  }
  TRY(can_try_secret(session, uses.connections));
  auto tried = try_secret(session, project, vault, uses.connections, name, value);
  if (tried) return tried;
  if (!note_act(session, project, {"try", "secret:" + name, "a new value, and nothing was changed"}))
    return Error{ErrorCode::unavailable, "nothing was changed"};
  return tried.error().within("nothing was changed");
}

}  // namespace

int secret_rotate_command(const Session& session, const SecretOptions& options) {
  if (has_value_in_arguments(options)) return exit_usage;
  if (options.done + options.back + options.verify > 1) {
    complain("say one of --verify, --done and --back");
    return exit_usage;
  }
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  Vault vault(session.folder);
  const auto named = secret_to_change(*project, options.name);
  if (!named) return refuse_secret(named.error());
  const std::string& name = *named;
  if (options.done || options.back) return end_rotation(session, *project, vault, name, options.back);
  const auto there = vault.get(name);
  if (!there) return refuse_secret(there.error());
  if (!*there)
    return refuse_secret({ErrorCode::not_found, "there is no \"" + name + "\" in the vault: \"millrace secret set " +
                                                    name + "\" gives it its first value"});
  if ((*there)->previous) return refuse_secret(rotation_goes_on(name));
  const auto value = read_secret("The next value of " + name);
  if (!value) return refuse_secret(value.error());
  const auto tried = verified(session, *project, vault, name, *value, options.verify);
  if (!tried) return refuse_secret(tried.error());
  if (!note_act(session, *project, {"rotate", "secret:" + name, join(*tried, ", ")})) return exit_cannot_start;
  const auto version = vault.put(name, *value, {.expected = (*there)->version, .keep_previous = true});
  if (!version) return refuse_secret(version.error());
  forget_refusals(session, *project, name);
  const std::string read = tried->empty() ? "" : " (" + join(*tried, ", ") + " was read with it)";
  print_answer(
      session,
      Value::object({{"name", name}, {"version", static_cast<std::int64_t>(*version)}, {"read", list_of(*tried)}}),
      "secret:" + name + " has its next value" + read + "; the one before stays good until \"millrace secret rotate " +
          name + " --done\"\n");
  return exit_done;
}

}  // namespace millrace

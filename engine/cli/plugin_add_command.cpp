#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/plugin_consent.hpp"
#include "cli/signer.hpp"
#include "plugin/package.hpp"
#include "plugin/staged_package.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"
#include "workflow/fetched_revocations.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {
namespace {

constexpr std::size_t most_keys = 2;  // of a plugin: the old one and the new one, while both are in use

Value encode(const Consent& consent, bool added) {
  const Permissions& asked = consent.asked;
  const Value permissions = Value::object({{"does", list_of(asked.does)},
                                           {"calls", list_of(asked.calls)},
                                           {"hosts", list_of(asked.hosts)},
                                           {"files", list_of(asked.files)},
                                           {"memory_mib", asked.memory_mib}});
  Value signer;
  if (consent.signer) {
    const TrustedKey& key = consent.signer->key;
    signer = Value::object({{"key", key.key}, {"name", key.name}, {"since", key.since}});
  }
  return Value::object({{"name", consent.name},
                        {"version", consent.version},
                        {"signed_by", signer},
                        {"permissions", permissions},
                        {"before", consent.before != nullptr ? Value(consent.before->version) : Value()},
                        {"wider", list_of(consent.wider)},
                        {"added", added}});
}

int fail(const Error& error) {
  complain(error);
  return exit_failed;
}

/// Nobody shall agree to what they cannot read.
Status check_readable(const Permissions& asked) {
  for (const auto* list : {&asked.does, &asked.calls, &asked.hosts, &asked.files}) {
    for (const std::string& one : *list) {
      if (printable(one) != one)
        return Error{ErrorCode::invalid, "its manifest asks for " + between('"', printable(one), '"') +
                                             ", which has characters that nobody sees"};
    }
  }
  return Done{};
}

LockedPlugin entry_of(const Consent& consent, const StagedPackage& staged, const std::string& now) {
  LockedPlugin entry;
  entry.name = consent.name;
  entry.version = consent.version;
  entry.manifest = staged.manifest().fingerprint();
  entry.library = staged.library();
  entry.permissions = consent.asked;
  if (consent.signer) {
    if (consent.before != nullptr) entry.keys = consent.before->keys;
    const std::string& key = consent.signer->key.key;
    std::erase(entry.keys, key);
    entry.keys.push_back(key);  // who signed what is here stands last
    if (entry.keys.size() > most_keys) entry.keys.erase(entry.keys.begin());
  }
  entry.by = "os:" + name_of_user(::geteuid());
  entry.at = now;
  return entry;
}

PluginLock with_entry(PluginLock lock, LockedPlugin entry, const std::optional<Signer>& signer) {
  if (signer && signer->first_seen) lock.keys.push_back(signer->key);
  const auto there = std::find_if(lock.plugins.begin(), lock.plugins.end(),
                                  [&entry](const LockedPlugin& one) { return one.name == entry.name; });
  if (there == lock.plugins.end()) {
    lock.plugins.push_back(std::move(entry));
  } else {
    *there = std::move(entry);
  }
  return lock;
}

/// Plugin and lock change together: where the lock cannot be written, what was there is put back.
Status put_in_place(const std::string& lock_file, StagedPackage& staged, const std::optional<std::string>& was,
                    const PluginLock& lock) {
  TRY(staged.exchange());
  const Status written = rewrite_file(lock_file, was, encode(lock));
  if (!written) TRY(staged.exchange());
  return written;
}

/// The same bytes that were agreed to, in their place, by a key that was known then.
bool is_there_already(const Consent& consent, const StagedPackage& staged, const Catalog& catalog) {
  const LockedPlugin* before = consent.before;
  const Manifest* there = catalog.find_plugin(consent.name);  // not where it differs from the lock
  if (before == nullptr || there == nullptr || !consent.wider.empty()) return false;
  const bool signer_known = !consent.signer || std::find(before->keys.begin(), before->keys.end(),
                                                         consent.signer->key.key) != before->keys.end();
  return signer_known && before->manifest == staged.manifest().fingerprint() && before->library == staged.library();
}

/// What is revoked does not come back under another version or by another way.
Status check_not_revoked(const Session& session, const LockedPlugin& entry) {
  const auto list = known_revocations(session.folder).list;
  const auto found =
      std::find_if(list.begin(), list.end(), [&entry](const Revocation& one) { return concerns(one.what, entry); });
  if (found == list.end()) return Done{};
  return Error{ErrorCode::denied, found->what + " is revoked (" + found->where + "): " + found->reason};
}

Result<Consent> consent_for(const Package& package, const StagedPackage& staged, const PluginLock& lock,
                            const std::string& key, const std::string& now) {
  std::error_code failed;
  if (std::filesystem::exists(shipped_plugins() / package.name, failed))
    return Error{ErrorCode::conflict, "the name \"" + package.name + "\" is taken by a plugin that came with Millrace"};
  Consent consent;
  consent.name = package.name;
  consent.version = staged.manifest().version;
  consent.asked = permissions_of(staged.manifest());
  TRY(check_readable(consent.asked));
  consent.signer = TRY(find_signer(package, lock, key, now));
  consent.before = lock.find(package.name);
  if (consent.before != nullptr) consent.wider = widened(consent.before->permissions, consent.asked);
  return consent;
}

/// Shows it, asks, and does it.
int agree_and_add(const Session& session, const Project& project, const PluginAddOptions& options,
                  const Package& package, const LoadedLock& locked) {
  const PluginLock& lock = *locked.lock;
  const Catalog catalog = look_at_catalog(session);
  const std::string now = render_in("UTC", now_utc());
  auto staged = StagedPackage::write(session.folder / "plugins", package);
  if (!staged) return fail(staged.error());
  const auto consent = consent_for(package, *staged, lock, options.key, now);
  if (!consent) return fail(consent.error());
  LockedPlugin entry = entry_of(*consent, *staged, now);
  if (const Status good = check_not_revoked(session, entry); !good) return fail(good.error());
  const bool colours = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  if (!session.json) std::fputs(render(*consent, catalog, colours).c_str(), stdout);
  if (!session.json && !package.left_out.empty()) print("  not installed: " + join(package.left_out, ", "));
  std::fflush(stdout);
  const std::string named = consent->name + " " + consent->version;
  const bool there = is_there_already(*consent, *staged, catalog);
  if (const auto ends = not_agreed(there || options.yes, "Add it?", "add " + named)) return *ends;
  if (!there) {
    const std::string lock_file = (session.folder / plugin_lock_file).string();
    if (const Status same = check_unchanged(lock_file, locked.text); !same) return fail(same.error());
    const std::string by = consent->signer ? ", signed with " + consent->signer->key.key : ", not signed";
    if (!note_act(session, project, {"add", "plugin " + consent->name, consent->version + by})) return exit_failed;
    const Status put =
        put_in_place(lock_file, *staged, locked.text, with_entry(lock, std::move(entry), consent->signer));
    if (!put) return fail(put.error());
  }
  if (session.json) print_json(encode(*consent, !there));
  if (session.json) return exit_done;
  print(there ? named + " is here already, as it was agreed to"
              : named + " was added; a service that runs uses it once it is started again");
  return exit_done;
}

}  // namespace

int plugin_add_command(const Session& session, const PluginAddOptions& options) {
  const auto project = open_project(session);
  if (!project) return exit_failed;
  if (!has_project(session, *project)) return exit_cannot_start;
  const auto package = read_package(options.package);
  if (!package) return fail(package.error());
  const LoadedLock locked = load_plugin_lock(session.folder);
  if (!locked.lock) return exit_failed;  // as open_project has told
  return agree_and_add(session, *project, options, *package, locked);
}

}  // namespace millrace

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "secret/secret.hpp"
#include "value/value.hpp"

namespace millrace {

/// A secret of the vault, and which of its values this is.
struct VaultSecret {
  Secret secret;
  std::uint64_t version = 0;
  std::optional<Secret> previous = {};  ///< during a rotation: the value before, which is still good
};

/// What may be told of an entry.
struct VaultEntry {
  std::string name;
  std::uint64_t version = 0;
  Timestamp set;
  std::optional<std::uint64_t> previous = {};  ///< the version of the value before, during a rotation
};

/// What may be told of the vault as a whole.
struct VaultState {
  std::filesystem::path file = {};
  bool there = false;
  std::string key_id = {};  ///< empty where it is not there
  bool passphrase = false;  ///< its key is made of one
};

/// What a write asks for of what it replaces.
struct VaultTerms {
  /// The version that must be there, 0: none; otherwise `conflict`, and nothing is written. Not set: whatever.
  std::optional<std::uint64_t> expected = {};
  bool keep_previous = false;  ///< the value before stays as `previous`; else there is none afterwards
};

/// The project's secrets, sealed in the file state/vault: one key opens all of it. Several processes may have it open:
/// each write reads it anew, under a lock between them, and puts the whole of it in its place at once, so that it is as
/// before or as after, whenever the machine stops. A write needs the key that sealed what is there: what cannot be
/// opened is not overwritten. Errors, beside those of the disk: `denied` where the file or the key is not its user's
/// alone, or the key is another; `not_found`, no key; `invalid`, the file is damaged. One thread; blocks for as long as
/// a flush of the disk takes, and the first time as long as a passphrase costs.
class Vault {
 public:
  /// Opens nothing yet: where there is no vault, the first `put` makes it.
  explicit Vault(const std::filesystem::path& project);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  /// The newest value; nothing where there is none. What other processes wrote is read anew.
  Result<std::optional<VaultSecret>> get(std::string_view name);

  /// Why `put` would be refused by what is given and what is here, without changing anything.
  Status check_put(const std::string& name, const Secret& value);
  /// On the disk when it returns; gives its version. Versions grow with every write of the vault, so none comes twice,
  /// neither under another name nor after a `remove`. `invalid`: a name that no handle can have, no text, 64 KiB.
  Result<std::uint64_t> put(const std::string& name, Secret value, VaultTerms terms = {});
  /// Ends a rotation: the value before is forgotten, or, with `back`, the newest again, under a version of its own.
  /// `expected` as in `VaultTerms`, of the newest value. False where there was none before.
  Result<bool> end_rotation(const std::string& name, bool back, std::optional<std::uint64_t> expected = {});
  /// False where there was none.
  Result<bool> remove(const std::string& name, std::optional<std::uint64_t> expected = {});
  Result<std::vector<VaultEntry>> list();  ///< by name

  Result<VaultState> state();
  /// Makes a vault, empty, whose key is made of a passphrase. `conflict`: there is one; `invalid`: it is blank.
  Status begin_with_passphrase(const Secret& passphrase);
  /// The key as a text that opens the vault wherever it is put as the user's key.
  Result<Secret> recovery_text();
  /// Why `recover` would be refused for the text.
  Status check_recovery(const Secret& text) const;
  /// Makes the text the user's key, if it is that of this vault, and gives the file; `denied` else. `conflict`: the
  /// user has another, which other vaults may need.
  Result<std::filesystem::path> recover(const Secret& text);

  /// From now on `know` hears every value that passes here, also earlier ones, so that they can be kept out of what is
  /// written.
  using Know = std::function<void(const std::string& name, const std::string& value)>;
  void tell(Know know);
  /// A value that is not here yet, and is kept out of what is written all the same.
  void announce(const std::string& name, const Secret& value);
  /// Reads all that is there, without asking anybody for the key, where it is other than at the last look.
  void know_all();

 private:
  class Inside;
  std::unique_ptr<Inside> inside_;
};

/// The names of the entries that hold a connection's tokens begin so: a JSON document each (courier/tokens.hpp), whose
/// members `token` and `refresh`, however deep, are what is secret in it.
inline constexpr std::string_view token_entry_prefix = "oauth_";

/// Whether a secret can have this name; the other one says in words what is wrong with it.
bool is_secret_name(std::string_view name) noexcept;
Status check_secret_name(const std::string& name);

/// The vault's passphrase as a service is given it: systemd's credential "millrace_vault_passphrase", or the file
/// (0600) that MILLRACE_VAULT_PASSPHRASE_FILE names. Nothing where there is neither.
Result<std::optional<Secret>> given_passphrase();

}  // namespace millrace

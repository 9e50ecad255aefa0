#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "crypto/seal.hpp"
#include "secret/secret.hpp"

namespace millrace {

/// What opens a vault.
struct VaultKey {
  Secret bytes;    ///< `seal_key_bytes` of them
  std::string id;  ///< by which a vault knows it, and which tells nothing of it: 16 hexadecimal digits
};

/// How a vault's key is made of a passphrase.
struct PassphraseSalt {
  std::string salt;
  PassphraseCost cost;
};

/// A key as it stands in its file, in systemd's credential and on the paper in the safe:
///
///     millrace-vault-key 3f2a9c0d5e6b7a81 n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
///
/// or, made by somebody else, 32 bytes in base64 alone. Blanks and line ends do not matter. `invalid`: it is none, or
/// was not copied right.
Result<VaultKey> parse_vault_key(std::string_view text);
std::string encode_vault_key(const VaultKey& key);

/// Where a user's key lies: $XDG_CONFIG_HOME/millrace/vault.key; empty where the environment names no home.
std::filesystem::path vault_key_file();

/// The key with this id, of the first place that has it: systemd's credential "millrace_vault_key", the user's file,
/// and for a vault with a passphrase that, out of the credential "millrace_vault_passphrase", out of the file that
/// MILLRACE_VAULT_PASSPHRASE_FILE names, or, where `may_ask`, from the terminal. `denied`: what is there is another
/// key; `not_found`: nothing is there.
Result<VaultKey> find_vault_key(const std::string& id, const std::optional<PassphraseSalt>& passphrase, bool may_ask);

/// The key for a vault that is new: the credential, or the user's file, which is made where there is none.
Result<VaultKey> first_vault_key();

VaultKey vault_key_of(std::string bytes);
Result<VaultKey> vault_key_of_passphrase(const std::string& passphrase, const PassphraseSalt& how);

}  // namespace millrace

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "secret/secret.hpp"
#include "secret/vault_key.hpp"
#include "value/value.hpp"

namespace millrace {

/// What a vault's file says to everybody: enough to know its key.
struct VaultHead {
  std::string key_id;
  std::optional<PassphraseSalt> passphrase;  ///< where its key is made of one
};

/// A value as it was put in.
struct KeptSecret {
  Secret value;
  std::uint64_t version = 0;
  Timestamp set;
};

struct KeptEntry {
  KeptSecret current;
  std::optional<KeptSecret> previous;  ///< during a rotation: the one before, still good
};

/// What is in a vault.
struct VaultContent {
  std::uint64_t writes = 0;  ///< so many there were; each gives its number to what it writes
  std::map<std::string, KeptEntry, std::less<>> entries;
};

/// A vault as it lies on the disk.
struct SealedVault {
  VaultHead head;
  std::string sealed;
};

/// JSON of one line. `invalid`: cut off, or something else, or of a later program.
Result<SealedVault> parse_vault(std::string_view text);

/// Opens it whole: no entry can be left out, put in another's place or taken from an earlier state without all of it
/// being refused (`invalid`), and what the head says is bound to it. REQUIRES: the key has the head's id.
Result<VaultContent> open_vault_content(const SealedVault& vault, const VaultKey& key);
Result<std::string> seal_vault(const VaultHead& head, const VaultContent& content, const VaultKey& key);

}  // namespace millrace

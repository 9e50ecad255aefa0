#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "plugin/package.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

/// Who signed a package.
struct Signer {
  TrustedKey key;
  bool first_seen = false;  ///< nobody has trusted this key before
  bool ahead = false;       ///< signed at a time that this machine's clock has not come to
};

/// Holds a package's signature against the keys that are known: those of the lock, `given` (a key, or the file of one)
/// and the one in the package. Nothing where it is not signed. `denied`, with the cure, where the signature does not
/// hold, its key is not known, or the version before was signed and this one is not, or by another key than `given`.
/// `now`: RFC 3339.
Result<std::optional<Signer>> find_signer(const Package& package, const PluginLock& lock, const std::string& given,
                                          const std::string& now);

}  // namespace millrace

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "journal/journal.hpp"

namespace millrace {

/// A line of the audit as it stands in the store.
struct AuditEntry {
  std::int64_t number = 0;
  AuditLine line;
  std::string hash;  ///< 32 bytes; empty where its hash is gone
};

/// How long lines stay.
struct AuditBudget {
  std::int32_t days = 400;
  std::int64_t lines = 2'000'000;
};

/// How far the audit had come at some time. Whoever keeps one where nobody of this machine can change it can tell later
/// whether anything up to there was changed or cut off.
struct AuditHead {
  std::int64_t store = 0;   ///< which one it is: the same in a backup of it
  std::int64_t epoch = 0;   ///< when it was restored last, in seconds since 1970; 0: never
  std::int64_t number = 0;  ///< of the newest line; 0: there is none
  std::string hash;         ///< 32 bytes
  Timestamp at;
  std::string key = {}, signature = {};  ///< of who wrote it (Ed25519, 32 and 64 bytes); empty: nobody signed it
};

/// "millrace-audit-head <store> <epoch> <number> <hash> <time>", and where it is signed " <key> <signature>" in base64
/// behind that, without a line end. What is signed is all that stands before the key.
std::string encode(const AuditHead& head);
/// `invalid`: it is none, or its signature is not that of its key.
Result<AuditHead> parse_audit_head(std::string_view line);
/// Signs it with a project's key (32 bytes, by chance).
void sign(AuditHead& head, std::string_view seed);

/// How far the audit of the store has come. Any thread; `not_found`: there is no store, or none with an audit yet.
Result<AuditHead> read_audit_head(const std::filesystem::path& store, Timestamp now);

/// What became of the heads that somebody held.
struct HeldHeads {
  std::int64_t agreeing = 0;  ///< so many are as the store says
  std::int64_t up_to = 0;     ///< the number of the last of them
  std::int64_t vouched = 0;   ///< of those that agree so many are signed by a key that is trusted
  std::int64_t pruned = 0;    ///< of lines that are gone
  std::int64_t lost = 0;      ///< of before a restore, which put back an earlier state
  std::optional<Timestamp> last_lost;
};

/// What a look at the whole audit found.
struct AuditReport {
  std::int64_t lines = 0, first = 0;  ///< how many there are, the number of the oldest
  AuditHead head;                     ///< `at` is when it was looked at
  HeldHeads held;
  std::vector<std::string> faults;  ///< in words; a thousand at most
};

/// Whose heads are believed.
struct HeadKeys {
  std::vector<std::string> trusted;  ///< Ed25519, 32 bytes each
  bool all_signed = false;
};

/// Goes through all lines of the store's audit: whether one was changed, taken out, put in, swapped or repeated, and
/// whether they agree with the heads. Heads of which none agrees are a fault, and so is what is gone, as if it had been
/// pruned or put aside by a restore, where that cannot be or no head vouches for it. A head that another key has signed
/// than those of `trusted` is a fault; where `all_signed`, so is one that nobody has. Writes nothing; any thread.
/// `not_found`: there is no store.
Result<AuditReport> verify_audit(const std::filesystem::path& store, const std::vector<AuditHead>& heads, Timestamp now,
                                 const HeadKeys& keys = {});

struct AuditFilter {
  std::string who = {}, what = {}, about = {};       ///< empty: all
  std::optional<Timestamp> since = {}, before = {};  ///< from, and up to but without
  std::int64_t limit = 0;                            ///< the newest ones; 0: all
};
/// Hands them out, the oldest first. Nothing where there is no store.
Status each_audit_line(const std::filesystem::path& store, const AuditFilter& filter,
                       const std::function<void(const AuditEntry&)>& take);

}  // namespace millrace

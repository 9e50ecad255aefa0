#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"
#include "people/roles.hpp"
#include "value/clock.hpp"

namespace millrace {

/// Somebody who came in through a browser, until he goes, or is away for 12 hours, or 30 days have passed. What proves
/// it is a secret in a cookie; to act takes a key, too, that only the page at our port can read: a cookie goes to every
/// port of a host. Of both there are hashes here and in the store.
struct SessionHead {
  std::string id;  ///< how lists call it; proves nothing
  std::string who;
  Roles roles;
  Timestamp begun, seen;
  std::string key_hash = {};
};

/// What a browser is given, once.
struct BegunSession {
  SessionHead head;
  std::string secret;  ///< for the cookie
  std::string key;     ///< for the page's storage
};

/// What lets in whoever has it, once.
struct OneTimeCode {
  std::string code;
  Timestamp expires;
};

inline constexpr Duration idle_end = std::chrono::hours(12), session_end = std::chrono::hours(24 * 30);

/// Who is in. All of it is in the store, so that a restart sends nobody out; codes are in memory, for they last a
/// minute. Loop thread only.
class Sessions {
 public:
  /// REQUIRES: both outlive it.
  Sessions(Journal& journal, Clock& clock) : journal_(journal), clock_(clock) {}

  /// Reads who was in; nobody is known before.
  Task<Status> load();
  bool loaded() const noexcept { return loaded_; }

  /// `limited` where too many wait to be used.
  Result<OneTimeCode> give_code(std::string who, Roles roles, Duration valid);
  /// `denied` for a code that is over, was used, or never was one: which, is not told.
  Task<Result<BegunSession>> enter(std::string code);
  /// Of somebody who is known by something else than a code.
  Task<Result<BegunSession>> begin(std::string who, Roles roles);

  /// Whose secret it is; nothing where the session is over.
  std::optional<SessionHead> find(std::string_view secret) const;
  bool is_in(const std::string& id) const;
  static bool is_key(const SessionHead& session, std::string_view key);
  /// So that it is not taken for idle; written now and then.
  Task<void> note_use(std::string id);

  std::vector<SessionHead> list() const;  ///< the latest seen first
  /// `not_found` where there is none.
  Task<Status> end(std::string id, std::string who);
  /// All of one person's.
  Task<Status> end_all_of(std::string person, std::string who);

 private:
  struct Code {
    std::string who;
    Roles roles;
    Deadline until;
  };
  struct Kept {
    SessionHead head;
    std::string hash;   ///< of its secret: its name in the store
    Timestamp written;  ///< what the store says of `seen`
  };

  bool is_over(const SessionHead& session) const;
  Task<Status> remove(std::vector<Kept> ended, std::string who);

  Journal& journal_;
  Clock& clock_;
  bool loaded_ = false;
  std::map<std::string, Code> codes_;     // by the hash of the code
  std::map<std::string, Kept> sessions_;  // by id
};

}  // namespace millrace

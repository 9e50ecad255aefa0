#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"
#include "people/roles.hpp"
#include "value/clock.hpp"

namespace millrace {

/// Somebody who comes in by name and password.
struct UserHead {
  std::string name;
  Roles roles;
  Timestamp made;
  std::string made_by;
  bool has_password = false;  ///< else the invitation was not taken up yet
};

/// The people who may come into the console by themselves. Passwords are kept as keys that Argon2id makes of them, and
/// are tried on a worker. Loop thread only.
class Users {
 public:
  /// REQUIRES: all three outlive it.
  Users(Loop& loop, Journal& journal, Clock& clock) : loop_(loop), journal_(journal), clock_(clock) {}

  Task<Status> load();
  /// The invitation, which is told this once: whoever has it sets the password, within 7 days. `conflict` where the
  /// name is taken.
  Task<Result<std::string>> add(std::string name, Roles roles, std::string who);
  Task<Status> remove(std::string name, std::string who);  ///< `not_found`
  std::vector<UserHead> list() const;

  /// Takes an invitation up, once. `invalid` for a password of less than 12 letters; `denied` for an invitation that is
  /// over, was used, or never was one.
  Task<Result<UserHead>> accept(std::string invitation, std::string password);
  /// Whose password it is. `denied`, in the same time and words whether there is such a user or not; `limited` after 5
  /// tries of a name within a minute.
  Task<Result<UserHead>> check(std::string name, std::string password);

 private:
  struct Kept {
    UserHead head;
    std::string salt, key;   ///< of the password, in hex; empty: none yet
    std::string invitation;  ///< its hash; empty: it was used
    Timestamp invited_until;
  };
  static StateChange kept_user(const Kept& user);
  Task<Result<std::string>> key_of(std::string password, std::string salt);
  bool may_try(const std::string& name);

  Loop& loop_;
  Journal& journal_;
  Clock& clock_;
  std::map<std::string, Kept> users_;
  std::map<std::string, std::deque<Deadline>> tries_;  // by name: when each is forgotten
};

}  // namespace millrace

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"
#include "people/roles.hpp"
#include "value/clock.hpp"

namespace millrace {

/// A token of a program: what it may, and since when.
struct TokenHead {
  std::string name;
  Roles roles;
  Timestamp made;
  std::string made_by;
};

/// The tokens of programs, each with a name and roles of its own. The store has hashes. Loop thread only.
class ProgramTokens {
 public:
  /// REQUIRES: both outlive it.
  ProgramTokens(Journal& journal, Clock& clock) : journal_(journal), clock_(clock) {}

  Task<Status> load();
  /// The token, which is told this once; `conflict` where the name is taken.
  Task<Result<std::string>> add(std::string name, Roles roles, std::string who);
  Task<Status> revoke(std::string name, std::string who);  ///< `not_found`
  std::vector<TokenHead> list() const;
  /// Whose token it is.
  std::optional<TokenHead> find(std::string_view token) const;

 private:
  struct Kept {
    TokenHead head;
    std::string hash;
  };
  const Kept* named(std::string_view name) const;

  Journal& journal_;
  Clock& clock_;
  std::map<std::string, Kept> tokens_;  // by the hash
};

/// Whether somebody or something may be called so: letters, digits, '.', '_', '-' and '@', at most 64 of them.
Status check_name(std::string_view name);

}  // namespace millrace

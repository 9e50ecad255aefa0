#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "catalog/inverse.hpp"
#include "gate/gate.hpp"
#include "rehearsal/made_changes.hpp"
#include "rehearsal/thing_names.hpp"
#include "value/value.hpp"

namespace millrace {

/// What there is today of what a run has changed.
class Looks {
 public:
  Looks(Gate& gate, const Catalog& catalog, Timestamp now) : gate_(gate), catalog_(catalog), now_(now) {}

  /// What the action would change, as it is now; null where nothing tells it.
  Task<Result<Value>> today(const MadeChange& change, const Action& action, Value input);
  /// From now on all is seen as it is when `action` will have been done: whatever is planned later comes after it.
  void lay_over(const MadeChange& change, const Action& action, const Value& input);
  /// What the probe of what creates it finds; nothing where it has none. The error says why nothing tells.
  Task<Result<Value::List>> probed(const MadeChange& change, const Action& create, Value input);
  /// Whether what the run left is gone, although the far side, asked for it, did not say so but refused.
  Task<Result<bool>> gone(const MadeChange& change);
  /// Those who lose `thing`, as it is today, when `removal` is done with this input.
  Task<Result<Value::List>> carriers(const MadeChange& change, const Action& removal, Value input, Value thing);

 private:
  const std::optional<Look>& look_for(const MadeChange& change, const Action& action) const;
  const Action* maker_of(const Action& write) const;
  Task<Result<Value>> ask(const Action& read, const MadeChange& change, Value input);
  Task<Result<Value>> perform(const Action& read, const MadeChange& change, Value input);
  std::string thing(const MadeChange& change, const Action& action, const Value& input, const Value& id);
  void note(const MadeChange& change, const Action& action, const Value& input);
  Value later(const MadeChange& change, const Action& read, const Value& asked, const Value& answer);

  Gate& gate_;
  const Catalog& catalog_;
  Timestamp now_;
  std::map<std::string, Result<Value>> asked_;
  ThingNames names_;
  std::map<std::string, Map> put_back_;  // by thing: its fields
  std::set<std::string> deleted_;        // things
};

/// The id of the thing in what a create gives, or its probe finds; empty where there is none.
std::string id_in(const Action& create, const Value& output);

}  // namespace millrace

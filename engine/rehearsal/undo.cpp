#include "rehearsal/undo.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.hpp"
#include "catalog/kind.hpp"
#include "catalog/probe.hpp"
#include "catalog/request.hpp"
#include "rehearsal/put_back.hpp"
#include "rehearsal/undo_compare.hpp"
#include "rehearsal/undo_looks.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {
namespace {

constexpr std::size_t most_ids = 3;

/// Takes changes back one after the other.
class Undoing {
 public:
  Undoing(Gate& gate, const Catalog& catalog, const Project& project, Timestamp now)
      : looks_(gate, catalog, now), catalog_(catalog), project_(project) {}

  Task<Result<Undo>> undo(std::vector<MadeChange> changes) {
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      auto taken = co_await take_back(*change);
      if (!taken) co_return taken.error();
    }
    tell_losses();
    for (Reversal& each : again_) {
      if (!nothing_left(*each.action, each.input)) undo_.reversals.push_back(std::move(each));
    }
    undo_.reversals.insert(undo_.reversals.end(), doubtful_.begin(), doubtful_.end());
    tell_new_ids();
    co_return std::move(undo_);
  }

 private:
  Task<Status> take_back(const MadeChange& change) {
    const std::string why = cannot(change);
    if (!why.empty()) {
      not_undone(change, why);
      co_return Done{};
    }
    if (change.on_deleted) {
      if (!change.on_short_lived)
        left_alone(change, "what it was done to was deleted later in the run, and what is made again has another id");
      co_return Done{};
    }
    const Action& back = *catalog_.find_action(change.action->inverse->action);
    if (!change.action->inverse->with.empty()) {
      auto taken = co_await take_back_by_expressions(change, back);
      co_return taken;
    }
    auto input = inputs_back(*change.action, back, change.past);
    if (!input) {
      not_undone(change, why_not_known(change, input.error()));
      co_return Done{};
    }
    const Value wanted = std::move(*input);
    if (back.effect == Effect::create) {
      auto made = co_await make_again(change, back, wanted);
      co_return made;
    }
    auto put = co_await put_back(change, back, wanted);
    co_return put;
  }

  /// Why it cannot be taken back, whatever there is today; empty where it can.
  std::string cannot(const MadeChange& change) const {
    if (change.file) return "the file stays as it is, because files are not kept as they were before";
    if (change.effect == Effect::send) return "what was sent cannot be called back";
    const std::string plugin = change.action_name.substr(0, change.action_name.find('.'));
    if (change.action == nullptr)
      return "the plugin \"" + plugin + "\" does not have " + change.action_name + " any more";
    if (!change.action->inverse) return change.action_name + " has no inverse";
    if (!change.recorded) return "the run's record does not hold what is needed for it";
    if (catalog_.find_action(change.action->inverse->action) == nullptr)
      return "the plugin \"" + plugin + "\" does not have " + change.action->inverse->action + " any more";
    if (!change.connection.empty() && project_.find_connection(change.connection) == nullptr)
      return "millrace.yaml has no connection \"" + change.connection + "\" any more";
    return "";
  }

  /// A thing that was deleted, unless there is one again.
  Task<Status> make_again(const MadeChange& change, const Action& back, Value input) {
    auto found = co_await looks_.probed(change, back, input);
    if (!found && may_be_asked_later(found.error())) co_return found.error();
    const std::string why = found ? there_again(change, back, input, *found) : found.error().message;
    if (!why.empty()) {
      left_alone(change, why + ", so none is made");
    } else {
      new_ids_[change.action->resource ? change.action->resource->kind : ""].push_back(id_of(change));
      reverse(change, back, input);
      if (const std::string lost = not_put_back(change, back, input); !lost.empty()) not_undone(change, lost);
      if (!found->empty()) put_last(change, id_in(back, found->front()));
    }
    auto given = co_await give_again(change);
    co_return given;
  }

  /// In words, that there is one again among those that are found by what it was; empty where there is none. One of
  /// which the run had read beside it was there all the time: the two differed in their letters, or in something else.
  std::string there_again(const MadeChange& change, const Action& create, const Value& input,
                          const Value::List& found) const {
    std::string taken;
    for (const Value& each : found) {
      const Value* thing = thing_in(create, each);
      if (thing == nullptr || as_it_was(create, input, *thing)) return "there is one again";
      const std::string id = id_in(create, each);
      if (change.seen != nullptr && change.seen->contains(id)) continue;
      taken = change.seen != nullptr ? "there is one again" : "there is one that can be taken for it (" + id + ")";
    }
    return taken;
  }

  /// The far side may take the two for one and refuse: then all else is done.
  void put_last(const MadeChange& change, const std::string& beside) {
    doubtful_.push_back(std::move(undo_.reversals.back()));
    undo_.reversals.pop_back();
    lose(change.summary + ": it is made again last, because " + beside +
         ", which was there beside it, can be taken for it: the far side may refuse");
  }

  /// What was made is deleted, and what was changed gets its fields back, unless others have changed it since.
  Task<Status> put_back(const MadeChange& change, const Action& back, Value input) {
    const auto now = co_await looks_.today(change, back, input);
    if (!now && may_be_asked_later(now.error())) co_return now.error();
    const bool made = change.effect == Effect::create;
    if (!now) {
      bool is_gone = now.error().code == ErrorCode::not_found;
      if (!is_gone) {  // a far side may refuse what is not there
        const auto told = co_await looks_.gone(change);
        is_gone = told && *told;
      }
      left_alone(change, !is_gone ? "it cannot be looked at: " + now.error().message
                         : made   ? "it is gone already"
                                  : "it is gone, so nothing can be put back");
      co_return Done{};
    }
    const std::string changed = changed_since(change, *now);
    if (!made && as_it_was(back, input, *now)) {
      left_alone(change, "it is as it was before already");
    } else if (!changed.empty()) {
      left_alone(change, changed);
    } else {
      if (const std::string lost = not_put_back(change, back, input); !lost.empty()) not_undone(change, lost);
      if (puts_nothing_back(back, input)) {
        for (const std::string& sentence : change.action->inverse->lost) lose(sentence);
        co_return Done{};
      }
      reverse(change, back, input);
      const auto lost = made ? filled_in_since(change, *now) : std::vector<std::string>();
      if (!lost.empty())
        not_undone(change, "its " + join(lost, ", ") + (lost.size() == 1 ? " was" : " were") +
                               " filled in or changed since, and " + (lost.size() == 1 ? "is" : "are") +
                               " lost with it");
      const bool carried = made && back.inverse && back.inverse->carriers && !now->is_null();
      if (carried) {
        auto told = co_await tell_carriers(change, back, input, *now);
        co_return told;
      }
    }
    co_return Done{};
  }

  /// Notes who carries a thing by now that is deleted, but for those that this undo takes it off anyway.
  Task<Status> tell_carriers(const MadeChange& change, const Action& back, Value input, Value now) {
    const Carriers& carriers = *back.inverse->carriers;
    const Action* again = catalog_.find_action(carriers.again);
    if (again == nullptr) co_return Done{};
    const auto found = co_await looks_.carriers(change, back, input, now);
    if (!found && may_be_asked_later(found.error())) co_return found.error();
    if (!found) {
      not_undone(change, "who carries it by now is not known: " + found.error().message);
      co_return Done{};
    }
    Bindings names;
    names.set("input", input);
    names.set("before", now);
    names.set("now", Value());
    Loss loss{&change, again, {}};
    for (const Value& carrier : *found) {
      names.set("carrier", carrier);
      const auto given = inputs_by(carriers.with, names, shared_inputs(input, *again));
      if (given && is_taken_off(change, *again, *given)) continue;
      loss.given.push_back(given ? *given : Value());
      if (given) taken_from_.emplace(name_without_lists(again->name, change.connection, *given), *given);
    }
    losses_.push_back(std::move(loss));
    co_return Done{};
  }

  /// Says how many lose what is deleted, but for those that this undo gives it again.
  void tell_losses() {
    for (const Loss& loss : losses_) {
      const auto count =
          static_cast<std::size_t>(std::count_if(loss.given.begin(), loss.given.end(), [&](const Value& given) {
            const auto place = places_.find(name_without_lists(loss.again->name, loss.change->connection, given));
            return place == places_.end() || !has_lists_of(again_[place->second].input, given);
          }));
      const std::string_view kind = declared_kind(*loss.again);
      if (count > 0)
        not_undone(*loss.change,
                   counted(count, kind.empty() ? "other" : kind_words(kind)) +
                       (count == 1 ? " carries it by now, and loses it" : " carry it by now, and lose it"));
    }
  }

  /// Whether a reversal before this one takes back what `again` would give with this input.
  bool is_taken_off(const MadeChange& change, const Action& again, const Value& given) const {
    if (!again.inverse) return false;
    const auto [first, last] =
        taken_back_.equal_range(name_without_lists(again.inverse->action, change.connection, given));
    return std::any_of(first, last, [&given](const auto& each) { return has_lists_of(each.second, given); });
  }

  /// Whether what carries something loses it by a reversal before, so that it is given again whatever it has now.
  bool is_taken_from(const MadeChange& change, const Action& again, const Value& given) const {
    const auto [first, last] = taken_from_.equal_range(name_without_lists(again.name, change.connection, given));
    return std::any_of(first, last, [&given](const auto& each) { return has_lists_of(each.second, given); });
  }

  Task<Status> take_back_by_expressions(const MadeChange& change, const Action& back) {
    const Inverse& inverse = *change.action->inverse;
    Bindings names;
    names.set("input", change.past.input);
    names.set("output", change.past.output);
    names.set("before", change.past.before);
    Map shared = shared_inputs(change.past.input, back);
    withdraw(change, inverse.with, names, shared);
    auto input = co_await given_by(change, back, inverse.with, std::move(names), std::move(shared));
    if (!input && may_be_asked_later(input.error())) co_return input.error();
    if (!input) {
      left_alone(change, input.error().message);
      co_return Done{};
    }
    if (nothing_left(back, *input)) {
      left_alone(change, "nothing of it is left to take back");
      co_return Done{};
    }
    reverse(change, back, *input);
    if (inverse.before && change.past.before.is_null())
      not_undone(change, "what was there before was not read, so all of it is taken back");
    co_return Done{};
  }

  /// What was given by the run is not given again to who carried it when it was deleted later.
  void withdraw(const MadeChange& change, const Inputs& with, Bindings names, Map shared) {
    names.set("now", Value());
    const auto whole = inputs_by(with, names, std::move(shared));
    const auto place =
        whole ? places_.find(name_without_lists(change.action->name, change.connection, *whole)) : places_.end();
    if (place == places_.end()) return;
    Map kept = again_[place->second].input.map();
    for (const auto& [input, value] : whole->map()) {
      const Value* listed = value.is_list() ? kept.find(input) : nullptr;
      if (listed == nullptr || !listed->is_list()) continue;
      kept.set(input, without_items(listed->list(), value.list()));
    }
    again_[place->second].input = Value(std::move(kept));
  }

  /// Whoever carried what was deleted is given it again, one at a time and all of it at once.
  Task<Status> give_again(const MadeChange& change) {
    const auto& carriers = change.action->inverse->carriers;
    if (!carriers) co_return Done{};
    const Action* again = catalog_.find_action(carriers->again);
    if (again == nullptr || !change.carriers.is_list()) {
      not_undone(change, "who carried it is not known" + (change.untold.empty() ? "" : ": " + change.untold));
      co_return Done{};
    }
    for (const Value& carrier : change.carriers.list()) {
      Bindings names;
      names.set("carrier", carrier);
      names.set("input", change.past.input);
      names.set("before", change.past.before);
      Map shared = shared_inputs(change.past.input, *again);
      Bindings without = names;
      without.set("now", Value());
      const auto whole = inputs_by(carriers->with, without, shared);
      auto input = co_await given_by(change, *again, carriers->with, std::move(names), std::move(shared));
      if (input && whole && is_taken_from(change, *again, *whole)) input = *whole;
      if (!input && may_be_asked_later(input.error())) co_return input.error();
      if (!input) {
        left_alone(change, shown(carrier) + " carried it and is not given it again: " + input.error().message);
      } else if (!nothing_left(*again, *input)) {
        add_again({again, change.connection, *input});
      }
    }
    co_return Done{};
  }

  /// The inputs of `action`: what does not depend on it first, then with what there is today.
  Task<Result<Value>> given_by(const MadeChange& change, const Action& action, const Inputs& with, Bindings names,
                               Map shared) {
    auto first = inputs_by(with, names, shared);
    if (!first) co_return first.error();
    Value now;
    if (action.inverse && action.inverse->before) {
      auto seen = co_await looks_.today(change, action, std::move(*first));
      if (!seen) co_return seen.error();
      now = std::move(*seen);
    }
    names.set("now", now);
    co_return inputs_by(with, names, std::move(shared));
  }

  void reverse(const MadeChange& change, const Action& back, Value input) {
    taken_back_.emplace(name_without_lists(back.name, change.connection, input), input);
    looks_.lay_over(change, back, input);
    undo_.reversals.push_back({&back, change.connection, std::move(input)});
    for (const std::string& sentence : change.action->inverse->lost) lose(sentence);
    if (back.effect == Effect::create && !change.action->caution.empty()) lose(change.action->caution);
  }

  /// Joined with what the same one is given by the same action: lists grow, everything else is the same.
  void add_again(Reversal reversal) {
    const std::string carrier = name_without_lists(reversal.action->name, reversal.connection, reversal.input);
    const auto [place, is_new] = places_.try_emplace(carrier, again_.size());
    if (is_new) return again_.push_back(std::move(reversal));
    again_[place->second].input = with_lists_of(again_[place->second].input, reversal.input);
  }

  void tell_new_ids() {
    for (const auto& [kind, ids] : new_ids_) {
      const std::string words = kind.empty() ? "thing" : kind_words(kind);
      std::vector<std::string> named(ids.rbegin(), ids.rend());
      const std::size_t more = named.size() > most_ids ? named.size() - most_ids : 0;
      named.resize(named.size() - more);
      const std::string which = join(named, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
      lose(counted(ids.size(), words) + (ids.size() == 1 ? " gets a new id" : " get new ids") + ": what refers to " +
           which + " finds nothing there any more");
    }
  }

  void not_undone(const MadeChange& change, const std::string& why) { lose(change.summary + ": " + why); }
  void lose(const std::string& sentence) {
    if (told_.insert(sentence).second) undo_.not_undone.push_back(sentence);
  }
  void left_alone(const MadeChange& change, const std::string& why) {
    const std::string sentence = change.summary + ": " + why;
    if (told_.insert(sentence).second) undo_.left_alone.push_back(sentence);
  }

  /// What carriers of a thing lose when what was made is deleted.
  struct Loss {
    const MadeChange* change;
    const Action* again;
    std::vector<Value> given;
  };

  Looks looks_;
  const Catalog& catalog_;
  const Project& project_;
  Undo undo_;
  std::vector<Reversal> again_, doubtful_;
  std::map<std::string, std::size_t> places_;     // of carriers in it
  std::multimap<std::string, Value> taken_back_;  // inputs of reversals
  std::multimap<std::string, Value> taken_from_;  // what carriers lose, as what would give it again
  std::vector<Loss> losses_;
  std::map<std::string, std::vector<std::string>> new_ids_;  // by kind: the old ones
  std::set<std::string> told_;
};

}  // namespace

Task<Result<Undo>> undo_of(std::vector<MadeChange> changes, Gate& gate, const Catalog& catalog, const Project& project,
                           Timestamp now) {
  Undoing undoing(gate, catalog, project, now);
  auto undo = co_await undoing.undo(std::move(changes));
  co_return undo;
}

}  // namespace millrace

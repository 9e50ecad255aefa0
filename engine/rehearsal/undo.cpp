#include "rehearsal/undo.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.hpp"
#include "catalog/kind.hpp"
#include "catalog/probe.hpp"
#include "catalog/request.hpp"
#include "rehearsal/made_again.hpp"
#include "rehearsal/undo_compare.hpp"
#include "rehearsal/undo_looks.hpp"
#include "rehearsal/undo_reasons.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {
namespace {

/// What is made by a create, in a word.
std::string made_by(const Action& create, const std::string& connection, const Value& input) {
  return create.name + " " + connection + " " + encode_json(without_location(input));
}

/// Takes changes back one after the other.
class Undoing {
 public:
  Undoing(Gate& gate, const Catalog& catalog, const Project& project, Timestamp now,
          const std::vector<MadeChange>& before)
      : looks_(gate, catalog, now), catalog_(catalog), project_(project) {
    for (const MadeChange& each : before) {
      const bool made = each.effect == Effect::create && each.action != nullptr && each.past.input.is_map();
      if (made) made_before_.insert(made_by(*each.action, each.connection, each.past.input));
    }
  }

  Task<Result<Undo>> undo(std::vector<MadeChange> changes) {
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      auto taken = co_await take_back(*change);
      if (!taken) co_return taken.error();
    }
    tell_losses();
    made_again_.put_carriers_last();
    for (Reversal& each : again_) {
      if (!nothing_left(*each.action, each.input)) undo_.reversals.push_back(std::move(each));
    }
    undo_.reversals.insert(undo_.reversals.end(), doubtful_.begin(), doubtful_.end());
    for (const auto& [kind, ids] : new_ids_) lose(in_words_of_new_ids(kind, ids));
    co_return std::move(undo_);
  }

 private:
  Task<Status> take_back(const MadeChange& change) {
    const std::string why = cannot_be_taken_back(change, catalog_, project_);
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
    const TakenBack wanted = std::move(*input);
    if (back.effect == Effect::create) {
      auto made = co_await make_again(change, back, wanted.input);
      co_return made;
    }
    auto put = co_await put_back(change, back, wanted);
    co_return put;
  }

  /// A thing that was deleted, unless there is one again.
  Task<Status> make_again(const MadeChange& change, const Action& back, Value input) {
    auto found = co_await looks_.probed(change, back, input);
    if (!found && may_be_asked_later(found.error())) co_return found.error();
    std::string why = found ? there_again(change, back, input, *found) : found.error().message;
    if (why.empty() && was_made_before(change, back, input)) why = "an undo before this one has made it again";
    if (!why.empty()) {
      left_alone(change, why + ", so none is made");
      made_again_.note_missing(change);
    } else {
      new_ids_[change.action->resource ? change.action->resource->kind : ""].push_back(id_of(change));
      tell_location(change, input);
      reverse(change, back, input);
      made_again_.note(change, undo_.reversals);
      if (const auto lost = lost_when_made_again(change, back, input); !lost.empty()) not_undone(change, lost);
      if (!found->empty()) put_last(change, id_in(back, found->front()));
    }
    auto given = co_await give_again(change);
    co_return given;
  }

  /// Where no probe tells it, what was written down does. Each stands for one thing.
  bool was_made_before(const MadeChange& change, const Action& create, const Value& input) {
    const auto found = create.probe ? made_before_.end() : made_before_.find(made_by(create, change.connection, input));
    if (found == made_before_.end()) return false;
    made_before_.erase(found);
    return true;
  }

  void tell_location(const MadeChange& change, const Value& input) {
    const std::string own = input.text_or("location_id"), of_run = change.past.input.text_or("location_id");
    if (!own.empty() && !of_run.empty() && own != of_run)
      lose(change.summary + ": it is made again in its own location " + own + ", and not in " + of_run +
           ", from where it was deleted");
  }

  /// The far side may take the two for one and refuse: then all else is done.
  void put_last(const MadeChange& change, const std::string& beside) {
    doubtful_.push_back(std::move(undo_.reversals.back()));
    undo_.reversals.pop_back();
    made_again_.note(change, doubtful_);
    lose(change.summary + ": it is made again last, because " + beside +
         ", which was there beside it, can be taken for it: the far side may refuse");
  }

  /// What was made is deleted, and what was changed gets its fields back, unless others have changed it since.
  Task<Status> put_back(const MadeChange& change, const Action& back, TakenBack wanted) {
    const auto now = co_await looks_.today(change, back, wanted.input);
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
    const bool as_before = !made && as_it_was(back, wanted.input, *now) && !still_lacks(back, wanted, *now);
    if (!changed.empty() && !as_before) {
      left_alone(change, changed);
      co_return Done{};
    }
    std::vector<std::string> kept;
    if (!made) kept = not_put_back(wanted, *now);
    const Value input = wanted.input;
    if (as_before || (wanted.of_fields && wanted.put_back.empty())) {
      if (kept.empty())
        left_alone(change, as_before ? "it is as it was before already" : "nothing of it is left to take back");
    } else {
      reverse(change, back, input);
      const auto lost = made ? filled_in_since(change, *now) : std::vector<std::string>();
      if (!lost.empty())
        not_undone(change, "its " + join(lost, ", ") + (lost.size() == 1 ? " was" : " were") +
                               " filled in or changed since, and " + (lost.size() == 1 ? "is" : "are") +
                               " lost with it");
      const bool carried = made && back.inverse && back.inverse->carriers && !now->is_null();
      if (carried) {
        auto told = co_await tell_carriers(change, back, input, *now);
        if (!told) co_return told;
      }
    }
    for (const std::string& why : kept) not_undone(change, why);
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
      if (const auto later = whole ? made_again_.give(change, *whole) : std::nullopt) {
        if (!later->empty()) left_alone(change, shown(carrier) + " carried it and is not given it again: " + *later);
        continue;
      }
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
  MadeAgain made_again_{undo_.reversals};
  std::multiset<std::string> made_before_;                   // by earlier tries
  std::map<std::string, std::vector<std::string>> new_ids_;  // by kind: the old ones
  std::set<std::string> told_;
};

}  // namespace

Task<Result<Undo>> undo_of(std::vector<MadeChange> changes, std::vector<MadeChange> before, Gate& gate,
                           const Catalog& catalog, const Project& project, Timestamp now) {
  Undoing undoing(gate, catalog, project, now, before);
  auto undo = co_await undoing.undo(std::move(changes));
  co_return undo;
}

}  // namespace millrace

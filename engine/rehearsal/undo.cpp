#include "rehearsal/undo.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "catalog/kind.hpp"
#include "catalog/probe.hpp"
#include "catalog/request.hpp"
#include "rehearsal/undo_compare.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {
namespace {

constexpr std::size_t most_ids = 3;

bool empty(const Value* value) {
  return value == nullptr || value->is_null() || (value->is_list() && value->list().empty());
}

/// Whether an input that the action cannot be done without is missing or an empty list.
bool nothing_left(const Action& back, const Value& input) {
  const auto required = back.inputs().required();
  return std::any_of(required.begin(), required.end(),
                     [&input](const std::string& name) { return empty(input.find(name)); });
}

/// Takes changes back one after the other.
class Undoing {
 public:
  Undoing(Gate& gate, const Catalog& catalog, const Project& project, Timestamp now)
      : gate_(gate), catalog_(catalog), project_(project), now_(now) {}

  Task<Result<Undo>> undo(std::vector<MadeChange> changes) {
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      auto taken = co_await take_back(*change);
      if (!taken) co_return taken.error();
    }
    undo_.reversals.insert(undo_.reversals.end(), again_.begin(), again_.end());
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
    const Action& back = *catalog_.find_action(change.action->inverse->action);
    if (!change.action->inverse->with.empty()) {
      auto taken = co_await take_back_by_expressions(change, back);
      co_return taken;
    }
    auto input = inputs_back(*change.action, back, change.past);
    if (!input) {
      not_undone(change, not_known(change, input.error()));
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

  std::string not_known(const MadeChange& change, const Error& why) const {
    if (!change.past.before.is_null() || change.effect == Effect::create) return why.message;
    if (!change.untold.empty()) return why.message + ": " + change.untold;
    if (change.looked) return "it was not there before, and " + change.action->inverse->action + " takes nothing away";
    const auto& look = change.action->inverse->before;
    return why.message +
           (look ? ": no step of the run read it, as " + look->action + " in a step before would have" : "");
  }

  /// A thing that was deleted, unless there is one again.
  Task<Status> make_again(const MadeChange& change, const Action& back, Value input) {
    const auto found = co_await probed(change, back, input);
    if (!found && may_be_asked_later(found.error())) co_return found.error();
    const bool there = !found || *found;
    if (!found) left_alone(change, found.error().message);
    if (there) {
      left_alone(change, "there is one again, so none is made");
    } else {
      new_ids_[change.action->resource ? change.action->resource->kind : ""].push_back(id_of(change));
      reverse(change, back, input);
    }
    auto given = co_await give_again(change);
    co_return given;
  }

  /// Whether the probe of what creates it finds such a thing; not where it has none. The error says why nothing tells.
  Task<Result<bool>> probed(const MadeChange& change, const Action& create, Value input) {
    const Action* asked = create.probe ? catalog_.find_action(create.probe->action) : nullptr;
    if (asked == nullptr) co_return false;
    const Value question = Value(shared_inputs(question_of(*create.probe, input), *asked));
    const auto answer = co_await ask(*asked, change, question);
    if (!answer && may_be_asked_later(answer.error())) co_return answer.error();
    const auto told = told_by(*create.probe, input, answer);
    if (!told) co_return Error{ErrorCode::invalid, told.error().message};
    co_return told->has_value();
  }

  /// What was made is deleted, and what was changed gets its fields back, unless others have changed it since.
  Task<Status> put_back(const MadeChange& change, const Action& back, Value input) {
    const auto now = co_await today(change, back, input);
    if (!now && may_be_asked_later(now.error())) co_return now.error();
    const bool made = change.effect == Effect::create;
    if (!now) {
      bool gone = now.error().code == ErrorCode::not_found;
      if (!gone && made && change.action->probe) {  // a far side may refuse what is not there
        const auto found = co_await probed(change, *change.action, change.past.input);
        gone = found && !*found;
      }
      left_alone(change, !gone  ? "it cannot be looked at: " + now.error().message
                         : made ? "it is gone already"
                                : "it is gone, so nothing can be put back");
      co_return Done{};
    }
    const std::string changed = changed_since(change.left, *now);
    if (!made && as_it_was(back, input, *now)) {
      left_alone(change, "it is as it was before already");
    } else if (!changed.empty()) {
      left_alone(change, changed);
    } else {
      reverse(change, back, input);
    }
    co_return Done{};
  }

  Task<Status> take_back_by_expressions(const MadeChange& change, const Action& back) {
    const Inverse& inverse = *change.action->inverse;
    Bindings names;
    names.set("input", change.past.input);
    names.set("output", change.past.output);
    names.set("before", change.past.before);
    Map shared = shared_inputs(change.past.input, back);
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
      auto input = co_await given_by(change, *again, carriers->with, std::move(names), std::move(shared));
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
      auto seen = co_await today(change, action, std::move(*first));
      if (!seen) co_return seen.error();
      now = std::move(*seen);
    }
    names.set("now", now);
    co_return inputs_by(with, names, std::move(shared));
  }

  /// What the action would change, as it is now; null where nothing tells it.
  Task<Result<Value>> today(const MadeChange& change, const Action& action, Value input) {
    const auto& look =
        action.inverse && action.inverse->before ? action.inverse->before : change.action->inverse->before;
    const Action* read = look ? catalog_.find_action(look->action) : nullptr;
    if (read == nullptr) co_return Value();
    Bindings names;
    names.set("input", input);
    auto question = question_of(*look, action, *read, names);
    if (!question) co_return question.error();
    const Value asked = std::move(*question);
    const auto answer = co_await ask(*read, change, asked);
    if (!answer) co_return answer.error();
    co_return seen_by(*look, *read, input, *answer);
  }

  /// The same is asked once.
  Task<Result<Value>> ask(const Action& read, const MadeChange& change, Value input) {
    const std::string question = read.name + " " + change.connection + " " + change.location + " " + encode_json(input);
    const auto asked = asked_.find(question);
    if (asked != asked_.end()) co_return asked->second;
    CallSite site;
    site.step = "undo";
    site.workflow = "undo";
    site.location = change.location;
    site.connection = change.connection;
    site.now = now_;
    auto answer = co_await gate_.perform(read, std::move(input), std::move(site));
    asked_.emplace(question, answer);
    co_return answer;
  }

  void reverse(const MadeChange& change, const Action& back, Value input) {
    undo_.reversals.push_back({&back, change.connection, std::move(input)});
    for (const std::string& sentence : change.action->inverse->lost) lose(sentence);
    if (back.effect == Effect::create && !change.action->caution.empty()) lose(change.action->caution);
  }

  /// Joined with what the same one is given by the same action: lists grow, everything else is the same.
  void add_again(Reversal reversal) {
    Map name;
    for (const auto& [input, value] : reversal.input.map()) name.set(input, value.is_list() ? Value() : value);
    const std::string carrier = reversal.action->name + " " + reversal.connection + " " + encode_json(Value(name));
    const auto [place, is_new] = places_.try_emplace(carrier, again_.size());
    if (is_new) return again_.push_back(std::move(reversal));
    Map joined = again_[place->second].input.map();
    for (const auto& [input, value] : reversal.input.map()) {
      if (!value.is_list()) continue;
      const Value* listed = joined.find(input);
      Value::List all = listed != nullptr && listed->is_list() ? listed->list() : Value::List();
      for (const Value& one : value.list()) {
        if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
      }
      joined.set(input, std::move(all));
    }
    again_[place->second].input = Value(std::move(joined));
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

  Gate& gate_;
  const Catalog& catalog_;
  const Project& project_;
  Timestamp now_;
  Undo undo_;
  std::vector<Reversal> again_;
  std::map<std::string, std::size_t> places_;  // of carriers in it
  std::map<std::string, Result<Value>> asked_;
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

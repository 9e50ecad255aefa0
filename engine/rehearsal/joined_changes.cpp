#include "rehearsal/joined_changes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/unicode.hpp"
#include "catalog/thing_place.hpp"
#include "rehearsal/seen_member.hpp"
#include "rehearsal/thing_names.hpp"
#include "rehearsal/undo_compare.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {
namespace {

Value laid_over(const Value& below, const Value& above) {
  Map all = below.is_map() ? below.map() : Map();
  if (above.is_map()) {
    for (const auto& [name, value] : above.map()) all.set(name, value);
  }
  return Value(std::move(all));
}

/// Without what the change has filled in, where nothing was before it.
Value without_filled(Value thing, const MadeChange& change) {
  if (!change.left.is_map()) return thing;
  for (const auto& [field, value] : change.left.map()) {
    const bool filled = member_at(change.past.before, field.text()) == nullptr;
    if (filled && member_at(thing, field.text()) != nullptr) thing = with_member(thing, field.text(), Value());
  }
  return thing;
}

bool can_be_taken_back(const MadeChange& change) {
  return change.recorded && change.action != nullptr && change.action->inverse;
}

std::string plugin_of(const MadeChange& change) { return change.action_name.substr(0, change.action_name.find('.')); }

/// The thing itself that is made, changed or deleted; empty where another thing is only the place of it.
std::string thing_of(const MadeChange& change, ThingNames& names) {
  if (!can_be_taken_back(change) || !change.action->inverse->with.empty() || id_of(change).empty()) return "";
  return names.name_of(change.place, id_of(change));
}

std::string named(const MadeChange& change, const std::string& input, const std::string& id) {
  return plugin_of(change) + " " + change.connection + " " + input + " " + id;
}

using InputWords = std::map<std::string, std::string>;

/// The inputs in the path of its request: what it is done to, and what that belongs to. What the body names besides, it
/// only refers to.
InputWords words_in_path(const MadeChange& change) {
  InputWords words;
  if (change.action == nullptr || !change.action->request) return words;
  for (const std::string& name : inputs_in(change.action->request->path)) {
    const Value* value = change.past.input.find(name);
    if (value != nullptr && !value->is_null()) words.emplace(name, id_words(*value));
  }
  return words;
}

/// Whether the two do not name different ones by the same input.
bool agree(const InputWords& one, const InputWords& other) {
  return std::all_of(one.begin(), one.end(), [&other](const auto& each) {
    const auto found = other.find(each.first);
    return found == other.end() || found->second == each.second;
  });
}

struct DeletedThing {
  InputWords in_path;
  bool made_here = false;
};

/// Marks what was done to things that were deleted later: to a contact that is made again nothing of it comes back.
void mark_what_is_on_deleted(std::vector<MadeChange>& made, ThingNames& names) {
  std::set<std::string> things;
  for (const MadeChange& each : made) {
    if (each.effect == Effect::create) things.insert(thing_of(each, names));
  }
  std::map<std::string, std::vector<DeletedThing>> deleted;  // by how it is named as an input
  for (auto change = made.rbegin(); change != made.rend(); ++change) {
    const std::string thing = thing_of(*change, names);
    const std::string& own = thing.empty() ? thing : change->action->resource->id_input;
    const InputWords in_path = words_in_path(*change);
    for (const auto& [name, words] : in_path) {
      const auto found = name == own ? deleted.end() : deleted.find(named(*change, name, words));
      if (found == deleted.end()) continue;
      for (const DeletedThing& each : found->second) {
        if (!agree(each.in_path, in_path)) continue;
        change->on_deleted = true;
        change->on_short_lived = change->on_short_lived || each.made_here;
      }
    }
    if (change->effect == Effect::remove && !own.empty())
      deleted[named(*change, own, id_of(*change))].push_back({in_path, things.contains(thing)});
  }
}

/// Changes of lists in what one look sees, the tags of a contact, one after the other.
struct ListChanges {
  Value before;  ///< the first of them
  Value other_inputs;
  std::string list;  ///< the input
  std::vector<std::size_t> members;
};

class Joining {
 public:
  Joining(const Catalog& catalog, ThingNames& names) : catalog_(catalog), things_(names) {}

  void add(MadeChange change) {
    ++now_;
    const std::string thing = thing_of(change, things_);
    const std::string place = place_of(change);
    if (!thing.empty()) {
      note_lists_in(change, place);
      const MadeChange as_made = change;
      add_to_thing(thing, std::move(change));
      note_names(thing, as_made);
    } else if (place.empty() || !add_to_lists(place, change)) {
      changes_.emplace_back(std::move(change));
    }
  }

  std::vector<MadeChange> take() {
    std::vector<MadeChange> all;
    for (auto& change : changes_) {
      if (change) all.push_back(std::move(*change));
    }
    return all;
  }

 private:
  struct Place {
    std::size_t at;     // in changes_
    std::size_t first;  // when the first of what is joined there came
  };

  /// What is looked at to tell what was there before; empty where that is nothing.
  std::string place_of(const MadeChange& change) const {
    if (!can_be_taken_back(change) || !change.action->inverse->before) return "";
    const Look& look = *change.action->inverse->before;
    const Action* read = catalog_.find_action(look.action);
    if (read == nullptr) return "";
    Bindings names;
    names.set("input", change.past.input);
    const auto question = question_of(look, *change.action, *read, names);
    if (!question) return "";
    return change.connection + " " + change.location + " " + look.action + " " +
           encode_json(without_location(*question));
  }

  /// Of one thing changes are one, but where another thing has had a name in between that this one ends with: then the
  /// two are taken back in their turn, as no two have one name.
  void add_to_thing(const std::string& thing, MadeChange change) {
    auto& places = places_[thing];
    if (change.effect == Effect::remove && !places.empty()) return remove(places, std::move(change));
    if (!places.empty() && change.effect == Effect::update) {
      MadeChange& earlier = *changes_[places.back().at];
      const bool alike = earlier.effect == Effect::create || earlier.action == change.action;
      const bool in_turn = change.past.before.is_map() && has_name_of_other(thing, places.back().first, change);
      if (alike && !in_turn) return join(earlier, change);
    }
    places.push_back({changes_.size(), now_});
    changes_.emplace_back(std::move(change));
  }

  static void join(MadeChange& earlier, const MadeChange& later) {
    for (const auto& [field, value] : later.left.is_map() ? later.left.map() : Map()) {
      earlier.told.erase(field.text());
      if (later.told.contains(field.text())) earlier.told.insert(field.text());
    }
    earlier.shown.insert(later.shown.begin(), later.shown.end());
    earlier.left = laid_over(earlier.left, later.left);
    if (earlier.effect == Effect::update) earlier.past.input = laid_over(earlier.past.input, later.past.input);
  }

  /// A removal takes the first place of what was done to the thing before; one that was made here is as if never made.
  void remove(std::vector<Place>& places, MadeChange change) {
    const std::size_t first = places.front().at;
    const bool made_here = changes_[first]->effect == Effect::create;
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      const MadeChange& earlier = *changes_[place->at];
      if (earlier.past.before.is_map())
        change.past.before = laid_over(without_filled(change.past.before, earlier), earlier.past.before);
      changes_[place->at].reset();
    }
    places.clear();
    if (!made_here) changes_[first] = std::move(change);
  }

  void note_names(const std::string& thing, const MadeChange& change) {
    if (!change.past.before.is_map()) return;
    for (const auto& [field, value] : change.past.before.map()) {
      const bool gives_up =
          change.effect == Effect::remove || (change.left.is_map() && change.left.find(field.text()) != nullptr);
      if (gives_up && value.is_text() && !value.text().empty())
        names_[name_key(change, field.text(), value.text())].emplace_back(now_, thing);
    }
  }

  static std::string name_key(const MadeChange& change, const std::string& field, const std::string& name) {
    return change.place.where + " " + change.place.kind + " " + field + " " + vague_name_key(name);
  }

  /// Whether another thing has given up a name since that this one is left with.
  bool has_name_of_other(const std::string& thing, std::size_t since, const MadeChange& change) const {
    if (!change.left.is_map()) return false;
    for (const auto& [field, value] : change.left.map()) {
      const auto found = value.is_text() ? names_.find(name_key(change, field.text(), value.text())) : names_.end();
      if (found == names_.end()) continue;
      for (auto each = found->second.rbegin(); each != found->second.rend() && each->first > since; ++each) {
        if (each->second != thing) return true;
      }
    }
    return false;
  }

  /// A thing that is deleted, or of which the whole list is set, has had in it what was there before the changes of
  /// the list: these are taken back with it.
  void note_lists_in(MadeChange& change, const std::string& place) {
    const auto found = lists_.find(place);
    if (place.empty() || found == lists_.end() || !change.past.before.is_map()) return;
    auto& lists = found->second;
    for (auto each = lists.begin(); each != lists.end();) {
      const Look& look = *changes_[each->second.members.front()]->action->inverse->before;
      const auto member = member_seen(look, *catalog_.find_action(look.action), change.past.input, change.past.before,
                                      each->second.before, {each->second.list});
      const bool whole =
          member && (change.effect == Effect::remove || (change.left.is_map() && change.left.find(*member) != nullptr));
      if (member) {
        Map before = change.past.before.map();
        before.set(*member, each->second.before);
        change.lists_before.insert(*member);
        change.past.before = Value(std::move(before));
      }
      if (!whole) {
        ++each;
        continue;
      }
      for (const std::size_t taken : each->second.members) changes_[taken].reset();
      each = lists.erase(each);
    }
  }

  /// What a later change says of an item counts, and what was there before the first: a tag that was taken off and
  /// given again is as it was.
  bool add_to_lists(const std::string& place, MadeChange& change) {
    const Look& look = *change.action->inverse->before;
    const std::vector<std::string> names = list_inputs(change.past.input);
    if (!look.find || names.size() != 1 || change.past.before.is_null()) return false;
    Map rest = without_location(change.past.input).map();
    rest.erase(names.front());
    ListChanges fresh{change.past.before, Value(std::move(rest)), names.front(), {}};
    const auto [found, is_new] = lists_[place].try_emplace(look.find->text(), fresh);
    ListChanges& known = found->second;
    if (known.list != fresh.list || known.other_inputs != fresh.other_inputs) return false;
    const Value::List items = change.past.input.find(known.list)->list();
    for (auto member = known.members.begin(); member != known.members.end();) {
      const bool left = without(*changes_[*member], known.list, items);
      if (!left) changes_[*member].reset();
      member = left ? member + 1 : known.members.erase(member);
    }
    change.past.before = known.before;
    known.members.push_back(changes_.size());
    changes_.emplace_back(std::move(change));
    return true;
  }

  /// Takes items out of a list that the change was given; false where none are left.
  static bool without(MadeChange& change, const std::string& list, const Value::List& items) {
    Value::List rest = without_items(change.past.input.find(list)->list(), items);
    Map input = change.past.input.map();
    const bool left = !rest.empty();
    input.set(list, std::move(rest));
    change.past.input = Value(std::move(input));
    return left;
  }

  const Catalog& catalog_;
  ThingNames& things_;
  std::size_t now_ = 0;
  std::vector<std::optional<MadeChange>> changes_;
  std::map<std::string, std::vector<Place>> places_;                               // by thing, the last at the end
  std::map<std::string, std::vector<std::pair<std::size_t, std::string>>> names_;  // when which thing had it
  std::map<std::string, std::map<std::string, ListChanges>> lists_;  // by what is looked at, and what is seen of it
};

}  // namespace

std::vector<MadeChange> joined(std::vector<MadeChange> made, const Catalog& catalog) {
  ThingNames names;
  mark_what_is_on_deleted(made, names);
  Joining joining(catalog, names);
  for (MadeChange& change : made) joining.add(std::move(change));
  return joining.take();
}

}  // namespace millrace

#include "rehearsal/made_again.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "catalog/thing_place.hpp"
#include "rehearsal/undo_compare.hpp"

namespace millrace {
namespace {

std::string name_as_input(const MadeChange& change, const std::string& input, const std::string& id) {
  return change.connection + " " + input + " " + id;
}

std::string name_as_input(const MadeChange& deleted) {
  return name_as_input(deleted, deleted.action->resource ? deleted.action->resource->id_input : "", id_of(deleted));
}

/// Whether no input in the path of the deletion says another parent than `whole` does: ids may be alike below two.
bool lies_where(const MadeChange& deleted, const Value& whole) {
  if (deleted.action == nullptr || !deleted.action->request) return true;
  const std::vector<std::string> names = inputs_in(deleted.action->request->path);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    const Value *own = deleted.past.input.find(name), *other = whole.find(name);
    return own == nullptr || other == nullptr || id_words(*own) == id_words(*other);
  });
}

/// The lists that the create takes, but for those of which it is known what was in them before the run.
Value lists_taken(const Action& create, const MadeChange& deleted, const Value& whole) {
  Map lists;
  for (const auto& [input, value] : whole.map()) {
    const Names fields = create.resource ? create.resource->fields : Names();
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.second == input.text(); });
    if (value.is_list() && field != fields.end() && !deleted.lists_before.contains(field->first))
      lists.set(input, value);
  }
  return Value(std::move(lists));
}

}  // namespace

void MadeAgain::put(Made made) {
  const std::string name = name_as_input(*made.change);
  const auto [first, last] = made_.equal_range(name);
  const auto known = std::find_if(first, last, [&](const auto& each) { return each.second.change == made.change; });
  if (known != last)
    known->second = made;
  else
    made_.emplace(name, made);
}

void MadeAgain::note(const MadeChange& change, std::vector<Reversal>& list) { put({&change, &list, list.size() - 1}); }

void MadeAgain::note_missing(const MadeChange& change) { put({&change, nullptr, 0}); }

std::optional<std::string> MadeAgain::give(const MadeChange& change, const Value& whole) {
  for (const auto& [input, value] : whole.map()) {
    if (value.is_null() || value.is_map() || value.is_list()) continue;
    const auto [first, last] = made_.equal_range(name_as_input(change, input.text(), id_words(value)));
    const auto found =
        std::find_if(first, last, [&](const auto& each) { return lies_where(*each.second.change, whole); });
    if (found == last) continue;
    const Made& made = found->second;
    if (made.list == nullptr) return "it was deleted later in the run, and is not made again";
    Reversal& reversal = (*made.list)[made.at];
    const Value lists = lists_taken(*reversal.action, *made.change, whole);
    if (!has_lists_of(reversal.input, lists)) reversal.input = with_lists_of(reversal.input, lists);
    if (made.list == &in_turn_) last_.insert(made.at);
    return "";
  }
  return std::nullopt;
}

void MadeAgain::put_carriers_last() {
  std::vector<Reversal> others, carriers;
  for (std::size_t at = 0; at < in_turn_.size(); ++at)
    (last_.contains(at) ? carriers : others).push_back(std::move(in_turn_[at]));
  std::move(carriers.begin(), carriers.end(), std::back_inserter(others));
  in_turn_ = std::move(others);
}

}  // namespace millrace

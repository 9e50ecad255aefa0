#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/inverse.hpp"
#include "rehearsal/made_changes.hpp"
#include "value/value.hpp"

namespace millrace {

/// Whether two values are the same as far sides keep them: names are compared as people read them, times as moments,
/// and numbers by how they are written.
bool same_value(const Value& left, const Value& right);

std::string shown(const Value& value);

/// The first field in which the thing is `now` another than the run left it, in words; empty for none. One that the far
/// side shows, and that is not there any more, was emptied.
std::string changed_since(const MadeChange& change, const Value& now);

/// What a thing that the run made has in it `now` that the run has not put there, by name.
std::vector<std::string> filled_in_since(const MadeChange& change, const Value& now);

/// Whether all that would be put back is there already, to the letter: else what a run changed in the letters alone
/// could not be told from what was there before.
bool as_it_was(const Action& back, const Value& input, const Value& now);

/// Whether something is put back of which nothing is shown now: what is empty many far sides leave out.
bool still_lacks(const Action& back, const TakenBack& wanted, const Value& now);

/// What of an update stays as it is `now`, in words, each to stand behind its name. What nothing was shown in before,
/// nor is now, is taken out of `back`: whether it was empty is not known.
std::vector<std::string> not_put_back(TakenBack& back, const Value& now);

/// Whether an input that the action cannot be done without is missing or an empty list.
bool nothing_left(const Action& back, const Value& input);

/// What an action is done to: it and its inputs, whatever their order, but for lists.
std::string name_without_lists(const std::string& action, const std::string& connection, const Value& input);

/// Whether all that the lists of `given` have is in those of `input`.
bool has_lists_of(const Value& input, const Value& given);

/// The items of `list` that are not among `items`.
Value::List without_items(const Value::List& list, const Value::List& items);

/// `input` with what the lists of `more` have besides.
Value with_lists_of(const Value& input, const Value& more);

}  // namespace millrace

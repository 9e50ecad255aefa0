#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "expr/expression.hpp"
#include "value/value.hpp"

namespace millrace {

/// An action's inputs, and the expressions that give them. What comes out as null is not given.
using Inputs = std::vector<std::pair<std::string, Expression>>;

/// A read that tells what something looks like: just before a write changes it, or long after.
struct Look {
  std::string action;  ///< the full name of a read of the same plugin
  Inputs with;         ///< over what its user says; an input that is not here is the write's, where that has it
  /// Over `output` and `input`: what counts of it. Nothing: the thing that the read's resource names, else all of it.
  std::optional<Expression> find;
};

/// Those who carry a thing and lose it with the write, such as the contacts with a tag; they can be given it again.
struct Carriers {
  Look look;  ///< over `input` and `before`; `find` gives their list
  std::optional<Expression>
      next;           ///< over `output` and `asked`, its inputs: inputs of the next page, null after the last one
  std::string again;  ///< the full name of the action that gives one of them the thing again
  Inputs with;        ///< its inputs, over `carrier`, `before`, `input` and `now`
};

/// How what an action has done is taken back.
struct Inverse {
  std::string action;  ///< full name, of the same plugin
  /// Its inputs, over `input` and `output` of what is taken back, `before` (what the look told, or null) and `now`
  /// (what the look of the inverse's own inverse tells today, or null). Where a required one comes out null or as an
  /// empty list, nothing is left to take back. Empty: as the resources of both say (`inputs_back`).
  Inputs with;
  std::optional<Look> before;        ///< asked before the write leaves
  std::optional<Carriers> carriers;  ///< likewise
  std::vector<std::string> lost;     ///< what does not come back, in sentences
};

/// What is known of a write that is to be taken back.
struct Past {
  Value input, output;
  Value before = {};  ///< null: nobody looked
};

/// What a look is asked with.
Result<Value> question_of(const Look& look, const Action& write, const Action& read, const Bindings& names);
/// What of a look's answer counts; `input` is the write's.
Result<Value> seen_by(const Look& look, const Action& read, const Value& input, const Value& output);

/// More pages than this are not carriers but a list that does not end.
inline constexpr int most_carrier_pages = 200;

struct CarrierPage {
  Value::List found;
  Value next;  ///< what asks for the next page; null behind the last one
};
/// Those who carry a thing on the page that answered `asked`, and nothing of it that a secret was taken out of. `names`
/// are `input` and `before`.
Result<CarrierPage> carriers_on(const Carriers& carriers, const Bindings& names, const Value& asked,
                                const Value& output);

/// Whether a look failed because nobody can ask now: what it would have told is not known to be unknown.
bool may_be_asked_later(const Error& error) noexcept;

/// The inputs that the expressions give, laid over `given`; those that name `now` only where `names` has it.
Result<Value> inputs_by(const Inputs& with, const Bindings& names, Map given = {});
/// The inputs that become members of a body, whether a resource has fields for them or not.
std::vector<std::string> written_into(const Action& action);
/// Inputs of the write that the other action takes by the same name, the location among them.
Map shared_inputs(const Value& input, const Action& other);

/// What takes a write back, and what of it stays.
struct TakenBack {
  Value input;
  bool of_fields = false;             ///< it puts back fields of what an update changed; the rest is only said then
  std::vector<std::string> put_back;  ///< the inputs by which something comes back; none: nothing does
  /// Its field and the input of it that the update set, where there was nothing before: `input` empties it where the
  /// schema lets it, with null or an empty list.
  Names empty_before = {};
  /// Inputs that the update set and no field covers: nothing tells what was there.
  std::vector<std::string> untold = {};
};

/// The inputs of `back` that take back what `write` did, where the manifest leaves it to the resources: the thing that
/// was made is named by its id, and of a thing that was changed or deleted the fields are put back as they were. Of
/// what an update set itself nothing is given once more, but for what says which thing is meant. The error says what is
/// not known.
Result<TakenBack> inputs_back(const Action& write, const Action& back, const Past& past);

/// The thing in the output of an action on one thing; nullptr where its resource names none, or it is not there.
const Value* thing_in(const Action& action, const Value& output);

/// Fills in what manifests need not say: the look before, where a read of the same resource tells it, here or in the
/// manifest `beside` (null where this is no further file of it).
void complete_inverses(Manifest& manifest, const Manifest* beside);

}  // namespace millrace

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

struct World;
struct Call;

/// What an operation does to the things of its kind.
enum class Does : unsigned char {
  list,    ///< gives those of a shelf, by `skip` and `limit` where they are said
  get,     ///< gives one
  create,  ///< puts one there
  update,  ///< changes one
  remove,  ///< takes one away
  answer,  ///< always answers alike
};

/// An operation without code of its own here: the connector's manifest says what its request and its answer look like.
/// Things of one kind lie on shelves, one for each place ("/contacts/ID/notes"), and what was put there is read,
/// changed and taken away again. A shelf that nobody has touched holds what the manifest's examples show.
struct Published {
  std::string method, path, scope;  ///< as Operation has them
  std::string kind;                 ///< of the things; may be empty
  Does does = Does::answer;
  int status = 200;
  std::string id, list, echo;       ///< of a thing, and where the list or the thing stands in the answer
  std::vector<std::string> fields;  ///< members of a thing that a body sets
  std::vector<std::string> needed;  ///< members that the body must have
  Value answer;                     ///< the example's
  Value request;                    ///< the manifest's own words
};

const std::vector<Published>& published_operations();

/// What the call answers. REQUIRES: call.published.
Answer perform_published(World& world, const Call& call);

/// The answer that the manifest shows for an action, such as "locations.get"; null where there is none.
const Value& shown_answer(std::string_view action);

}  // namespace millrace::sandbox

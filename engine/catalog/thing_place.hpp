#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "value/value.hpp"

namespace millrace {

/// Where an id means one thing. Of many APIs ids are unique only below what the things belong to: the items of two
/// orders are both called 1.
struct ThingPlace {
  std::string where;    ///< the connection and the location
  std::string kind;     ///< empty where the action does not say it
  std::string parents;  ///< the filled `collection`, else the inputs that stand in the path before the id
  bool known = true;    ///< false where a parent is not known: it is not given, or only the run will tell it
};

/// The names of the `{name}` places of a path or `collection`, in their order.
std::vector<std::string> inputs_in(std::string_view pattern);

/// `connection` is empty where the action wants none, and `location` where the run has none: what the input says goes
/// before it. Where the thing is a location, it is the run's all the same: it is what the list of them was read with.
ThingPlace place_of(const Action& action, const Value& input, const std::string& connection,
                    const std::string& location);

/// Whether what was read at `read` is where `named` means. An action that names fewer parents has ids that need no
/// more.
bool lies_in(const ThingPlace& read, const ThingPlace& named);

/// Whether the same id means the same thing at both, of which either may name fewer parents.
bool same_place(const ThingPlace& one, const ThingPlace& other);

}  // namespace millrace

#include "rehearsal/thing_names.hpp"

#include <algorithm>

namespace millrace {

std::string ThingNames::name_of(const ThingPlace& place, const std::string& id) {
  const std::string begin = place.where + "\n" + place.kind + "\n" + id + "\n";
  std::vector<ThingPlace>& met = met_[begin];
  const auto known =
      std::find_if(met.begin(), met.end(), [&](const ThingPlace& each) { return same_place(each, place); });
  if (known != met.end()) return begin + known->parents;
  met.push_back(place);
  return begin + place.parents;
}

}  // namespace millrace

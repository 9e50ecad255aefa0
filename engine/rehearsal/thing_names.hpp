#pragma once

#include <map>
#include <string>
#include <vector>

#include "catalog/thing_place.hpp"

namespace millrace {

/// Gives the same thing the same name, however many of its parents the actions name by which it is met.
class ThingNames {
 public:
  std::string name_of(const ThingPlace& place, const std::string& id);

 private:
  std::map<std::string, std::vector<ThingPlace>> met_;  // by all but the parents
};

}  // namespace millrace

#pragma once

#include <map>
#include <string>
#include <vector>

#include "value/value.hpp"

namespace millrace {

/// A place where a definition was made to refer to less.
struct Cut {
  std::string definition;
  bool circle = true;  ///< it was made of itself; else of too many others
};

/// Takes references out of definitions that are made of themselves: those that meet again without a step into a value
/// (A is all of B, and B all of A). A list of itself is none of these. Whoever looks a schema through meets each part
/// as often as it is referred to, so what is made of too many parts loses its references, too.
std::vector<Cut> cut_circles(std::map<std::string, Value>& definitions);

}  // namespace millrace

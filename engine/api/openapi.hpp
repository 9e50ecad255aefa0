#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/routes.hpp"
#include "value/value.hpp"

namespace millrace {

/// What the words of a route name: `a`, `b` (each `c`, `d`), `e` (`f`): a note, `g` (another note).
struct NamedMember {
  std::string name;
  std::vector<NamedMember> inside = {};  ///< of each of its items, or of itself
  bool list = false;
};
std::vector<NamedMember> members_named(std::string_view words);

/// The same of what a route takes: `a`, what it is; `b` and `c`, what they are.
std::vector<std::string> names_asked(std::string_view words);

/// The JSON Schema of what the route answers where it does as it is asked; `true` where that is told as a whole.
Value answer_schema(const Route& route);

/// The routes that the token opens, as a document of OpenAPI 3.1.
Value openapi_document(std::span<const Route> routes);

}  // namespace millrace

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answer.hpp"
#include "data.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// A request that has been let in: its token, scope and location are right, and its body is JSON.
struct Call {
  std::string location;
  std::string thing;  ///< the id in the path, where there is one
  std::vector<std::pair<std::string, std::string>> query;
  Value body;  ///< null for none

  /// The query's value of that name, or nothing.
  std::optional<std::string> asked(std::string_view name) const;
};

/// One row of the published API.
struct Operation {
  std::string_view method;
  std::string_view path;   ///< "/locations/{location}/tags/{thing}"
  std::string_view scope;  ///< what the token must be good for
  bool body;               ///< wants a JSON body
  Answer (*perform)(Data& data, Dice& dice, const Call& call);
};

const std::vector<Operation>& location_tag_operations();
const std::vector<Operation>& social_tag_operations();

/// The operation for a method and a path, with the `Call` holding what the path says; nullptr where there is none.
const Operation* find_operation(std::string_view method, std::string_view path, Call& call);

}  // namespace millrace::sandbox

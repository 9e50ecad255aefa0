#pragma once

#include <string>
#include <string_view>

#include "openapi/names.hpp"
#include "value/value.hpp"

namespace millrace {

/// The inputs of one action as they come together.
class ActionInputs {
 public:
  /// Adds an input for what the API calls `api_name`, and gives its name; `part` ("query", "body") stands in front of
  /// it where another part of the request has the name already.
  std::string add(std::string_view api_name, std::string_view part, Value schema, bool required);
  /// The input's schema as a manifest has it.
  Value schema() const;

 private:
  Map properties_;
  Value::List required_;
  TakenNames taken_;
};

}  // namespace millrace

#include "openapi/inputs.hpp"

#include <utility>

namespace millrace {

std::string ActionInputs::add(std::string_view api_name, std::string_view part, Value schema, bool required) {
  std::string name = snake_case(api_name);
  if (taken_.count(name) > 0) name = std::string(part) + "_" + name;
  name = unused(name, "_", taken_);
  properties_.set(Value(name), std::move(schema));
  if (required) required_.emplace_back(name);
  return name;
}

Value ActionInputs::schema() const {
  Map schema;
  schema.set("type", "object");
  schema.set("properties", properties_);
  if (!required_.empty()) schema.set("required", required_);
  schema.set("additionalProperties", false);
  return schema;
}

}  // namespace millrace

#include <optional>
#include <string>
#include <utility>

#include "catalog/request.hpp"

namespace millrace {

Value with_defaults(const Action& action, const Value& input) {
  if (action.input == nullptr) return input;
  const SchemaView schema = action.inputs();
  std::optional<Map> grown;
  for (const std::string& name : schema.property_names()) {
    const SchemaView member = schema.property(name);
    const Value* usual = member.known() ? member.raw()->find("default") : nullptr;
    if (usual == nullptr || input.find(name) != nullptr) continue;
    if (!grown) grown = input.is_map() ? input.map() : Map();
    grown->set(name, *usual);
  }
  return grown ? Value(std::move(*grown)) : input;
}

void bind_inputs(Bindings& names, const Action& action, const Value& input) {
  for (const std::string& name : action.inputs().property_names()) {
    const Value* value = input.find(name);
    names.set(name, value != nullptr ? *value : Value());
  }
}

bool needs_signature(const Action& action, const Value& input) {
  if (!action.request || !action.request->signed_if) return false;
  Bindings names;
  bind_inputs(names, action, with_defaults(action, input));
  const auto needs = action.request->signed_if->evaluate(names);
  return needs && needs->is_true();
}

}  // namespace millrace

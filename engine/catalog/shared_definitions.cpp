#include "catalog/shared_definitions.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view shared_place = "#/definitions/";

/// The names of the definitions that a schema refers to. A name with an escape in it is no name of a shared one.
void add_referred(const Value& schema, std::vector<std::string_view>& names) {
  if (schema.is_list()) {
    for (const Value& item : schema.list()) add_referred(item, names);
  }
  if (!schema.is_map()) return;
  for (const auto& [key, value] : schema.map()) {
    const bool refers = key.is_text() && key.text() == "$ref" && value.is_text();
    if (!refers) {
      add_referred(value, names);
    } else if (value.text().starts_with(shared_place)) {
      const std::string_view name = std::string_view(value.text()).substr(shared_place.size());
      names.push_back(name.substr(0, name.find('/')));
    }
  }
}

}  // namespace

SharedDefinitions::SharedDefinitions(const Value* definitions) {
  if (definitions == nullptr) return;
  const auto parsed = Schema::parse(Value::object({{"definitions", *definitions}}));
  if (parsed) {
    definitions_ = *definitions;
  } else {
    problem_ = parsed.error();
  }
}

const SharedDefinitions::Names& SharedDefinitions::referred_by(const std::string& definition) {
  const auto [found, added] = referred_.try_emplace(definition);
  const Value* schema = added ? definitions_.find(std::string_view(definition)) : nullptr;
  if (schema != nullptr) add_referred(*schema, found->second);
  return found->second;
}

Result<std::shared_ptr<const Schema>> SharedDefinitions::parse(Value schema) {
  if (!definitions_.is_map() || !schema.is_map() || schema.find("definitions") != nullptr)
    return Schema::parse(std::move(schema));
  Names open;
  add_referred(schema, open);
  std::set<std::string_view> taken;
  Map reached;
  while (!open.empty()) {
    const std::string_view name = open.back();
    open.pop_back();
    const Value* definition = definitions_.find(name);
    if (definition == nullptr || !taken.insert(name).second) continue;
    reached.set(Value(name), *definition);
    const Names& further = referred_by(std::string(name));
    open.insert(open.end(), further.begin(), further.end());
  }
  if (reached.empty()) return Schema::parse(std::move(schema));
  return Schema::parse_with(std::move(schema), std::move(reached));
}

}  // namespace millrace

#include "api/openapi.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

/// What stands in the brackets that open at `at`, which moves behind them.
std::string_view in_brackets(std::string_view words, std::size_t& at) {
  const std::size_t begin = at + 1;
  std::size_t depth = 0;
  for (; at < words.size(); ++at) {
    if (words[at] == '(') ++depth;
    if (words[at] == ')' && --depth == 0) break;
  }
  const std::string_view inside = words.substr(begin, at - begin);
  at = std::min(at + 1, words.size());
  return inside;
}

/// Where the next member is named: behind the note that may stand at `at`.
std::size_t behind_note(std::string_view words, std::size_t at) {
  if (!words.substr(at).starts_with(":")) return at;
  const std::size_t comma = words.find(", `", at);
  return comma == std::string_view::npos ? words.size() : comma;
}

/// A member that has members may be null: there may be nothing to tell.
Value schema_of(const std::vector<NamedMember>& members);
Value schema_of(const NamedMember& member) {
  if (member.inside.empty()) return Value(Map());
  Map schema = schema_of(member.inside).map();
  if (!member.list) {
    schema.set("type", list_of({"object", "null"}));
    return Value(std::move(schema));
  }
  return Value::object({{"type", list_of({"array", "null"})}, {"items", Value(std::move(schema))}});
}

Value schema_of(const std::vector<NamedMember>& members) {
  Map properties;
  std::vector<std::string> names;
  for (const NamedMember& member : members) {
    properties.set(member.name, schema_of(member));
    names.push_back(member.name);
  }
  return Value::object({{"type", "object"},
                        {"properties", Value(std::move(properties))},
                        {"required", list_of(names)},
                        {"additionalProperties", false}});
}

Value parameter(std::string_view name, std::string_view in) {
  return Value::object(
      {{"name", name}, {"in", in}, {"required", in == "path"}, {"schema", Value::object({{"type", "string"}})}});
}

Value parameters_of(const Route& route) {
  Value::List list;
  for (std::size_t at = route.pattern.find('{'); at != std::string_view::npos; at = route.pattern.find('{', at + 1))
    list.push_back(parameter(route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1), "path"));
  for (const std::string& name : names_asked(route.words.query)) list.push_back(parameter(name, "query"));
  return Value(std::move(list));
}

Value body_of(const Route& route) {
  Map properties;
  for (const std::string& name : names_asked(route.words.body)) properties.set(name, Value(Map()));
  const Value schema = Value::object(
      {{"type", "object"}, {"properties", Value(std::move(properties))}, {"additionalProperties", false}});
  return Value::object({{"description", route.words.body},
                        {"content", Value::object({{"application/json", Value::object({{"schema", schema}})}})}});
}

Value json_response(std::string_view description, Value schema) {
  return Value::object(
      {{"description", description},
       {"content", Value::object({{"application/json", Value::object({{"schema", std::move(schema)}})}})}});
}

Value responses_of(const Route& route) {
  constexpr std::size_t digits = 3;
  Map responses;
  responses.set(std::to_string(route.words.status), json_response(route.words.answers, answer_schema(route)));
  for (const std::string& part : split(route.words.refuses, ';')) {
    const std::string_view refused = trim(part);
    if (refused.size() <= digits + 1) continue;
    responses.set(std::string(refused.substr(0, digits)),
                  json_response(refused.substr(digits + 1), Value::object({{"$ref", "#/components/schemas/Refusal"}})));
  }
  return Value(std::move(responses));
}

Value operation_of(const Route& route) {
  Map operation;
  operation.set("summary", route.words.does);
  operation.set("parameters", parameters_of(route));
  if (!route.words.body.empty()) operation.set("requestBody", body_of(route));
  operation.set("responses", responses_of(route));
  return Value(std::move(operation));
}

/// {"error":{"code","message"}}, and what some refusals say besides.
Value components() {
  const Value text = Value::object({{"type", "string"}});
  const Value error = Value::object({{"type", "object"},
                                     {"properties", Value::object({{"code", text}, {"message", text}})},
                                     {"required", list_of({"code", "message"})}});
  const Value refusal = Value::object(
      {{"type", "object"}, {"properties", Value::object({{"error", error}})}, {"required", list_of({"error"})}});
  const Value bearer = Value::object({{"type", "http"}, {"scheme", "bearer"}});
  return Value::object(
      {{"schemas", Value::object({{"Refusal", refusal}})}, {"securitySchemes", Value::object({{"token", bearer}})}});
}

}  // namespace

std::vector<std::string> names_asked(std::string_view words) {
  std::vector<std::string> names;
  for (const std::string& part : split(words, ';')) {
    std::string_view rest = trim(part);
    while (rest.starts_with('`')) {
      const std::size_t end = rest.find('`', 1);
      names.emplace_back(rest.substr(1, end - 1));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      for (const std::string_view joint : {" and ", ", "}) {
        if (rest.starts_with(joint) && rest.substr(joint.size()).starts_with('`')) rest.remove_prefix(joint.size());
      }
    }
  }
  return names;
}

std::vector<NamedMember> members_named(std::string_view words) {
  std::vector<NamedMember> members;
  std::size_t at = words.find('`');
  while (at < words.size()) {
    const std::size_t end = words.find('`', at + 1);
    if (end == std::string_view::npos) break;
    NamedMember member{std::string(words.substr(at + 1, end - at - 1))};
    at = end + 1;
    if (words.substr(at).starts_with(" (")) {
      std::string_view inside = in_brackets(words, ++at);
      member.list = inside.starts_with("each ");
      if (member.list || inside.starts_with('`')) member.inside = members_named(inside);
    }
    members.push_back(std::move(member));
    at = words.find('`', behind_note(words, at));
  }
  return members;
}

Value answer_schema(const Route& route) {
  if (!route.words.answers.starts_with('`')) return true;
  return schema_of(members_named(route.words.answers));
}

Value openapi_document(std::span<const Route> routes) {
  std::map<std::string, Map> paths;
  for (const Route& route : routes) {
    if (route.access != Access::token) continue;
    paths[std::string(route.pattern)].set(lower(route.method), operation_of(route));
  }
  Map members;
  for (auto& [path, operations] : paths) members.set(path, Value(std::move(operations)));
  return Value::object({{"openapi", "3.1.0"},
                        {"info", Value::object({{"title", "Millrace"}, {"version", MILLRACE_VERSION}})},
                        {"paths", Value(std::move(members))},
                        {"components", components()},
                        {"security", Value(Value::List{Value::object({{"token", Value(Value::List())}})})}});
}

}  // namespace millrace

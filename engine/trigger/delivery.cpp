#include "trigger/delivery.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "trigger/signature.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_id = 256;
constexpr JsonLimits delivery_limits = {.max_bytes = 16u << 20};

/// name=value pairs; a name that comes several times has a list.
Result<Value> read_form(const std::string& body) {
  Map members;
  for (auto& [name, text] : decode_query(body)) {
    if (!valid_utf8(name) || !valid_utf8(text))
      return Error{.code = ErrorCode::invalid, .message = "a name or value is not UTF-8 text"};
    const Value* known = members.find(std::string_view(name));
    if (known == nullptr) {
      members.set(name, std::move(text));
      continue;
    }
    Value::List several = known->is_list() ? known->list() : Value::List{*known};
    several.emplace_back(std::move(text));
    members.set(name, std::move(several));
  }
  return Value(std::move(members));
}

const PlacedExpression* expression_of(const TriggerSpec& trigger, std::string_view key) {
  for (const ExpressionUse& use : trigger.uses) {
    if (use.member == key) return &use.expression;
  }
  return nullptr;
}

Result<std::string> id_text(const Value& value) {
  if (value.is_null()) return std::string();
  std::string id;
  if (value.is_list() || value.is_map()) {
    id = encode_json(value);
  } else {
    id = TRY(as_text(value));
  }
  if (id.size() > longest_id) id = "sha256:" + hex(sha256(id));
  return id;
}

}  // namespace

std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger) {
  std::string path = trigger.kind == "webhook" ? trigger.name : trigger.settings.text_or("path", workflow.id);
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

Result<Value> read_delivery(const TriggerSpec& trigger, const IncomingRequest& request) {
  if (trigger.settings.text_or("parse") == "form") {
    auto form = read_form(request.body);
    if (!form) return form.error().within("the form");
    return form;
  }
  if (request.body.empty()) return Value(Map());  // a ping: there is nothing to read, and nothing wrong
  auto body = parse_json(request.body, delivery_limits);
  if (!body) return body.error().within("the body");
  return body;
}

Result<Value> event_of_delivery(const TriggerSpec& trigger, const Catalog& catalog, const Value& body) {
  const Trigger* known = trigger.kind == "plugin" ? catalog.find_trigger(trigger.name) : nullptr;
  if (trigger.kind == "plugin" && known == nullptr)
    return Error{.code = ErrorCode::unavailable, .message = "no installed plugin offers the trigger " + trigger.name};
  if (known == nullptr || !known->map) return body;
  Bindings names;
  names.set("delivery", body);
  names.set("with", trigger.with);
  auto event = known->map->evaluate(names);
  if (!event) return event.error().within("the delivery is not one of " + trigger.name);
  return event;
}

Result<std::string> dedupe_id(const TriggerSpec& trigger, const Verified& verified, const IncomingRequest& request,
                              const Value& event) {
  const std::string said = trigger.settings.text_or("dedupe");
  if (said == "none") return std::string();
  if (said == "body") return "sha256:" + hex(sha256(request.body));
  const PlacedExpression* expression = said.empty() ? nullptr : expression_of(trigger, "dedupe");
  if (expression == nullptr) return verified.id;
  Bindings names;
  names.set("event", event);
  const auto value = expression->expression.evaluate(names);
  if (!value) return value.error().within("dedupe");
  return id_text(*value);
}

}  // namespace millrace

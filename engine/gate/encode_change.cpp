#include "gate/encode_change.hpp"

#include "value/members.hpp"

namespace millrace {

Value encode_change(const Change& change) {
  Value request;
  if (!change.method.empty())
    request = Value::object({{"method", change.method}, {"url", change.url}, {"body", change.body}});
  return Value::object({{"step", change.step},
                        {"action", change.action},
                        {"effect", name_of(change.effect)},
                        {"target", change.target},
                        {"summary", change.summary},
                        {"request", request}});
}

Result<Change> decode_change(const Value& value) {
  Members members(value);
  Change change;
  change.step = members.text("step");
  change.action = members.text("action");
  const auto effect = parse_effect(members.text("effect"));
  if (!effect) members.miss("effect");
  change.summary = members.text("summary");
  change.target = members.any("target");
  const Value request = members.any("request");
  TRY(members.whole());
  change.effect = *effect;
  if (request.is_null()) return change;
  Members parts(request);
  change.method = parts.text("method");
  change.url = parts.any("url");
  change.body = parts.any("body");
  TRY(parts.whole());
  return change;
}

}  // namespace millrace

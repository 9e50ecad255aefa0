#include "expr/conformance.hpp"

#include <charconv>
#include <cmath>

#include "crypto/base64.hpp"
#include "expr/expression.hpp"
#include "expr/functions.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr JsonLimits limits = {.max_bytes = 64u << 20, .max_depth = 512};

Error malformed(const std::string& tag) { return {ErrorCode::invalid, "malformed value with the tag \"" + tag + '"'}; }

Result<Value> untag(const Value& tagged);

template <class Number>
Result<Value> untag_number(const std::string& tag, const Value& payload) {
  Number number = 0;
  if (!payload.is_text()) return malformed(tag);
  const std::string& text = payload.text();
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return malformed(tag);
  return Value(number);
}

Result<Value> untag_double(const Value& payload) {
  if (payload.is(Kind::number)) return payload;
  if (payload.is(Kind::integer)) return Value(static_cast<double>(payload.integer()));
  if (payload.is(Kind::unsigned_integer)) return Value(static_cast<double>(payload.unsigned_integer()));
  if (payload.is_text() && payload.text() == "NaN") return Value(std::nan(""));
  if (payload.is_text() && payload.text() == "Infinity") return Value(HUGE_VAL);
  if (payload.is_text() && payload.text() == "-Infinity") return Value(-HUGE_VAL);
  return malformed("double");
}

Result<Value> untag_list(const Value& payload) {
  Value::List items;
  for (const Value& item : payload.list()) items.push_back(TRY(untag(item)));
  return Value(std::move(items));
}

Result<Value> untag_map(const Value& payload) {
  Map entries;
  for (const Value& pair : payload.list()) {
    if (!pair.is_list() || pair.list().size() != 2) return malformed("map");
    Value key = TRY(untag(pair.list()[0]));
    entries.set(std::move(key), TRY(untag(pair.list()[1])));
  }
  return Value(std::move(entries));
}

Result<Value> untag_duration(const Value& payload) {
  const auto parsed = Expression::parse("duration(text)");
  Bindings names;
  names.set("text", payload);
  return std::get<Expression>(parsed).evaluate(names);
}

Result<Value> untag(const Value& tagged) {
  if (!tagged.is_map() || tagged.map().size() != 1) return malformed("?");
  const std::string& tag = tagged.map().begin()->first.text();
  const Value& payload = tagged.map().begin()->second;
  if (tag == "null") return Value();
  if (tag == "bool" && payload.is(Kind::boolean)) return payload;
  if (tag == "string" && payload.is_text()) return payload;
  if (tag == "int") return untag_number<std::int64_t>(tag, payload);
  if (tag == "uint") return untag_number<std::uint64_t>(tag, payload);
  if (tag == "double") return untag_double(payload);
  if (tag == "list" && payload.is_list()) return untag_list(payload);
  if (tag == "map" && payload.is_list()) return untag_map(payload);
  if (tag == "optional") return payload.is_null() ? Value::no_optional() : Value::optional(TRY(untag(payload)));
  if (!payload.is_text()) return malformed(tag);
  if (tag == "type") return Value::type(payload.text());
  if (tag == "timestamp") return Value(TRY(parse_timestamp(payload.text())));
  if (tag == "duration") return untag_duration(payload);
  if (tag == "bytes") {
    auto bytes = decode_base64(payload.text());
    if (bytes) return Value::bytes(std::move(*bytes));
  }
  return malformed(tag);
}

Value tag(const Value& value);

Value tag_list(const Value::List& list) {
  Value::List items;
  for (const Value& item : list) items.push_back(tag(item));
  return items;
}

Value tag_map(const Map& map) {
  Value::List entries;
  for (const auto& [key, member] : map) entries.emplace_back(Value::List{tag(key), tag(member)});
  return entries;
}

Value tag(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return Value::object({{"null", Value()}});
    case Kind::boolean:
      return Value::object({{"bool", value}});
    case Kind::integer:
      return Value::object({{"int", std::to_string(value.integer())}});
    case Kind::unsigned_integer:
      return Value::object({{"uint", std::to_string(value.unsigned_integer())}});
    case Kind::number:
      return Value::object({{"double", std::isfinite(value.number()) ? value : Value(number_text(value.number()))}});
    case Kind::text:
      return Value::object({{"string", value}});
    case Kind::bytes:
      return Value::object({{"bytes", encode_base64(value.bytes())}});
    case Kind::list:
      return Value::object({{"list", tag_list(value.list())}});
    case Kind::map:
      return Value::object({{"map", tag_map(value.map())}});
    case Kind::timestamp:
      return Value::object({{"timestamp", render(value.timestamp())}});
    case Kind::duration:
      return Value::object({{"duration", duration_text(value.duration())}});
    case Kind::type:
      return Value::object({{"type", value.type_name()}});
    case Kind::optional:
      return Value::object({{"optional", value.optional_value() ? tag(*value.optional_value()) : Value()}});
    case Kind::unknown:
      return Value::object({{"unknown", value.unknown_what()}});
  }
  return {};
}

Result<Value> evaluate_request(const Value& request) {
  Bindings names;
  const Value* bindings = request.find("bindings");
  if (bindings && bindings->is_map()) {
    for (const auto& [name, tagged] : bindings->map()) names.set(name.text(), TRY(untag(tagged)));
  }
  const Value* text = request.find("expr");
  if (!text || !text->is_text()) return Error{ErrorCode::invalid, "the request has no \"expr\""};
  const auto parsed = Expression::parse(text->text(), request.text_or("container"), Dialect::specification);
  if (const auto* error = std::get_if<ExpressionError>(&parsed)) return Error{ErrorCode::invalid, error->message};
  return std::get<Expression>(parsed).evaluate(names);
}

}  // namespace

std::string answer_conformance_line(std::string_view request_json_line) {
  const auto request = parse_json(request_json_line, limits);
  Map answer;
  if (!request) {
    answer.set("error", request.error().message);
    return encode_json(std::move(answer));
  }
  if (const Value* id = request->find("id")) answer.set("id", *id);
  const auto value = evaluate_request(*request);
  if (value)
    answer.set("value", tag(*value));
  else
    answer.set("error", value.error().message);
  return encode_json(std::move(answer));
}

}  // namespace millrace

#include "trigger/delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "http/body_text.hpp"
#include "trigger/multipart.hpp"
#include "trigger/named_values.hpp"
#include "value/json.hpp"
#include "value/json_mend.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_id = 256;
constexpr const char* left_out_key = "$left_out";
constexpr JsonLimits delivery_limits = {.max_bytes = 16u << 20, .max_values = 800'000, .mend = true};
constexpr std::size_t most_pairs = 100'000;

/// name=value pairs.
Result<Value> read_form(const std::string& body, const std::string& charset) {
  if (static_cast<std::size_t>(std::count(body.begin(), body.end(), '&')) >= most_pairs)
    return Error{.code = ErrorCode::invalid, .message = "the form: it has more than " + counted(most_pairs, "field")};
  NamedValues members;
  for (auto& [name, text] : decode_query(body))
    members.add(in_utf8(std::move(name), charset), in_utf8(std::move(text), charset));
  return members.take();
}

/// The JSON in the charset that is declared for it, whatever the rest of its Content-Type says. UTF-8 stays as it came:
/// what is wrong in it is told apart where that counts.
std::string_view json_of(const IncomingRequest& request, std::string& converted) {
  const MediaType type{"application/json", media_type_of(request.headers).charset};
  if (charset_of(type, request.body) == "utf-8") return request.body;
  converted = body_text(type, request.body).value_or(request.body);
  return converted;
}

/// Whether it is the first part of a form with files, whatever its Content-Type says.
bool begins_multipart(std::string_view body) {
  constexpr std::size_t head = 1024;
  return body.starts_with("--") && lower(body.substr(0, head)).find("content-disposition:") != std::string::npos;
}

/// Whether it is JSON, or was meant to be: what breaks off, and several in a row, are no form either.
bool begins_json(std::string_view body) {
  if (!body.starts_with('{') && !body.starts_with('[')) return false;
  const std::string_view inside = trim(body.substr(1));
  return inside.starts_with('"') || inside.starts_with('{') || inside.starts_with('[') ||
         static_cast<bool>(parse_json(body, delivery_limits));
}

/// No form begins so: what writes forms encodes these.
std::string why_no_form(const IncomingRequest& request) {
  const std::string_view body = trim(request.body);
  const MediaType type = media_type_of(request.headers);
  if (body.empty()) return "";
  if (says_multipart(request.headers)) return "the body is a form with files: parse: multipart reads it";
  if (type.name.starts_with("multipart/") || begins_multipart(body))
    return "the body is made of parts, and no form: parse: multipart reads it where its Content-Type is "
           "multipart/form-data with a boundary";
  if (body.starts_with('<')) return "the body is XML or HTML, and no form";
  const bool json = type.json() || begins_json(body);
  return json ? "the body is JSON, and no form: parse: json reads it" : "";
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

/// What does not fit, in one line; empty where all does.
std::string misfits_of(const Schema& schema, const Value& event) {
  constexpr std::size_t most_told = 3;
  std::vector<std::string> told;
  for (const ShapeProblem& problem : schema.check(event)) {
    if (told.size() == most_told) break;
    told.push_back((problem.pointer.empty() ? "" : problem.pointer.substr(1) + ": ") + problem.message);
  }
  return join(told, ", ");
}

}  // namespace

std::string why_wrong_kind(const TriggerSpec& trigger, const IncomingRequest& request) {
  const std::string kind = trigger.settings.text_or("parse");
  if (kind == "form") return why_no_form(request);
  if (kind == "multipart" && !says_multipart(request.headers))
    return "the body is no form with files: its Content-Type is not multipart/form-data with a boundary";
  return "";
}

Result<Value> read_delivery(const TriggerSpec& trigger, const IncomingRequest& request) {
  const std::string kind = trigger.settings.text_or("parse");
  if (kind == "form") return read_form(request.body, media_type_of(request.headers).charset);
  if (kind == "multipart") {
    auto form = read_multipart(request.headers, request.body);
    if (!form) return form.error().within("the form");
    return form;
  }
  if (kind == "text") {
    const MediaType type{"text/plain", media_type_of(request.headers).charset};
    return Value(body_text(type, request.body).value_or(in_utf8(request.body)));
  }
  if (kind == "bytes") return Value::bytes(request.body);
  if (request.body.empty()) return Value(Map());  // a ping: there is nothing to read, and nothing wrong
  std::string converted;
  auto body = parse_json(json_of(request, converted), delivery_limits);
  if (!body) return body.error().within("the body");
  return body;
}

Result<Received> receive(const TriggerSpec& trigger, const Catalog& catalog, const Value& body) {
  if (trigger.kind != "plugin") return Received{body, "", false};
  const Trigger* known = catalog.find_trigger(trigger.name);
  if (known == nullptr)
    return Error{.code = ErrorCode::unavailable, .message = "no installed plugin offers the trigger " + trigger.name};
  Bindings names;
  names.set("delivery", body);
  names.set("with", trigger.with);
  const auto faulty = [&](const std::string& why) {
    return left_out(body, "it lacks what " + trigger.name + " must have: " + why, true);
  };
  if (known->accepts) {
    const auto own = known->accepts->evaluate(names, Effort::intake);
    if (!own && !body.is_map()) return faulty("its body is no JSON object");
    if (!own || !own->is(Kind::boolean))
      return faulty(own ? "\"accepts\" gives neither true nor false" : own.error().message);
    if (!own->is_true())
      return left_out(body, "it is none of " + trigger.name + ", which are those with " + known->accepts->text(),
                      false);
  }
  auto event = known->map ? known->map->evaluate(names, Effort::intake) : body;
  if (!event) return faulty(event.error().message);
  const std::string misfits = misfits_of(*known->event, *event);
  if (!misfits.empty()) return faulty(misfits);
  return Received{std::move(*event), "", false};
}

Received left_out(const Value& body, std::string why, bool faulty) {
  Value kept = Value::object({{left_out_key, why}, {"delivery", body}});
  return {std::move(kept), std::move(why), faulty};
}

std::string left_out_because(const Value& event) { return event.text_or(left_out_key); }

Result<std::string> dedupe_id(const TriggerSpec& trigger, const Verified& verified, const IncomingRequest& request,
                              const Value& event, const Value& delivery) {
  const std::string said = trigger.settings.text_or("dedupe");
  if (said == "none") return std::string();
  if (said == "body") return "sha256:" + hex(sha256(request.body));
  const PlacedExpression* expression = said.empty() ? nullptr : trigger.expression("dedupe");
  if (expression == nullptr) return verified.id;
  Bindings names;
  names.set("event", event);
  names.set("delivery", delivery);
  const auto value = expression->expression.evaluate(names, Effort::intake);
  if (!value) return value.error().within("dedupe");
  std::string id = TRY(id_text(*value));
  if (!trim(id).empty()) return id;
  // What has no id of its own is told apart by the proof, else by its bytes: else it could be sent again for ever.
  return verified.id.empty() ? "sha256:" + hex(sha256(request.body)) : verified.id;
}

std::optional<Value> read_whole(const TriggerSpec& trigger, const IncomingRequest& request) {
  const std::string kind = trigger.settings.text_or("parse", "json");
  if (kind != "json" || trigger.expression("dedupe") == nullptr) return std::nullopt;
  std::string converted;
  const std::string told = with_losses_told(json_of(request, converted));
  auto whole = told.empty() ? Result<Value>(Value()) : parse_json(told, delivery_limits);
  return told.empty() || !whole ? std::nullopt : std::optional(std::move(*whole));
}

std::string whole_id(const TriggerSpec& trigger, const Catalog& catalog, const Verified& verified,
                     const IncomingRequest& request, const Value& whole, const Value& delivery) {
  const auto received = receive(trigger, catalog, whole);
  if (received && received->left_out.empty()) {
    auto id = dedupe_id(trigger, verified, request, received->event, delivery);
    if (id) return std::move(*id);
  }
  return "sha256:" + hex(sha256(request.body));
}

namespace {

Error no_check(std::string why) { return {.code = ErrorCode::not_found, .message = std::move(why)}; }

/// The hash that the challenge asks for.
Result<Value> hash_for(const TriggerSpec& trigger, const ChallengeHash& how, const Bindings& names, Secrets& secrets) {
  const PlacedExpression* over = trigger.expression("challenge.over");
  if (over == nullptr) return no_check("over says nothing");
  const Value text = TRY(over->expression.evaluate(names, Effort::intake));
  if (!text.is_text() || text.text().empty()) return no_check("over gives no text");
  const std::string made = hmac(how.hash, TRY(key_behind(how.secret, secrets)), text.text());
  return Value(how.base64 ? encode_base64(made) : hex(made));
}

}  // namespace

Result<Value> challenge_in(const TriggerSpec& trigger, const Value& event, const Value& delivery, Secrets* secrets) {
  const PlacedExpression* expression = trigger.expression("challenge");
  if (expression == nullptr) return no_check("the trigger has no challenge");
  Bindings names;
  names.set("event", event);
  names.set("delivery", delivery);
  if (const auto how = challenge_hash_of(trigger)) {
    if (secrets == nullptr) return no_check("a keyed hash is given to senders that are proved, and this one is not");
    names.set("hmac", TRY(hash_for(trigger, *how, names, *secrets)));
  }
  Value value = TRY(expression->expression.evaluate(names, Effort::intake));
  if (value.is_null()) return no_check("it gives null");
  if (value.is_text() && value.text().empty()) return no_check("it gives an empty text");
  return value;
}

}  // namespace millrace

#include "courier/read_answer.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "catalog/probe.hpp"
#include "catalog/times.hpp"
#include "courier/complaint.hpp"
#include "expr/expression.hpp"
#include "http/body_text.hpp"
#include "http/content_codings.hpp"
#include "secret/redacted.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr int most_status_named = 599;  // by `accept`, as its schema has it

bool succeeded(int status) noexcept { return status >= 200 && status < 300; }

/// A thing that is deleted again after the first answer was lost is not there any more: that is what was wanted.
bool gone_as_wanted(const Shipment& shipment, const Journey& journey) {
  return shipment.effect == Effect::remove && journey.lost_before && journey.answer &&
         (journey.answer->status == 404 || journey.answer->status == 410);
}

/// JSON where it says that it is, or nothing but JSON is `awaited`; text where it is text, else bytes.
Value body_of(const IncomingResponse& response, bool awaited) {
  if (response.body.empty()) return {};
  const MediaType type = media_type_of(response.headers);
  if (still_packed(response) || type.no_text()) return Value::bytes(response.body);
  auto text = body_text(type, response.body);
  if (!text) return Value::bytes(response.body);
  const bool unsaid = type.name.empty() && (text->starts_with('{') || text->starts_with('['));
  if (type.json() || unsaid || awaited) {
    if (auto json = parse_json(*text, from_outside)) return std::move(*json);
  }
  return std::move(*text);
}

/// {status, headers, body}.
Value whole_response(const Shipment& shipment, const IncomingResponse& response) {
  Map headers;
  for (const auto& [name, value] : response.headers) {
    const std::string key = lower(name);
    const Value* before = headers.find(std::string_view(key));
    headers.set(key, before ? Value(before->text() + ", " + value) : Value(value));
  }
  const bool saved = !shipment.save_as().empty() && succeeded(response.status);
  Value body = saved ? Value::bytes(response.body) : body_of(response, !shipment.gives_whole_response());
  return Value::object({{"status", response.status}, {"headers", std::move(headers)}, {"body", std::move(body)}});
}

/// The same, made once and only where somebody asks for it.
class WholeResponse {
 public:
  WholeResponse(const Shipment& shipment, const IncomingResponse& response)
      : shipment_(shipment), response_(response) {}
  const Value& value() {
    if (!made_) made_ = whole_response(shipment_, response_);
    return *made_;
  }
  /// The body, where it has been read and is a document: nobody reads it twice.
  const Value* document() const {
    const Value* body = made_ ? made_->find("body") : nullptr;
    return body != nullptr && (body->is_map() || body->is_list()) ? body : nullptr;
  }

 private:
  const Shipment& shipment_;
  const IncomingResponse& response_;
  std::optional<Value> made_;
};

Error no_json(const Shipment& shipment, std::string_view text, const Error& why, const Secrets& secrets) {
  const std::string done = writes(shipment.effect) ? " (the request itself was accepted)" : "";
  return {ErrorCode::invalid, "the answer of " + shipment.to.name + " at " + shipment.to.place + " is not JSON" + done +
                                  ": " + why.message + ", in " + shown_start(secrets.redact(text))};
}

/// What was asked for, says that it is JSON and is not, is no data for later steps. What a change is answered with
/// stays as it came, for the change is made; so does what a library or a step takes whatever it is.
std::optional<Error> why_no_data(const Shipment& shipment, const IncomingResponse& response, const Value& body,
                                 const Secrets& secrets) {
  const MediaType type = media_type_of(response.headers);
  const bool was_read = body.is_map() || body.is_list() || body.is_null();
  if (was_read || !type.json() || !succeeded(response.status)) return std::nullopt;
  if (writes(shipment.effect) || shipment.of_library || shipment.takes_any() || !shipment.save_as().empty())
    return std::nullopt;
  const std::string text = body_text(type, response.body).value_or(response.body);
  const auto json = parse_json(text, from_outside);
  if (json) return std::nullopt;
  Error error = no_json(shipment, trim(text), json.error(), secrets);
  const std::string& accept = shipment.action->request->accept_input;
  if (!accept.empty()) error.message += "; " + accept + ": any takes it as text";
  return error;
}

/// What the schema marks as secret is not kept: whoever answers with tokens, its answer goes into the journal.
Value without_marked(const Value& value, const SchemaView& schema) {
  if (schema.known() && schema.raw()->find("x-secret") != nullptr && !value.is_null()) return "(secret)";
  if (!value.is_map()) return value;
  Map members;
  for (const auto& [name, member] : value.map()) {
    members.set(name, without_marked(member, schema.property(name.is_text() ? name.text() : "")));
  }
  return members;
}

/// Whether what is no JSON is the output as it came. Where nothing is said of the output, a page for people is none,
/// and neither is what calls itself JSON; but a change that is made is not called unsure for it.
bool may_be_text(const Shipment& shipment, const IncomingResponse& response) {
  const MediaType type = media_type_of(response.headers);
  if (!shipment.may_give_text()) return false;
  if (!shipment.action->outputs().types().empty()) return true;
  return type.name != "text/html" && (!type.json() || writes(shipment.effect));
}

Result<Value> output_in(const Shipment& shipment, const IncomingResponse& response, const WholeResponse& whole,
                        const Secrets& secrets) {
  if (const Value* document = whole.document()) return *document;
  const std::string body = body_text(media_type_of(response.headers), response.body).value_or(response.body);
  const std::string_view text = trim(body);
  if (text.empty()) return Value();
  auto json = parse_json(text, from_outside);
  const bool is_json = media_type_of(response.headers).json();
  const bool other = json && !is_json && shipment.gives_text() && !json->is_text() && !json->is_null();
  if (other || (!json && may_be_text(shipment, response))) return body_of(response, false);
  if (!json) return no_json(shipment, text, json.error(), secrets);
  return json;
}

Result<Value> read_output(const Shipment& shipment, const IncomingResponse& response, const WholeResponse& whole,
                          const Secrets& secrets) {
  auto json = output_in(shipment, response, whole, secrets);
  if (json && shipment.action->gives_secrets) json = without_marked(*json, shipment.action->outputs());
  if (!json) return json;
  Value kept = redacted(secrets, *json);
  return shipment.action->gives_times ? with_timestamps(std::move(kept), shipment.action->outputs()) : kept;
}

Error refusal(const Shipment& shipment, const Journey& journey, const Secrets& secrets) {
  const std::string why = journey.why.empty() ? reason_given(*journey.answer, secrets) : journey.why;
  Error error = complaint(shipment, *journey.answer, why);
  if (!journey.not_followed.empty()) error.message += " (" + journey.not_followed + ")";
  if (!journey.sent_on_to.empty()) error.message += ", after it was sent on to " + journey.sent_on_to;
  const bool can_be_named = journey.answer->status <= most_status_named;
  if (can_be_named && !shipment.of_library && !shipment.action->request->accept_input.empty()) {
    error.message += "; " + shipment.action->request->accept_input + ": [" + std::to_string(journey.answer->status) +
                     "] takes it for an answer";
  }
  return redacted(secrets, std::move(error));
}

/// No answer came back whole.
Error no_answer(const Shipment& shipment, const Journey& journey) {
  Error error = journey.answer.error();
  if (journey.lost && writes(shipment.effect)) {
    if (shipment.repeatable()) {
      if (error.code == ErrorCode::unsure)
        error.code = ErrorCode::unavailable;  // nobody has to look: `retry` may send it
      error.message += "; it may have been done, and doing it again does no harm";
    } else {
      error.code = ErrorCode::unsure;
      error.message +=
          ": it is not known whether this was done: " + shipment.summary + "; look there before you do it again";
    }
    return error;
  }
  if (error.code == ErrorCode::unsure) error.code = ErrorCode::unavailable;  // a read that got no answer did nothing
  if (error.code != ErrorCode::unavailable || !journey.tried || journey.left) return error;
  if (shipment.to.loopback && shipment.to.connection) {
    error.message += R"(: is the sandbox running? start it with "millrace sandbox")";
  } else if (shipment.to.connection) {
    error.message +=
        ": check the network, and the base_url of connection \"" + shipment.to.name + "\" in millrace.yaml";
  }
  return error;
}

/// The far side is known to do what it refuses with this status, now and then.
bool refused_openly(const Shipment& shipment, const Journey& journey) {
  if (!journey.answer || !writes(shipment.effect) || shipment.of_library) return false;
  const Probe* probe = probe_for(*shipment.action, shipment.input);
  if (probe == nullptr) return false;
  const auto& refusals = probe->refusals;
  return std::find(refusals.begin(), refusals.end(), journey.answer->status) != refusals.end();
}

bool may_have_happened(const Journey& journey) {
  if (journey.lost) return true;
  if (!journey.answer) return journey.lost_before;
  const int status = journey.answer->status;
  const bool failed = status >= 500 && status != 501 && status != 503 && status != 505;
  return succeeded(status) || failed || journey.lost_before;
}

/// What is packed in another way than was asked for is no data. A library may have asked for it, and what a change is
/// answered with stays as it came.
bool unreadable(const Shipment& shipment, const IncomingResponse& response) {
  const bool stays = writes(shipment.effect) && shipment.gives_whole_response();
  return !shipment.of_library && !stays && still_packed(response);
}

Error why_unreadable(const Shipment& shipment, const IncomingResponse& response) {
  const bool own = std::any_of(shipment.parts.headers.begin(), shipment.parts.headers.end(),
                               [](const auto& header) { return lower(header.first) == "accept-encoding"; });
  const std::string done =
      writes(shipment.effect) && succeeded(response.status) ? " (the request itself was accepted)" : "";
  const std::string why =
      own ? "which is not read here: leave out the header Accept-Encoding, and gzip or deflate is asked for"
          : "which was not asked for: gzip and deflate are read";
  return {ErrorCode::invalid, "the answer of " + shipment.to.name + " at " + shipment.to.place + " is packed with " +
                                  shown_start(join(content_codings(response.headers), ", ")) + done + ", " + why};
}

Result<Value> read_taken(const Shipment& shipment, const IncomingResponse& response, WholeResponse& whole,
                         const Secrets& secrets) {
  if (unreadable(shipment, response)) return redacted(secrets, why_unreadable(shipment, response));
  if (shipment.gives_whole_response()) {
    if (auto why = why_no_data(shipment, response, *whole.value().find("body"), secrets))
      return redacted(secrets, std::move(*why));
    return redacted(secrets, whole.value());
  }
  if (!succeeded(response.status)) return Value();
  auto output = read_output(shipment, response, whole, secrets);
  if (!output) return redacted(secrets, output.error());
  return output;
}

/// The change is made, and nobody knows with what result: to do it again would be to make it twice.
Error made_unread(const Shipment& shipment, Error why) {
  if (shipment.repeatable()) return why;
  return {ErrorCode::unsure, why.message + "; look there before you do it again: " + shipment.summary};
}

Answer read_no_answer(const Shipment& shipment, const Journey& journey, const Secrets& secrets) {
  Answer answer{redacted(secrets, no_answer(shipment, journey))};
  if (!journey.lost && !journey.lost_before) answer.settled = answer.output;
  answer.may_have_happened = may_have_happened(journey);
  return answer;
}

std::string items_of(const Value& list) {
  std::vector<std::string> items;
  for (const Value& item : list.list()) items.push_back(item.is_text() ? item.text() : encode_json(item));
  return join(items, "; ");
}

/// Why, and nothing else: an empty text or list says that it took what was sent.
bool finds_nothing(const Value& why) { return why == Value("") || why == Value(Value::List()); }

/// What the far side did not do, although its status is one of success.
struct PoliteRefusal {
  Error error;
  bool partly = false;  ///< the rest was done
};

std::optional<PoliteRefusal> refused_politely(const Shipment& shipment, const IncomingResponse& response,
                                              WholeResponse& whole, const Secrets& secrets) {
  if (shipment.of_library || !succeeded(response.status) || still_packed(response)) return std::nullopt;
  const RequestMapping& request = *shipment.action->request;
  Result<Value> why = Value();
  for (const auto* asked : {&request.refused_if, &request.refused_in_general}) {
    if (!*asked) continue;
    Bindings names;
    names.set("answer", whole.value());
    names.set("input", shipment.input);
    why = (*asked)->evaluate(names);
    if (!why || !finds_nothing(*why)) break;
  }
  const bool partly = why && why->is_list();
  if (!why) {
    // What it did is known to nobody here, and never is "nothing".
    const bool wrote = writes(shipment.effect);
    Error error{wrote ? ErrorCode::unsure : ErrorCode::invalid,
                shipment.to.name + " answered " + shipment.action->name + " (" + std::to_string(response.status) +
                    "), and what it says cannot be read: " + why.error().message +
                    (wrote ? "; look there before you do it again" : "")};
    return PoliteRefusal{redacted(secrets, std::move(error)), wrote};
  }
  const std::string words = partly ? items_of(*why) : why->is_text() ? why->text() : "";
  if (words.empty()) return std::nullopt;
  const std::string did = partly ? " did only a part of what " : " did not take what ";
  const std::string said = partly ? "" : ", " + shown_start(secrets.redact(response.body));
  Error error{ErrorCode::invalid, shipment.to.name + did + shipment.action->name + " sent (" +
                                      std::to_string(response.status) + said + "): " + words};
  return PoliteRefusal{redacted(secrets, std::move(error)), partly};
}

Answer read_response(const Shipment& shipment, const Journey& journey, const Secrets& secrets) {
  const IncomingResponse& response = *journey.answer;
  WholeResponse whole(shipment, response);
  if (auto refusal = refused_politely(shipment, response, whole, secrets)) {
    Answer answer{refusal->error};
    answer.settled = refusal->error;
    answer.happened = refusal->partly;
    answer.may_have_happened = refusal->partly || journey.lost_before;
    return answer;
  }
  const bool done = succeeded(response.status) || gone_as_wanted(shipment, journey);
  const bool taken = done || shipment.takes(response.status);
  // A library is given an answer of any status. For a ledger that is no reason to give it a refusal for good.
  const bool refused = !done && (shipment.of_library ? writes(shipment.effect) : !taken);
  if (!refused) {
    Answer answer{read_taken(shipment, response, whole, secrets)};
    if (answer.output) answer.settled = answer.output;
    if (!answer.output && done && writes(shipment.effect) && !shipment.of_library)
      answer.output = made_unread(shipment, answer.output.error());
    answer.happened = done;
    answer.may_have_happened = may_have_happened(journey);
    return answer;
  }
  const Error error = refusal(shipment, journey, secrets);
  Answer answer{taken ? read_taken(shipment, response, whole, secrets) : error};
  if (error.code != ErrorCode::unsure) answer.settled = error;
  answer.refused_openly = refused_openly(shipment, journey);
  answer.may_have_happened = answer.refused_openly || may_have_happened(journey);
  return answer;
}

}  // namespace

Answer read_answer(const Shipment& shipment, const Journey& journey, const Secrets& secrets) {
  Answer answer =
      journey.answer ? read_response(shipment, journey, secrets) : read_no_answer(shipment, journey, secrets);
  answer.left = journey.left;
  return answer;
}

}  // namespace millrace

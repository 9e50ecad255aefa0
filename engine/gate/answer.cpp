#include "gate/answer.hpp"

#include <string>
#include <utility>

#include "base/text.hpp"
#include "catalog/timestamps.hpp"
#include "gate/complaint.hpp"
#include "gate/redacted.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

bool succeeded(int status) noexcept { return status >= 200 && status < 300; }

/// A thing that is deleted again after the first answer was lost is not there any more: that is what was wanted.
bool gone_as_wanted(const Shipment& shipment, const Delivery& delivery) {
  return shipment.effect == Effect::remove && delivery.lost_before && delivery.answer && delivery.answer->status == 404;
}

bool gives_whole_response(const Action& action) { return !action.request || action.request->whole_response; }

/// {status, headers, body}: JSON where it is JSON, else text.
Value whole_response(const IncomingResponse& response) {
  Map headers;
  for (const auto& [name, value] : response.headers) {
    const std::string key = lower(name);
    const Value* before = headers.find(std::string_view(key));
    headers.set(key, before ? Value(before->text() + ", " + value) : Value(value));
  }
  Value body = response.body.empty() ? Value() : Value(response.body);
  if (!response.body.empty()) {
    if (const auto json = parse_json(response.body)) {
      body = *json;
    } else if (!valid_utf8(response.body)) {
      body = Value::bytes(response.body);
    }
  }
  return Value::object({{"status", response.status}, {"headers", std::move(headers)}, {"body", std::move(body)}});
}

Result<Value> read_output(const Shipment& shipment, const IncomingResponse& response, const Secrets& secrets) {
  const std::string_view text = trim(response.body);
  if (text.empty()) return Value();
  const auto json = parse_json(text);
  if (json && !shipment.action->times) return redacted(secrets, *json);
  if (json) return with_timestamps(redacted(secrets, *json), shipment.action->outputs());
  const std::string done = writes(shipment.effect) ? " (the request itself was accepted)" : "";
  return Error{ErrorCode::invalid, "the answer of " + shipment.to.name + " at " + shipment.to.place + " is not JSON" +
                                       done + ": " + json.error().message + ", in " +
                                       shown_start(secrets.redact(text))};
}

/// No answer came back whole.
Error no_answer(const Shipment& shipment, const Delivery& delivery, const std::string& summary) {
  Error error = delivery.answer.error();
  if (delivery.lost && writes(shipment.effect)) {
    if (shipment.repeatable()) {
      if (error.code == ErrorCode::unsure)
        error.code = ErrorCode::unavailable;  // nobody has to look: `retry` may send it
      error.message += "; it may have been done, and doing it again does no harm";
    } else {
      error.code = ErrorCode::unsure;
      error.message += ": it is not known whether this was done: " + summary + "; look there before you do it again";
    }
    return error;
  }
  if (error.code == ErrorCode::unsure) error.code = ErrorCode::unavailable;  // a read that got no answer did nothing
  if (error.code != ErrorCode::unavailable || !delivery.tried || delivery.left) return error;
  if (shipment.to.loopback && shipment.to.connection) {
    error.message += R"(: is the sandbox running? start it with "millrace sandbox")";
  } else if (shipment.to.connection) {
    error.message +=
        ": check the network, and the base_url of connection \"" + shipment.to.name + "\" in millrace.yaml";
  }
  return error;
}

}  // namespace

bool may_have_happened(const Shipment& shipment, const Delivery& delivery) {
  if (delivery.lost) return true;
  if (!delivery.answer) return delivery.lost_before;
  const int status = delivery.answer->status;
  return succeeded(status) || status >= 500 || gone_as_wanted(shipment, delivery);
}

Result<Value> read_answer(const Shipment& shipment, const Delivery& delivery, const std::string& summary,
                          const Secrets& secrets) {
  if (!delivery.answer) return redacted(secrets, no_answer(shipment, delivery, summary));
  const IncomingResponse& response = *delivery.answer;
  if (gives_whole_response(*shipment.action)) return redacted(secrets, whole_response(response));
  if (gone_as_wanted(shipment, delivery)) return Value();
  if (!succeeded(response.status)) return redacted(secrets, complaint(shipment, response, summary, secrets));
  auto output = read_output(shipment, response, secrets);
  if (!output) return redacted(secrets, output.error());
  return output;
}

std::optional<Result<Value>> settled(const Shipment& shipment, const Delivery& delivery, const Result<Value>& output,
                                     const std::string& summary, const Secrets& secrets) {
  if (!delivery.answer) {
    if (delivery.lost || delivery.lost_before) return std::nullopt;
    return output;
  }
  if (succeeded(delivery.answer->status) || gone_as_wanted(shipment, delivery)) {
    if (!output) return std::nullopt;
    return output;
  }
  // A library is given an answer of any status. That is no reason to give it a refusal for good.
  Error error = redacted(secrets, complaint(shipment, *delivery.answer, summary, secrets));
  if (error.code == ErrorCode::unsure) return std::nullopt;
  return error;
}

}  // namespace millrace

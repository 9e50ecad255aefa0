#include "gate/sender.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "gate/retry.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

Delivery not_sent(Error error) { return Delivery{std::move(error)}; }

/// Headers that say how a message is framed or where it goes are ours alone.
Status check_header(const std::string& name, const std::string& value) {
  const auto token = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), token)) {
    return Error{ErrorCode::invalid, "\"" + name + "\" cannot be the name of a header"};
  }
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return Error{ErrorCode::invalid, "the header \"" + name + "\" holds a line end"};
  }
  for (const char* own :
       {"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer"}) {
    if (lower(name) == own)
      return Error{ErrorCode::denied, "the header \"" + name + "\" is set by Millrace: leave it out"};
  }
  return Done{};
}

struct Body {
  std::string text, type;
};

Body body_of(const Value& value) {
  if (value.is_null()) return {};
  if (value.is_text()) return {value.text(), "text/plain; charset=utf-8"};
  if (value.is(Kind::bytes)) return {value.bytes(), "application/octet-stream"};
  return {encode_json(value), "application/json"};
}

}  // namespace

Result<OutgoingRequest> Sender::build(const Shipment& shipment) const {
  OutgoingRequest request;
  request.method = shipment.parts.method;
  request.url = shipment.to.url;
  request.headers.set("Accept", "application/json");
  request.headers.set("User-Agent", options_.version.empty() ? "millrace" : "millrace/" + options_.version);
  Body body = body_of(shipment.parts.body);
  if (!body.type.empty()) request.headers.set("Content-Type", body.type);
  Connections::add_headers(shipment.to, request.headers);  // the action's own, which follow, take their place
  for (const auto& [name, value] : shipment.parts.headers) {
    TRY(check_header(name, value));
    request.headers.set(name, value);
  }
  if (const std::string name = shipment.key_header(); !name.empty()) request.headers.set(name, shipment.site.key);
  TRY(connections_.add_credentials(shipment.to, request.headers));
  request.body = std::move(body.text);
  request.max_response_bytes = options_.max_response_bytes;
  request.private_addresses = shipment.to.connection != nullptr;
  return request;
}

Task<Delivery> Sender::send(Shipment shipment) {
  // What cannot be built is refused here, so that an attempt's `invalid` is about its answer.
  auto request = build(shipment);
  if (!request) co_return not_sent(request.error());

  Delivery delivery = not_sent(Error{ErrorCode::internal, "nothing was sent"});
  const ConnectionKind* kind = shipment.to.kind;
  for (int number = 1;; ++number) {
    auto ticket = co_await budgets_.take(shipment.to, shipment.location, shipment.site.deadline);
    if (!ticket) {
      if (number == 1) delivery.answer = ticket.error();
      co_return delivery;
    }
    const bool called_off = co_await cancelled();
    if (called_off) {
      if (number == 1) delivery.answer = Error{ErrorCode::cancelled, "called off"};
      co_return delivery;
    }
    delivery.lost_before = delivery.lost_before || delivery.lost;
    const auto begun = options_.now();
    delivery.tried = true;
    if (number > 1) request = build(shipment);
    if (!request) {
      delivery.answer = request.error();
      co_return delivery;
    }
    request->deadline = shipment.site.deadline.earlier(Deadline::in(options_.request_timeout));
    auto answer = co_await client_.send(std::move(*request));
    const auto ended = options_.now();
    delivery.lost = !answer && answer_was_lost(answer.error());
    delivery.left = delivery.left || answer || delivery.lost;
    if (answer) ticket->learn(kind, *answer, ended);

    Attempt tried;
    tried.number = number;
    tried.repeatable = shipment.repeatable();
    tried.took = ended - begun;
    tried.kind = kind;
    tried.jitter = options_.jitter();
    const auto wait = wait_before_retry(tried, answer);
    if (wait && answer && answer->status == 429) ticket->close(ended + *wait);
    delivery.answer = std::move(answer);
    if (!wait || ended + *wait >= shipment.site.deadline.at()) co_return delivery;
    {
      const Ticket used = std::move(*ticket);  // ends before the wait, so that others may go on meanwhile
    }
    const bool undisturbed = co_await options_.pause(*wait);
    if (!undisturbed) co_return delivery;
  }
}

}  // namespace millrace

#include "courier/sender.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/http_token.hpp"
#include "base/text.hpp"
#include "courier/complaint.hpp"
#include "courier/multipart_body.hpp"
#include "courier/redirect.hpp"
#include "courier/retry.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

constexpr int most_redirects = 10;
constexpr Duration until_it_counts_as_down = std::chrono::milliseconds(500);

Journey not_sent(Error error) { return Journey{std::move(error)}; }

/// Headers that say how a message is framed or where it goes are ours alone.
Status check_header(const std::string& name, const std::string& value) {
  if (!is_http_token(name)) return Error{ErrorCode::invalid, "\"" + name + "\" cannot be the name of a header"};
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return Error{ErrorCode::invalid, "the header \"" + name + "\" holds a line end"};
  }
  const std::string lowered = lower(name);
  for (const char* own :
       {"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te", "trailer"}) {
    if (lowered == own) return Error{ErrorCode::denied, "the header \"" + name + "\" is set by Millrace: leave it out"};
  }
  return Done{};
}

/// A header of a step is sent as it is written.
Error unread_secret(const std::string& name, const std::string& value) {
  return {ErrorCode::invalid, "the header \"" + name + "\" would be sent as the words \"" + value +
                                  "\": a secret belongs to a connection (auth: {header: {name: " + name +
                                  ", value: \"" + value + "\"}} in millrace.yaml)"};
}

/// As standardwebhooks.com has it. The id is the effect's key, so that the receiver knows a repeated one.
Status sign(OutgoingRequest& request, const Secret& secret, const std::string& key) {
  const std::string_view written = trim(secret.reveal());
  const auto bytes = decode_base64(written.substr(written.starts_with("whsec_") ? 6 : 0));
  if (!bytes || bytes->empty())
    return Error{ErrorCode::invalid, "its secret for standard_webhooks is no base64: it looks like whsec_MfKQ9r8G..."};
  const std::string id = "msg_" + fingerprint(key).substr(0, 32);
  const std::string time = std::to_string(now_utc().seconds);
  request.headers.set("webhook-id", id);
  request.headers.set("webhook-timestamp", time);
  request.headers.set("webhook-signature",
                      "v1," + encode_base64(hmac_sha256(*bytes, id + "." + time + "." + request.body)));
  return Done{};
}

/// Where a company's token has to be exchanged for the location's first; empty where its own is meant.
std::string token_location(const Shipment& shipment) {
  if (shipment.to.kind == nullptr) return "";
  const auto& of_company = shipment.to.kind->oauth.company_scopes;
  const bool own = std::find(of_company.begin(), of_company.end(), shipment.action->scope) != of_company.end();
  return own ? "" : shipment.location;
}

AnswerFacts facts_of(const IncomingResponse& answer, const ConnectionKind* kind, Duration took) {
  const bool refused = refused_for_now(answer);
  return {told_limits(kind, answer), refused, refused ? asked_to_wait(kind, answer) : std::nullopt, took};
}

/// The connection's cookies, and those of the step that are called otherwise.
std::string joined_cookies(const std::string& shown, const std::string& own) {
  std::string all = shown;
  for (const std::string& cookie : split(own, ';')) {
    const std::string pair(trim(cookie));
    if (!shown.starts_with(pair.substr(0, pair.find('=') + 1))) all += "; " + pair;
  }
  return all;
}

struct Body {
  std::string text, type;
};

/// Where the manifest says JSON, a text is JSON as well, and so is the null that an input which is needed gives.
bool goes_as_json(const Shipment& shipment) {
  if (shipment.of_library || !shipment.action->request->json) return false;
  const auto needed = shipment.action->inputs().required();
  return !shipment.parts.body.is_null() ||
         std::find(needed.begin(), needed.end(), shipment.action->request->body_input) != needed.end();
}

Result<Body> body_of(const Shipment& shipment) {
  const Value& value = shipment.parts.body;
  if (!shipment.of_library && shipment.action->request->multipart && value.is_map()) {
    MultipartBody parts = TRY(multipart_body(shipment));
    return Body{std::move(parts.text), std::move(parts.type)};
  }
  if (goes_as_json(shipment)) return Body{encode_json(value), "application/json"};
  if (value.is_null()) return Body{};
  if (value.is_text()) return Body{value.text(), "text/plain; charset=utf-8"};
  if (value.is(Kind::bytes)) return Body{value.bytes(), "application/octet-stream"};
  return Body{encode_json(value), "application/json"};
}

}  // namespace

Result<OutgoingRequest> Sender::build(const Shipment& shipment) const {
  OutgoingRequest request;
  request.method = shipment.parts.method;
  request.url = shipment.to.url;
  const bool only_json = !shipment.gives_whole_response() && !shipment.may_give_text();
  request.headers.set("Accept", only_json ? "application/json" : "application/json, */*;q=0.9");
  request.headers.set("User-Agent", options_.version.empty() ? "millrace" : "millrace/" + options_.version);
  Body body = TRY(body_of(shipment));
  if (!body.type.empty()) request.headers.set("Content-Type", body.type);
  Connections::add_headers(shipment.to, request.headers);  // the action's own, which follow, take their place
  for (const auto& [name, value] : shipment.parts.headers) {
    TRY(check_header(name, value));
    if (is_secret_handle(value)) return unread_secret(name, value);
    request.headers.set(name, value);
  }
  if (const std::string name = shipment.key_header(); !name.empty()) request.headers.set(name, shipment.site.key);
  if (shipment.to.own_hook && shipment.site.chain)
    request.headers.set(chain_header, render_chain(*shipment.site.chain));
  request.body = std::move(body.text);
  request.max_response_bytes = options_.max_response_bytes;
  static_cast<EgressRights&>(request) = Connections::rights_at(shipment.to);
  return request;
}

/// What is needed to send one request: that the connection is not down, and a part of the budget.
struct Sender::Permission {
  Passage passage;
  Ticket ticket;
};

/// A shipment on its way.
struct Sender::Sending {
  Shipment shipment;
  Result<OutgoingRequest> request;
  ShownCredentials shown;  // of `request`
  Journey journey;
  // Both begin anew after a wait for a connection that was down.
  int number = 0;       // of the attempt
  bool missed = false;  // an attempt did not get through
  int redirects = 0;
  bool renewed = false;  // it was refused for its token once, and sent again with another
};

/// Builds the request anew. Credentials come last: nobody's header takes the place of a token.
Task<void> Sender::build_with_credentials(Sending& sending) {
  const Shipment& shipment = sending.shipment;
  sending.request = build(shipment);
  if (!sending.request) co_return;
  auto credentials = co_await credentials_.for_request(shipment.to, token_location(shipment));
  if (!credentials) {
    sending.request = credentials.error();
    co_return;
  }
  sending.shown = std::move(*credentials);
  for (const auto& [name, value] : sending.shown.headers) {
    const auto good = check_header(name, value);
    if (!good) {
      sending.request = good.error();
      co_return;
    }
    const std::string* own = lower(name) == "cookie" ? sending.request->headers.find("Cookie") : nullptr;
    sending.request->headers.set(name, own != nullptr ? joined_cookies(value, *own) : value);
  }
  if (sending.shown.signs) {
    const auto signed_ = sign(*sending.request, *sending.shown.signs, shipment.site.key);
    if (!signed_) sending.request = signed_.error().within("connection \"" + shipment.to.name + "\"");
    if (!signed_) co_return;
  }
  if (sending.shown.query.empty()) co_return;
  sending.request->url += sending.request->url.find('?') == std::string::npos ? "?" : "&";
  sending.request->url += encode_query(sending.shown.query);
}

/// What its credentials keep from being sent: a far side that gives no tokens now is down as one that takes no
/// requests.
Task<std::optional<Duration>> Sender::without_credentials(Sending& sending, Passage& passage) {
  const Error& problem = sending.request.error();
  sending.journey.answer = problem;
  if (problem.code == ErrorCode::unconnected) breakers_.tell_token(sending.shipment, problem.message);
  if (problem.code != ErrorCode::unavailable) co_return std::nullopt;
  passage.tell(sending.journey.answer, {options_.now()});
  co_return wait_while_down(sending, passage);
}

/// Whether the token or secret was not taken, and another one is to be tried: nothing was done.
bool Sender::is_to_renew(Sending& sending) const {
  const auto& answer = sending.journey.answer;
  if (!answer || sending.shipment.to.connection == nullptr) return false;
  if (!refuses_token(answer->status, sending.journey.why)) {
    if (answer->status != 429 && answer->status < 500) credentials_.taken(sending.shipment.to, sending.shown);
    return false;
  }
  if (sending.renewed) {
    if (sending.shown.previous) credentials_.refused(sending.shipment.to, sending.shown);
    return false;
  }
  sending.renewed = credentials_.refused(sending.shipment.to, sending.shown);
  return sending.renewed;
}

Task<Result<Sender::Permission>> Sender::permit(const Shipment& shipment) {
  const Deadline deadline = shipment.site.deadline;
  const Errand errand{endpoint_of(shipment.parts.method, shipment.to.url), shipment.repeatable()};
  for (;;) {
    auto passage = co_await breakers_.enter(shipment.to, errand, deadline);
    if (!passage) co_return passage.error();
    auto ticket = co_await budgets_.take(shipment.to, shipment.location, shipment.site.lane, deadline);
    if (!ticket) co_return ticket.error();
    const bool called_off = co_await cancelled();
    if (called_off) co_return Error{ErrorCode::cancelled, "called off"};
    if (passage->open()) co_return Permission{std::move(*passage), std::move(*ticket)};
  }
}

/// How long to wait for the connection although the attempts are used up; nothing where it is over.
std::optional<Duration> Sender::wait_while_down(const Sending& sending, const Passage& passage) const {
  if (!options_.wait_while_down || sending.shipment.to.connection == nullptr) return std::nullopt;
  const Reach reach = reach_of(sending.journey.answer);
  const bool again =
      reach == Reach::not_there || (reach == Reach::missed && passage.down() && sending.shipment.repeatable());
  if (!again) return std::nullopt;
  return passage.down() ? Duration::zero() : until_it_counts_as_down;
}

/// Sends it once. How long to wait before it is sent once more; nothing where it is over.
Task<std::optional<Duration>> Sender::attempt(Sending& sending) {
  const Shipment& shipment = sending.shipment;
  Journey& journey = sending.journey;
  auto permission = co_await permit(shipment);
  if (!permission) {
    if (!journey.tried) journey.answer = permission.error();  // else how the last attempt ended says more
    co_return std::nullopt;
  }
  if (permission->passage.waited()) {  // what was before the connection came back says nothing of how it is now
    sending.number = 0;
    sending.missed = false;
  }
  if (journey.tried || !sending.request) co_await build_with_credentials(sending);
  auto& request = sending.request;
  if (!request) {
    const auto wait = co_await without_credentials(sending, permission->passage);
    co_return wait;
  }
  journey.lost_before = journey.lost_before || journey.lost;
  journey.tried = true;
  request->deadline = shipment.site.deadline.earlier(Deadline::in(options_.request_timeout));
  if (options_.on_use) options_.on_use(shipment);
  const auto begun = options_.now();
  permission->ticket.use();
  bool may_have_left = true;
  request->may_have_left = &may_have_left;
  journey.answer = co_await client_.send(std::move(*request));
  const auto ended = options_.now();
  const auto& answer = journey.answer;
  journey.why = answer && answer->status == 401 ? reason_given(*answer, secrets_) : "";
  journey.lost = !answer && may_have_left && answer_was_lost(answer.error());
  journey.left = journey.left || answer || journey.lost;
  if (answer) permission->ticket.learn(facts_of(*answer, shipment.to.kind, ended - begun), ended);
  permission->passage.tell(answer, {begun, !sending.missed});
  if (is_to_renew(sending)) co_return Duration::zero();
  if (answer) breakers_.hear_about_token(shipment, *answer, journey.why, sending.shown.problem);
  sending.missed = sending.missed || reach_of(answer) == Reach::missed;
  if (answer && !shipment.of_library && shipment.takes(answer->status)) co_return std::nullopt;

  Attempt tried;
  tried.number = ++sending.number;
  tried.repeatable = shipment.repeatable();
  tried.took = ended - begun;
  tried.kind = shipment.to.kind;
  tried.jitter = options_.jitter();
  tried.patient = options_.wait_while_down;
  const auto wait = wait_before_retry(tried, answer);
  co_return wait ? wait : wait_while_down(sending, permission->passage);
}

/// Makes ready to ask at the address that the answer names; false where it is the last word.
bool Sender::follow(Sending& sending) const {
  Journey& journey = sending.journey;
  if (!journey.answer || !is_to_follow(sending.shipment, *journey.answer)) return false;
  if (++sending.redirects > most_redirects) {
    journey.not_followed = "it is sent on and on, " + std::to_string(most_redirects) + " times already";
    return false;
  }
  auto next = sent_on(sending.shipment, *journey.answer);
  if (!next) {
    journey.not_followed = next.error().message;
    return false;
  }
  sending.shipment = std::move(*next);
  sending.number = 0;
  journey.sent_on_to = sending.shipment.to.place;
  return true;
}

Task<Journey> Sender::send(Shipment shipment) {
  const Error not_yet{ErrorCode::internal, "nothing was sent"};
  Sending sending{std::move(shipment), not_yet, {}, not_sent(not_yet)};
  co_await build_with_credentials(sending);
  if (!sending.request && sending.request.error().code == ErrorCode::unconnected)
    breakers_.tell_token(sending.shipment, sending.request.error().message);
  if (!sending.request && sending.request.error().code != ErrorCode::unavailable)
    co_return not_sent(sending.request.error());
  sending.journey.lost_before = sending.shipment.site.left_before;
  for (;;) {
    const auto wait = co_await attempt(sending);
    if (!wait && follow(sending)) continue;
    if (!wait || options_.now() + *wait >= sending.shipment.site.deadline.at()) break;
    if (*wait == Duration::zero()) continue;
    const bool undisturbed = co_await options_.pause(*wait);
    if (!undisturbed) break;
  }
  co_return std::move(sending.journey);
}

}  // namespace millrace

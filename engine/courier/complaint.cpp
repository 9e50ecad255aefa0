#include "courier/complaint.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "courier/gateways.hpp"
#include "courier/limit_headers.hpp"
#include "courier/redirect.hpp"
#include "http/body_text.hpp"
#include "http/content_codings.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_message = 300;  // bytes of the far side's own words

/// Text, a list of texts, or an object that holds one of them: APIs disagree, some with themselves.
std::string words_in(const Value& value) {
  if (value.is_text()) return value.text();
  if (value.is_list()) {
    std::vector<std::string> parts;
    for (const Value& item : value.list()) {
      if (std::string part = words_in(item); !part.empty()) parts.push_back(std::move(part));
    }
    return join(parts, "; ");
  }
  for (const char* name : {"message", "detail", "error_description", "title", "error", "errors"}) {
    const Value* member = value.find(name);
    if (!member) continue;
    if (std::string words = words_in(*member); !words.empty()) return words;
  }
  return "";
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

std::string one_line_of(std::string_view text, std::size_t bytes) {
  if (!valid_utf8(text)) return "bytes that are no text";
  return shortened(on_one_line(text), bytes);
}

bool lacks_scope(const std::string& why) { return lower(why).find("scope") != std::string::npos; }

/// A missing scope as RFC 6750 (3.1) has it, which may stand nowhere else; empty where it does not.
std::string scope_wanted(const IncomingResponse& response) {
  const std::string* challenge = response.headers.find("WWW-Authenticate");
  if (challenge == nullptr) return "";
  const std::string said = lower(*challenge);
  constexpr std::string_view error = "insufficient_scope", opens = "scope=\"";
  if (said.find("error=\"" + std::string(error)) == std::string::npos &&
      said.find("error=" + std::string(error)) == std::string::npos)
    return "";
  std::size_t at = said.find(opens);
  if (at == std::string::npos) return std::string(error);
  at += opens.size();
  return std::string(error) + ": " + challenge->substr(at, challenge->find('"', at) - at);
}

Error without_scope(const Shipment& shipment, const std::string& why) {
  const Action& action = *shipment.action;
  const ConnectionSettings* connection = shipment.to.connection;
  const std::string cure =
      (action.scope.empty() ? "grant it to the token" : "grant the token the scope " + action.scope) +
      (connection != nullptr && connection->oauth ? ", and do \"millrace connect " + connection->name + "\" once more"
                                                  : "");
  return {ErrorCode::denied,
          shipment.to.name + " does not allow " + action.name + " with this token " + why + ": " + cure};
}

/// Sorted by text, because one status stands for three things.
Error unauthorised(const Shipment& shipment, const std::string& why) {
  const std::string& name = shipment.to.name;
  if (lacks_scope(why)) return without_scope(shipment, why);
  const ConnectionSettings* connection = shipment.to.connection;
  if (!connection)
    return {ErrorCode::denied, name + " wants a token " + why + ": call it through a connection that has one"};
  if (connection->oauth) {
    return {ErrorCode::denied, name + " refused the token, although it is new " + why + ": do \"millrace connect " +
                                   connection->name + "\" to get another" +
                                   (shipment.location.empty() ? "" : ", and choose " + shipment.location + " there")};
  }
  const std::string& handle = connection->shown ? connection->shown->secret : connection->token;
  if (handle.empty()) {
    return {ErrorCode::denied, name + " wants a token " + why + ": give connection \"" + connection->name +
                                   "\" one in millrace.yaml, as auth: {token: \"secret:" + connection->name +
                                   "_token\"}"};
  }
  const std::string what = connection->shown ? " refused the secret " : " refused the token ";
  return {ErrorCode::denied, name + what + why + ": \"millrace secret set " + handle.substr(handle.find(':') + 1) +
                                 "\" gives it another, or " + secret_variable(handle) + " in the environment"};
}

Error forbidden(const Shipment& shipment, const std::string& why) {
  if (lacks_scope(why)) return without_scope(shipment, why);
  const std::string where = shipment.location.empty() ? "" : " for location " + shipment.location;
  return {ErrorCode::denied, shipment.to.name + " forbids " + shipment.action->name + " " + why +
                                 ": use a token that is allowed it" + where};
}

Error redirected(const Shipment& shipment, const IncomingResponse& response, const std::string& why) {
  const std::string* location = response.headers.find("Location");
  const auto here = parse_url(shipment.to.url);
  std::string target = "another address";
  if (location != nullptr && here) {
    const auto address = resolved(*here, *location);
    const auto there = address ? parse_url(*address) : Result<Url>(address.error());
    if (there) target = there->site() + std::string(there->path());  // its query may hold secrets
  }
  return {ErrorCode::denied, shipment.to.name + " sends the request on to " + target + " " + why +
                                 ", which is not followed: use the final address"};
}

Error come_back_later(const Shipment& shipment, const IncomingResponse& response, const std::string& why) {
  const std::string& name = shipment.to.name;
  if (day_is_used_up(shipment.to.kind, response)) {
    return {ErrorCode::unavailable,
            "the daily limit of " + name + " is used up " + why + ": try again tomorrow, or ask for more"};
  }
  const auto wait = asked_to_wait(shipment.to.kind, response);
  const std::string when = wait ? " in " + render(*wait) : " later";
  return {ErrorCode::unavailable, name + " takes no further requests now " + why + ": try again" + when};
}

std::string shown_path(const Shipment& shipment) {
  const Value& path = shipment.parts.path;
  return path.is_text() && !path.text().empty() ? path.text() : shipment.to.place;
}

Error failed(const Shipment& shipment, const IncomingResponse& response, const std::string& why) {
  const std::string& name = shipment.to.name;
  if (lost_by_gateway(response.status) && writes(shipment.effect) && !shipment.repeatable()) {
    return {ErrorCode::unsure, name + " lost the answer " + why + ": it is not known whether this was done: " +
                                   shipment.summary + "; look there before you do it again"};
  }
  return {ErrorCode::unavailable, name + " failed " + why + ": the trouble is on its side, try again later"};
}

}  // namespace

bool still_packed(const IncomingResponse& response) {
  return !response.body.empty() && !content_codings(response.headers).empty();
}

std::string reason_given(const IncomingResponse& response, const Secrets& secrets) {
  std::string words;
  if (!still_packed(response)) {
    const std::string body = body_text(media_type_of(response.headers), response.body).value_or(response.body);
    const auto json = parse_json(trim(body), from_outside);
    words = json ? words_in(*json) : std::string(trim(body));
  }
  if (const std::string scope = scope_wanted(response); !scope.empty() && !lacks_scope(words))
    words = words.empty() ? scope : scope + "; " + words;
  const std::string said = one_line_of(secrets.redact(words), longest_message);
  return "(" + std::to_string(response.status) + (said.empty() ? "" : ": " + said) + ")";
}

Error complaint(const Shipment& shipment, const IncomingResponse& response, const std::string& why) {
  const std::string& name = shipment.to.name;
  const std::string& action = shipment.action->name;
  const int status = response.status;
  if (status == 401) return unauthorised(shipment, why);
  if (status == 403) return forbidden(shipment, why);
  if (status == 404 || status == 410) {
    const bool whole = shipment.gives_whole_response();
    return {ErrorCode::not_found, name + " has nothing at " + shown_path(shipment) + " " + why + ": check the " +
                                      (whole ? "address" : "ids") + " that " + action + " was given"};
  }
  if (status == 409) return {ErrorCode::conflict, name + " finds " + action + " in conflict with what is there " + why};
  if (status == 429) return come_back_later(shipment, response, why);
  if (status == 408) return {ErrorCode::timeout, name + " waited too long for the request " + why + ": try again"};
  if (status >= 500) return failed(shipment, response, why);
  if (status >= 400) {
    return {ErrorCode::invalid,
            name + " did not accept what " + action + " sent " + why + ": check what the step gives it"};
  }
  if (status >= 300) return redirected(shipment, response, why);
  return {ErrorCode::unavailable, name + " gave an answer that is no answer " + why};
}

bool refuses_token(int status, const std::string& why) { return status == 401 && !lacks_scope(why); }

std::string shown_start(std::string_view text) { return "\"" + one_line_of(text, 60) + "\""; }

}  // namespace millrace

#include "courier/token_refusal.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "courier/complaint.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

enum class About : std::uint8_t { grant, client, request, now };

struct Meaning {
  About about;
  std::initializer_list<std::string_view> words;
};

/// The member `error`: RFC 6749 (5.2) and 6750 (3.1), OpenID Connect, and what GitHub and Slack say in their place.
const std::initializer_list<Meaning> codes = {
    {About::grant,
     {"invalid_grant", "bad_refresh_token", "invalid_refresh_token", "invalid_token", "expired_token", "token_expired",
      "token_revoked", "bad_verification_code", "invalid_code", "code_already_used", "code_expired",
      "interaction_required", "consent_required", "login_required"}},
    {About::client,
     {"invalid_client", "unauthorized_client", "incorrect_client_credentials", "invalid_client_id", "bad_client_id",
      "bad_client_secret"}},
    {About::request,
     {"invalid_request", "invalid_scope", "unsupported_grant_type", "invalid_grant_type", "redirect_uri_mismatch",
      "bad_redirect_uri"}},
    {About::now,
     {"temporarily_unavailable", "server_error", "slow_down", "ratelimited", "rate_limited", "too_many_requests",
      "authorization_pending", "service_unavailable", "internal_error", "request_timeout"}}};

/// Where there is no such member, or none that is known.
const std::initializer_list<Meaning> sentences = {
    {About::now, {"not active", "inactive", "suspended"}},
    {About::grant, {"invalid_grant", "invalid grant"}},
    {About::client, {"invalid_client", "invalid client", "unauthorized_client", "client_id", "client_secret"}}};

/// In the place where the standard has it, or below a member that holds a message beside it.
std::string code_in(const Value& answer) {
  const Value* said = answer.find("error");
  if (said != nullptr && said->is_map()) said = said->find("code");
  return said != nullptr && said->is_text() ? lower(said->text()) : "";
}

template <typename Fits>
std::optional<About> meaning_of(const std::initializer_list<Meaning>& meanings, Fits fits) {
  for (const Meaning& each : meanings) {
    if (std::any_of(each.words.begin(), each.words.end(), fits)) return each.about;
  }
  return std::nullopt;
}

Error told(About about, const std::string& why) {
  switch (about) {
    case About::grant:
      return {ErrorCode::unconnected, "it refused what was agreed to " + why};
    case About::client:
      return {ErrorCode::denied, "it does not know client_id and client_secret " + why};
    case About::request:
      return {ErrorCode::denied,
              "it takes no request for tokens like this " + why + ": check what auth: {oauth2: {...}} says"};
    case About::now:
      break;
  }
  return {ErrorCode::unavailable, "it gives no tokens now " + why};
}

bool for_a_while(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500 || (status >= 300 && status < 400);
}

/// The member `error`, where the answer has one that is known.
std::optional<About> said_by_code(const std::optional<Value>& answer) {
  const std::string code = answer ? code_in(*answer) : "";
  return meaning_of(codes, [&](std::string_view one) { return code == one; });
}

/// What an endpoint answers speaks for itself as an object.
std::optional<Value> spoken_in(const IncomingResponse& response) {
  auto json = parse_json(response.body, from_outside);
  return json && json->is_map() ? std::optional(std::move(*json)) : std::nullopt;
}

/// Those with which a token endpoint itself refuses; others come from what stands before it.
bool of_endpoint(int status) { return status < 300 || status == 400 || status == 401 || status == 422; }

}  // namespace

Error refusal_of(const IncomingResponse& response, const Secrets& secrets) {
  const std::string why = reason_given(response, secrets);
  if (for_a_while(response.status)) return told(About::now, why);
  const std::optional<Value> answer = spoken_in(response);
  if (const auto about = said_by_code(answer)) return told(*about, why);
  if (of_endpoint(response.status)) {
    const std::string words = lower(why);
    const auto about =
        meaning_of(sentences, [&](std::string_view one) { return words.find(one) != std::string::npos; });
    if (about) return told(*about, why);
    // The messages of HighLevel are not published: what an endpoint says of nothing else, it says of the grant.
    if (answer) return told(About::grant, why);
  }
  if (response.status == 404 || response.status == 405 || response.status == 410)
    return {ErrorCode::denied, "nothing gives tokens at its token_url " + why + ": check that address"};
  return {ErrorCode::unavailable, "something else answered in its place " + why};
}

Error refusal_of_location(const IncomingResponse& response, const std::string& location, const Secrets& secrets) {
  const std::string why = reason_given(response, secrets);
  const auto about = said_by_code(spoken_in(response));
  if (for_a_while(response.status) || about == About::now)
    return {ErrorCode::unavailable, "it gives no token for location " + location + " now " + why};
  if (refuses_token(response.status, why) || about == About::grant)
    return {ErrorCode::unconnected, "it refused the company's token " + why};
  return {ErrorCode::denied, "it gives no token for location " + location + " " + why +
                                 ": let the application into that location, and grant it oauth.write"};
}

bool refuses(const Value& answer) {
  const Value* error = answer.find("error");
  const Value* ok = answer.find("ok");
  return (error != nullptr && (error->is_text() || error->is_map())) || (ok != nullptr && *ok == Value(false));
}

}  // namespace millrace

#include "courier/token_endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "courier/complaint.hpp"
#include "courier/connections.hpp"
#include "courier/kept_tokens.hpp"
#include "courier/retry.hpp"
#include "courier/token_refusal.hpp"
#include "crypto/random.hpp"
#include "secret/redacted.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr Duration token_time_limit = std::chrono::seconds(30);
constexpr std::size_t largest_answer = 256u << 10;

Result<std::string> text_behind(const std::string& said, Secrets& secrets) {
  if (!is_secret_handle(said)) return said;
  return TRY(secrets.find(said)).reveal();
}

/// The first that says something. An address below the connection's is written out where that one is.
std::string address(OAuthClient& client, const std::string& base, const std::string& said, const std::string& usual) {
  std::string url = said.empty() ? usual : said;
  const bool below = url.starts_with('/');
  if (below) url = base + url;
  if (below || !said.empty()) client.written_out.push_back(url);
  return url;
}

/// Who it is, and where it asks.
Result<OAuthClient> addressed(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets) {
  const OAuthSettings& said = *connection.oauth;
  const OAuthKind usual = kind != nullptr ? kind->oauth : OAuthKind();
  OAuthClient client;
  client.connection = connection.name;
  client.id = TRY(text_behind(said.client_id, secrets));
  const std::string base = TRY(text_behind(connection.base_url, secrets));
  client.authorize_url = address(client, base, said.authorize_url, usual.authorize_url);
  client.token_url = address(client, base, said.token_url, usual.token_url);
  client.location_token_url = address(client, base, said.location_token_url, usual.location_token_url);
  client.holder.client_id = client.id;
  for (const std::string& each : {base, client.token_url, client.location_token_url}) {
    const auto url = parse_url(each);
    if (url) client.holder.origins.push_back(url->origin());
  }
  auto& origins = client.holder.origins;
  std::sort(origins.begin(), origins.end());
  origins.erase(std::unique(origins.begin(), origins.end()), origins.end());
  return client;
}

std::vector<std::string> words_of(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts) {
    for (std::string& word : split(text, ' ')) {
      if (!word.empty()) words.push_back(std::move(word));
    }
  }
  return words;
}

/// A member as the standard calls it, or as HighLevel's next version does.
const Value* member(const Value& answer, const char* name, const char* next_name) {
  const Value* found = answer.find(name);
  return found != nullptr ? found : answer.find(next_name);
}

std::string text_of(const Value* value) { return value != nullptr && value->is_text() ? value->text() : ""; }

/// A whole number, as such or as text; nothing else.
std::optional<std::int64_t> seconds_in(const Value& answer) {
  const Value* said = member(answer, "expires_in", "expiresIn");
  if (said == nullptr) return std::nullopt;
  if (said->is(Kind::integer)) return said->integer();
  if (!said->is_text()) return std::nullopt;
  std::int64_t seconds = 0;
  const std::string& text = said->text();
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return problem == std::errc() && end == text.data() + text.size() ? std::optional(seconds) : std::nullopt;
}

Result<AccessToken> access_in(const Value& answer, Timestamp asked_at) {
  AccessToken token;
  token.text = Secret(text_of(member(answer, "access_token", "accessToken")));
  if (token.text.reveal().empty()) return Error{ErrorCode::unsure, "its answer holds no access_token"};
  token.issued = asked_at;
  if (const auto seconds = seconds_in(answer); seconds && *seconds > 0) {
    const auto end = add(asked_at, std::chrono::seconds(std::min<std::int64_t>(*seconds, 100LL * 366 * 86400)));
    if (end) token.expires = *end;
  }
  token.scopes = words_of(texts_of(answer.find("scope")));
  return token;
}

/// Where the far side says nothing anew, what was there before holds.
Result<Tokens> tokens_in(const Value& answer, Timestamp asked_at, Tokens before) {
  AccessToken access = TRY(access_in(answer, asked_at));
  if (access.scopes.empty()) access.scopes = std::move(before.access.scopes);
  before.access = std::move(access);
  if (std::string refresh = text_of(member(answer, "refresh_token", "refreshToken")); !refresh.empty())
    before.refresh = Secret(std::move(refresh));
  before.user_type = answer.text_or("userType", before.user_type);
  before.company = answer.text_or("companyId", before.company);
  before.location = answer.text_or("locationId", before.location);
  before.problem.clear();
  return before;
}

Result<Value> object_in(const IncomingResponse& response) {
  auto json = parse_json(response.body, from_outside);
  if (!json || !json->is_map()) return Error{ErrorCode::unsure, "its answer is no JSON object"};
  return json;
}

bool succeeded(const IncomingResponse& response) { return response.status >= 200 && response.status < 300; }

}  // namespace

Result<TokenHolder> token_holder(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets) {
  auto client = TRY(addressed(connection, kind, secrets));
  return std::move(client.holder);
}

Result<OAuthClient> oauth_client(const ConnectionSettings& connection, const ConnectionKind* kind, Secrets& secrets) {
  const OAuthSettings& said = *connection.oauth;
  const OAuthKind usual = kind != nullptr ? kind->oauth : OAuthKind();
  OAuthClient client = TRY(addressed(connection, kind, secrets));
  if (said.client_secret == "secret:" + entry_of(connection.name)) {
    return Error{ErrorCode::invalid, "connection \"" + connection.name + "\" names its client_secret " +
                                         said.client_secret +
                                         ", where its tokens are kept: give the secret another name"};
  }
  if (!said.client_secret.empty()) client.secret = TRY(secrets.find(said.client_secret));
  client.redirect_uri = said.redirect_uri.empty() ? usual_redirect_uri : said.redirect_uri;
  client.user_type = said.user_type.empty() ? usual.user_type : said.user_type;
  client.scopes = words_of(said.scopes);
  client.pkce = said.pkce.value_or(usual.pkce);
  if (kind != nullptr) {
    for (const auto& [name, value] : kind->headers) client.headers.set(name, value);
  }
  client.private_addresses = connection.private_addresses;
  client.link_local = connection.link_local;
  for (const auto& [name, url] :
       {std::pair("authorize_url", client.authorize_url), std::pair("token_url", client.token_url)}) {
    if (url.empty())
      return Error{ErrorCode::invalid, "connection \"" + connection.name + "\" does not say its " + name +
                                           ", and its plugin does not either: put it into auth: {oauth2: {...}}"};
    const auto good = parse_url(url);
    if (!good) return good.error().within("connection \"" + connection.name + "\": " + name);
  }
  return client;
}

Task<Result<IncomingResponse>> TokenEndpoint::ask(OAuthClient client, std::string url, Form form, HttpHeaders headers) {
  const auto where = parse_url(url);
  if (!where) co_return where.error();
  OutgoingRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = std::move(headers);
  request.headers.set("Accept", "application/json");
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = encode_query(form);
  request.deadline = Deadline::in(token_time_limit);
  request.max_response_bytes = largest_answer;
  const bool written_out =
      std::find(client.written_out.begin(), client.written_out.end(), url) != client.written_out.end();
  static_cast<EgressRights&>(request) = egress_rights(
      where->host, where->loopback(), {client.connection, client.private_addresses, client.link_local, written_out});
  if (where->scheme == "http" && !request.loopback_addresses && !request.private_addresses)
    co_return Error{ErrorCode::denied, "tokens are not asked for over http: " + where->place() + " must say https"};
  bool may_have_left = true;
  request.may_have_left = &may_have_left;
  const auto answer = co_await client_.send(std::move(request));
  if (!answer) {
    Error error = redacted(secrets_, answer.error());
    if (may_have_left && answer_was_lost(error)) error.code = ErrorCode::unsure;
    co_return error;
  }
  co_return answer;
}

Task<Result<Tokens>> TokenEndpoint::exchange_code(OAuthClient client, std::string code, std::string verifier) {
  Form form = {{"grant_type", "authorization_code"}, {"code", std::move(code)}, {"redirect_uri", client.redirect_uri}};
  if (!verifier.empty()) form.emplace_back("code_verifier", std::move(verifier));
  auto agreement = unguessable_text();
  if (!agreement) co_return agreement.error();
  Tokens none;
  none.access.scopes = client.scopes;
  none.agreement = std::move(*agreement);
  auto tokens = co_await ask_for_tokens(std::move(client), std::move(form), std::move(none));
  co_return tokens;
}

Task<Result<Tokens>> TokenEndpoint::refresh(OAuthClient client, Tokens tokens) {
  Form form = {{"grant_type", "refresh_token"}, {"refresh_token", tokens.refresh.reveal()}};
  auto fresh = co_await ask_for_tokens(std::move(client), std::move(form), std::move(tokens));
  co_return fresh;
}

Task<Result<Tokens>> TokenEndpoint::ask_for_tokens(OAuthClient client, Form form, Tokens before) {
  form.emplace_back("client_id", client.id);
  if (client.secret) form.emplace_back("client_secret", client.secret->reveal());
  const std::string& type = before.user_type.empty() ? client.user_type : before.user_type;
  if (!type.empty()) form.emplace_back("user_type", type);
  before.holder = client.holder;
  const Timestamp asked_at = now();
  const std::string url = client.token_url;
  HttpHeaders headers;
  const auto answer = co_await ask(std::move(client), url, std::move(form), std::move(headers));
  if (!answer) co_return answer.error();
  if (!succeeded(*answer)) co_return refusal_of(*answer, secrets_);
  const auto given = object_in(*answer);
  if (!given) co_return given.error();
  auto tokens = tokens_in(*given, asked_at, std::move(before));
  if (!tokens && refuses(*given)) co_return refusal_of(*answer, secrets_);
  co_return tokens;
}

Task<Result<AccessToken>> TokenEndpoint::for_location(OAuthClient client, Tokens tokens, std::string location) {
  Form form = {{"companyId", tokens.company}, {"locationId", location}};
  HttpHeaders headers = client.headers;
  headers.set("Authorization", "Bearer " + tokens.access.text.reveal());
  const Timestamp asked_at = now();
  const std::string url = client.location_token_url;
  const auto answer = co_await ask(std::move(client), url, std::move(form), std::move(headers));
  if (!answer) co_return answer.error();
  if (!succeeded(*answer)) co_return refusal_of_location(*answer, location, secrets_);
  const auto given = object_in(*answer);
  if (!given) co_return given.error();
  auto token = access_in(*given, asked_at);
  if (!token && refuses(*given)) co_return refusal_of_location(*answer, location, secrets_);
  co_return token;
}

}  // namespace millrace

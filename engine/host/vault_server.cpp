#include "host/vault_server.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "secret/redacted.hpp"
#include "secret/vault.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr Duration usual_time = std::chrono::minutes(5), shortest_time = std::chrono::seconds(10);
constexpr Duration first_pause = std::chrono::seconds(5);
constexpr Duration longest_wait = std::chrono::seconds(10);
constexpr std::size_t largest_entry = 4u << 20;
constexpr const char* token_handle = "secret:hashicorp_vault_token";

std::int64_t seconds_in(const Value& document, std::string_view name) {
  const Value* member = document.find(name);
  return member != nullptr && member->is(Kind::integer) ? member->integer() : 0;
}

std::string errors_in(const Value& document) {
  const Value* errors = document.find("errors");
  if (errors == nullptr || !errors->is_list()) return "";
  std::vector<std::string> words;
  for (const Value& each : errors->list()) {
    if (each.is_text() && !each.text().empty()) words.push_back(shortened(each.text(), 200));
  }
  return join(words, "; ");
}

}  // namespace

Task<Result<VaultServer::Reply>> VaultServer::ask(std::string method, std::string path, Value body,
                                                  std::optional<Secret> token) {
  const auto where = parse_url(settings().address);
  if (!where) co_return where.error().within("hashicorp_vault: address");
  if (where->scheme != "https" && !where->loopback())
    co_return Error{ErrorCode::denied,
                    "secrets are not asked for over http: the address of " + name() + " must begin with https"};
  const auto trusted = certificates();
  if (!trusted) co_return trusted.error();
  OutgoingRequest request;
  request.ca_file = *trusted;
  request.method = std::move(method);
  request.url = settings().address + "/v1/" + path;
  request.headers.set("Accept", "application/json");
  request.headers.set("X-Vault-Request", "true");
  if (!settings().name_space.empty()) request.headers.set("X-Vault-Namespace", settings().name_space);
  if (token) request.headers.set("X-Vault-Token", token->reveal());
  if (!body.is_null()) request.headers.set("Content-Type", "application/json");
  if (!body.is_null()) request.body = encode_json(body);
  request.deadline = Deadline::in(longest_wait);
  request.max_response_bytes = largest_entry;
  request.connection = "hashicorp_vault";
  request.loopback_addresses = where->loopback();
  request.private_addresses = true;  // its address is the operator's own word
  const auto answer = co_await client_.send(std::move(request));
  if (!answer) {
    Error error = redacted(secrets_, answer.error()).within(name());
    if (error.code != ErrorCode::denied && error.code != ErrorCode::cancelled) error.code = ErrorCode::unavailable;
    co_return error;
  }
  const auto document = parse_json(answer->body, from_outside);
  Reply reply{answer->status, document ? *document : Value(), ""};
  reply.errors = redacted(secrets_, Error{ErrorCode::denied, errors_in(reply.document)}).message;
  co_return reply;
}

/// What a status means, as the API of the server has it.
Error VaultServer::refusal(const Reply& reply, const std::string& doing) const {
  const std::string said = reply.errors.empty() ? "" : " (" + reply.errors + ")";
  const std::string status = std::to_string(reply.status);
  const std::string entry = "\"" + settings().path + "\" in the engine \"" + settings().mount + "\"";
  if (reply.status == 503)
    return {ErrorCode::unavailable, name() + " is sealed, or in maintenance" + said + ": it has to be unsealed"};
  if (reply.status == 403)
    return {ErrorCode::denied, name() + " does not let its token " + doing + said +
                                   ": the token may have ended, or its policy lacks the right to read " + entry};
  if (reply.status == 404)
    return {ErrorCode::not_found, name() + " has no entry " + entry + said +
                                      ", or its newest version was deleted; is kv: " + std::to_string(settings().kv) +
                                      " the version of that engine?"};
  const bool later = reply.status == 412 || reply.status == 429 || reply.status >= 472;
  return {later ? ErrorCode::unavailable : ErrorCode::denied,
          name() + " answers " + status + " where it is to " + doing + said};
}

Task<Result<Secret>> VaultServer::log_in() {
  const AppRole& role = *settings().app_role;
  std::string role_id = role.role_id;
  if (is_secret_handle(role_id)) {
    const auto kept = secrets_.find(role_id);
    if (!kept) co_return kept.error().within("hashicorp_vault");
    role_id = kept->reveal();
  }
  const auto secret_id = secrets_.find(role.secret_id);
  if (!secret_id) co_return secret_id.error().within("hashicorp_vault");
  Value body = Value::object({{"role_id", role_id}, {"secret_id", secret_id->reveal()}});
  std::string path = "auth/" + role.mount + "/login";
  const auto reply = co_await ask("POST", std::move(path), std::move(body), std::nullopt);
  if (!reply) co_return reply.error();
  const Value* given = reply->document.find("auth");
  const std::string token = given != nullptr ? given->text_or("client_token") : "";
  if (reply->status != 200 || token.empty()) {
    Error why = refusal(*reply, "log in");
    if (reply->status == 400 || reply->status == 403)
      why = {ErrorCode::denied, name() + " does not know its role_id and secret_id" +
                                    (reply->errors.empty() ? "" : " (" + reply->errors + ")")};
    co_return why;
  }
  Secret secret(token);
  secrets_.keep_out(token_handle, secret);
  const std::int64_t lasts = seconds_in(*given, "lease_duration");
  renew_at_ = lasts > 0 ? Deadline::in(std::chrono::seconds(lasts * 2 / 3)) : Deadline();
  co_return secret;
}

Task<Result<Secret>> VaultServer::token() {
  if (!settings().app_role) {
    auto found = secrets_.find(settings().token);
    if (!found) co_return found.error().within("hashicorp_vault");
    co_return found;
  }
  if (!logged_in_ || renew_at_.reached()) {
    auto given = co_await log_in();
    if (!given) co_return given.error();
    logged_in_ = std::move(*given);
  }
  co_return *logged_in_;
}

/// A token that somebody gave out ends, unless it is renewed; one that cannot be is left as it is.
Task<void> VaultServer::renew(Secret token) {
  if (settings().app_role || !renewable_ || !renew_at_.reached()) co_return;
  std::optional<Secret> shown = std::move(token);
  Value nothing = Map();
  const auto reply = co_await ask("POST", "auth/token/renew-self", std::move(nothing), std::move(shown));
  if (!reply) co_return;
  const Value* given = reply->document.find("auth");
  const std::int64_t lasts = given != nullptr ? seconds_in(*given, "lease_duration") : 0;
  if (reply->status == 200 && lasts > 0) {
    renew_at_ = Deadline::in(std::chrono::seconds(lasts / 2));
  } else if (reply->status < 500) {
    renewable_ = false;
  }
}

Status VaultServer::fail(Error problem, std::optional<SuppliedSecrets::Values> values) {
  next_ = std::min<Duration>(first_pause * (1 << std::min(failures_++, 6)), usual_time);
  problem_ = problem.message;
  secrets_.supply({name(), std::move(values), problem});
  return problem;
}

const Map* VaultServer::secrets_in(const Reply& reply) const {
  const Value* data = reply.document.find("data");
  if (data != nullptr && settings().kv == 2) data = data->find("data");
  return data != nullptr && data->is_map() ? &data->map() : nullptr;
}

Status VaultServer::take(const Reply& reply) {
  const Map* secrets = secrets_in(reply);
  if (secrets == nullptr)
    return fail({ErrorCode::unavailable,
                 name() + " gives no entry; is kv: " + std::to_string(settings().kv) + " the version of that engine?"});
  SuppliedSecrets::Values values;
  for (const auto& [key, value] : *secrets) {
    if (!key.is_text() || !is_secret_name(key.text()) || value.is_null()) continue;
    values.insert_or_assign(key.text(), Secret(value.is_text() ? value.text() : encode_json(value)));
  }
  const std::int64_t lease = settings().kv == 1 ? seconds_in(reply.document, "lease_duration") : 0;
  next_ = usual_time;
  if (lease > 0) next_ = std::clamp<Duration>(std::chrono::seconds(lease), shortest_time, usual_time);
  failures_ = 0;
  problem_.clear();
  secrets_.supply({name(), std::move(values), std::nullopt});
  return Done{};
}

Task<Status> VaultServer::read(Secret token) {
  std::optional<Secret> shown = std::move(token);
  std::string path = entry_path();
  const auto reply = co_await ask("GET", std::move(path), Value(), std::move(shown));
  if (!reply) co_return fail(reply.error());
  if (reply->status == 200) co_return take(*reply);
  Error why = refusal(*reply, "read its entry");
  const SuppliedSecrets::Values nothing;  // what is refused is not to be used any more
  co_return why.code == ErrorCode::unavailable ? fail(std::move(why)) : fail(std::move(why), nothing);
}

Task<Status> VaultServer::fetch() {
  if (!configured()) co_return Done{};
  auto shown = co_await token();
  if (!shown && shown.error().code == ErrorCode::unavailable) co_return fail(shown.error());
  if (!shown) co_return fail(shown.error(), SuppliedSecrets::Values());
  const bool fresh = failures_ == 0;
  Secret token_now = *shown;
  auto fetched = co_await read(token_now);
  if (!fetched && fetched.error().code == ErrorCode::denied && settings().app_role && fresh) {
    logged_in_.reset();  // the token was taken back, or has ended before its time
    shown = co_await token();
    if (!shown) co_return fail(shown.error(), SuppliedSecrets::Values());
    token_now = *shown;
    fetched = co_await read(token_now);
  }
  if (fetched) co_await renew(token_now);
  co_return fetched;
}

}  // namespace millrace

#include "people/tokens.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "journal/engine_states.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_name = 64;

StateChange kept_token(const TokenHead& head, const std::string& hash) {
  return {engine_owner, token_prefix + head.name,
          Value::object({{"roles", list_of(head.roles.names())},
                         {"made", render(head.made)},
                         {"made_by", head.made_by},
                         {"hash", hash}})};
}

}  // namespace

Status check_name(std::string_view name) {
  const auto fits = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '.' || letter == '_' || letter == '-' || letter == '@';
  };
  if (!name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), fits)) return Done{};
  return Error{ErrorCode::invalid,
               "a name has 1 to 64 letters, digits, dots, dashes, underscores and @: \"" + std::string(name) + "\""};
}

Task<Status> ProgramTokens::load() {
  const auto stored = co_await journal_.list_states(engine_owner, token_prefix);
  if (!stored) co_return stored.error();
  for (const auto& [key, value] : *stored) {
    const auto roles = roles_named(texts_of(value.find("roles")));
    const auto made = parse_timestamp(value.text_or("made"));
    const std::string hash = value.text_or("hash");
    if (!roles || !made || hash.empty()) continue;
    TokenHead head{key.substr(token_prefix.size()), *roles, *made, value.text_or("made_by")};
    tokens_.insert_or_assign(hash, Kept{std::move(head), hash});
  }
  co_return Done{};
}

Task<Result<std::string>> ProgramTokens::add(std::string name, Roles roles, std::string who) {
  const Status fits = check_name(name);
  if (!fits) co_return fits.error();
  if (named(name) != nullptr) co_return Error{ErrorCode::conflict, "there is a token \"" + name + "\" already"};
  const auto secret = unguessable_text();
  if (!secret) co_return secret.error();
  const std::string token = "mr_" + *secret;
  const std::string hash = fingerprint(token);
  TokenHead head{std::move(name), roles, clock_.now(), std::move(who)};
  Entry entry;
  entry.states.push_back(kept_token(head, hash));
  entry.states.back().expected = Value();
  entry.audit.push_back({head.made, head.made_by, "token added", head.name, join(roles.names(), ", ")});
  const auto written = co_await journal_.commit(std::move(entry));
  if (!written) co_return written.error();
  tokens_.insert_or_assign(hash, Kept{std::move(head), hash});
  co_return token;
}

Task<Status> ProgramTokens::revoke(std::string name, std::string who) {
  const Kept* kept = named(name);
  if (kept == nullptr) co_return Error{ErrorCode::not_found, "there is no token \"" + name + "\""};
  tokens_.erase(std::string(kept->hash));
  Entry entry;
  entry.states.push_back({engine_owner, token_prefix + name, Value()});
  entry.audit.push_back({clock_.now(), std::move(who), "token revoked", name, ""});
  const auto written = co_await journal_.commit(std::move(entry));
  co_return written ? Status(Done{}) : Status(written.error());
}

std::vector<TokenHead> ProgramTokens::list() const {
  std::vector<TokenHead> heads;
  for (const auto& [hash, kept] : tokens_) heads.push_back(kept.head);
  std::sort(heads.begin(), heads.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
  return heads;
}

std::optional<TokenHead> ProgramTokens::find(std::string_view token) const {
  const auto found = tokens_.find(fingerprint(token));
  return found == tokens_.end() ? std::nullopt : std::optional(found->second.head);
}

const ProgramTokens::Kept* ProgramTokens::named(std::string_view name) const {
  for (const auto& [hash, kept] : tokens_) {
    if (kept.head.name == name) return &kept;
  }
  return nullptr;
}

}  // namespace millrace

#include "tokens.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace millrace::sandbox {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool Token::grants(std::string_view scope) const { return holds(scopes, scope); }
bool Token::opens(std::string_view location) const { return holds(locations, location); }

Tokens::Tokens(std::string for_everything)
    : standing_{{.text = std::move(for_everything), .scopes = {}, .locations = {}, .expires = {}},
                {.text = "sandbox-read-only",
                 .scopes = {"locations/tags.readonly", "socialplanner/tag.readonly", "socialplanner/account.readonly",
                            "socialplanner/post.readonly", "socialplanner/statistics.readonly", "contacts.readonly"},
                 .locations = {},
                 .expires = {}},
                {.text = "sandbox-north-only", .scopes = {}, .locations = {"loc_north"}, .expires = {}}},
      dice_(0x70c5) {
  reset();
}

const Token* Tokens::find(const std::string* authorization, Timestamp now) const {
  if (!authorization) return nullptr;
  const std::size_t blank = authorization->find(' ');
  if (blank == std::string::npos || lower(authorization->substr(0, blank)) != "bearer") return nullptr;
  const std::string_view given = trim(std::string_view(*authorization).substr(blank));
  const auto good = [&](const Token& token) { return token.text == given && (!token.expires || now < *token.expires); };
  for (const std::vector<Token>* tokens : {&standing_, &issued_}) {
    const auto found = std::find_if(tokens->begin(), tokens->end(), good);
    if (found != tokens->end()) return &*found;
  }
  return nullptr;
}

TokenPair Tokens::issue(const Grant& grant, Timestamp now) {
  TokenPair pair{.access = issue_access(grant.location, now), .refresh = "refresh-" + dice_.letters_and_digits(32)};
  refresh_.push_back({.text = pair.refresh, .grant = grant});
  return pair;
}

std::string Tokens::issue_access(const std::string& location, Timestamp now) {
  std::erase_if(issued_, [&](const Token& token) { return *token.expires <= now; });
  Token token{.text = "access-" + dice_.letters_and_digits(32), .scopes = {}, .locations = {}, .expires = now};
  token.expires->seconds += lifetime_seconds;
  if (!location.empty()) token.locations.push_back(location);
  issued_.push_back(token);
  return token.text;
}

std::optional<Grant> Tokens::redeem(std::string_view refresh_token, const std::string& client_id) {
  const auto found = std::find_if(refresh_.begin(), refresh_.end(), [&](const Refresh& refresh) {
    return refresh.text == refresh_token && (refresh.grant.client_id.empty() || refresh.grant.client_id == client_id);
  });
  if (found == refresh_.end()) return std::nullopt;
  Grant grant = found->grant;
  grant.client_id = client_id;
  refresh_.erase(found);
  return grant;
}

void Tokens::reset() {
  issued_.clear();
  used_codes_.clear();
  refresh_ = {{.text = "sandbox-refresh-token", .grant = {}}};
}

}  // namespace millrace::sandbox

#include "tokens.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

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

TokenPair Tokens::issue(Grant grant, Timestamp now) {
  if (grant.family == 0) grant.family = ++families_;
  TokenPair pair{.access = issue_access(grant, now), .refresh = "refresh-" + dice_.letters_and_digits(32)};
  refresh_.push_back({.text = pair.refresh, .grant = std::move(grant)});
  return pair;
}

std::string Tokens::issue_access(const Grant& grant, Timestamp now) {
  std::erase_if(issued_, [&](const Token& token) { return *token.expires <= now; });
  Token token{.text = "access-" + dice_.letters_and_digits(32),
              .scopes = grant.scopes,
              .locations = {},
              .expires = now,
              .family = grant.family,
              .of_company = grant.location.empty()};
  token.expires->seconds += rules.lifetime_seconds;
  if (!grant.location.empty()) token.locations.push_back(grant.location);
  issued_.push_back(token);
  return token.text;
}

std::optional<Grant> Tokens::redeem(std::string_view refresh_token, const std::string& client_id) {
  const auto found = std::find_if(refresh_.begin(), refresh_.end(), [&](const Refresh& refresh) {
    return refresh.text == refresh_token && (refresh.grant.client_id.empty() || refresh.grant.client_id == client_id);
  });
  if (found == refresh_.end() || found->used) {
    ++refused;
    if (found != refresh_.end() && rules.reuse_revokes) revoke(found->grant.family);
    return std::nullopt;
  }
  ++refreshed;
  found->used = true;
  Grant grant = found->grant;
  grant.client_id = client_id;
  return grant;
}

void Tokens::revoke(std::uint64_t family) {
  if (family == 0) return;
  std::erase_if(issued_, [&](const Token& token) { return token.family == family; });
  std::erase_if(refresh_, [&](const Refresh& refresh) { return refresh.grant.family == family; });
}

std::string Tokens::issue_code(Code code, Timestamp now) {
  constexpr std::int64_t good_for_seconds = 600;
  code.text = "code-" + dice_.letters_and_digits(24);
  code.expires = now;
  code.expires.seconds += good_for_seconds;
  codes_.push_back(code);
  return code.text;
}

Result<Grant> Tokens::redeem_code(const Value& form, Timestamp now) {
  const std::string text = form.text_or("code"), client = form.text_or("client_id");
  const auto refused = [](const char* why) { return Error{ErrorCode::invalid, std::string("Invalid grant: ") + why}; };
  if (!used_codes_.insert(text).second) return refused("this code was used before");
  const auto found = std::find_if(codes_.begin(), codes_.end(), [&](const Code& code) { return code.text == text; });
  if (found == codes_.end()) {
    if (rules.issued_codes_only) return refused("this code is not known");
    return Grant{.client_id = client};
  }
  if (found->expires <= now) return refused("this code has expired");
  if (found->grant.client_id != client) return refused("this code is another client's");
  if (found->redirect_uri != form.text_or("redirect_uri")) return refused("redirect_uri is another one");
  if (!found->challenge.empty() && found->challenge != encode_base64_url(sha256(form.text_or("code_verifier"))))
    return refused("code_verifier does not fit");
  return found->grant;
}

void Tokens::reset() {
  issued_.clear();
  codes_.clear();
  used_codes_.clear();
  refresh_ = {{.text = "sandbox-refresh-token", .grant = {}}};
  rules = {};
  refreshed = refused = 0;
}

}  // namespace millrace::sandbox

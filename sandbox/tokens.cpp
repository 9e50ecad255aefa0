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
    : tokens_{{.text = std::move(for_everything), .scopes = {}, .locations = {}},
              {.text = "sandbox-read-only",
               .scopes = {"locations/tags.readonly", "socialplanner/tag.readonly"},
               .locations = {}},
              {.text = "sandbox-north-only", .scopes = {}, .locations = {"loc_north"}}} {}

const Token* Tokens::find(const std::string* authorization) const {
  if (!authorization) return nullptr;
  const std::size_t blank = authorization->find(' ');
  if (blank == std::string::npos || lower(authorization->substr(0, blank)) != "bearer") return nullptr;
  const std::string_view given = trim(std::string_view(*authorization).substr(blank));
  const auto same = [&](const Token& token) { return token.text == given; };
  const auto found = std::find_if(tokens_.begin(), tokens_.end(), same);
  return found == tokens_.end() ? nullptr : &*found;
}

}  // namespace millrace::sandbox

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"

namespace millrace::sandbox {

/// Whoever holds it may do this.
struct Token {
  std::string text;
  std::vector<std::string> scopes;     ///< empty for all
  std::vector<std::string> locations;  ///< empty for all

  bool grants(std::string_view scope) const;
  bool opens(std::string_view location) const;
};

/// The tokens that are accepted. They stand for private integration tokens: they do not expire.
///
/// Beside the one for everything there are two to see refusals with: `sandbox-read-only` has the scopes that read, and
/// `sandbox-north-only` opens loc_north alone.
class Tokens {
 public:
  explicit Tokens(std::string for_everything);

  /// The token of an Authorization header, or nothing where it is not known.
  const Token* find(const std::string* authorization) const;

 private:
  std::vector<Token> tokens_;
};

}  // namespace millrace::sandbox

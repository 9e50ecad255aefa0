#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "courier/tokens.hpp"
#include "secret/secrets.hpp"
#include "secret/vault.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// The tokens of connections where they last: an entry of the vault each, which all processes of the project share.
/// What is read here is kept out of all that is written. Loop thread; blocks for as long as the vault does.
class KeptTokens {
 public:
  /// REQUIRES: both outlive it.
  KeptTokens(Vault& vault, Secrets& secrets) : vault_(vault), secrets_(secrets) {}

  struct Entry {
    Tokens tokens;
    std::uint64_t version = 0;
  };
  /// Nothing where nobody has connected it yet.
  Result<std::optional<Entry>> find(const std::string& connection);

  /// On the disk when it returns. `conflict`: another version than `expected` is there; nothing is written.
  Result<std::uint64_t> put(const std::string& connection, const Tokens& tokens,
                            std::optional<std::uint64_t> expected = {});

  /// Changes what is there, whatever others change meanwhile; nothing where there is nothing.
  Status change(const std::string& connection, const std::function<void(Tokens&)>& how);

 private:
  void keep_out(const std::string& connection, const Tokens& tokens);

  Vault& vault_;
  Secrets& secrets_;
  std::map<std::string, Entry> known_;  // as last read
};

/// The name of the entry: "oauth_<connection>".
std::string entry_of(const std::string& connection);

/// Nobody has agreed yet, or to something else, or does not agree any more: what to type.
Error not_connected(const std::string& connection);
Error connected_elsewhere(const std::string& connection, const TokenHolder& agreed);
Error needs_reconnect(const std::string& connection, const std::string& why);
/// Somebody has agreed for a location that the connection does not have; empty: for one that it has, or more.
std::string why_wrong_location(const ConnectionSettings& connection, const Tokens& tokens);
inline constexpr const char* no_refresh_token = "the far side gave no refresh token, so its token has no next one";

}  // namespace millrace

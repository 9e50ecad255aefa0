#include "courier/kept_tokens.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace millrace {

std::string entry_of(const std::string& connection) { return std::string(token_entry_prefix) + connection; }

Error connected_elsewhere(const std::string& connection, const TokenHolder& agreed) {
  return {ErrorCode::unconnected, "connection \"" + connection + "\" was connected to " + join(agreed.origins, ", ") +
                                      " as the application " + agreed.client_id +
                                      ", which is not what millrace.yaml says now: do \"millrace connect " +
                                      connection + "\", or put it back"};
}

Error not_connected(const std::string& connection) {
  return {ErrorCode::unconnected,
          "connection \"" + connection + "\" is not connected yet: do \"millrace connect " + connection + "\""};
}

Error needs_reconnect(const std::string& connection, const std::string& why) {
  return {ErrorCode::unconnected, "connection \"" + connection + "\" needs to be connected again (" + why +
                                      "): do \"millrace connect " + connection + "\""};
}

std::string why_wrong_location(const ConnectionSettings& connection, const Tokens& tokens) {
  const auto& wanted = connection.locations;
  const bool any = tokens.location.empty() || wanted.empty() || connection.all_locations;
  if (any || std::find(wanted.begin(), wanted.end(), tokens.location) != wanted.end()) return "";
  return "connection \"" + connection.name + "\" is connected for location " + tokens.location +
         ", which is none of its locations (" + join(wanted, ", ") + "): do \"millrace connect " + connection.name +
         "\" and choose one of these there, or put " + tokens.location + " under its locations in millrace.yaml";
}

Result<std::optional<KeptTokens::Entry>> KeptTokens::find(const std::string& connection) {
  const auto kept = TRY(vault_.get(entry_of(connection)));
  if (!kept) return std::optional<Entry>();
  const auto known = known_.find(connection);
  if (known != known_.end() && known->second.version == kept->version) return std::optional<Entry>(known->second);
  auto tokens = decode_tokens(kept->secret);
  if (!tokens) {
    const std::string name = entry_of(connection);
    return Error{ErrorCode::conflict, "the vault's \"" + name +
                                          "\" holds something else than the tokens of connection \"" + connection +
                                          "\", which are kept under that name: if it is a secret of yours, " +
                                          "set it under another name; then do \"millrace secret remove " + name +
                                          "\" and \"millrace connect " + connection + "\""};
  }
  keep_out(connection, *tokens);
  const Entry entry{std::move(*tokens), kept->version};
  known_.insert_or_assign(connection, entry);
  return std::optional<Entry>(entry);
}

Result<std::uint64_t> KeptTokens::put(const std::string& connection, const Tokens& tokens,
                                      std::optional<std::uint64_t> expected) {
  keep_out(connection, tokens);
  VaultTerms terms;
  terms.expected = expected;
  return vault_.put(entry_of(connection), encode(tokens), terms);
}

Status KeptTokens::change(const std::string& connection, const std::function<void(Tokens&)>& how) {
  constexpr int most_attempts = 20;  // each that is in vain is one that somebody else has made
  Status written = Done{};
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    auto kept = TRY(find(connection));
    if (!kept) return Done{};
    how(kept->tokens);
    const auto put_there = put(connection, kept->tokens, kept->version);
    if (put_there) return Done{};
    written = put_there.error();
    if (put_there.error().code != ErrorCode::conflict) break;
  }
  return written;
}

void KeptTokens::keep_out(const std::string& connection, const Tokens& tokens) {
  const std::string handle = "secret:" + entry_of(connection);
  secrets_.keep_out(handle, tokens.access.text);
  secrets_.keep_out(handle, tokens.refresh);
  for (const auto& [id, token] : tokens.locations) secrets_.keep_out(handle, token.text);
}

}  // namespace millrace

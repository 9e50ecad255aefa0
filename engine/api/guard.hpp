#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/url.hpp"
#include "http/http_server.hpp"

namespace millrace {

/// What stands behind "Authorization: Bearer "; nothing where it was not sent.
std::optional<std::string_view> bearer_token(const IncomingRequest& request);

/// Who may use /api/v1. A browser that was led here by another site is refused by Host and Origin, whoever lacks the
/// token by that.
///
/// Names of ours are the address that is served, localhost, that of `public_url`, and `hosts`; where every address is
/// served also every address, for nobody can lead a browser here under one, and the machine's own name.
class Guard {
 public:
  /// `listen` is the address that is served, such as "127.0.0.1:8710"; `public_url` where people reach it, too; `hosts`
  /// are further names, in small letters.
  Guard(std::string token, const std::string& listen, const std::string& public_url = "",
        std::vector<std::string> hosts = {});

  /// `denied`, with the reason; where only the token is missing or wrong, `token_missing` is set.
  Status check(const IncomingRequest& request, bool& token_missing) const;

  /// The same of pages that people open, whose address is their right: it asks for no token. Only a page of our own may
  /// send something to them.
  Status check_page(const IncomingRequest& request) const;

  /// What a browser has to show that has a session, or asks for one: that a page of ours is what sends. Pages of other
  /// ports of the same host are not, though browsers take them for the same site.
  Status check_own_page(const IncomingRequest& request) const;

  /// Whether the request knows us by a name of ours: what anybody may read who comes here by himself.
  Status check_host(const IncomingRequest& request) const;

 private:
  bool knows_host(const std::string& host) const;
  bool is_own(const std::string& origin, const IncomingRequest& request) const;

  std::string token_;
  std::optional<Url> public_;
  std::string host_;
  std::vector<std::string> hosts_;
  bool everywhere_ = false;  ///< every address is listened on
};

}  // namespace millrace

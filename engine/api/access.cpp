#include "api/access.hpp"

#include <openssl/crypto.h>

#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::string_view scheme = "bearer ";

/// Takes as long for any text of that length.
bool same(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

std::string host_in(const std::string& authority) {
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  return lower(authority.substr(0, colon));
}

Access::Access(std::string token, const std::string& listen) : token_(std::move(token)), host_(host_in(listen)) {
  if (host_ == "0.0.0.0" || host_ == "[::]") host_.clear();
}

bool Access::knows_host(const std::string& host) const {
  return host_.empty() || host == host_ || host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

Status Access::check(const IncomingRequest& request, bool& token_missing) const {
  token_missing = false;
  const std::string* host = request.headers.find("Host");
  if (host == nullptr || !knows_host(host_in(*host)))
    return Error{ErrorCode::denied, "this service is not called by that name: use 127.0.0.1, localhost or its address"};
  if (const std::string* origin = request.headers.find("Origin")) {
    if (*origin != "http://" + *host && *origin != "https://" + *host)
      return Error{ErrorCode::denied, "pages of other sites may not use this service"};
  }
  const std::string* given = request.headers.find("Authorization");
  const bool bearer = given != nullptr && lower(given->substr(0, scheme.size())) == scheme;
  if (!token_.empty() && bearer && same(trim(std::string_view(*given).substr(scheme.size())), token_)) return Done{};
  token_missing = true;
  return Error{ErrorCode::denied, "this needs the token from state/api-token, as \"Authorization: Bearer ...\""};
}

}  // namespace millrace

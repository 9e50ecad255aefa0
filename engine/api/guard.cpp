#include "api/guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/compare.hpp"

namespace millrace {

namespace {

Error unknown_host() {
  return {ErrorCode::denied,
          "this service is not called by that name: use 127.0.0.1, localhost or its address, or "
          "say its name in millrace.yaml, under server, as public_url or among hosts"};
}

Error foreign_page() { return {ErrorCode::denied, "pages of other sites may not use this service"}; }

/// As the system calls itself, which others may do, too; a name that nobody outside can have lead here.
std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? lower(name) : "";
}

/// "192.0.2.7", "[2001:db8::7]".
bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  if (!host.starts_with('[')) return ::inet_pton(AF_INET, host.c_str(), bytes) == 1;
  return host.ends_with(']') && ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes) == 1;
}

}  // namespace

std::optional<std::string_view> bearer_token(const IncomingRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  const std::string* given = request.headers.find("Authorization");
  if (given == nullptr || lower(given->substr(0, scheme.size())) != scheme) return std::nullopt;
  return trim(std::string_view(*given).substr(scheme.size()));
}

Guard::Guard(std::string token, const std::string& listen, const std::string& public_url,
             std::vector<std::string> hosts)
    : token_(std::move(token)), host_(host_in(listen)), hosts_(std::move(hosts)) {
  if (auto reached_at = parse_url(public_url)) public_ = std::move(*reached_at);
  everywhere_ = host_ == "0.0.0.0" || host_ == "[::]";
  if (everywhere_) host_ = machine_name();
}

bool Guard::knows_host(const std::string& host) const {
  if (host.empty()) return false;
  const bool is_public = public_ && host == public_->host;
  // No URL, and narrower than what is loopback in one: a browser of this machine says one of these three, whose meaning
  // no server of names decides.
  if (host == host_ || host == "localhost" || host == "127.0.0.1" || host == "[::1]") return true;
  return is_public || (everywhere_ && is_address(host)) ||
         std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end();
}

bool Guard::is_own(const std::string& origin, const IncomingRequest& request) const {
  const std::string* host = request.headers.find("Host");
  const std::string from = lower(origin), to = lower(*host);
  return from == "http://" + to || from == "https://" + to || (public_ && from == public_->site());
}

Status Guard::check_host(const IncomingRequest& request) const {
  const std::string* host = request.headers.find("Host");
  const auto read = host == nullptr ? parse_url("") : parse_url("http://" + *host);
  // Nothing but a name and a port: what two readers could take for two hosts is none.
  const bool more = host != nullptr && host->find_first_of("/?#\\@") != std::string::npos;
  if (more || !read || !knows_host(read->host)) return unknown_host();
  return Done{};
}

Status Guard::check(const IncomingRequest& request, bool& token_missing) const {
  token_missing = false;
  TRY(check_host(request));
  const std::string* origin = request.headers.find("Origin");
  if (origin != nullptr && !is_own(*origin, request)) return foreign_page();
  const auto given = bearer_token(request);
  if (!token_.empty() && given && same_bytes(*given, token_)) return Done{};
  token_missing = true;
  return Error{ErrorCode::denied, "this needs the token from state/api-token, as \"Authorization: Bearer ...\""};
}

Status Guard::check_page(const IncomingRequest& request) const {
  TRY(check_host(request));
  if (request.only_asks()) return Done{};
  // A page that sends no referrer has the origin "null" when it is the sender; Sec-Fetch-Site says then whose it was.
  const std::string* site = request.headers.find("Sec-Fetch-Site");
  if (site != nullptr && *site != "same-origin" && *site != "none") return foreign_page();
  const std::string* origin = request.headers.find("Origin");
  if (origin == nullptr || *origin == "null") return Done{};
  return is_own(*origin, request) ? Status(Done{}) : foreign_page();
}

Status Guard::check_own_page(const IncomingRequest& request) const {
  TRY(check_host(request));
  const std::string* origin = request.headers.find("Origin");
  if (const std::string* site = request.headers.find("Sec-Fetch-Site")) {
    const bool ours = *site == "same-origin" || (request.only_asks() && *site == "none");
    return ours ? Status(Done{}) : foreign_page();
  }
  // Browsers leave it out where they do not trust the way here: plain HTTP from beyond this machine.
  if (origin == nullptr) return request.only_asks() ? Status(Done{}) : foreign_page();
  return is_own(*origin, request) ? Status(Done{}) : foreign_page();
}

}  // namespace millrace

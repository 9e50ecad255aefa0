#include "api/approval_link.hpp"

#include "base/text.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"

namespace millrace {

namespace {

constexpr std::size_t key_bytes = 16;

}  // namespace

std::string approval_key(std::string_view token, RunKey run) {
  // The token opens everything: what is given to people is made with a key that opens nothing else.
  const std::string key = hmac_sha256(token, "millrace: links to approvals");
  return hex(hmac_sha256(key, "approve\n" + render(run)).substr(0, key_bytes));
}

bool is_approval_key(std::string_view given, std::string_view token, RunKey run) {
  const std::string right = approval_key(token, run);
  return !token.empty() && same_bytes(given, right);
}

std::string ApprovalLinks::to(RunKey run) const {
  if (url.empty() || token.empty()) return "";
  return url + "/approve/" + render(run) + "?key=" + approval_key(token, run);
}

}  // namespace millrace

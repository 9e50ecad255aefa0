#include "workflow/connection_secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "base/url.hpp"

namespace millrace {

namespace {

constexpr std::string_view begins_handle = "secret:";

bool is_handle(std::string_view text) {
  if (!text.starts_with(begins_handle) || text.size() == begins_handle.size()) return false;
  return std::all_of(text.begin() + begins_handle.size(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

}  // namespace

std::string why_no_handle(std::string_view text) {
  if (!text.starts_with(begins_handle) || is_handle(text)) return "";
  return "\"" + std::string(text) +
         "\" names no secret: one is named here, with letters, digits, \"_\" and \"-\", and nothing stands behind it; "
         "put the whole text into one secret";
}

std::string why_no_base(std::string_view url) {
  if (url.starts_with(begins_handle) && !is_handle(url))
    return "\"" + std::string(url) +
           "\" names no secret: one that holds the whole address is named here, such as \"secret:hook\", and a path "
           "below it is the step's url";
  if (!is_absolute_url(url)) return "";
  std::string_view authority = url;
  authority.remove_suffix(rest_of(url).size());
  authority.remove_prefix(authority.find("://") + 3);
  const std::size_t at = authority.rfind('@');
  if (at == authority.npos) return "";
  const std::string user(authority.substr(0, std::min(at, authority.find(':'))));
  return "a password is named here, never written, and no user stands in an address: give the connection auth: {basic: "
         "{user: " +
         user + ", password: \"secret:NAME\"}}";
}

std::string why_no_secret(std::string_view handle, const Project& project) {
  constexpr std::string_view begins_entry = "secret:oauth_";
  if (!handle.starts_with(begins_entry)) return "";
  const ConnectionSettings* connection = project.find_connection(handle.substr(begins_entry.size()));
  if (connection == nullptr || !connection->oauth) return "";
  return "\"" + std::string(handle) + "\" is where the tokens of connection \"" + connection->name +
         "\" are kept, which are shown for that connection alone: name another secret";
}

std::string why_no_place(std::string_view header) {
  constexpr std::array own = {"host", "content-length", "transfer-encoding", "connection", "keep-alive",
                              "te",   "trailer",        "upgrade",           "expect",     "proxy-connection"};
  if (std::find(own.begin(), own.end(), lower(header)) == own.end()) return "";
  return "\"" + std::string(header) +
         "\" says where a message goes and where it ends, so no secret stands in it: take the header that the far "
         "side's documentation names, such as Authorization or X-Api-Key";
}

}  // namespace millrace

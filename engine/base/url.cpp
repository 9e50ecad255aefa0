#include "base/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <vector>

#include "base/percent.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

Error unusable(std::string_view why) { return {ErrorCode::invalid, "the URL cannot be used: " + std::string(why)}; }

int usual_port(std::string_view scheme) noexcept {
  if (scheme == "smtps") return 465;
  if (scheme == "smtp") return 587;
  return scheme == "https" ? 443 : 80;
}

bool host_character(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
}

/// Where the port of "host:port" or "[v6]:port" begins.
std::size_t port_mark(std::string_view authority) noexcept {
  const std::size_t bracket = authority.find(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

/// Takes "host", "host:port" or "[v6]:port" apart.
Status read_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos)
    return unusable("it holds a user name; give the token as a secret");
  const std::size_t colon = port_mark(authority);
  const std::string_view host = authority.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view name = bracketed ? host.substr(1, host.size() - 2) : host;
  const auto allowed = [bracketed](char c) {
    return bracketed ? std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.' : host_character(c);
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), allowed))
    return unusable("its host is not a name or address");
  url.host = lower(host);
  url.port = usual_port(url.scheme);
  if (colon == std::string_view::npos) return Done{};
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (problem != std::errc() || end != port.data() + port.size() || url.port < 1 || url.port > 65535) {
    return unusable("its port is not a number from 1 to 65535");
  }
  return Done{};
}

}  // namespace

std::string Url::origin() const { return scheme + "://" + host + ":" + std::to_string(port); }

std::string Url::place() const { return port == usual_port(scheme) ? host : host + ":" + std::to_string(port); }

std::string_view Url::path() const noexcept { return std::string_view(rest).substr(0, rest.find('?')); }

std::string Url::site() const { return scheme + "://" + place(); }

bool Url::loopback() const {
  if (host == "localhost" || host == "localhost.") return true;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return bytes[0] == 127;
  if (!host.starts_with('[')) return false;
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes.data()) != 1) return false;
  constexpr std::array<std::uint8_t, 16> one = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<std::uint8_t, 13> mapped_127 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return bytes == one || std::equal(mapped_127.begin(), mapped_127.end(), bytes.begin());
}

bool lies_below(const Url& url, const Url& base) {
  if (url.origin() != base.origin()) return false;
  const std::vector<std::string> segments = split(url.path(), '/');
  std::vector<std::string> ahead = split(base.path(), '/');
  while (!ahead.empty() && ahead.back().empty()) ahead.pop_back();  // a slash at its end
  const auto same = [](const std::string& one, const std::string& other) {
    return percent_decode(one).value_or(one) == percent_decode(other).value_or(other);
  };
  return ahead.size() <= segments.size() && std::equal(ahead.begin(), ahead.end(), segments.begin(), same);
}

bool is_path_or_address(std::string_view text) noexcept {
  return text.starts_with('/') || text.starts_with("http://") || text.starts_with("https://");
}

bool is_absolute_url(std::string_view text) noexcept {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  });
}

namespace {

/// Everything but which schemes there are.
Result<Url> parse_any_url(std::string_view text) {
  const auto unfit = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '\\'; };
  if (std::any_of(text.begin(), text.end(), unfit))
    return unusable("it holds a blank, a backslash or a control character");
  Url url;
  const std::size_t scheme_end = text.find("://");
  url.scheme = lower(text.substr(0, scheme_end));
  url.rest = rest_of(text);
  text.remove_prefix(scheme_end + 3);
  text.remove_suffix(url.rest.size());
  TRY(read_authority(text, url));
  url.rest = url.rest.substr(0, url.rest.find('#'));
  return url;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (!is_absolute_url(text)) return unusable("it must begin with \"https://\" or \"http://\"");
  const std::string scheme = lower(text.substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https") return unusable("only http and https are spoken");
  return parse_any_url(text);
}

Result<Url> parse_mail_server(std::string_view text) {
  const std::string scheme = is_absolute_url(text) ? lower(text.substr(0, text.find("://"))) : "";
  if (scheme != "smtp" && scheme != "smtps")
    return unusable("a server that takes mail is smtps://mail.example.com or smtp://mail.example.com");
  const Url url = TRY(parse_any_url(text));
  if (!url.rest.empty() && url.rest != "/") return unusable("nothing stands behind a mail server's name and port");
  return url;
}

std::string host_in(std::string_view authority) { return lower(authority.substr(0, port_mark(authority))); }

std::string host_of(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return "";
  url.remove_suffix(rest_of(url).size());
  url.remove_prefix(scheme_end + 3);
  url.remove_prefix(url.rfind('@') + 1);  // npos + 1 is none
  std::string host = host_in(url);
  if (host.ends_with('.')) host.pop_back();  // the same host, spelled in full
  return host;
}

std::string_view rest_of(std::string_view url) noexcept {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return {};
  return url.substr(std::min(url.find_first_of("/?#\\", scheme_end + 3), url.size()));
}

}  // namespace millrace

#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// The parts of an absolute http or https URL that decide where a request goes.
struct Url {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case; IPv6 in brackets
  int port = 0;
  std::string rest;  ///< path and query: empty, or beginning with '/' or '?'

  std::string_view path() const noexcept;
  std::string origin() const;  ///< "http://127.0.0.1:8720": what a token is bound to
  std::string place() const;   ///< for people: "127.0.0.1:8720", "services.leadconnectorhq.com"
  std::string site() const;    ///< as browsers say where a page is from: "https://services.leadconnectorhq.com"
  /// Whether it surely leads to this machine: "localhost" or an address of 127.0.0.0/8 or ::1 that is written in full.
  /// A name that only begins like one ("127.example.com") may lead anywhere, and "127.1" is not read alike by all.
  bool loopback() const;
};

/// Whether `url` is the address `base` or lies below it: at its scheme, host and port, with the segments of its path in
/// front, whichever of their letters are encoded. What `strange_in_path` finds is judged beforehand.
bool lies_below(const Url& url, const Url& base);

bool is_absolute_url(std::string_view text) noexcept;

/// What is wrong with text that is neither a path below a connection's address nor a whole address.
inline constexpr std::string_view path_or_address =
    "must be a path that begins with \"/\", or a whole address that begins with \"https://\" or \"http://\"";
/// Whether it is one of the two, by its beginning; nothing more is looked at.
bool is_path_or_address(std::string_view text) noexcept;

/// Reads strictly: user names, blanks, backslashes and control characters are refused, because two readers of such a
/// URL may understand two hosts.
Result<Url> parse_url(std::string_view text);

/// Reads the address of a server that takes mail: "smtps://host" (port 465) or "smtp://host" (port 587), or with a port
/// of its own; nothing stands behind that. As strictly.
Result<Url> parse_mail_server(std::string_view text);

/// The host in "host:port" as it stands there, lower case: "[::1]" of "[::1]:80". Nothing is checked.
std::string host_in(std::string_view authority);

/// The host to which any reader may take the URL, however it is spelled: "example.com" of
/// "https://me@Example.com.:443/page". For refusing hosts, where `parse_url` would refuse the URL; empty where it has
/// none.
std::string host_of(std::string_view url);

/// What stands after the host and port of a URL, as it is written: from its "/", "?", "#" or "\\" on. Empty where
/// nothing does, or where it is none; nothing is checked.
std::string_view rest_of(std::string_view url) noexcept;

}  // namespace millrace

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/http_message.hpp"

namespace millrace {

/// What a Content-Type says, in small letters; empty where it says nothing.
struct MediaType {
  std::string name;     ///< "text/csv"
  std::string charset;  ///< "iso-8859-1"

  bool json() const;     ///< application/json, and whatever ends in "+json"
  bool no_text() const;  ///< pictures, sound, archives and the like, whatever their bytes look like
};

MediaType media_type_of(const HttpHeaders& headers);

/// The text of a body in UTF-8, without a byte order mark. Its charset is the one that it begins with (a byte order
/// mark), else the declared one (in the header, or at the beginning of XML and HTML), else UTF-8; what the declared one
/// does not know becomes U+FFFD, and so does what is no UTF-8 in JSON. Nothing where no charset is declared and it is
/// not UTF-8: it may be no text at all.
std::optional<std::string> body_text(const MediaType& type, std::string_view body);

/// The charset by which `body_text` reads a body; "utf-8" under that name only, and empty where none is said.
std::string charset_of(const MediaType& type, std::string_view body);

/// What is text for sure, where a far side says its charset or none. UTF-8 is meant by none and by one that nobody
/// knows, and what is not becomes U+FFFD.
std::string in_utf8(std::string text, const std::string& charset = "");

}  // namespace millrace

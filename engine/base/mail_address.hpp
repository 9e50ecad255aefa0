#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// Somebody to whom a mail goes, or from whom it comes.
struct MailAddress {
  std::string name;     ///< for people, in UTF-8; may be empty
  std::string address;  ///< "ops@example.com": printable ASCII without blanks and brackets

  bool operator==(const MailAddress&) const = default;
};

/// Reads "ops@example.com" or "Ada Lovelace <ada@example.com>". Strictly: what could end a header or a command, and
/// what two readers may take for two addresses (quotes, commas, comments), is refused in words.
Result<MailAddress> parse_mail_address(std::string_view text);

}  // namespace millrace

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/mail_address.hpp"

namespace millrace {

// How text of any language stands in a mail that holds bytes below 128 alone. What is given holds no control
// characters, but for lines where it says so.

/// A header's text: as it is where it is short and plain, else encoded words (RFC 2047), a line each.
std::string encoded_words(std::string_view text);

/// "Ada Lovelace <ada@example.com>,\r\n ops@example.com".
std::string address_list(const std::vector<MailAddress>& addresses);

/// filename="report.pdf"; of other names in UTF-8, too (RFC 2231), beside one that old programs read.
std::string file_name_parameter(std::string_view name);

/// Text in lines (RFC 2045): each ends with CRLF, and none is longer than 76.
std::string quoted_printable(std::string_view text);

/// Bytes in base64, in lines of 76.
std::string base64_lines(std::string_view bytes);

}  // namespace millrace

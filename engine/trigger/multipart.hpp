#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/http_message.hpp"
#include "value/value.hpp"

namespace millrace {

/// Whether the headers say multipart/form-data, with the boundary that it needs.
bool says_multipart(const HttpHeaders& headers);

/// The fields of a form as browsers send it with files (RFC 7578), in their order: text, or of a file
/// {"name", "type", "size", "content"}, whose content is bytes, as it came. A name that comes several times has a list;
/// a file that nobody has chosen is null. `invalid` where it breaks off, a part has no name, or it has more than a
/// thousand parts. Reads the body once, whatever stands in it. REQUIRES: says_multipart(headers).
Result<Value> read_multipart(const HttpHeaders& headers, std::string_view body);

}  // namespace millrace

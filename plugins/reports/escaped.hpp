#pragma once

#include <string>
#include <string_view>

namespace millrace::reports {

/// Text as it may stand in a page, in attributes, too: no tags, no entities, no control characters.
void append_escaped(std::string& out, std::string_view text);
std::string escaped(std::string_view text);

/// An address of the file itself: "data:image/png;base64,...".
std::string data_url(std::string_view type, std::string_view bytes);

}  // namespace millrace::reports

#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// millrace.yaml's `text` with one more connection; all else in it stays as it is, byte for byte. `settings`: its
/// members, one a line. The same text where it has one of that name. `conflict` where the file is written so that
/// nothing can be put into it (`connections: {...}`): then a person has to.
Result<std::string> with_connection(std::string_view text, std::string_view name, std::string_view settings);

/// The lines that would be added, at the margin.
std::string connection_lines(std::string_view name, std::string_view settings, std::string_view indent);

}  // namespace millrace

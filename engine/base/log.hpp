#pragma once

#include <string_view>

namespace millrace {

enum class LogLevel : unsigned char { debug, info, warning, error };

/// Writes one line to stderr. Any thread. Callers never pass a secret: redaction has happened before.
void log(LogLevel level, std::string_view message);

/// Lines below this level are dropped. The foreground commands show warnings and errors only.
void set_log_level(LogLevel level);

}  // namespace millrace
